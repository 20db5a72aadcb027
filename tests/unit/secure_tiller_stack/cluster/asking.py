"""The tests' questions to the cluster, and their kubeconfig."""

from pathlib import Path

from secure_tiller_stack.cluster import Questions
from secure_tiller_stack.kubeconfig import Access
from tests.support.api_server import kubeconfig
from tests.support.samples import STACK

PREVIEW = Questions(
    deploying=False, stack=STACK, namespaces=frozenset(), objects=frozenset(), acts=frozenset(), grants=frozenset()
)


def access(folder: Path, url: str) -> Access:
    return Access(kubeconfig(folder, url), "here")

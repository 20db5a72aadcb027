"""What the tests ask the cluster, and through which kubeconfig."""

from pathlib import Path

from secure_tiller.cluster import Questions
from secure_tiller.kubeconfig import Access
from tests.unit.api_server import kubeconfig
from tests.unit.samples import STACK

PREVIEW = Questions(
    deploying=False, stack=STACK, namespaces=frozenset(), objects=frozenset(), acts=frozenset(), grants=frozenset()
)


def access(folder: Path, url: str) -> Access:
    return Access(kubeconfig(folder, url), "here")

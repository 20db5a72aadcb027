"""The tests' questions to the cluster, their kubeconfig, and the TLS of the cluster."""

import base64
import ssl
from pathlib import Path
from typing import Any

from secure_tiller_stack.cluster import Questions
from secure_tiller_stack.kubeconfig import Access
from tests.support import pki
from tests.support.api_server import kubeconfig
from tests.support.samples import STACK

PREVIEW = Questions(
    deploying=False, stack=STACK, namespaces=frozenset(), objects=frozenset(), acts=frozenset(), grants=frozenset()
)


def access(folder: Path, url: str) -> Access:
    return Access(kubeconfig(folder, url), "here")


CA = pki.authority()


def data(pem: str) -> str:
    return base64.b64encode(pem.encode()).decode()


OURS: dict[str, Any] = {"certificate-authority-data": data(CA.pem)}


def serving(folder: Path, *names: str, own: pki.Pair | None = None) -> ssl.SSLContext:
    own = own or pki.server(CA, names=names)
    (folder / "ca.pem").write_text(CA.pem)
    context = pki.serving(own)
    context.load_verify_locations(folder / "ca.pem")
    context.verify_mode = ssl.CERT_OPTIONAL
    return context

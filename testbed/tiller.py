"""Asks a Tiller of a stack of the tests' own, in whose environment are kubectl and the kubeconfig."""

from collections.abc import Mapping
from contextlib import AbstractContextManager

from secure_tiller_cli import diagnosis
from secure_tiller_cli.diagnosis import Accepted, Credentials, Refused
from secure_tiller_stack import kubeconfig
from tiller_facts.identity import GRPC_PORT


def forwarded(namespace: str, environment: Mapping[str, str], port: int = GRPC_PORT) -> AbstractContextManager[int]:
    """Forward a local port to Tiller's and give its number."""
    access = kubeconfig.find({}, environment=environment)
    return diagnosis.forwarded(access, namespace, port=port, environment=environment)


def ask(namespace: str, environment: Mapping[str, str], credentials: Credentials) -> Accepted | Refused:
    """Call GetVersion of the Tiller in a namespace."""
    return diagnosis.ask(kubeconfig.find({}, environment=environment), namespace, credentials, environment)

"""Asks a Tiller of a stack of the tests' own, in whose environment are kubectl and the kubeconfig."""

from collections.abc import Mapping
from contextlib import AbstractContextManager

from secure_tiller import endpoint, kubeconfig
from secure_tiller.endpoint import Accepted, Credentials, Refused
from secure_tiller.pod import GRPC_PORT
from testbed.pulumi_stack import Bundle


def credentials_of(bundle: Bundle) -> Credentials:
    """What a client brings that holds a bundle."""
    return Credentials(bundle.ca, bundle.cert, bundle.key)


def forwarded(namespace: str, environment: Mapping[str, str], port: int = GRPC_PORT) -> AbstractContextManager[int]:
    """Forward a local port to Tiller's and give its number."""
    access = kubeconfig.find({}, environment=environment)
    return endpoint.forwarded(access, namespace, port=port, environment=environment)


def ask(namespace: str, environment: Mapping[str, str], credentials: Credentials) -> Accepted | Refused:
    """Call GetVersion of the Tiller in a namespace."""
    return endpoint.ask(kubeconfig.find({}, environment=environment), namespace, credentials, environment)

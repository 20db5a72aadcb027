"""Copies of a running Tiller, each with one protection taken out: the controls of what a Tiller refuses."""

import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from kubernetes import client

from testbed.waiting import until

Change = Callable[[Any], None]
"""What to change about the container of a copy, a V1Container."""


def unchanged(container: Any) -> None:
    """Leave the copy as the original is."""


def without_verification(container: Any) -> None:
    """Ask no client for a certificate."""
    container.args = [argument for argument in container.args if not argument.startswith("--tls-verify")]


def without_tls(container: Any) -> None:
    """Speak plaintext."""
    container.args = [argument for argument in container.args if not argument.startswith("--tls")]


def talkative(container: Any) -> None:
    """Log why a TLS handshake fails, which Tiller's gRPC keeps to itself (grpc-go, grpclog/loggerv2.go)."""
    container.env = [*container.env, client.V1EnvVar(name="GRPC_GO_LOG_SEVERITY_LEVEL", value="WARNING")]


@contextmanager
def copy_of_tiller(api: client.ApiClient, original: str, change: Change = unchanged) -> Iterator[str]:
    """A copy of the Tiller of a namespace, in a namespace of its own without any NetworkPolicy; gives its name."""
    core, apps = client.CoreV1Api(api), client.AppsV1Api(api)
    namespace = f"copy-{uuid.uuid4().hex[:8]}"
    deployment = apps.read_namespaced_deployment("tiller-deploy", original)
    secret_name = next(volume.secret for volume in deployment.spec.template.spec.volumes if volume.secret).secret_name
    secret = core.read_namespaced_secret(secret_name, original)
    change(deployment.spec.template.spec.containers[0])
    core.create_namespace({"metadata": {"name": namespace}})
    try:
        account = deployment.spec.template.spec.service_account_name
        core.create_namespaced_service_account(namespace, {"metadata": {"name": account}})
        core.create_namespaced_secret(namespace, {"metadata": {"name": secret_name}, "data": secret.data})
        apps.create_namespaced_deployment(
            namespace,
            {"metadata": {"name": "tiller-deploy"}, "spec": api.sanitize_for_serialization(deployment.spec)},
        )
        until(
            lambda: bool(apps.read_namespaced_deployment("tiller-deploy", namespace).status.ready_replicas),
            f"the copy of Tiller in {namespace} is ready",
        )
        yield namespace
    finally:
        core.delete_namespace(namespace)

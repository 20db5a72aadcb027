"""Copies of a running Tiller, each with one protection taken out: the controls of what a Tiller refuses."""

import base64
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from kubernetes import client

from testbed.waiting import until
from tests.support.cluster_objects import item
from tests.support.live_objects import create, existing, tls_secret_name

Change = Callable[[Any], None]
"""A change to the container of a copy, a V1Container."""


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
def copy_of_tiller(
    api: client.ApiClient,
    original: str,
    change: Change = unchanged,
    *,
    files: Mapping[str, str] | None = None,
    replicas: int = 1,
    ready: bool = True,
) -> Iterator[str]:
    """A copy of the Tiller of a namespace, in a namespace of its own without any NetworkPolicy; gives its name.

    Args:
        api: the cluster.
        original: the namespace of the Tiller.
        change: applied to the container.
        files: of its TLS Secret, those that are others than the original's, by name.
        replicas: how many pods.
        ready: whether to wait until they are ready; otherwise until a pod's container waits for something.
    """
    core, apps = client.CoreV1Api(api), client.AppsV1Api(api)
    namespace = f"copy-{uuid.uuid4().hex[:8]}"
    deployment = apps.read_namespaced_deployment("tiller-deploy", original)
    secret_name = tls_secret_name(deployment.spec.template)
    secret = core.read_namespaced_secret(secret_name, original)
    change(deployment.spec.template.spec.containers[0])
    deployment.spec.replicas = replicas
    data = {**secret.data, **{name: base64.b64encode(text.encode()).decode() for name, text in (files or {}).items()}}
    with existing(api, item("Namespace", namespace, "")):
        for one in (
            item("ServiceAccount", deployment.spec.template.spec.service_account_name, namespace),
            item("Secret", secret_name, namespace, data=data),
            item("Deployment", "tiller-deploy", namespace, spec=api.sanitize_for_serialization(deployment.spec)),
        ):
            create(api, one)
        if ready:
            until(lambda: _ready(apps, namespace) == replicas, f"the copy of Tiller in {namespace} is ready")
        else:
            until(lambda: _waits(core, namespace), f"the copy of Tiller in {namespace} waits")
        yield namespace


def _ready(apps: client.AppsV1Api, namespace: str) -> int:
    return apps.read_namespaced_deployment("tiller-deploy", namespace).status.ready_replicas or 0


def _waits(core: client.CoreV1Api, namespace: str) -> bool:
    containers = [
        each for pod in core.list_namespaced_pod(namespace).items for each in pod.status.container_statuses or ()
    ]
    return any(each.state.waiting and each.state.waiting.message for each in containers)

"""Tiller's pod: how its one container is started and what it may use."""

from collections.abc import Mapping
from dataclasses import dataclass, field

IMAGE = "ghcr.io/helm/tiller:v2.17.0"
"""The last release of Tiller."""

CERTIFICATES = "/etc/certs"
"""Where the TLS Secret is mounted; the path that `helm init` uses."""

TOKEN = "/var/run/secrets/kubernetes.io/serviceaccount"  # noqa: S105  a path
"""Where Kubernetes clients look for their token."""

GRPC_PORT = 44134
PROBE_PORT = 44135


@dataclass(frozen=True)
class PodPlan:
    """Tiller's pod, complete. The defaults pass the Pod Security Standard `restricted`."""

    environment: Mapping[str, str]
    arguments: tuple[str, ...]
    image: str = IMAGE
    user: int = 65534
    """User and group id: nobody, as in the image."""
    requests: Mapping[str, str] = field(
        default_factory=lambda: {"cpu": "25m", "memory": "64Mi", "ephemeral-storage": "16Mi"}
    )
    limits: Mapping[str, str] = field(
        default_factory=lambda: {"cpu": "1", "memory": "512Mi", "ephemeral-storage": "256Mi"}
    )
    """A chart of Helm's largest message, 20 MiB, and the history of its release fit; no team can starve the node."""
    temporary_storage: str = "128Mi"
    """Size limit of /tmp, the only place that can be written: the cache of the API's discovery."""
    token_seconds: int = 3600
    """Life of the ServiceAccount token; the kubelet renews it. A stolen one is worth an hour."""
    stop_delay_seconds: int = 5
    """Time between the choice to stop the pod and the end of Tiller, which ends at once when told: it handles no
    signal. A call that runs when the new pod is ready can end in this time."""
    grace_seconds: int = 30
    """Time after which the pod is killed; Kubernetes' default, stated."""


def arguments(history_max: int = 20) -> tuple[str, ...]:
    """Return Tiller's arguments. All are explicit, because what its environment leaves out fails open.

    Source of the names: Helm 2.17, cmd/tiller/tiller.go. There a missing TILLER_TLS_VERIFY is no verification, and an
    empty path of the CA trusts the CAs of the operating system.

    Args:
        history_max: revisions kept of a release, 20 unless told otherwise; Tiller's own default keeps all, until
            listing them exhausts its memory.
    """
    return (
        "--storage=secret",
        # Only the port-forward of the kubelet enters the pod's loopback: no pod can connect, with or without a
        # NetworkPolicy.
        f"--listen=127.0.0.1:{GRPC_PORT}",
        f"--probe-listen=:{PROBE_PORT}",
        "--tls=true",
        "--tls-verify=true",
        f"--tls-key={CERTIFICATES}/tls.key",
        f"--tls-cert={CERTIFICATES}/tls.crt",
        f"--tls-ca-cert={CERTIFICATES}/ca.crt",
        f"--history-max={history_max}",
    )


def pod(namespace: str) -> PodPlan:
    """Return the plan of Tiller's pod in a namespace."""
    return PodPlan(
        # TILLER_NAMESPACE is where releases are stored; HOME is where client-go caches what it discovers.
        environment={"TILLER_NAMESPACE": namespace, "HOME": "/tmp"},  # noqa: S108  the pod's own emptyDir
        arguments=arguments(),
    )

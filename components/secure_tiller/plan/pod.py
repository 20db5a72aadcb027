"""Tiller's pod: how its one container is started and what it may use."""

from collections.abc import Mapping
from dataclasses import dataclass

from secure_tiller.args import PodArgs, TolerationArgs
from secure_tiller.plan import durations

IMAGE = "ghcr.io/helm/tiller:v2.17.0"
"""The last release of Tiller."""

CERTIFICATES = "/etc/certs"
"""Where the TLS Secret is mounted; the path that `helm init` uses."""

TOKEN = "/var/run/secrets/kubernetes.io/serviceaccount"  # noqa: S105  a path
"""Where Kubernetes clients look for their token."""

GRPC_PORT = 44134
PROBE_PORT = 44135

STOPPING = "/tmp/stopping"  # noqa: S108  the pod's own emptyDir
"""Exists once the pod was told to stop."""

STARTS = ("/bin/sh", "-c", f"rm -f {STOPPING}")
"""What runs when the container starts: a hung Tiller is told to stop too, and the one after it finds the file."""

STAYS_READY = ("/bin/sh", "-c", f"test ! -e {STOPPING}")
"""The readiness probe. Helm's client takes the first pod that is ready (Helm 2.17, pkg/helm/portforwarder), also one
that is being stopped; so a pod that was told to stop must say that it is not ready."""

DRAIN = (
    "/bin/sh",
    "-c",
    f"touch {STOPPING}; idle=0; while test $idle -lt 6; do sleep 1; "
    # The kernel's table of connections: our port, in state 01 (established); include/net/tcp_states.h.
    f"if grep -q ':{GRPC_PORT:04X} [0-9A-F]*:[0-9A-F]* 01 ' /proc/net/tcp /proc/net/tcp6; "
    "then idle=0; else idle=$((idle+1)); fi; done",
)
"""What runs before Tiller is stopped, which ends at once and breaks every call that runs: it handles no signal. Waits
until nobody has been connected for 6 s: 2 s until the probe above sees the file, and time for a client that chose the
pod before that to connect. A client's call can be several connections, with pauses of less than a second."""

HISTORY_MAX = 20
ROLLOUT_TIMEOUT = "5m"

DEFAULT_REQUESTS: Mapping[str, str] = {"cpu": "25m", "memory": "64Mi", "ephemeral-storage": "16Mi"}
DEFAULT_LIMITS: Mapping[str, str] = {"cpu": "1", "memory": "512Mi", "ephemeral-storage": "256Mi"}
"""A chart of Helm's largest message, 20 MiB, and the history of its release fit; no team can starve the node."""


@dataclass(frozen=True)
class PodPlan:
    """Tiller's pod, complete. It passes the Pod Security Standard `restricted`."""

    environment: Mapping[str, str]
    arguments: tuple[str, ...]
    image: str
    requests: Mapping[str, str]
    limits: Mapping[str, str]
    node_selector: Mapping[str, str]
    tolerations: tuple[TolerationArgs, ...]
    priority_class: str
    """Empty: the cluster's default."""
    rollout_seconds: int
    """How long a new pod may take to become ready."""
    user: int = 65534
    """User and group id: nobody, as in the image."""
    temporary_storage: str = "128Mi"
    """Size limit of /tmp, the only place that can be written: the cache of the API's discovery."""
    token_seconds: int = 3600
    """Life of the ServiceAccount token; the kubelet renews it. A stolen one is worth an hour."""
    hung_seconds: int = 10
    """Time after which a Tiller is killed that answers no probe any more: its calls will not end."""
    grace_seconds: int = 330
    """Time after which a pod that still serves a call is killed: Helm's own default for `--timeout`, 300 s, and some to
    spare. A pod that serves none is gone in 6 s."""


def arguments(history_max: int = HISTORY_MAX, *, exposed: bool = False) -> tuple[str, ...]:
    """Return Tiller's arguments. All are explicit, because what its environment leaves out fails open.

    Source of the names: Helm 2.17, cmd/tiller/tiller.go. There a missing TILLER_TLS_VERIFY is no verification, and an
    empty path of the CA trusts the CAs of the operating system.

    Args:
        history_max: revisions kept of a release, 20 unless told otherwise; Tiller's own default keeps all, until
            listing them exhausts its memory.
        exposed: whether to listen on all interfaces. Otherwise on the loopback, which only the port-forward of the
            kubelet enters: no pod can connect, with or without a NetworkPolicy.
    """
    return (
        "--storage=secret",
        f"--listen={'' if exposed else '127.0.0.1'}:{GRPC_PORT}",
        f"--probe-listen=:{PROBE_PORT}",
        "--tls=true",
        "--tls-verify=true",
        f"--tls-key={CERTIFICATES}/tls.key",
        f"--tls-cert={CERTIFICATES}/tls.crt",
        f"--tls-ca-cert={CERTIFICATES}/ca.crt",
        f"--history-max={history_max}",
    )


def pod(namespace: str, wanted: PodArgs, *, exposed: bool) -> PodPlan:
    """Return the plan of Tiller's pod.

    Args:
        namespace: Tiller's.
        wanted: the settings, checked.
        exposed: whether pods of other namespaces connect to it.
    """
    resources = wanted.get("resources", {})
    timeout = durations.read(wanted.get("rollout_timeout", ROLLOUT_TIMEOUT), durations.SECONDS)
    return PodPlan(
        # TILLER_NAMESPACE is where releases are stored; HOME is where client-go caches what it discovers.
        environment={"TILLER_NAMESPACE": namespace, "HOME": "/tmp"},  # noqa: S108  the pod's own emptyDir
        arguments=arguments(wanted.get("history_max", HISTORY_MAX), exposed=exposed),
        image=wanted.get("image", IMAGE),
        requests={**DEFAULT_REQUESTS, **resources.get("requests", {})},
        limits={**DEFAULT_LIMITS, **resources.get("limits", {})},
        node_selector=wanted.get("node_selector", {}),
        tolerations=tuple(wanted.get("tolerations", ())),
        priority_class=wanted.get("priority_class", ""),
        rollout_seconds=timeout or 0,  # checked before: it is a time
    )

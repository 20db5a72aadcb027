"""Tiller's pod, in the words of the Kubernetes API: how its one container is started and what it may use."""

from collections.abc import Mapping
from typing import Any

from secure_tiller.args import PodArgs, TolerationArgs
from secure_tiller.plan import durations
from secure_tiller.plan.places import TLS_SECRET
from tiller_facts.identity import CERTIFICATES, GRPC_PORT, LOOPBACK, PROBE_PORT, PROGRAM, SERVICE_ACCOUNT

IMAGE = "ghcr.io/helm/tiller:v2.17.0"
"""The last release of Tiller."""

TOKEN = "/var/run/secrets/kubernetes.io/serviceaccount"  # noqa: S105  a path
"""Path at which Kubernetes clients look for their token."""

TEMPORARY = "/tmp"  # noqa: S108  the pod's own emptyDir
"""The only folder that can be written; client-go caches there (HOME) what it discovers of the API."""

STOPPING = f"{TEMPORARY}/stopping"
"""Exists once the pod was asked to stop."""

STARTS = ("/bin/sh", "-c", f"rm -f {STOPPING}")
"""The command that runs when the container starts. A hung Tiller was asked to stop too, and the next one finds the
file."""

STAYS_READY = ("/bin/sh", "-c", f"test ! -e {STOPPING}")
"""The readiness probe. Helm's client takes the first pod that is ready (Helm 2.17, pkg/helm/portforwarder), also one
that is being stopped; so a pod that was asked to stop must say that it is not ready."""

DRAIN = (
    "/bin/sh",
    "-c",
    f"touch {STOPPING}; idle=0; while test $idle -lt 9; do sleep 1; "
    # The kernel's table of connections: our port, in state 01 (established); include/net/tcp_states.h.
    f"if grep -q ':{GRPC_PORT:04X} [0-9A-F]*:[0-9A-F]* 01 ' /proc/net/tcp /proc/net/tcp6; "
    "then idle=0; else idle=$((idle+1)); fi; done",
)
"""The command that runs before Tiller is stopped. Tiller handles no signal: it would end at once and break every call.
Waits until nobody has been connected for 9 s: 5 s until the probe above sees the file, and time for a client that chose
the pod before that to connect. A client's call can be several connections, with pauses of less than a second."""

HISTORY_MAX = 20
ROLLOUT_TIMEOUT = "5m"

DEFAULT_REQUESTS: Mapping[str, str] = {"cpu": "25m", "memory": "64Mi", "ephemeral-storage": "16Mi"}
DEFAULT_LIMITS: Mapping[str, str] = {"cpu": "1", "memory": "512Mi", "ephemeral-storage": "256Mi"}
"""A chart of Helm's largest message, 20 MiB, and the history of its release fit; no team can starve the node."""

NOBODY = 65534
"""User and group id, as in the image."""

HUNG_SECONDS = 10
"""Time after which a Tiller is killed that answers no probe any more: its calls will not end."""

READINESS_SECONDS = 5
"""Time between two readiness probes. Each starts a process in the container, which costs the node about 0.1 s of CPU:
with one every 2 s, thirty Tillers took more than a core. Other probes are requests by HTTP."""

PROBE_SECONDS = 5
"""Time that a probe may take. With the default of 1 s a busy node makes a Tiller unready, or kills it, that is well."""

GRACE_SECONDS = 330
"""Time after which a pod that still serves a call is killed: Helm's own default for `--timeout`, 300 s, and some to
spare. A pod that serves none is gone in 9 s."""

TOKEN_SECONDS = 3600
"""Life of the ServiceAccount token, which the kubelet renews. A stolen one is worth an hour."""

READABLE_BY_GROUP = 0o440

VOLUMES: tuple[Mapping[str, Any], ...] = (
    {"name": "certificates", "secret": {"secretName": TLS_SECRET, "defaultMode": READABLE_BY_GROUP}},
    {
        "name": "token",
        "projected": {
            "defaultMode": READABLE_BY_GROUP,
            "sources": [
                {"serviceAccountToken": {"path": "token", "expirationSeconds": TOKEN_SECONDS}},
                {"configMap": {"name": "kube-root-ca.crt", "items": [{"key": "ca.crt", "path": "ca.crt"}]}},
                {"downwardAPI": {"items": [{"path": "namespace", "fieldRef": {"fieldPath": "metadata.namespace"}}]}},
            ],
        },
    },
    {"name": "tmp", "emptyDir": {"sizeLimit": "128Mi"}},
)


def arguments(history_max: int = HISTORY_MAX, *, exposed: bool = False) -> tuple[str, ...]:
    """Return Tiller's arguments. All are explicit, because what its environment leaves out fails open.

    Source of the names: Helm 2.17, cmd/tiller/tiller.go. There a missing TILLER_TLS_VERIFY is no verification, and an
    empty path of the CA trusts the CAs of the operating system.

    Args:
        history_max: revisions kept of a release, 20 by default; Tiller's own default keeps all, until
            listing them exhausts its memory.
        exposed: whether to listen on all interfaces. Otherwise on the loopback, which only the port-forward of the
            kubelet enters: no pod can connect, with or without a NetworkPolicy.
    """
    return (
        "--storage=secret",
        f"--listen={'' if exposed else LOOPBACK}:{GRPC_PORT}",
        f"--probe-listen=:{PROBE_PORT}",
        "--tls=true",
        "--tls-verify=true",
        f"--tls-key={CERTIFICATES}/tls.key",
        f"--tls-cert={CERTIFICATES}/tls.crt",
        f"--tls-ca-cert={CERTIFICATES}/ca.crt",
        f"--history-max={history_max}",
    )


def rollout_seconds(wanted: PodArgs) -> int:
    """Return how long a new pod may take to become ready, in seconds.

    Args:
        wanted: the settings, checked.
    """
    timeout = durations.read(wanted.get("rollout_timeout", ROLLOUT_TIMEOUT), durations.SECONDS)
    return timeout or 0  # checked before: it is a time


def pod(namespace: str, wanted: PodArgs, *, exposed: bool) -> dict[str, Any]:
    """Return the `spec` of Tiller's pod. It passes the Pod Security Standard `restricted`.

    Args:
        namespace: Tiller's.
        wanted: the settings, checked.
        exposed: whether pods of other namespaces connect to it.
    """
    placement = {
        "nodeSelector": dict(wanted.get("node_selector", {})),
        "tolerations": [_toleration(one) for one in wanted.get("tolerations", ())],
        "priorityClassName": wanted.get("priority_class", ""),
    }
    return {
        "serviceAccountName": SERVICE_ACCOUNT,
        "automountServiceAccountToken": False,
        # A Service of the namespace must not add to the environment that Tiller reads its settings from.
        "enableServiceLinks": False,
        "terminationGracePeriodSeconds": GRACE_SECONDS,
        **{field: value for field, value in placement.items() if value},
        "securityContext": {
            "runAsNonRoot": True,
            "runAsUser": NOBODY,
            "runAsGroup": NOBODY,
            "fsGroup": NOBODY,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        "containers": [_container(namespace, wanted, exposed=exposed)],
        "volumes": list(VOLUMES),
    }


def _container(namespace: str, wanted: PodArgs, *, exposed: bool) -> dict[str, Any]:
    resources = wanted.get("resources", {})
    return {
        "name": PROGRAM,
        "image": wanted.get("image", IMAGE),
        "imagePullPolicy": "IfNotPresent",
        "args": list(arguments(wanted.get("history_max", HISTORY_MAX), exposed=exposed)),
        # The namespace is where Tiller keeps its release records.
        "env": [{"name": "TILLER_NAMESPACE", "value": namespace}, {"name": "HOME", "value": TEMPORARY}],
        "ports": [{"name": "tiller", "containerPort": GRPC_PORT}, {"name": "http", "containerPort": PROBE_PORT}],
        # Tiller is up within a second: with the default period of ten, a rollout would mostly wait.
        "startupProbe": _probe("/readiness", period=1, failures=rollout_seconds(wanted)),
        "livenessProbe": {**_probe("/liveness", period=10, failures=3), "timeoutSeconds": PROBE_SECONDS},
        "readinessProbe": {
            "exec": {"command": list(STAYS_READY)},
            "periodSeconds": READINESS_SECONDS,
            "timeoutSeconds": PROBE_SECONDS,
            "failureThreshold": 1,
        },
        "lifecycle": {"postStart": {"exec": {"command": list(STARTS)}}, "preStop": {"exec": {"command": list(DRAIN)}}},
        "resources": {
            "requests": {**DEFAULT_REQUESTS, **resources.get("requests", {})},
            "limits": {**DEFAULT_LIMITS, **resources.get("limits", {})},
        },
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "runAsNonRoot": True,
            "capabilities": {"drop": ["ALL"]},
        },
        "volumeMounts": [
            {"name": "certificates", "mountPath": CERTIFICATES, "readOnly": True},
            {"name": "token", "mountPath": TOKEN, "readOnly": True},
            {"name": "tmp", "mountPath": TEMPORARY},
        ],
    }


def _probe(path: str, period: int, failures: int) -> dict[str, Any]:
    return {
        # No host: Pod Security refuses a probe that names one.
        "httpGet": {"path": path, "port": PROBE_PORT},
        "periodSeconds": period,
        "failureThreshold": failures,
        "terminationGracePeriodSeconds": HUNG_SECONDS,
    }


def _toleration(wanted: TolerationArgs) -> dict[str, Any]:
    return {"tolerationSeconds" if key == "toleration_seconds" else key: value for key, value in wanted.items()}

"""Runs a command in a pod of its own, to see the cluster's network as a pod sees it."""

import time
import uuid
from dataclasses import dataclass

from kubernetes import client

SECONDS = 60
SECRET = "/secret"  # noqa: S105  a path
"""Where a pod finds the Secret that it was given."""


@dataclass(frozen=True)
class Ended:
    """How a pod's command ended.

    Attributes:
        code: its exit code.
        output: its standard output and error.
    """

    code: int
    output: str


def run(api: client.ApiClient, namespace: str, image: str, command: list[str], secret: str = "") -> Ended:
    """Run a command in a new pod that Pod Security `restricted` accepts, wait for its end and delete the pod.

    Args:
        api: a client of the cluster.
        namespace: where to run it.
        image: its image.
        command: program and arguments.
        secret: name of a Secret that it finds in the folder `SECRET`; empty: none.

    Raises:
        TimeoutError: the pod did not end in time.
    """
    core = client.CoreV1Api(api)
    name = f"probe-{uuid.uuid4().hex[:8]}"
    core.create_namespaced_pod(namespace, _manifest(name, image, command, secret))
    try:
        ended = _wait(core, namespace, name)
        return Ended(ended.exit_code, core.read_namespaced_pod_log(name, namespace))
    finally:
        core.delete_namespaced_pod(name, namespace, grace_period_seconds=0)


def fetch(api: client.ApiClient, namespace: str, image: str, address: str, port: int, path: str) -> Ended:
    """Fetch an HTTP path from a pod, giving up after some seconds; the output is the whole answer."""
    # netcat, because the wget of Debian's static busybox crashes without the C library's files.
    script = f"printf 'GET {path} HTTP/1.0\\r\\n\\r\\n' | /bin/busybox nc -w 4 {address} {port}"
    return run(api, namespace, image, ["/bin/busybox", "sh", "-c", script])


def _wait(core: client.CoreV1Api, namespace: str, name: str) -> client.V1ContainerStateTerminated:
    deadline = time.monotonic() + SECONDS
    while time.monotonic() < deadline:
        status = core.read_namespaced_pod_status(name, namespace).status
        for container in status.container_statuses or []:
            if container.state.terminated:
                return container.state.terminated
        time.sleep(0.2)
    raise TimeoutError(f"pod {name} in {namespace} did not end within {SECONDS} s; phase {status.phase}")


def _manifest(name: str, image: str, command: list[str], secret: str) -> dict[str, object]:
    container: dict[str, object] = {
        "name": "probe",
        "image": image,
        "imagePullPolicy": "IfNotPresent",
        "command": command,
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "capabilities": {"drop": ["ALL"]},
            "runAsNonRoot": True,
            "runAsUser": 65534,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
    }
    spec: dict[str, object] = {
        "restartPolicy": "Never",
        "automountServiceAccountToken": False,
        "containers": [container],
    }
    if secret:
        container["volumeMounts"] = [{"name": "secret", "mountPath": SECRET, "readOnly": True}]
        spec["volumes"] = [{"name": "secret", "secret": {"secretName": secret}}]
    return {"metadata": {"name": name}, "spec": spec}

"""The pods of the old Tiller: while one runs, its records can change under the hands of whoever copies them."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from secure_tiller.problems import Problem
from secure_tiller_cli.audit import settings
from secure_tiller_cli.audit.settings import PORT
from secure_tiller_cli.foreign_text import word
from secure_tiller_stack.cluster.lister import Json, items
from tiller_facts.identity import SELECTOR
from tiller_facts.kinds import PODS

HASH_LABEL = "pod-template-hash"
"""What a Deployment adds to the name of its ReplicaSet (Kubernetes documentation, Deployments)."""


@dataclass(frozen=True)
class RunningTiller:
    """A pod that runs Tiller, or is about to."""

    namespace: str
    name: str
    deployment: str
    """Whose pod it is; empty when that cannot be told."""


def running(client: Any, namespace: str) -> tuple[RunningTiller, ...]:
    """Return the pods of a namespace that run a Tiller: by Helm's labels for it, their image, command or port.

    Raises:
        ApiException: the cluster refuses; the account needs the right to list pods there.
    """
    pods = items(client, PODS, namespace)
    return tuple(
        RunningTiller(namespace, pod["metadata"]["name"], _deployment(pod["metadata"]))
        for pod in pods
        if _is_tiller(pod)
    )


def problems(found: tuple[RunningTiller, ...]) -> Iterator[Problem]:
    """Yield a problem for each pod, with the command that ends it."""
    for pod in found:
        inside = f"--namespace {word(pod.namespace)}"
        remedy = (
            f"stop it: kubectl scale deployment {word(pod.deployment)} {inside} --replicas=0"
            if pod.deployment
            else f"stop what runs it: kubectl get pod {word(pod.name)} {inside} --output yaml"
        )
        why = "runs a Tiller, which could change the records while they are copied"
        yield Problem("", f"pod {pod.namespace}/{pod.name}", "", why, remedy)


def _is_tiller(pod: Json) -> bool:
    if pod["status"].get("phase") in ("Succeeded", "Failed"):
        return False
    labelled = SELECTOR.items() <= (pod["metadata"].get("labels") or {}).items()
    return labelled or any(_runs_tiller(container) for container in pod["spec"]["containers"])


def _runs_tiller(container: Json) -> bool:
    ports = (port.get("containerPort") for port in container.get("ports") or ())
    image = (container.get("image") or "").rpartition("/")[2]
    return "tiller" in image or PORT in ports or settings.runs(container)


def _deployment(metadata: Json) -> str:
    """Return the name of a pod's Deployment, which is that of its ReplicaSet without the hash of the template."""
    suffix = f"-{(metadata.get('labels') or {}).get(HASH_LABEL, '')}"
    owners = [owner["name"] for owner in metadata.get("ownerReferences") or () if owner["kind"] == "ReplicaSet"]
    return next((str(name.removesuffix(suffix)) for name in owners if name.endswith(suffix) and suffix != "-"), "")

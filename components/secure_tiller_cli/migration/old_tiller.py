"""The pods of the old Tiller: while one runs, its records can change under the hands of whoever copies them."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from secure_tiller.problems import Problem
from secure_tiller_cli.foreign_text import word
from secure_tiller_stack.cluster.lister import items
from tiller_facts import workloads
from tiller_facts.facts import Facts, FoundObject
from tiller_facts.kinds import DEPLOYMENTS, PODS, WORDS


@dataclass(frozen=True)
class RunningTiller:
    """A pod that runs Tiller, or is about to."""

    namespace: str
    name: str
    deployment: str
    """Name of the Deployment whose pod it is; empty when it is not known."""
    suspected: bool = False
    """Whether only its port speaks for a Tiller."""


def running(client: Any, namespace: str) -> tuple[RunningTiller, ...]:
    """Return the pods of a namespace that run a Tiller.

    Raises:
        ApiException: the cluster refuses; the account needs the right to list pods there.
    """
    listed = items(client, PODS, namespace)
    pods = tuple(FoundObject(WORDS[PODS], pod, f"pod {pod['metadata']['name']}") for pod in listed)
    found = {
        pod.name: RunningTiller(
            namespace, pod.name, tiller.name if tiller.kind == WORDS[DEPLOYMENTS] else "", tiller.suspected
        )
        for tiller in workloads.find(Facts(pods))
        for pod in tiller.pods
    }
    return tuple(found.values())


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
        if pod.suspected:
            why = "has Tiller's port, and a Tiller could change the records while they are copied"
            remedy = f"see what it runs: kubectl get pod {word(pod.name)} {inside} --output yaml; if a Tiller, {remedy}"
        yield Problem("", f"pod {pod.namespace}/{pod.name}", "", why, remedy)

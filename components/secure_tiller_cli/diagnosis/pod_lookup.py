"""The pod of Tiller that the Helm client would connect to, and the obstacles on the way to it."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

from secure_tiller.problems import ClusterError
from secure_tiller_cli.diagnosis.absence import LABELS, is_ready, none, not_ready
from secure_tiller_cli.diagnosis.cause import Cause, Kind
from secure_tiller_stack.cluster.api import unless_refused
from secure_tiller_stack.cluster.connection import calling
from secure_tiller_stack.cluster.lister import items
from secure_tiller_stack.cluster.reviews import NoAnswerError, held
from secure_tiller_stack.kubeconfig import Access
from tiller_facts.kinds import PODS
from tiller_facts.rbac import Right, Subject

_RIGHTS = (("list", "pods"), ("get", "pods"), ("create", "pods/portforward"))
"""Needed on the way to Tiller's port: the Helm client lists and forwards, kubectl also gets."""


@dataclass(frozen=True)
class PodLookup:
    """The result of the search for the pod."""

    pod: str = ""
    """The name of the pod; empty: there is none to connect to, and `causes` say why."""
    causes: tuple[Cause, ...] = ()
    unchecked: tuple[str, ...] = ()


def locate(access: Access, namespace: str, people: Iterable[Subject] = ()) -> PodLookup:
    """Find the pod that the Helm client would connect to: the first that is ready.

    Args:
        access: how to reach the cluster.
        namespace: Tiller's.
        people: the subjects that may reach Tiller's port, as the stack says; empty: not known.
    """
    try:
        with calling(access, f"to diagnose Tiller in {namespace}", "list pods there") as client:
            return _locate(client, namespace, people)
    except ClusterError as error:
        (problem,) = error.problems
        seen = f"{problem.key} {problem.value}: {problem.why}"
        return PodLookup(causes=(Cause(Kind.CLUSTER_UNREACHABLE, seen, problem.remedy),))


def _locate(client: Any, namespace: str, people: Iterable[Subject]) -> PodLookup:
    lacking, unchecked = _lacking(client, namespace)
    denied = tuple(_denied(namespace, lacking, people))
    pods = unless_refused(None, partial(items, client, PODS, namespace, labels=LABELS))
    if pods is None:
        return PodLookup("", denied or tuple(_denied(namespace, ["list pods"], people)), unchecked)
    ready = next((pod["metadata"]["name"] for pod in pods if is_ready(pod)), "")
    if ready:
        return PodLookup("" if denied else ready, denied, unchecked)
    if pods:
        return PodLookup("", (not_ready(namespace, pods), *denied), unchecked)
    cause, more = none(client, namespace)
    return PodLookup("", (cause, *denied), (*unchecked, *more))


def _lacking(client: Any, namespace: str) -> tuple[list[str], tuple[str, ...]]:
    """Return the rights that the account lacks, and what could not be asked."""
    wanted = [Right(verb, "", resource, namespace) for verb, resource in _RIGHTS]
    try:
        found = held(client, wanted)
    except NoAnswerError as error:
        return [], (f"not checked: the account's rights, because {error}",)
    return [f"{right.verb} {right.kind}" for right in wanted if right not in found], ()


def _denied(namespace: str, lacking: Iterable[str], people: Iterable[Subject]) -> Iterator[Cause]:
    if rights := ", ".join(lacking):
        allowed = ", ".join(f"{person.kind} {person.name}" for person in people)
        who = f" (now: {allowed})" if allowed else ""
        right = "see that TILLER_NAMESPACE and your kubeconfig's context are right"
        remedy = f"{right}; if they are, ask to be put among the team's subjects{who}"
        yield Cause(Kind.FORWARD_DENIED, f"in namespace {namespace} the account lacks the right to {rights}", remedy)

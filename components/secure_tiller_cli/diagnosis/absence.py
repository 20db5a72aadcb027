"""Why there is no pod of Tiller to connect to."""

from collections.abc import Iterable, Iterator
from functools import partial
from typing import Any

from secure_tiller.plan import schema
from secure_tiller_cli.diagnosis.cause import Cause, Kind
from secure_tiller_cli.foreign_text import word
from secure_tiller_cli.restore import RESTORE
from secure_tiller_stack.cluster.api import unless_refused
from secure_tiller_stack.cluster.lister import Json, find, items
from tiller_facts.identity import DEPLOYMENT_NAME, SELECTOR
from tiller_facts.kinds import DEPLOYMENTS, NAMESPACES, PODS

LABELS = ",".join(f"{key}={value}" for key, value in SELECTOR.items())
"""How the Helm client finds Tiller's pods (Helm 2.17, pkg/helm/portforwarder/portforwarder.go)."""
_LONGEST = 200
"""Characters of a message of the cluster's that are shown."""


def is_ready(pod: Json) -> bool:
    """Return whether a pod is ready, as the Helm client does."""
    return any(each["type"] == "Ready" and each["status"] == "True" for each in pod["status"].get("conditions") or ())


def not_ready(namespace: str, pods: Iterable[Json]) -> Cause:
    """Return why none of the pods is ready."""
    seen = "; ".join(f"pod {pod['metadata']['name']} {'; '.join(_reasons(pod)) or 'says no reason'}" for pod in pods)
    remedy = f"repair what it names, and wait: kubectl --namespace {word(namespace)} describe pods --selector {LABELS}"
    return Cause(Kind.NOT_READY, f"in namespace {namespace} {seen}", remedy)


def _reasons(pod: Json) -> Iterator[str]:
    """Yield why a pod is not ready, in the cluster's words."""
    if pod["metadata"].get("deletionTimestamp"):
        yield "is being stopped"
        return
    status = pod["status"]
    waiting = [state for each in status.get("containerStatuses") or () if (state := each["state"].get("waiting"))]
    if waiting:
        yield from (f"waits: {_words(state)}" for state in waiting)
        return
    for condition in status.get("conditions") or ():
        if condition["status"] != "True" and condition["type"] in ("PodScheduled", "Ready"):
            yield f"is not {condition['type']}: {_words(condition)}"
            return


def _words(said: Json) -> str:
    words = " ".join(": ".join(part for part in (said.get("reason"), said.get("message")) if part).split())
    return words if len(words) <= _LONGEST else f"{words[: _LONGEST - 3]}..."


def none(client: Any, namespace: str) -> tuple[Cause, tuple[str, ...]]:
    """Return why a namespace has no pod of Tiller, and what could not be looked at."""
    found, unchecked = _elsewhere(client, namespace)
    where = schema.nearest(namespace, found, "namespaces with a Tiller", "no namespace with a Tiller can be seen")
    remedy = f"set TILLER_NAMESPACE to the team's own; {where}"
    if unless_refused({}, find, client, NAMESPACES, namespace) is None:
        return Cause(Kind.NO_NAMESPACE, f"there is no namespace {namespace}", remedy), unchecked
    deployment = unless_refused(None, find, client, DEPLOYMENTS, DEPLOYMENT_NAME, namespace)
    if deployment:
        describe = f"kubectl --namespace {word(namespace)} describe deployment {DEPLOYMENT_NAME}"
        remedy = f"{describe}; to restore it: {RESTORE}"
        return Cause(Kind.NOT_READY, f"namespace {namespace} has no pod of Tiller: {_state(deployment)}", remedy), ()
    return Cause(Kind.NO_TILLER, f"namespace {namespace} has no pod with the labels {LABELS}", remedy), unchecked


def _state(deployment: Json) -> str:
    if deployment["spec"].get("replicas") == 0:
        return f"its Deployment {DEPLOYMENT_NAME} is scaled to 0"
    conditions = deployment.get("status", {}).get("conditions", ())
    said = [_words(each) for each in conditions if each["status"] != "True"]
    return f"its Deployment {DEPLOYMENT_NAME} makes none: {'; '.join(said) or 'it says no reason'}"


def _elsewhere(client: Any, namespace: str) -> tuple[list[str], tuple[str, ...]]:
    """Return the other namespaces with a Tiller, and what could not be looked at."""
    pods = unless_refused(None, partial(items, client, PODS, labels=LABELS, metadata_only=True))
    if pods is None:
        why = "because the account may not list pods there"
        return [], (f"not checked: which other namespaces have a Tiller, {why}",)
    return sorted({pod["metadata"]["namespace"] for pod in pods} - {namespace}), ()

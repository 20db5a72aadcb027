"""Why there is no pod of Tiller to connect to."""

from collections.abc import Iterable, Iterator
from typing import Any

from secure_tiller.plan import schema
from secure_tiller.plan.model import SELECTOR
from secure_tiller.plan.names import DEPLOYMENT_NAME
from secure_tiller_cli.diagnosis.cause import Cause, Kind
from secure_tiller_cli.foreign_text import word
from secure_tiller_stack.cluster.connection import FORBIDDEN, TIMEOUT_SECONDS, clients

NOT_FOUND = 404
LABELS = ",".join(f"{key}={value}" for key, value in SELECTOR.items())
"""How the Helm client finds Tiller's pods (Helm 2.17, pkg/helm/portforwarder/portforwarder.go)."""
_LONGEST = 200
"""Characters of a message of the cluster's that are shown."""


def is_ready(pod: Any) -> bool:
    """Tell whether a pod is ready, as the Helm client does."""
    return any(each.type == "Ready" and each.status == "True" for each in pod.status.conditions or ())


def not_ready(namespace: str, pods: Iterable[Any]) -> Cause:
    """Return why none of the pods is ready."""
    seen = "; ".join(f"pod {pod.metadata.name} {'; '.join(_reasons(pod)) or 'says no reason'}" for pod in pods)
    remedy = f"mend what it says, and wait: kubectl --namespace {word(namespace)} describe pods --selector {LABELS}"
    return Cause(Kind.NOT_READY, f"in namespace {namespace} {seen}", remedy)


def _reasons(pod: Any) -> Iterator[str]:
    """Yield why a pod is not ready, in the cluster's words."""
    if pod.metadata.deletion_timestamp:
        yield "is being stopped"
        return
    waiting = [each.state.waiting for each in pod.status.container_statuses or () if each.state.waiting]
    if waiting:
        yield from (f"waits: {_words(state.reason, state.message)}" for state in waiting)
        return
    for condition in pod.status.conditions or ():
        if condition.status != "True" and condition.type in ("PodScheduled", "Ready"):
            yield f"is not {condition.type}: {_words(condition.reason, condition.message)}"
            return


def _words(reason: str | None, message: str | None) -> str:
    words = " ".join(": ".join(part for part in (reason, message) if part).split())
    return words if len(words) <= _LONGEST else f"{words[: _LONGEST - 3]}..."


def none(client: Any, namespace: str) -> tuple[Cause, tuple[str, ...]]:
    """Return why a namespace has no pod of Tiller, and what could not be looked at."""
    found, unchecked = _elsewhere(client, namespace)
    where = schema.nearest(namespace, found, "namespaces with a Tiller", "no namespace with a Tiller can be seen")
    remedy = f"set TILLER_NAMESPACE to the team's own; {where}"
    if _read(clients.CoreV1Api(client).read_namespace, namespace) is None:
        return Cause(Kind.NO_NAMESPACE, f"there is no namespace {namespace}", remedy), unchecked
    get = clients.CustomObjectsApi(client).get_namespaced_custom_object
    deployment = _read(get, "apps", "v1", namespace, "deployments", DEPLOYMENT_NAME)
    if deployment:
        describe = f"kubectl --namespace {word(namespace)} describe deployment {DEPLOYMENT_NAME}"
        mend = f"{describe}; pulumi up --refresh restores it"
        return Cause(Kind.NOT_READY, f"namespace {namespace} has no pod of Tiller: {_state(deployment)}", mend), ()
    return Cause(Kind.NO_TILLER, f"namespace {namespace} has no pod with the labels {LABELS}", remedy), unchecked


def _state(deployment: Any) -> str:
    if deployment["spec"].get("replicas") == 0:
        return f"its Deployment {DEPLOYMENT_NAME} is scaled to 0"
    conditions = deployment.get("status", {}).get("conditions", ())
    said = [_words(each.get("reason"), each.get("message")) for each in conditions if each["status"] != "True"]
    return f"its Deployment {DEPLOYMENT_NAME} makes none: {'; '.join(said) or 'it says no reason'}"


def _read(reader: Any, *named: str) -> Any:
    """Return an object; None: it is not there; False: the account may not see it."""
    try:
        return reader(*named, _request_timeout=TIMEOUT_SECONDS)
    except clients.ApiException as error:
        if error.status not in (FORBIDDEN, NOT_FOUND):
            raise
        return False if error.status == FORBIDDEN else None


def _elsewhere(client: Any, namespace: str) -> tuple[list[str], tuple[str, ...]]:
    """Return the other namespaces with a Tiller, and what could not be looked at."""
    core = clients.CoreV1Api(client)
    try:
        pods = core.list_pod_for_all_namespaces(label_selector=LABELS, _request_timeout=TIMEOUT_SECONDS).items
    except clients.ApiException as error:
        if error.status != FORBIDDEN:
            raise
        return [], ("not checked: which other namespaces have a Tiller, because the account may not list pods there",)
    return sorted({pod.metadata.namespace for pod in pods} - {namespace}), ()

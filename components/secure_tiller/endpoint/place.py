"""Where Tiller runs: the pod that the Helm client would connect to, and what stands in the way to it."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from secure_tiller import structure
from secure_tiller.cluster.connection import FORBIDDEN, TIMEOUT_SECONDS, calling, clients
from secure_tiller.endpoint.cause import Cause, Kind
from secure_tiller.kubeconfig import Access
from secure_tiller.names import DEPLOYMENT_NAME
from secure_tiller.plan import SELECTOR, Subject
from secure_tiller.problems import ClusterError

NOT_FOUND = 404
_LABELS = ",".join(f"{key}={value}" for key, value in SELECTOR.items())
"""How the Helm client finds Tiller's pods (Helm 2.17, pkg/helm/portforwarder/portforwarder.go)."""
_RIGHTS = (("list", "pods"), ("get", "pods"), ("create", "pods/portforward"))
"""What the way to Tiller's port takes: the Helm client lists and forwards, kubectl also gets."""
_LONGEST = 200
"""Characters of a message of the cluster's that are shown."""


@dataclass(frozen=True)
class Place:
    """What was found."""

    pod: str = ""
    """The name of the pod; empty: there is none to connect to, and `causes` say why."""
    causes: tuple[Cause, ...] = ()
    unchecked: tuple[str, ...] = ()


def locate(access: Access, namespace: str, people: Iterable[Subject] = ()) -> Place:
    """Find the pod that the Helm client would connect to: the first that is ready.

    Args:
        access: how to reach the cluster.
        namespace: Tiller's.
        people: who may reach Tiller's port, as the stack says; empty: not known.
    """
    try:
        with calling(access, f"to tell about Tiller in {namespace}", "list pods there") as client:
            return _locate(client, namespace, people)
    except ClusterError as error:
        (problem,) = error.problems
        seen = f"{problem.key} {problem.value}: {problem.why}"
        return Place(causes=(Cause(Kind.CLUSTER_UNREACHABLE, seen, problem.remedy),))


def _locate(client: Any, namespace: str, people: Iterable[Subject]) -> Place:
    core = clients.CoreV1Api(client)
    lacking, unchecked = _lacking(client, namespace)
    denied = tuple(_denied(namespace, lacking, people))
    try:
        pods = core.list_namespaced_pod(namespace, label_selector=_LABELS, _request_timeout=TIMEOUT_SECONDS).items
    except clients.ApiException as error:
        if error.status != FORBIDDEN:
            raise
        return Place("", denied or tuple(_denied(namespace, ["list pods"], people)), unchecked)
    ready = next((pod.metadata.name for pod in pods if _is_ready(pod)), "")
    if ready:
        return Place("" if denied else ready, denied, unchecked)
    if pods:
        return Place("", (_not_ready(namespace, pods), *denied), unchecked)
    cause, more = _none(client, namespace)
    return Place("", (cause, *denied), (*unchecked, *more))


def _lacking(client: Any, namespace: str) -> tuple[list[str], tuple[str, ...]]:
    """Return the rights that the account lacks, and what could not be asked."""
    try:
        return [f"{verb} {resource}" for verb, resource in _RIGHTS if not _may(client, namespace, verb, resource)], ()
    except clients.ApiException as error:
        if error.status != FORBIDDEN:
            raise
        return [], ("not checked: the account's rights, because it may not ask for them (SelfSubjectAccessReview)",)


def _may(client: Any, namespace: str, verb: str, resource: str) -> bool:
    kind, _, sub = resource.partition("/")
    attributes = {"namespace": namespace, "verb": verb, "resource": kind, "subresource": sub}
    review = {
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SelfSubjectAccessReview",
        "spec": {"resourceAttributes": {key: value for key, value in attributes.items() if value}},
    }
    api = clients.AuthorizationV1Api(client)
    return bool(api.create_self_subject_access_review(review, _request_timeout=TIMEOUT_SECONDS).status.allowed)


def _denied(namespace: str, lacking: Iterable[str], people: Iterable[Subject]) -> Iterator[Cause]:
    if rights := ", ".join(lacking):
        allowed = ", ".join(f"{person.kind} {person.name}" for person in people)
        who = f" (now: {allowed})" if allowed else ""
        remedy = f"see that TILLER_NAMESPACE is right; then have yourself added to the team's subjects{who}, pulumi up"
        yield Cause(Kind.FORWARD_DENIED, f"in namespace {namespace} the account lacks the right to {rights}", remedy)


def _is_ready(pod: Any) -> bool:
    return any(each.type == "Ready" and each.status == "True" for each in pod.status.conditions or ())


def _not_ready(namespace: str, pods: Iterable[Any]) -> Cause:
    seen = "; ".join(f"pod {pod.metadata.name} {'; '.join(_reasons(pod)) or 'says no reason'}" for pod in pods)
    remedy = f"mend what it says, and wait: kubectl --namespace {namespace} describe pods --selector {_LABELS}"
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


def _none(client: Any, namespace: str) -> tuple[Cause, tuple[str, ...]]:
    """Return why a namespace has no pod of Tiller, and what could not be looked at."""
    found, unchecked = _elsewhere(client, namespace)
    where = structure.nearest(namespace, found, "namespaces with a Tiller", "no namespace with a Tiller can be seen")
    remedy = f"set TILLER_NAMESPACE to the team's own; {where}"
    if _read(clients.CoreV1Api(client).read_namespace, namespace) is None:
        return Cause(Kind.NO_NAMESPACE, f"there is no namespace {namespace}", remedy), unchecked
    get = clients.CustomObjectsApi(client).get_namespaced_custom_object
    deployment = _read(get, "apps", "v1", namespace, "deployments", DEPLOYMENT_NAME)
    if deployment:
        mend = f"kubectl --namespace {namespace} describe deployment {DEPLOYMENT_NAME}; pulumi up --refresh restores it"
        return Cause(Kind.NOT_READY, f"namespace {namespace} has no pod of Tiller: {_state(deployment)}", mend), ()
    return Cause(Kind.NO_TILLER, f"namespace {namespace} has no pod with the labels {_LABELS}", remedy), unchecked


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
        pods = core.list_pod_for_all_namespaces(label_selector=_LABELS, _request_timeout=TIMEOUT_SECONDS).items
    except clients.ApiException as error:
        if error.status != FORBIDDEN:
            raise
        return [], ("not checked: which other namespaces have a Tiller, because the account may not list pods there",)
    return sorted({pod.metadata.namespace for pod in pods} - {namespace}), ()

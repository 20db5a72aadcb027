"""Where Tiller runs, and what stands in the way, as a cluster tells it."""

from pathlib import Path
from typing import Any

import pytest

from secure_tiller_cli.diagnosis import Kind
from secure_tiller_cli.diagnosis.pod_lookup import PodLookup, locate
from secure_tiller_stack.kubeconfig import Access
from tests.support.api_server import (
    FORBIDDEN,
    PODS,
    SELF_REVIEW,
    ApiServer,
    Question,
    entry,
    kubeconfig,
    namespace,
    review,
)
from tiller_facts.rbac import Subject

HERE = "/api/v1/namespaces/blue-tiller"
DEPLOYMENT = "/apis/apps/v1/namespaces/blue-tiller/deployments/tiller-deploy"


@pytest.fixture
def access(server: ApiServer, tmp_path: Path) -> Access:
    server.answers[HERE] = (200, namespace("blue-tiller"))
    server.answers[f"{HERE}/pods"] = (200, {"items": []})
    return Access(kubeconfig(tmp_path, server.url), "here")


def _pod(name: str, *, ready: bool = False, waiting: str = "", inside: str = "blue-tiller", **changes: Any) -> Any:
    condition = {"type": "Ready", "status": str(ready), "reason": "ContainersNotReady", "message": "containers"}
    state = {"waiting": {"reason": waiting, "message": "a message"}} if waiting else {"running": {}}
    container = {"name": "tiller", "image": "i", "imageID": "", "ready": ready, "restartCount": 0, "state": state}
    metadata = {"name": name, "namespace": inside, **changes}
    return {"metadata": metadata, "status": {"conditions": [condition], "containerStatuses": [container]}}


def _pods(server: ApiServer, *pods: Any) -> None:
    server.answers[f"{HERE}/pods"] = (200, {"items": list(pods)})


def _only(place: PodLookup) -> tuple[Kind, str]:
    (cause,) = place.causes
    assert not place.pod
    return cause.kind, f"{cause.seen}; {cause.remedy}"


def test_the_first_pod_that_is_ready_is_taken(server: ApiServer, access: Access) -> None:
    _pods(server, _pod("a"), _pod("b", ready=True), _pod("c", ready=True))
    assert locate(access, "blue-tiller") == PodLookup("b")
    (asked,) = server.asked_at(f"{HERE}/pods")
    assert asked.query["labelSelector"] == ["app=helm,name=tiller"]


NOT_READY = {
    "a container that waits": (_pod("a", waiting="ImagePullBackOff"), "pod a waits: ImagePullBackOff: a message"),
    "a condition": (_pod("a"), "pod a is not Ready: ContainersNotReady: containers"),
    "a deletion": (_pod("a", deletionTimestamp="2026-01-01T00:00:00Z"), "pod a is being stopped"),
}


@pytest.mark.parametrize(("pod", "words"), [pytest.param(*case, id=name) for name, case in NOT_READY.items()])
def test_why_a_pod_is_not_ready_is_said(server: ApiServer, access: Access, pod: Any, words: str) -> None:
    _pods(server, pod)
    kind, seen = _only(locate(access, "blue-tiller"))
    assert kind == Kind.NOT_READY
    assert words in seen


def test_a_long_message_is_shortened(server: ApiServer, access: Access) -> None:
    _pods(server, _pod("a", waiting="long " * 100))
    assert len(_only(locate(access, "blue-tiller"))[1]) < 500


NO_POD = {
    "scaled to 0": ({"spec": {"replicas": 0}}, "scaled to 0"),
    "a quota": (
        {
            "spec": {"replicas": 1},
            "status": {"conditions": [{"type": "Available", "status": "False", "reason": "Quota", "message": "full"}]},
        },
        "makes none: Quota: full",
    ),
    "no word": ({"spec": {}}, "makes none: it says no reason"),
}


@pytest.mark.parametrize(("deployment", "words"), [pytest.param(*case, id=name) for name, case in NO_POD.items()])
def test_a_deployment_without_pods_is_reported(server: ApiServer, access: Access, deployment: Any, words: str) -> None:
    server.answers[DEPLOYMENT] = (200, deployment)
    kind, seen = _only(locate(access, "blue-tiller"))
    assert kind == Kind.NOT_READY
    assert words in seen


def test_a_namespace_without_tiller_is_reported_with_the_nearest_that_has_one(
    server: ApiServer, access: Access
) -> None:
    server.answers[PODS] = (200, {"items": [_pod("a", inside=name) for name in ("blue-helm", "green-helm")]})
    kind, seen = _only(locate(access, "blue-tiller"))
    assert kind == Kind.NO_TILLER
    assert "(namespaces with a Tiller: blue-helm, green-helm)" in seen


def test_a_namespace_that_is_not_there_is_reported(server: ApiServer, access: Access) -> None:
    del server.answers[HERE]
    assert _only(locate(access, "blue-tiller"))[0] == Kind.NO_NAMESPACE


def test_what_an_account_may_not_look_at_is_said(server: ApiServer, access: Access) -> None:
    server.answers |= {HERE: FORBIDDEN, PODS: FORBIDDEN, DEPLOYMENT: FORBIDDEN}
    place = locate(access, "blue-tiller")
    assert _only(place)[0] == Kind.NO_TILLER
    assert [words for words in place.unchecked if "which other namespaces" in words]


def _allows(*verbs: str) -> Any:
    def answer(question: Question) -> Any:
        return review(allowed=question.body["spec"]["resourceAttributes"]["verb"] in verbs)

    return answer


def test_the_right_that_is_missing_is_named_and_who_holds_it(server: ApiServer, access: Access) -> None:
    _pods(server, _pod("a", ready=True))
    server.answers[SELF_REVIEW] = _allows("list", "get")
    kind, seen = _only(locate(access, "blue-tiller", [Subject("Group", "blue-developers")]))
    assert kind == Kind.FORWARD_DENIED
    assert "lacks the right to create pods/portforward; " in seen
    assert "Group blue-developers" in seen
    asked = [question.body["spec"]["resourceAttributes"] for question in server.asked_at(SELF_REVIEW)]
    assert {"namespace": "blue-tiller", "verb": "create", "resource": "pods", "subresource": "portforward"} in asked


def test_every_right_that_an_account_lacks_is_named(server: ApiServer, access: Access) -> None:
    server.answers |= {SELF_REVIEW: _allows(), f"{HERE}/pods": FORBIDDEN}
    kind, seen = _only(locate(access, "blue-tiller"))
    assert kind == Kind.FORWARD_DENIED
    assert "list pods, get pods, create pods/portforward" in seen


def test_where_rights_cannot_be_asked_for_it_is_said_and_the_pod_is_taken(server: ApiServer, access: Access) -> None:
    _pods(server, _pod("a", ready=True))
    server.answers[SELF_REVIEW] = FORBIDDEN
    place = locate(access, "blue-tiller")
    assert place.pod == "a"
    assert [words for words in place.unchecked if "the account's rights" in words]


def test_where_neither_rights_nor_pods_can_be_read_the_list_is_the_right(server: ApiServer, access: Access) -> None:
    server.answers |= {SELF_REVIEW: FORBIDDEN, f"{HERE}/pods": FORBIDDEN}
    kind, seen = _only(locate(access, "blue-tiller"))
    assert kind == Kind.FORWARD_DENIED
    assert "lacks the right to list pods;" in seen


def test_a_cluster_that_does_not_answer_is_reported(tmp_path: Path) -> None:
    kind, seen = _only(locate(Access(kubeconfig(tmp_path, "http://127.0.0.1:1"), "here"), "blue-tiller"))
    assert kind == Kind.CLUSTER_UNREACHABLE
    assert "http://127.0.0.1:1" in seen
    assert "sesame" not in seen


def test_a_cluster_that_refuses_the_credentials_is_reported(server: ApiServer, access: Access) -> None:
    server.answers[SELF_REVIEW] = (401, {"message": "Unauthorized"})
    kind, seen = _only(locate(access, "blue-tiller"))
    assert kind == Kind.CLUSTER_UNREACHABLE
    assert "log in again" in seen


def test_a_login_program_that_fails_is_no_lack_of_rights(tmp_path: Path) -> None:
    user = {"exec": {"apiVersion": "client.authentication.k8s.io/v1", "command": "false", "interactiveMode": "Never"}}
    kind, seen = _only(locate(entry(tmp_path, "https://127.0.0.1:1", user), "blue-tiller"))
    assert kind == Kind.CLUSTER_UNREACHABLE
    assert "its login program false failed with exit code 1" in seen
    assert "subjects" not in seen


def test_a_guest_is_not_sent_to_the_teams_subjects(server: ApiServer, tmp_path: Path) -> None:
    guest = (403, {"message": 'pods is forbidden: User "system:anonymous" cannot list resource "pods"'})
    server.answers |= {SELF_REVIEW: guest, f"{HERE}/pods": guest}
    kind, seen = _only(locate(entry(tmp_path, server.url, {}), "blue-tiller"))
    assert kind == Kind.CLUSTER_UNREACHABLE
    assert "the credentials were not accepted, or there are none" in seen
    assert "subjects" not in seen

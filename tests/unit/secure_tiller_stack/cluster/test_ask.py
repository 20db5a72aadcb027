"""How the facts are asked for."""

from dataclasses import replace
from pathlib import Path

import pytest

from secure_tiller.problems import ClusterError
from secure_tiller_stack import cluster
from secure_tiller_stack.cluster import ClusterFacts, FoundNamespace, FoundTiller
from tests.support.api_server import FORBIDDEN, PODS, REVIEW, SELF_REVIEW, ApiServer, namespace, pod, review
from tests.unit.secure_tiller_stack.cluster.asking import PREVIEW, access
from tiller_facts.rbac import EVERYBODY
from tiller_facts.values import UNKNOWN, Hidden

UPDATE = replace(PREVIEW, deploying=True)


def test_a_preview_reads_version_identity_and_namespaces_and_creates_nothing(server: ApiServer, tmp_path: Path) -> None:
    assert cluster.ask(access(tmp_path, server.url), PREVIEW) == ClusterFacts(
        server=server.url,
        uid="uid of kube-system",
        version=(1, 36),
        namespaces={
            "kube-system": FoundNamespace(uid="uid of kube-system"),
            "shared-tools": FoundNamespace(
                {"pod-security.kubernetes.io/enforce": "baseline"}, uid="uid of shared-tools"
            ),
        },
        everybody=UNKNOWN,
        tillers=(),
    )
    assert not {REVIEW, SELF_REVIEW} & set(server.paths)


def test_annotations_and_a_deletion_under_way_are_seen(server: ApiServer, tmp_path: Path) -> None:
    leaving = namespace("apps", team="blue")
    leaving["metadata"] |= {"annotations": {"owner": "me"}, "deletionTimestamp": "2026-01-01T00:00:00Z"}
    server.answers["/api/v1/namespaces"] = (200, {"items": [leaving]})
    facts = cluster.ask(access(tmp_path, server.url), PREVIEW)
    assert facts.namespaces == {
        "apps": FoundNamespace({"team": "blue"}, {"owner": "me"}, terminating=True, uid="uid of apps")
    }


@pytest.mark.parametrize("allowed", [True, False])
def test_an_update_asks_of_each_of_everybody_whether_they_may_read_secrets(
    server: ApiServer, tmp_path: Path, allowed: bool
) -> None:
    server.answers[REVIEW] = review(allowed=allowed)
    assert cluster.ask(access(tmp_path, server.url), UPDATE).everybody == (EVERYBODY if allowed else frozenset())
    asked = [question.body["spec"] for question in server.asked_at(REVIEW)]
    assert {one for spec in asked for one in (spec["user"], *spec["groups"])} >= EVERYBODY
    assert len(asked) == 3
    attributes = {"verb": "get", "resource": "secrets", "namespace": "kube-system"}
    assert [spec["resourceAttributes"] for spec in asked] == [attributes] * 3


def test_a_refused_review_is_no_answer(server: ApiServer, tmp_path: Path) -> None:
    server.answers[REVIEW] = FORBIDDEN
    assert isinstance(cluster.ask(access(tmp_path, server.url), UPDATE).everybody, Hidden)


SELECTED = ["app=helm,name=tiller,app.kubernetes.io/managed-by=secure-tiller"]


def test_whom_the_pods_of_our_tillers_answer_is_read_off_them(server: ApiServer, tmp_path: Path) -> None:
    pods = [pod("blue-tiller", "alice ci"), pod("blue-tiller", "alice carol"), pod("green-tiller", "bob@2")]
    server.answers[PODS] = (200, {"items": pods})
    assert cluster.ask(access(tmp_path, server.url), PREVIEW).tillers == (
        FoundTiller("blue-tiller", frozenset(("alice", "ci")), stopping=False),
        FoundTiller("blue-tiller", frozenset(("alice", "carol")), stopping=False),
        FoundTiller("green-tiller", frozenset(("bob@2",)), stopping=False),
    )
    assert [asked.query["labelSelector"] for asked in server.asked_at(PODS)] == [SELECTED]


@pytest.mark.parametrize("phase", ["Succeeded", "Failed"])
@pytest.mark.parametrize("stopping", [True, False])
def test_a_pod_that_has_ended_answers_nobody(server: ApiServer, tmp_path: Path, phase: str, stopping: bool) -> None:
    server.answers[PODS] = (200, {"items": [pod("blue-tiller", "alice", phase=phase, stopping=stopping)]})
    assert cluster.ask(access(tmp_path, server.url), PREVIEW).tillers == ()


@pytest.mark.parametrize("phase", ["Pending", "Running", "Unknown"])
@pytest.mark.parametrize("stopping", [True, False])
def test_a_pod_that_may_yet_answer_counts_also_while_it_is_stopping(
    server: ApiServer, tmp_path: Path, phase: str, stopping: bool
) -> None:
    server.answers[PODS] = (200, {"items": [pod("blue-tiller", "alice", phase=phase, stopping=stopping)]})
    (found,) = cluster.ask(access(tmp_path, server.url), PREVIEW).tillers or ()
    assert found == FoundTiller("blue-tiller", frozenset(("alice",)), stopping=stopping)


def test_a_pod_that_does_not_say_whom_it_answers_is_not_known_to_answer_anybody(
    server: ApiServer, tmp_path: Path
) -> None:
    server.answers[PODS] = (200, {"items": [pod("blue-tiller", None)]})
    (found,) = cluster.ask(access(tmp_path, server.url), PREVIEW).tillers or ()
    assert found == FoundTiller("blue-tiller", frozenset(), stopping=False)


BLUE_PODS = "/api/v1/namespaces/blue-tiller/pods"


@pytest.fixture
def with_our_namespace(server: ApiServer) -> ApiServer:
    """A server that refuses to list pods of all namespaces, and has one namespace that we made."""
    server.answers[PODS] = FORBIDDEN
    ours = namespace("blue-tiller", **{"app.kubernetes.io/managed-by": "secure-tiller"})
    server.answers["/api/v1/namespaces"] = (200, {"items": [namespace("kube-system"), ours]})
    return server


def test_where_all_pods_may_not_be_listed_those_of_our_namespaces_are(
    with_our_namespace: ApiServer, tmp_path: Path
) -> None:
    with_our_namespace.answers[BLUE_PODS] = (200, {"items": [pod("blue-tiller", "alice")]})
    found = cluster.ask(access(tmp_path, with_our_namespace.url), PREVIEW).tillers
    assert found == (FoundTiller("blue-tiller", frozenset(("alice",)), stopping=False),)


def test_pods_that_may_not_be_listed_anywhere_are_no_answer(with_our_namespace: ApiServer, tmp_path: Path) -> None:
    with_our_namespace.answers[BLUE_PODS] = FORBIDDEN
    assert cluster.ask(access(tmp_path, with_our_namespace.url), PREVIEW).tillers is None


def test_whom_one_tiller_answers_is_asked_in_its_namespace_alone(server: ApiServer, tmp_path: Path) -> None:
    server.answers[BLUE_PODS] = (200, {"items": [pod("blue-tiller", "al"), pod("blue-tiller", "ci", stopping=True)]})
    assert cluster.tillers(access(tmp_path, server.url), "blue-tiller") == (
        FoundTiller("blue-tiller", frozenset(("al",)), stopping=False),
        FoundTiller("blue-tiller", frozenset(("ci",)), stopping=True),
    )
    assert [(asked.path, asked.query["labelSelector"]) for asked in server.asked] == [(BLUE_PODS, SELECTED)]


def test_a_tiller_without_pods_answers_nobody(server: ApiServer, tmp_path: Path) -> None:
    server.answers[BLUE_PODS] = (200, {"items": []})
    assert cluster.tillers(access(tmp_path, server.url), "blue-tiller") == ()


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (FORBIDDEN, "refused to tell which pods run in blue-tiller: 403"),
        ((500, {"message": "no"}), "refused to tell which pods run in blue-tiller: 500"),
        ((200, None), "is no Kubernetes"),
        ((200, "welcome"), "is no Kubernetes"),
    ],
    ids=["refused", "broken", "nothing", "no list"],
)
def test_a_cluster_that_does_not_tell_whom_a_tiller_answers_is_refused(
    server: ApiServer, tmp_path: Path, answer: tuple[int, object], words: str
) -> None:
    server.answers[BLUE_PODS] = answer
    with pytest.raises(ClusterError, match=words):
        cluster.tillers(access(tmp_path, server.url), "blue-tiller")


def test_an_account_that_may_not_list_pods_is_refused_with_the_right_it_needs(
    server: ApiServer, tmp_path: Path
) -> None:
    server.answers[BLUE_PODS] = FORBIDDEN
    with pytest.raises(ClusterError) as refused:
        cluster.tillers(access(tmp_path, server.url), "blue-tiller")
    assert refused.value.problems[0].remedy == "use an account that may list pods there"

"""How the facts are asked for."""

import json
import socket
from pathlib import Path

import pytest

from secure_tiller import cluster
from secure_tiller.cluster import Facts, FoundNamespace, FoundTiller
from secure_tiller.kubeconfig import Access
from secure_tiller.problems import ClusterError
from tests.unit.api_server import PODS, REVIEW, ApiServer, kubeconfig, namespace, pod


def access(folder: Path, url: str) -> Access:
    return Access(kubeconfig(folder, url), "here")


def test_a_preview_reads_version_identity_and_namespaces_and_creates_nothing(server: ApiServer, tmp_path: Path) -> None:
    assert cluster.ask(access(tmp_path, server.url), False) == Facts(
        server=server.url,
        uid="uid of kube-system",
        version=(1, 36),
        namespaces={
            "kube-system": FoundNamespace(),
            "shared-tools": FoundNamespace({"pod-security.kubernetes.io/enforce": "baseline"}),
        },
        strangers_allowed=None,
        tillers=(),
    )
    assert REVIEW not in [path for path, _ in server.asked]


def test_annotations_and_a_deletion_under_way_are_seen(server: ApiServer, tmp_path: Path) -> None:
    leaving = namespace("apps", team="blue")
    leaving["metadata"] |= {"annotations": {"owner": "me"}, "deletionTimestamp": "2026-01-01T00:00:00Z"}
    server.answers["/api/v1/namespaces"] = (200, {"items": [leaving]})
    facts = cluster.ask(access(tmp_path, server.url), False)
    assert facts.namespaces == {"apps": FoundNamespace({"team": "blue"}, {"owner": "me"}, terminating=True)}


@pytest.mark.parametrize("allowed", [True, False])
def test_an_update_asks_whether_a_made_up_user_may_read_secrets(
    server: ApiServer, tmp_path: Path, allowed: bool
) -> None:
    server.answers[REVIEW] = (201, {"spec": {}, "status": {"allowed": allowed}})
    assert cluster.ask(access(tmp_path, server.url), True).strangers_allowed is allowed
    (review,) = [body for path, body in server.asked if path == REVIEW]
    assert review["spec"]["groups"] == ["system:authenticated"]
    assert review["spec"]["resourceAttributes"] == {"verb": "get", "resource": "secrets", "namespace": "kube-system"}


def test_a_refused_review_is_no_answer(server: ApiServer, tmp_path: Path) -> None:
    server.answers[REVIEW] = (403, {"message": "forbidden"})
    assert cluster.ask(access(tmp_path, server.url), True).strangers_allowed is None


SELECTED = ["app=helm,name=tiller,app.kubernetes.io/managed-by=secure-tiller"]


def test_whom_the_pods_of_our_tillers_answer_is_read_off_them(server: ApiServer, tmp_path: Path) -> None:
    pods = [pod("blue-tiller", "alice ci"), pod("blue-tiller", "alice carol"), pod("green-tiller", "bob@2")]
    server.answers[PODS] = (200, {"items": pods})
    assert cluster.ask(access(tmp_path, server.url), False).tillers == (
        FoundTiller("blue-tiller", frozenset(("alice", "ci")), stopping=False),
        FoundTiller("blue-tiller", frozenset(("alice", "carol")), stopping=False),
        FoundTiller("green-tiller", frozenset(("bob@2",)), stopping=False),
    )
    assert server.queries[PODS]["labelSelector"] == SELECTED


@pytest.mark.parametrize("phase", ["Succeeded", "Failed"])
@pytest.mark.parametrize("stopping", [True, False])
def test_a_pod_that_has_ended_answers_nobody(server: ApiServer, tmp_path: Path, phase: str, stopping: bool) -> None:
    server.answers[PODS] = (200, {"items": [pod("blue-tiller", "alice", phase=phase, stopping=stopping)]})
    assert cluster.ask(access(tmp_path, server.url), False).tillers == ()


@pytest.mark.parametrize("phase", ["Pending", "Running", "Unknown"])
@pytest.mark.parametrize("stopping", [True, False])
def test_a_pod_that_may_yet_answer_counts_also_while_it_is_stopping(
    server: ApiServer, tmp_path: Path, phase: str, stopping: bool
) -> None:
    server.answers[PODS] = (200, {"items": [pod("blue-tiller", "alice", phase=phase, stopping=stopping)]})
    (found,) = cluster.ask(access(tmp_path, server.url), False).tillers or ()
    assert found == FoundTiller("blue-tiller", frozenset(("alice",)), stopping=stopping)


def test_a_pod_that_does_not_say_whom_it_answers_is_not_known_to_answer_anybody(
    server: ApiServer, tmp_path: Path
) -> None:
    server.answers[PODS] = (200, {"items": [pod("blue-tiller", None)]})
    (found,) = cluster.ask(access(tmp_path, server.url), False).tillers or ()
    assert found == FoundTiller("blue-tiller", frozenset(), stopping=False)


BLUE_PODS = "/api/v1/namespaces/blue-tiller/pods"


@pytest.fixture
def with_our_namespace(server: ApiServer) -> ApiServer:
    """A server that refuses to list pods of all namespaces, and has one namespace that we made."""
    server.answers[PODS] = (403, {"message": "forbidden"})
    ours = namespace("blue-tiller", **{"app.kubernetes.io/managed-by": "secure-tiller"})
    server.answers["/api/v1/namespaces"] = (200, {"items": [namespace("kube-system"), ours]})
    return server


def test_where_all_pods_may_not_be_listed_those_of_our_namespaces_are(
    with_our_namespace: ApiServer, tmp_path: Path
) -> None:
    with_our_namespace.answers[BLUE_PODS] = (200, {"items": [pod("blue-tiller", "alice")]})
    found = cluster.ask(access(tmp_path, with_our_namespace.url), False).tillers
    assert found == (FoundTiller("blue-tiller", frozenset(("alice",)), stopping=False),)


def test_pods_that_may_not_be_listed_anywhere_are_no_answer(with_our_namespace: ApiServer, tmp_path: Path) -> None:
    with_our_namespace.answers[BLUE_PODS] = (403, {"message": "forbidden"})
    assert cluster.ask(access(tmp_path, with_our_namespace.url), False).tillers is None


def test_whom_one_tiller_answers_is_asked_in_its_namespace_alone(server: ApiServer, tmp_path: Path) -> None:
    server.answers[BLUE_PODS] = (200, {"items": [pod("blue-tiller", "al"), pod("blue-tiller", "ci", stopping=True)]})
    assert cluster.tillers(access(tmp_path, server.url), "blue-tiller") == (
        FoundTiller("blue-tiller", frozenset(("al",)), stopping=False),
        FoundTiller("blue-tiller", frozenset(("ci",)), stopping=True),
    )
    assert [path for path, _ in server.asked] == [BLUE_PODS]
    assert server.queries[BLUE_PODS]["labelSelector"] == SELECTED


def test_a_tiller_without_pods_answers_nobody(server: ApiServer, tmp_path: Path) -> None:
    server.answers[BLUE_PODS] = (200, {"items": []})
    assert cluster.tillers(access(tmp_path, server.url), "blue-tiller") == ()


@pytest.mark.parametrize(
    "answer",
    [(403, {"message": "forbidden"}), (500, {"message": "no"}), (200, None), (200, "welcome")],
    ids=["refused", "broken", "nothing", "no list"],
)
def test_a_cluster_that_does_not_tell_whom_a_tiller_answers_is_refused(
    server: ApiServer, tmp_path: Path, answer: tuple[int, object]
) -> None:
    server.answers[BLUE_PODS] = answer
    with pytest.raises(ClusterError, match="does not tell which pods run in blue-tiller"):
        cluster.tillers(access(tmp_path, server.url), "blue-tiller")


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/api/v1/namespaces", 403),
        ("/api/v1/namespaces/kube-system", 401),
        ("/version", 500),
        (REVIEW, 500),
        (PODS, 500),
    ],
)
def test_a_question_that_fails_refuses_the_cluster(server: ApiServer, tmp_path: Path, path: str, status: int) -> None:
    server.answers[path] = (status, {"message": "no"})
    with pytest.raises(ClusterError, match=f"refused what is asked before an update: {status}"):
        cluster.ask(access(tmp_path, server.url), True)


def test_an_unreachable_cluster_is_named_with_its_address_file_and_context(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound but not listening: every connection is refused
        url = f"https://127.0.0.1:{taken.getsockname()[1]}"
        with pytest.raises(ClusterError) as refused:
            cluster.ask(access(tmp_path, url), False)
    text = str(refused.value)
    assert all(words in text for words in (url, str(tmp_path / "config"), "context here", "Connection refused"))
    assert "sesame" not in text


@pytest.mark.parametrize(
    ("status", "message", "words"),
    [
        (401, "Unauthorized", "credentials were not accepted"),
        (403, 'User "system:anonymous" cannot get resource', "credentials were not accepted"),
        (403, 'User "ann" cannot get resource', "an account that may get and list namespaces"),
    ],
)
def test_credentials_that_are_not_accepted_are_told_from_rights_that_are_missing(
    server: ApiServer, tmp_path: Path, status: int, message: str, words: str
) -> None:
    server.answers["/version"] = (status, {"message": message})
    with pytest.raises(ClusterError) as refused:
        cluster.ask(access(tmp_path, server.url), False)
    assert words in refused.value.problems[0].remedy


UNKNOWN = "cluster at (unknown address)"
SERVER = "https://127.0.0.1:1"


@pytest.mark.parametrize(
    ("cluster_entry", "user_entry", "where"),
    [
        pytest.param({"server": SERVER, "certificate-authority-data": "sesame!"}, {}, UNKNOWN, id="CA no base64"),
        pytest.param({"server": SERVER}, {"client-certificate-data": "sesam"}, UNKNOWN, id="certificate no base64"),
        pytest.param({"server": SERVER}, {"username": "sesame", "password": 7}, UNKNOWN, id="password no text"),
        pytest.param({"server": SERVER}, {"tokenFile": "/nowhere"}, UNKNOWN, id="a file that is not there"),
        pytest.param({"server": 7}, {"token": "sesame"}, UNKNOWN, id="address no text"),
        pytest.param({}, {"token": "sesame"}, UNKNOWN, id="no address"),
        pytest.param(None, {"token": "sesame"}, UNKNOWN, id="no entry of the cluster"),
        pytest.param({"server": "https://[::1"}, {"token": "sesame"}, UNKNOWN, id="address malformed"),
        pytest.param({"server": SERVER}, {"token": "ses\name"}, SERVER, id="token that no header takes"),
    ],
)
def test_a_broken_entry_is_refused_without_quoting_it(
    tmp_path: Path, cluster_entry: object, user_entry: object, where: str
) -> None:
    broken = access(tmp_path, SERVER)
    content = json.loads(broken.kubeconfig.read_text())
    content["clusters"][0]["cluster"] = cluster_entry
    content["users"][0]["user"] = user_entry
    broken.kubeconfig.write_text(json.dumps(content))
    with pytest.raises(ClusterError) as refused:
        cluster.ask(broken, False)
    (problem,) = refused.value.problems
    assert where in problem.key
    assert "cannot be" in problem.why
    assert str(broken.kubeconfig) in problem.value
    assert all(words not in str(problem) for words in ("sesam", "ses\name"))


def test_a_misspelt_key_beside_a_token_does_not_show_the_token(tmp_path: Path) -> None:
    broken = access(tmp_path, SERVER)
    broken.kubeconfig.write_text(broken.kubeconfig.read_text().replace('"user": {"token"', '"usr": {"token"'))
    with pytest.raises(ClusterError, match="cannot be read") as refused:
        cluster.ask(broken, False)
    assert isinstance(refused.value.__cause__, Exception)
    assert "sesame" in str(refused.value.__cause__), "the control: the client's own message quotes the token"
    assert "sesame" not in str(refused.value)


@pytest.mark.parametrize(
    ("path", "answer"), [("/version", None), ("/version", "welcome"), ("/api/v1/namespaces/kube-system", {})]
)
def test_something_that_is_no_kubernetes_is_refused_with_its_address(
    server: ApiServer, tmp_path: Path, path: str, answer: object
) -> None:
    server.answers[path] = (200, answer)
    with pytest.raises(ClusterError, match=f"cluster at {server.url}") as refused:
        cluster.ask(access(tmp_path, server.url), False)
    assert "no Kubernetes" in str(refused.value)

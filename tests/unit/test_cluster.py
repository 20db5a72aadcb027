"""How the facts are asked for."""

import socket
from pathlib import Path

import pytest

from secure_tiller import cluster
from secure_tiller.cluster import Facts
from secure_tiller.kubeconfig import Access
from secure_tiller.problems import ClusterError
from tests.unit.api_server import REVIEW, ApiServer, kubeconfig


def access(folder: Path, url: str) -> Access:
    return Access(kubeconfig(folder, url), "here")


def test_a_preview_reads_version_identity_and_namespaces_and_creates_nothing(server: ApiServer, tmp_path: Path) -> None:
    assert cluster.ask(access(tmp_path, server.url), False) == Facts(
        server=server.url,
        uid="uid of kube-system",
        version=(1, 36),
        namespaces={"kube-system": {}, "apps": {"team": "blue"}},
        strangers_allowed=None,
    )
    assert REVIEW not in [path for path, _ in server.asked]


@pytest.mark.parametrize("allowed", [True, False])
def test_an_update_asks_whether_a_made_up_user_may_read_secrets(
    server: ApiServer, tmp_path: Path, allowed: bool
) -> None:
    server.answers[REVIEW] = (201, {"spec": {}, "status": {"allowed": allowed}})
    assert cluster.ask(access(tmp_path, server.url), True).strangers_allowed is allowed
    path, review = server.asked[-1]
    assert path == REVIEW
    assert review["spec"]["groups"] == ["system:authenticated"]
    assert review["spec"]["resourceAttributes"] == {"verb": "get", "resource": "secrets", "namespace": "kube-system"}


def test_a_refused_review_is_no_answer(server: ApiServer, tmp_path: Path) -> None:
    server.answers[REVIEW] = (403, {"message": "forbidden"})
    assert cluster.ask(access(tmp_path, server.url), True).strangers_allowed is None


@pytest.mark.parametrize(
    ("path", "status"),
    [("/api/v1/namespaces", 403), ("/api/v1/namespaces/kube-system", 401), ("/version", 500), (REVIEW, 500)],
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

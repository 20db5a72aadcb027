"""How the cluster is called, and what is said when it cannot be."""

import json
import socket
from dataclasses import replace
from pathlib import Path

import pytest

from secure_tiller.problems import ClusterError
from secure_tiller_stack import cluster
from secure_tiller_stack.cluster.connection import calling, clients
from secure_tiller_stack.kubeconfig import Access
from tests.support.api_server import PODS, REVIEW, SELF_REVIEW, ApiServer, kubeconfig
from tests.unit.secure_tiller_stack.cluster.asking import PREVIEW, access

UPDATE = replace(PREVIEW, deploying=True)


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/api/v1/namespaces", 403),
        ("/api/v1/namespaces/kube-system", 401),
        ("/version", 500),
        (REVIEW, 500),
        (SELF_REVIEW, 500),
        (PODS, 500),
    ],
)
def test_a_question_that_fails_refuses_the_cluster(server: ApiServer, tmp_path: Path, path: str, status: int) -> None:
    server.answers[path] = (status, {"message": "no"})
    with pytest.raises(ClusterError, match=f"refused what is asked before an update: {status}"):
        cluster.ask(access(tmp_path, server.url), UPDATE)


def test_an_unreachable_cluster_is_named_with_its_address_file_and_context(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound but not listening: every connection is refused
        url = f"https://127.0.0.1:{taken.getsockname()[1]}"
        with pytest.raises(ClusterError) as refused:
            cluster.ask(access(tmp_path, url), PREVIEW)
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
def test_credentials_that_are_not_accepted_are_distinguished_from_missing_rights(
    server: ApiServer, tmp_path: Path, status: int, message: str, words: str
) -> None:
    server.answers["/version"] = (status, {"message": message})
    with pytest.raises(ClusterError) as refused:
        cluster.ask(access(tmp_path, server.url), PREVIEW)
    assert words in refused.value.problems[0].remedy


UNKNOWN = "cluster at (unknown address)"
SERVER = "https://127.0.0.1:1"


@pytest.mark.parametrize(
    ("cluster_entry", "user_entry", "where"),
    [
        pytest.param({"server": SERVER, "certificate-authority-data": "sesame!"}, {}, SERVER, id="CA no base64"),
        pytest.param(
            {"server": SERVER},
            {"client-certificate-data": "sesam", "client-key-data": "sesam"},
            SERVER,
            id="certificate no base64",
        ),
        pytest.param({"server": SERVER}, {"username": "sesame", "password": 7}, UNKNOWN, id="password no text"),
        pytest.param({"server": SERVER}, {"tokenFile": "/nowhere"}, SERVER, id="a file that is not there"),
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
    file = kubeconfig(tmp_path, SERVER)
    content = json.loads(file.read_text())
    content["clusters"][0]["cluster"] = cluster_entry
    content["users"][0]["user"] = user_entry
    file.write_text(json.dumps(content))
    with pytest.raises(ClusterError) as refused:
        cluster.ask(Access(file, "here"), PREVIEW)
    (problem,) = refused.value.problems
    assert where in problem.key
    assert any(words in problem.why for words in ("cannot be", "must be", "is missing", "is not there"))
    assert str(file) in problem.value
    assert all(words not in str(problem) for words in ("sesam", "ses\name"))


def test_a_misspelt_key_next_to_a_token_does_not_show_the_token(tmp_path: Path) -> None:
    file = kubeconfig(tmp_path, SERVER)
    file.write_text(file.read_text().replace('"user": {"token"', '"usr": {"token"'))
    with pytest.raises(ClusterError, match="cannot be read") as refused:
        cluster.ask(Access(file, "here"), PREVIEW)
    assert "sesame" not in str(refused.value)


@pytest.mark.parametrize(
    ("path", "answer"), [("/version", None), ("/version", "welcome"), ("/api/v1/namespaces/kube-system", {})]
)
def test_something_that_is_no_kubernetes_is_refused_with_its_address(
    server: ApiServer, tmp_path: Path, path: str, answer: object
) -> None:
    server.answers[path] = (200, answer)
    with pytest.raises(ClusterError, match=f"cluster at {server.url}") as refused:
        cluster.ask(access(tmp_path, server.url), PREVIEW)
    assert "no Kubernetes" in str(refused.value)


@pytest.mark.parametrize("fault", [ValueError, TypeError, KeyError, AttributeError])
def test_a_fault_of_our_own_is_not_blamed_on_the_kubeconfig(
    server: ApiServer, tmp_path: Path, fault: type[Exception]
) -> None:
    with pytest.raises(fault, match="ours"), calling(access(tmp_path, server.url)):
        raise fault("ours")


@pytest.mark.parametrize("fault", [ValueError, TypeError, KeyError, AttributeError])
def test_a_fault_of_the_client_in_a_request_is_shown_in_one_line_that_quotes_nothing(
    server: ApiServer, tmp_path: Path, fault: type[Exception], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise fault("Bearer sesame")

    monkeypatch.setattr(clients.ApiClient, "call_api", broken)
    with pytest.raises(ClusterError, match="no Kubernetes") as refused:
        cluster.ask(access(tmp_path, server.url), PREVIEW)
    assert "sesame" not in str(refused.value)


# A kubeconfig that is no file.


def without_file(folder: Path, url: str) -> Access:
    """Return the access by the content of a kubeconfig, of which there is no file."""
    file = kubeconfig(folder, url)
    content = file.read_text()
    file.unlink()
    return Access(None, "here", content=content)


def test_the_content_of_a_kubeconfig_leads_to_the_cluster_as_the_file_does(server: ApiServer, tmp_path: Path) -> None:
    assert cluster.ask(without_file(tmp_path, server.url), PREVIEW).uid == "uid of kube-system"


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        pytest.param('"user": {"token"', '"usr": {"token"', id="a misspelt key next to a token"),
        pytest.param('"server": "', '"server": "https://[::1', id="an address that is none"),
        pytest.param('"server"', '"address"', id="no address"),
        pytest.param('"token": "sesame"', '"tokenFile": "/nowhere"', id="a file that is not there"),
    ],
)
def test_content_that_is_broken_is_named_and_not_quoted(tmp_path: Path, right: str, wrong: str) -> None:
    access = without_file(tmp_path, SERVER)
    assert right in access.content
    with pytest.raises(ClusterError) as refused:
        cluster.ask(replace(access, content=access.content.replace(right, wrong)), PREVIEW)
    (problem,) = refused.value.problems
    assert problem.value == "(context here of secure-tiller:kubeconfig)"
    assert "sesame" not in str(refused.value)

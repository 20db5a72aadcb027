"""The one lister of the API server: every page, within limits of time and size, and of Secrets the metadata alone."""

import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from kubernetes import client as official
from kubernetes.client import ApiException

from secure_tiller.problems import ClusterError
from secure_tiller_stack.cluster import api, lister
from secure_tiller_stack.cluster.api import unless_refused
from secure_tiller_stack.cluster.connection import calling
from secure_tiller_stack.cluster.lister import find, items
from tests.support.api_server import FORBIDDEN, NONE, PODS, ApiServer, Question, only_metadata
from tests.unit.secure_tiller_stack.cluster.asking import access
from tiller_facts import kinds

SECRETS = "/api/v1/secrets"
SECRET = "/api/v1/namespaces/blue/secrets/tls"
METADATA = "application/json;as=PartialObjectMetadata{};g=meta.k8s.io;v=v1"
OBJECT = {**only_metadata("tls", "blue"), "type": "Opaque", "data": {"tls.key": "c2VzYW1l"}}


@pytest.fixture
def client(server: ApiServer, tmp_path: Path) -> Iterator[Any]:
    with calling(access(tmp_path, server.url)) as client:
        yield client


def names(found: Any) -> list[str]:
    return [each["metadata"]["name"] for each in found]


def many(number: int) -> Any:
    return 200, {"items": [only_metadata(str(name), "blue") for name in range(number)]}


# Pages.


@pytest.mark.parametrize(("number", "page", "asked"), [(0, 2, 1), (2, 2, 1), (3, 2, 2), (7, 2, 4), (501, 500, 2)])
def test_every_object_is_returned_whatever_the_number_of_pages(
    server: ApiServer, client: Any, number: int, page: int, asked: int
) -> None:
    server.page = page
    server.answers[PODS] = many(number)
    assert names(items(client, kinds.PODS)) == [str(name) for name in range(number)]
    assert len(server.asked_at(PODS)) == asked
    assert {tuple(question.query["limit"]) for question in server.asked} == {("500",)}


def test_selectors_are_sent_with_each_page(server: ApiServer, client: Any) -> None:
    server.page = 1
    server.answers[PODS] = many(2)
    items(client, kinds.PODS, labels="app=helm", fields="metadata.name=x")
    wanted = {"labelSelector": ["app=helm"], "fieldSelector": ["metadata.name=x"]}
    assert [wanted.items() <= question.query.items() for question in server.asked] == [True, True]


def test_a_list_whose_next_page_is_gone_starts_again_once(server: ApiServer, client: Any) -> None:
    server.page, server.forgets = 1, 1
    server.answers[PODS] = many(3)
    assert names(items(client, kinds.PODS)) == ["0", "1", "2"]
    assert [question.query.get("continue", [""])[0] for question in server.asked] == ["", "1", "", "1", "2"]


def test_a_list_whose_next_page_is_gone_twice_fails(server: ApiServer, client: Any) -> None:
    server.page, server.forgets = 1, 2
    server.answers[PODS] = many(3)
    with pytest.raises(official.ApiException, match="410"):
        items(client, kinds.PODS)


def test_pages_without_end_are_given_up(server: ApiServer, client: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lister, "LIST_SECONDS", 0.3)
    server.answers[PODS] = (200, {"items": [], "metadata": {"continue": "0"}})
    with pytest.raises(TimeoutError):
        items(client, kinds.PODS)


@pytest.mark.parametrize(
    ("kind", "namespace", "path"),
    [
        (kinds.PODS, "", "/api/v1/pods"),
        (kinds.PODS, "blue", "/api/v1/namespaces/blue/pods"),
        (kinds.NAMESPACES, "", "/api/v1/namespaces"),
        (kinds.ROLES, "blue", "/apis/rbac.authorization.k8s.io/v1/namespaces/blue/roles"),
        (kinds.CLUSTER_ROLES, "", "/apis/rbac.authorization.k8s.io/v1/clusterroles"),
        (kinds.Kind("example.org", "widgets"), "a/b", "/apis/example.org/v1/namespaces/a%2Fb/widgets"),
    ],
)
def test_a_kind_of_any_group_is_listed(
    server: ApiServer, client: Any, kind: kinds.Kind, namespace: str, path: str
) -> None:
    server.answers[path] = NONE
    assert items(client, kind, namespace) == ()
    assert server.paths == [path]


# Secrets.


def test_of_secrets_the_metadata_alone_is_asked_for_and_kept(server: ApiServer, client: Any) -> None:
    server.answers |= {SECRETS: (200, {"items": [OBJECT]}), SECRET: (200, OBJECT)}  # it sends all the same
    metadata = {"metadata": OBJECT["metadata"]}
    assert items(client, kinds.SECRETS) == (metadata,)
    assert find(client, kinds.SECRETS, "tls", "blue") == metadata
    assert [question.accept for question in server.asked] == [METADATA.format("List"), METADATA.format("")]


def test_what_secrets_hold_is_read_on_request_alone(server: ApiServer, client: Any) -> None:
    server.answers |= {SECRETS: (200, {"items": [OBJECT]}), SECRET: (200, OBJECT)}
    assert items(client, kinds.SECRETS, secret_data=True) == (OBJECT,)
    assert find(client, kinds.SECRETS, "tls", "blue", secret_data=True) == OBJECT


def test_of_any_kind_the_metadata_can_be_asked_for_alone(server: ApiServer, client: Any) -> None:
    server.answers[PODS] = (200, {"items": [{**only_metadata("a", "blue"), "spec": {}}]})
    assert items(client, kinds.PODS, metadata_only=True) == (only_metadata("a", "blue"),)
    assert "spec" in items(client, kinds.PODS)[0]


# One object.


def test_an_object_that_is_not_there_is_none(client: Any) -> None:
    assert find(client, kinds.PODS, "a", "blue") is None


@pytest.mark.parametrize("name", ["", ".", "..", "a/b", "a%2fb", "../roles"])
def test_a_name_that_no_object_can_have_is_not_asked_for(server: ApiServer, client: Any, name: str) -> None:
    assert find(client, kinds.PODS, name, "blue") is None
    assert server.asked == []


def test_a_name_with_a_colon_is_found(server: ApiServer, client: Any) -> None:
    server.answers["/apis/rbac.authorization.k8s.io/v1/clusterroles/system%3Anode"] = (200, {"rules": []})
    assert find(client, kinds.CLUSTER_ROLES, "system:node") == {"rules": []}


# Refusals.


def test_a_refusal_is_what_the_caller_says_and_a_failure_stays_one(server: ApiServer, client: Any) -> None:
    server.answers[PODS] = FORBIDDEN
    assert unless_refused(None, items, client, kinds.PODS) is None
    with pytest.raises(official.ApiException, match="403"):
        items(client, kinds.PODS)
    server.answers[PODS] = (500, {"message": "etcd is away"})
    with pytest.raises(official.ApiException, match="500") as failed:
        unless_refused(None, items, client, kinds.PODS)
    assert json.loads(failed.value.body) == {"message": "etcd is away"}


def test_an_answer_is_no_refusal(server: ApiServer, client: Any) -> None:
    server.answers[PODS] = many(1)
    assert names(unless_refused((), items, client, kinds.PODS)) == ["0"]


# Answers of a server that means no good.


@contextmanager
def serving(content: bytes, pause: float = 0) -> Iterator[str]:
    """Run a server that sends an answer once, with a pause after each byte if it is not 0."""

    def serve() -> None:
        connection, _ = listening.accept()
        with connection, suppress(OSError):  # it was given up
            connection.recv(65536)
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(content))
            for piece in (content[at : at + 1] for at in range(len(content))) if pause else (content,):
                connection.sendall(piece)
                time.sleep(pause)

    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=serve)
        thread.start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        thread.join()


def test_an_answer_that_drips_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(api, "REQUEST_SECONDS", 0.3)
    begun = time.monotonic()
    with (
        serving(b" " * 1000, pause=0.05) as url,
        pytest.raises(ClusterError, match="the answer takes too long"),
        calling(access(tmp_path, url)) as client,
    ):
        items(client, kinds.PODS)
    assert time.monotonic() - begun < 10


def test_an_answer_that_is_too_large_is_given_up(
    server: ApiServer, client: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.answers[PODS] = (200, {"items": [], "filling": "x" * 2**20})
    assert items(client, kinds.PODS) == ()
    monkeypatch.setattr(api, "LARGEST_ANSWER", 2**19)
    with pytest.raises(ValueError, match="too large"):
        items(client, kinds.PODS)


def test_an_answer_that_is_nested_too_deeply_is_refused(tmp_path: Path) -> None:
    def nested(depth: int) -> bytes:
        return b"[" * depth + b"]" * depth

    def asked(content: bytes) -> Any:
        with serving(content) as url, calling(access(tmp_path, url)) as client:
            return api.call(client, "GET", "/")

    assert asked(nested(100))
    with pytest.raises(ClusterError, match="no Kubernetes"):
        asked(nested(100_000))


@pytest.mark.parametrize("body", ["[" * 100_000, "", "[]", "{}", None, f'{{"message": {"1" * 5_000}}}'])
def test_of_a_refusal_without_a_message_the_reason_is_shown(body: str | None) -> None:
    error = ApiException(status=403, reason="Forbidden")
    error.body = body
    assert api.message(error) == "Forbidden"


@pytest.mark.parametrize("answer", ["welcome", None, [], {}, {"items": 7}, {"items": [7]}])
def test_what_is_no_list_is_refused(server: ApiServer, tmp_path: Path, answer: object) -> None:
    server.answers[SECRETS] = (200, answer)
    with pytest.raises(ClusterError, match="no Kubernetes"), calling(access(tmp_path, server.url)) as client:
        items(client, kinds.SECRETS)


def test_a_question_carries_what_was_asked(server: ApiServer, client: Any) -> None:
    server.answers["/x"] = lambda question: (201, {"body": question.body, "query": question.query})
    answer = api.call(client, "POST", "/x", query={"dryRun": "All", "empty": ""}, body={"a": [1]})
    assert answer == {"body": {"a": [1]}, "query": {"dryRun": ["All"]}}
    assert isinstance(server.asked[0], Question)

"""A small HTTP server on this machine that answers like an API server, and a kubeconfig for it."""

import json
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import parse_qs, urlsplit

from secure_tiller_stack.kubeconfig import Access
from tests.support.samples import STACK
from tests.support.served import served

VERSION_WORDS = ("buildDate", "compiler", "gitCommit", "gitTreeState", "gitVersion", "goVersion", "platform")
REVIEW = "/apis/authorization.k8s.io/v1/subjectaccessreviews"
SELF_REVIEW = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
PODS = "/api/v1/pods"
ROLES = "/apis/rbac.authorization.k8s.io/v1/roles"
ROLE_BINDINGS = "/apis/rbac.authorization.k8s.io/v1/rolebindings"

FORBIDDEN = (403, {"message": "forbidden"})
NOT_FOUND = (404, {"message": "not found"})
NONE = (200, {"items": None})
"""How an API server written in Go may write an empty list."""


class Question(NamedTuple):
    """A request to the server."""

    path: str
    body: Any
    query: dict[str, list[str]]
    accept: str


Answer = tuple[int, Any]
Answers = Answer | Callable[[Question], Answer]


def review(*, allowed: bool) -> Answer:
    return 201, {"spec": {}, "status": {"allowed": allowed}}


def only_metadata(name: str, inside: str, **labels: str) -> dict[str, Any]:
    """Return an object of a namespace as the API server sends it when only its metadata is asked for."""
    return {"metadata": {"name": name, "namespace": inside, **({"labels": labels} if labels else {})}}


def release(name: str, revision: int, status: str = "DEPLOYED", inside: str = "green-tiller") -> dict[str, Any]:
    """Return the record of a revision of a release, as Tiller labels it; metadata alone."""
    labels = {"OWNER": "TILLER", "NAME": name, "VERSION": str(revision), "STATUS": status}
    return only_metadata(f"{name}.v{revision}", inside, **labels)


def namespace(name: str, **labels: str) -> dict[str, Any]:
    return {"metadata": {"name": name, "uid": f"uid of {name}", "labels": labels or None}}


def of_stack(
    name: str, team: str = "red", stack: str | None = STACK, manager: str = "secure-tiller", **changes: Any
) -> dict[str, Any]:
    """Return a namespace that a stack made for a team."""
    labels = {"app.kubernetes.io/managed-by": manager, "secure-tiller/team": team}
    annotations = {"secure-tiller/stack": stack} if stack else None
    return {"metadata": {**namespace(name, **labels)["metadata"], "annotations": annotations, **changes}}


def pod(inside: str, trusts: str | None, phase: str = "Running", *, stopping: bool = False) -> dict[str, Any]:
    """Return a pod of Tiller in a namespace; None: it does not say whom it answers."""
    deletion = {"deletionTimestamp": "2026-01-01T00:00:00Z"} if stopping else {}
    annotations = None if trusts is None else {"secure-tiller/trusts": trusts}
    return {
        "metadata": {"name": "tiller-0", "namespace": inside, "annotations": annotations, **deletion},
        "status": {"phase": phase},
    }


SHARED_TOOLS = namespace("shared-tools", **{"pod-security.kubernetes.io/enforce": "baseline"})


@dataclass
class ApiServer:
    """The answers by path, and the requests so far."""

    url: str = ""
    answers: dict[str, Answers] = field(
        default_factory=lambda: {
            "/version": (200, {"major": "1", "minor": "36+"} | dict.fromkeys(VERSION_WORDS, "")),
            "/api/v1/namespaces/kube-system": (200, namespace("kube-system")),
            "/api/v1/namespaces": (200, {"items": [namespace("kube-system"), SHARED_TOOLS]}),
            PODS: (200, {"items": []}),
            ROLES: NONE,
            ROLE_BINDINGS: NONE,
            REVIEW: review(allowed=False),
            SELF_REVIEW: review(allowed=True),
        }
    )
    asked: list[Question] = field(default_factory=list)
    headers: list[tuple[tuple[str, str], ...]] = field(default_factory=list)
    """Those of each request, as they were sent, one by one."""
    peers: list[bytes | None] = field(default_factory=list)
    """The certificate of each client over TLS."""
    page: int = 500
    """Objects that it sends at once to whoever sets a limit; without one it sends all."""
    forgets: int = 0
    """How many of the next places of a page it has forgotten when it is asked for them."""

    def answer(self, question: Question) -> Answer:
        """Answer a question; a list page by page (Kubernetes documentation, API concepts, Large results sets)."""
        self.asked.append(question)
        answer = self.answers.get(question.path, NOT_FOUND)
        status, content = answer(question) if callable(answer) else answer
        items = content.get("items") if isinstance(content, dict) else None
        if not isinstance(items, list) or "limit" not in question.query:
            return status, content
        (place,) = question.query.get("continue", ["0"])
        if "continue" in question.query and self.forgets:
            self.forgets -= 1
            return 410, {"message": "The provided continue parameter is too old"}
        end = int(place) + min(self.page, int(question.query["limit"][0]))
        more = {"metadata": {"continue": str(end)}} if end < len(items) else {}
        return status, {**content, "items": items[int(place) : end], **more}

    def sent(self, name: str) -> list[list[str]]:
        """Return the values of a header in each request."""
        return [[value for key, value in headers if key.lower() == name.lower()] for headers in self.headers]

    @property
    def paths(self) -> list[str]:
        """The paths that were asked for, in their order."""
        return [question.path for question in self.asked]

    def asked_at(self, path: str) -> list[Question]:
        """Return the questions at one path."""
        return [question for question in self.asked if question.path == path]


@contextmanager
def running(tls: ssl.SSLContext | None = None) -> Iterator[ApiServer]:
    """Run the server while it is used; without TLS unless a context is given."""
    api = ApiServer()

    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            url = urlsplit(self.path)
            path = url.path.rstrip("/")
            length = int(self.headers.get("Content-Length") or 0)
            sent = json.loads(self.rfile.read(length)) if length else None
            question = Question(path, sent, parse_qs(url.query), self.headers.get("Accept", ""))
            api.headers.append(tuple(self.headers.items()))
            if isinstance(self.connection, ssl.SSLSocket):
                api.peers.append(self.connection.getpeercert(binary_form=True))
            status, content = api.answer(question)
            body = json.dumps(content).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST = do_PATCH = answer  # noqa: N815

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
            """Say nothing."""

    http = HTTPServer(("127.0.0.1", 0), Handler)
    api.url = f"{'https' if tls else 'http'}://127.0.0.1:{http.server_port}"
    if tls:
        http.socket = tls.wrap_socket(http.socket, server_side=True)
    with served(http):
        yield api


def kubeconfig(folder: Path, url: str) -> Path:
    """Write a kubeconfig whose context `here` leads to an address, over TLS with the token `sesame`."""
    path = folder / "config"
    path.write_text(
        json.dumps(
            {
                "current-context": "here",
                "contexts": [{"name": "here", "context": {"cluster": "c", "user": "u"}}],
                "clusters": [{"name": "c", "cluster": {"server": url}}],
                "users": [{"name": "u", "user": {"token": "sesame"} if url.startswith("https:") else {}}],
            }
        )
    )
    return path


def entry(folder: Path, url: str, user: object, **of_cluster: object) -> Access:
    """Return the access by a kubeconfig with this user."""
    file = kubeconfig(folder, url)
    content = json.loads(file.read_text())
    content["clusters"][0]["cluster"] |= of_cluster
    content["users"][0]["user"] = user
    file.write_text(json.dumps(content))
    return Access(file, "here")


def let_depart(server: ApiServer) -> None:
    """Let the cluster have a Tiller of a team that is not in the settings, `red`, with a release."""
    server.answers["/api/v1/namespaces"] = (200, {"items": [of_stack("red-tiller", "red"), SHARED_TOOLS]})
    accounts = {"items": [only_metadata("tiller", "red-tiller")]}
    server.answers["/api/v1/namespaces/red-tiller/serviceaccounts"] = (200, accounts)
    server.answers["/api/v1/namespaces/red-tiller/secrets"] = (200, {"items": [release("web", 1)]})

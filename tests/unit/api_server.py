"""A small HTTP server on this machine that answers like an API server, and a kubeconfig for it."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

VERSION_WORDS = ("buildDate", "compiler", "gitCommit", "gitTreeState", "gitVersion", "goVersion", "platform")
REVIEW = "/apis/authorization.k8s.io/v1/subjectaccessreviews"
PODS = "/api/v1/pods"
NOT_FOUND = (404, {"message": "not found"})


def namespace(name: str, **labels: str) -> dict[str, Any]:
    return {"metadata": {"name": name, "uid": f"uid of {name}", "labels": labels or None}}


def pod(inside: str, trusts: str | None, phase: str = "Running", *, stopping: bool = False) -> dict[str, Any]:
    """Return a pod of Tiller in a namespace; None: it does not say whom it answers."""
    told_to_stop = {"deletionTimestamp": "2026-01-01T00:00:00Z"} if stopping else {}
    annotations = None if trusts is None else {"secure-tiller/trusts": trusts}
    return {
        "metadata": {"name": "tiller-0", "namespace": inside, "annotations": annotations, **told_to_stop},
        "status": {"phase": phase},
    }


SHARED_TOOLS = namespace("shared-tools", **{"pod-security.kubernetes.io/enforce": "baseline"})


@dataclass
class ApiServer:
    """What it answers, by path, and what it was asked."""

    url: str = ""
    answers: dict[str, tuple[int, Any]] = field(
        default_factory=lambda: {
            "/version": (200, {"major": "1", "minor": "36+"} | dict.fromkeys(VERSION_WORDS, "")),
            "/api/v1/namespaces/kube-system": (200, namespace("kube-system")),
            "/api/v1/namespaces": (200, {"items": [namespace("kube-system"), SHARED_TOOLS]}),
            PODS: (200, {"items": []}),
            REVIEW: (201, {"spec": {}, "status": {"allowed": False}}),
        }
    )
    asked: list[tuple[str, Any]] = field(default_factory=list)
    """Path and body of each question."""
    queries: dict[str, dict[str, list[str]]] = field(default_factory=dict)
    """By path, what followed the question mark last."""


@contextmanager
def running() -> Iterator[ApiServer]:
    """Run the server while it is used."""
    api = ApiServer()

    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            url = urlsplit(self.path)
            path = url.path.rstrip("/")
            length = int(self.headers.get("Content-Length") or 0)
            api.asked.append((path, json.loads(self.rfile.read(length)) if length else None))
            api.queries[path] = parse_qs(url.query)
            status, content = api.answers.get(path, NOT_FOUND)
            body = json.dumps(content).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST = answer  # noqa: N815

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
            """Say nothing."""

    with HTTPServer(("127.0.0.1", 0), Handler) as http:
        api.url = f"http://127.0.0.1:{http.server_port}"
        threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        yield api
        http.shutdown()


def kubeconfig(folder: Path, url: str) -> Path:
    """Write a kubeconfig whose context `here` leads to an address, with the token `sesame`."""
    path = folder / "config"
    path.write_text(
        json.dumps(
            {
                "current-context": "here",
                "contexts": [{"name": "here", "context": {"cluster": "c", "user": "u"}}],
                "clusters": [{"name": "c", "cluster": {"server": url}}],
                "users": [{"name": "u", "user": {"token": "sesame"}}],
            }
        )
    )
    return path

"""An address on the loopback that leads to an API server.

It can make the API server look older than it is, and pulumi-kubernetes newer.
"""

import base64
import json
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import yaml
from kubernetes import config

from tests.support import pki
from tests.support.served import served

_OF_ONE_CONNECTION = {"authorization", "connection", "content-length", "host", "transfer-encoding"}


APPLY = "application/apply-patch+yaml"
"""The content type of a server-side apply."""


@dataclass(frozen=True)
class Sent:
    """A request: its method, its path with the query, its headers in small letters, and its body."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True)
class CreatesAlone:
    """Makes pulumi-kubernetes before 4.29 create objects as it does from 4.29 on without upserting.

    An older provider creates by a server-side apply, which writes into an object that exists. From 4.29 on `Creation`
    (provider/pkg/await/await.go of its tags v4.29.0 to v4.32.0) applies only if `UpsertExistingObjects` is set or the
    resource is a Patch. Else it sends a POST with the field manager `pulumi-kubernetes`, in previews with `dryRun`. So
    each apply that creates becomes that POST, and the API server itself answers 409 AlreadyExists. `ssaUpdate`, of
    objects that are in the state, has not changed.

    The provider applies each object under a name of its own, which it draws when it creates and keeps in the state. So
    an apply is an update if an object was created by an earlier one with the same name. What was made otherwise than
    through this proxy is not known to it. Not emulated is the advice that the newer provider adds to the message.
    """

    _made: set[tuple[str, str]] = field(default_factory=set)
    """The paths of the objects that were created, each with the name under which the provider applies it."""

    def translated(self, sent: Sent) -> Sent:
        """Return the request that the newer provider sends in place of one."""
        if sent.headers.get("content-type") != APPLY or _applied(sent) in self._made:
            return sent
        query = {key: values for key, values in parse_qs(urlsplit(sent.path).query).items() if key != "force"}
        query["fieldManager"] = ["pulumi-kubernetes"]
        path = urlsplit(sent.path).path.rpartition("/")[0]
        headers = {**sent.headers, "content-type": "application/yaml"}
        return replace(sent, method="POST", path=f"{path}?{urlencode(query, doseq=True)}", headers=headers)

    def note(self, sent: Sent, status: int) -> None:
        """Remember the object that a request of the older provider has created."""
        if sent.headers.get("content-type") == APPLY and status < 300 and "dryRun" not in sent.path:
            self._made.add(_applied(sent))


def _applied(sent: Sent) -> tuple[str, str]:
    parts = urlsplit(sent.path)
    return parts.path, parse_qs(parts.query)["fieldManager"][0]


@contextmanager
def leading_to(
    kubeconfig: Path, copy: Path, version: str = "", creates_alone: CreatesAlone | None = None
) -> Iterator[str]:
    """Pass requests through to an API server, and its answers back.

    Args:
        kubeconfig: leads to the API server.
        copy: where to write a copy of it that leads to the proxy. It holds a token in place of the credentials, and
            nobody is let through without.
        version: the answer of `/version`, like `1.24`; empty: the real one.
        creates_alone: which provider the creating is of; None: the one that sends the requests.

    Yields:
        The proxy's address.
    """
    api, token = config.new_client_from_config(str(kubeconfig)), secrets.token_hex()
    pool = api.rest_client.pool_manager

    def forwarded(sent: Sent) -> Any:
        url = f"{api.configuration.host}{sent.path}"
        read = {"decode_content": False, "preload_content": False, "redirect": False}
        return pool.request(sent.method, url, body=sent.body, headers=sent.headers, **read)

    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            if self.headers["Authorization"] != f"Bearer {token}":
                self.send_error(401)
                return
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            sent = Sent(self.command, self.path, _end_to_end(self.headers), body)
            answer = forwarded(creates_alone.translated(sent) if creates_alone else sent)
            if creates_alone:
                creates_alone.note(sent, answer.status)
            self.send_response(answer.status)
            for name, value in _end_to_end(answer.headers).items():
                self.send_header(name, value)
            self.end_headers()
            is_aged = version and self.path.startswith("/version")
            parts = [_aged(answer.read(), version)] if is_aged else answer.stream(decode_content=False)
            with suppress(OSError):  # who watches may go at any time
                for part in parts:
                    self.wfile.write(part)

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = answer  # noqa: N815

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
            """Say nothing."""

    authority = pki.authority()
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.socket = pki.serving(pki.server(authority)).wrap_socket(server.socket, server_side=True)
    address = f"https://127.0.0.1:{server.server_port}"
    ca = base64.b64encode(authority.pem.encode()).decode()
    _write_copy(kubeconfig, copy, {"server": address, "certificate-authority-data": ca}, token)
    with served(server):
        yield address


def _end_to_end(headers: Any) -> dict[str, str]:
    """Return the headers that a proxy passes on, in small letters."""
    found = {name.lower(): value for name, value in headers.items()}
    return {name: value for name, value in found.items() if name not in _OF_ONE_CONNECTION}


def _aged(content: bytes, version: str) -> bytes:
    major, minor = version.split(".")
    return json.dumps({**json.loads(content), "major": major, "minor": minor, "gitVersion": f"v{version}.0"}).encode()


def _write_copy(kubeconfig: Path, copy: Path, cluster: dict[str, str], token: str) -> None:
    content = yaml.safe_load(kubeconfig.read_text())
    content["clusters"][0]["cluster"] = cluster
    content["users"][0]["user"] = {"token": token}
    copy.touch(mode=0o600)
    copy.write_text(yaml.safe_dump(content))

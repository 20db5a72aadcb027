"""An address on the loopback that leads to an API server, and can make it look older than it is."""

import base64
import json
import secrets
import ssl
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import yaml
from kubernetes import config

from tests.support import pki

_OF_ONE_CONNECTION = {"authorization", "connection", "content-length", "host", "transfer-encoding"}


@contextmanager
def leading_to(kubeconfig: Path, copy: Path, version: str = "") -> Iterator[str]:
    """Pass requests through to an API server, each answer as a whole: nothing can be watched.

    Args:
        kubeconfig: leads to the API server.
        copy: where to write a copy of it that leads to the proxy. It holds a token in place of the credentials, and
            nobody is let through without.
        version: the answer of `/version`, like `1.24`; empty: the real one.

    Yields:
        The proxy's address.
    """
    api, token = config.new_client_from_config(str(kubeconfig)), secrets.token_hex()
    pool = api.rest_client.pool_manager

    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            if self.headers["Authorization"] != f"Bearer {token}":
                self.send_error(401)
                return
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            url = f"{api.configuration.host}{self.path}"
            answer = pool.request(
                self.command, url, body=body, headers=_end_to_end(self.headers), decode_content=False, redirect=False
            )
            content = _aged(answer.data, version) if version and self.path.startswith("/version") else answer.data
            self.send_response(answer.status)
            for name, value in _end_to_end(answer.headers).items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = answer  # noqa: N815

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
            """Say nothing."""

    authority = pki.authority()
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.socket = _tls(pki.server(authority)).wrap_socket(server.socket, server_side=True)
        address = f"https://127.0.0.1:{server.server_port}"
        ca = base64.b64encode(authority.pem.encode()).decode()
        _write_copy(kubeconfig, copy, {"server": address, "certificate-authority-data": ca}, token)
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        yield address
        server.shutdown()


def _end_to_end(headers: Any) -> dict[str, str]:
    return {name: value for name, value in headers.items() if name.lower() not in _OF_ONE_CONNECTION}


def _aged(content: bytes, version: str) -> bytes:
    major, minor = version.split(".")
    return json.dumps({**json.loads(content), "major": major, "minor": minor, "gitVersion": f"v{version}.0"}).encode()


def _tls(shown: pki.Pair) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with tempfile.NamedTemporaryFile("w") as both:
        both.write(shown.pem + shown.key_pem)
        both.flush()
        context.load_cert_chain(both.name)
    return context


def _write_copy(kubeconfig: Path, copy: Path, cluster: dict[str, str], token: str) -> None:
    content = yaml.safe_load(kubeconfig.read_text())
    content["clusters"][0]["cluster"] = cluster
    content["users"][0]["user"] = {"token": token}
    copy.touch(mode=0o600)
    copy.write_text(yaml.safe_dump(content))

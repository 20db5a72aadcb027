"""The repository as its owner publishes it: at an address, by the tag of its version, over HTTPS on loopback."""

import os
import secrets
import ssl
import subprocess
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

from secure_tiller.version import VERSION
from tests.support import pki
from tests.support.checkouts import cloned
from tests.support.served import served

EXAMPLE = "https://example.org/secure-tiller"
"""The address in place of which the owner writes the real one."""


LATER = "0.3.99"
"""The version after this one: in the tests the same under another number."""

_OWNER = ("-c", "user.name=owner", "-c", "user.email=owner@example.org", "-c", "commit.gpgSign=false")


@dataclass(frozen=True)
class Published:
    """A published repository.

    Attributes:
        address: in place of `<this repository>`.
        environment: by which git, pip and Pulumi trust the server.
    """

    address: str
    environment: Mapping[str, str]


@contextmanager
def published(folder: Path, *later: str) -> Iterator[Published]:
    """Publish the repository as it is now, and the same once more as later versions."""
    # The port of HTTPS: Pulumi names a folder after the address, and venv refuses a colon in a folder's name.
    host = f"127.77.{secrets.randbelow(256)}.{secrets.randbelow(255)}"
    authority = pki.authority()
    server = ThreadingHTTPServer((host, 443), _handler(folder))
    shown = pki.server(authority, names=[host])
    server.socket = pki.serving(shown).wrap_socket(server.socket, server_side=True)
    address = f"https://{host}/secure-tiller.git"
    _commit(folder, address, later)
    with served(server):
        yield Published(address, _trusting(folder, authority))


def _commit(folder: Path, address: str, later: Iterable[str]) -> None:
    """Write the address where the example stands, and commit and tag all of it."""
    work = cloned(folder / "work")
    for file in filter(Path.is_file, work.rglob("*")):
        _replace(file, EXAMPLE, address)
    _git(work, "init", "--quiet", "--initial-branch=main", ".")
    for version in (VERSION, *later):
        (work / "components" / "secure_tiller" / "version.py").write_text(f'VERSION = "{version}"\n')
        _git(work, "add", "--all", "--force", ".")
        _git(work, *_OWNER, "commit", "--quiet", "--message=Release")
        _git(work, "tag", f"v{version}")
    _git(work, "clone", "--quiet", "--bare", ".", str(folder / "secure-tiller.git"))


def _replace(file: Path, old: str, new: str) -> None:
    content = file.read_bytes()
    if old.encode() in content:
        file.write_bytes(content.replace(old.encode(), new.encode()))


def _git(work: Path, *command: str) -> None:
    subprocess.run(["git", *command], cwd=work, check=True, capture_output=True)


def _handler(folder: Path) -> type[BaseHTTPRequestHandler]:
    """Return what answers by git's own program for HTTP (RFC 3875, git-http-backend(1))."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked = urlsplit(self.path)
            length = self.headers.get("Content-Length", "0")
            environment = {
                "PATH": os.environ["PATH"],
                "GIT_PROJECT_ROOT": str(folder),
                "GIT_HTTP_EXPORT_ALL": "",
                "REQUEST_METHOD": self.command,
                "PATH_INFO": asked.path,
                "QUERY_STRING": asked.query,
                "CONTENT_TYPE": self.headers.get("Content-Type", ""),
                "CONTENT_LENGTH": length,
                "HTTP_CONTENT_ENCODING": self.headers.get("Content-Encoding", ""),
                "GIT_PROTOCOL": self.headers.get("Git-Protocol", ""),
                "REMOTE_ADDR": self.client_address[0],
            }
            body = self.rfile.read(int(length))
            done = subprocess.run(["git", "http-backend"], input=body, env=environment, capture_output=True, check=True)
            head, _, content = done.stdout.partition(b"\r\n\r\n")
            fields = dict(line.split(": ", 1) for line in head.decode().split("\r\n"))
            self.send_response(int(fields.pop("Status", "200 OK").split()[0]))
            for name, value in fields.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_POST = do_GET  # noqa: N815 - the name is http.server's

        def log_message(self, *_: object) -> None:
            pass

    return Handler


def _trusting(folder: Path, authority: pki.Pair) -> dict[str, str]:
    """Return the variables by which the programs of a user trust this server too."""
    known = Path(os.environ.get("SSL_CERT_FILE") or ssl.get_default_verify_paths().cafile or "")
    bundle = folder / "trusted.pem"
    bundle.write_bytes((known.read_bytes() if known.is_file() else b"") + authority.pem.encode())
    return {"SSL_CERT_FILE": str(bundle), "GIT_SSL_CAINFO": str(bundle)}

"""The key service of the tests' stacks, on loopback: as much of Vault's transit engine as Pulumi asks for.

A passphrase serves as well, but Pulumi derives a key from it in each process, by a million rounds of PBKDF2: half of
the CPU time of most of its commands. With a key service each process asks once.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from tests.support.served import served

PROVIDER = "hashivault://tests"
"""For `pulumi stack init --secrets-provider`."""
_SEALED = "vault:v1:"


class _Handler(BaseHTTPRequestHandler):
    def do_PUT(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        answers = {
            "/v1/transit/encrypt/tests": lambda: {"ciphertext": _SEALED + body["plaintext"]},
            "/v1/transit/decrypt/tests": lambda: {"plaintext": body["ciphertext"].removeprefix(_SEALED)},
        }
        content = json.dumps({"data": answers[self.path]()}).encode()
        self.send_response(HTTPStatus.OK)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        """Say nothing of what is asked."""


@contextmanager
def key_service() -> Iterator[dict[str, str]]:
    """Serve, and give the variables by which Pulumi finds the service."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    with served(server):
        yield {"VAULT_SERVER_URL": f"http://127.0.0.1:{server.server_port}", "VAULT_SERVER_TOKEN": "tests"}

"""Asks a Tiller a question over gRPC, rightly and wrongly, and tells an answer from a refusal.

Accepted means that the call GetVersion was answered. In TLS 1.3 the client's handshake ends before the server has
judged the client's certificate, so a finished handshake proves nothing. Refused means that no answer came and that the
TLS layer is seen to be why; anything else is an error, never a refusal.
"""

import os
import re
import socket
import ssl
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

# The library logs every broken connection to standard error; here they are what is looked for.
os.environ.setdefault("GRPC_VERBOSITY", "NONE")

import grpc

from testbed.pulumi_stack import Bundle

SECONDS = 5.0
_GET_VERSION = "/hapi.services.tiller.ReleaseService/GetVersion"  # helm v2.17.0, _proto/hapi/services/tiller.proto
_HTTP2_PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + b"\x00\x00\x00\x04\x00\x00\x00\x00\x00"  # and empty SETTINGS
_HTTP2_SETTINGS = 4
_TLS_ALERT = 21


@dataclass(frozen=True)
class Accepted:
    """Tiller answered.

    Attributes:
        version: what it said, like `v2.17.0`.
    """

    version: str


@dataclass(frozen=True)
class Refused:
    """Tiller did not answer, because of TLS.

    Attributes:
        reason: what the TLS layer did: the alert's name, or that it closed the connection.
    """

    reason: str


class NoVerdictError(Exception):
    """Neither an answer nor a refusal by TLS: a test that sees this has shown nothing."""


@dataclass(frozen=True)
class Credentials:
    """What a caller brings.

    Attributes:
        ca: PEM of the CA that must have signed the server's certificate.
        cert: PEM of the caller's certificate, or empty for none.
        key: PEM of its key.
    """

    ca: str
    cert: str = ""
    key: str = ""

    @staticmethod
    def of(bundle: Bundle) -> "Credentials":
        """The credentials of a client's bundle."""
        return Credentials(bundle.ca, bundle.cert, bundle.key)


@contextmanager
def forwarded(namespace: str, environment: Mapping[str, str], port: int = 44134) -> Iterator[int]:
    """Forward a local port to Tiller's, as the Helm client does, and give its number."""
    command = ["kubectl", "port-forward", f"--namespace={namespace}", "deployment/tiller-deploy", f":{port}"]
    with subprocess.Popen(
        [*command, "--address=127.0.0.1"],
        env=dict(environment),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as forward:
        try:
            line = forward.stdout.readline() if forward.stdout else ""
            match = re.search(r"127\.0\.0\.1:(\d+) ->", line)
            if not match:
                raise NoVerdictError(f"{' '.join(command)}: {line.strip()}")
            yield int(match[1])
        finally:
            forward.terminate()


def ask(namespace: str, environment: Mapping[str, str], credentials: Credentials | None) -> Accepted | Refused:
    """Call GetVersion of the Tiller in a namespace, through a port-forward of its own.

    Args:
        namespace: Tiller's.
        environment: with kubectl on PATH and KUBECONFIG.
        credentials: for TLS with verification of the server; None calls in plaintext.

    Raises:
        NoVerdictError: no answer, and TLS is not seen to be why.
    """
    try:
        with forwarded(namespace, environment) as port:
            answer = _get_version(port, credentials)
    except grpc.RpcError as error:
        # A connection that broke inside TLS is UNAVAILABLE; every other status was sent by a server.
        if error.code() not in (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED):
            raise NoVerdictError(str(error)) from error
        with forwarded(namespace, environment) as port:  # kubectl gives one up when a connection through it breaks
            return Refused(_refusal(port, credentials))
    version = re.search(rb"v\d+\.\d+\.\d+", answer)
    if not version:
        raise NoVerdictError(f"an answer without a version: {answer!r}")
    return Accepted(version[0].decode())


def _get_version(port: int, credentials: Credentials | None) -> bytes:
    with _channel(f"127.0.0.1:{port}", credentials) as channel:
        call = channel.unary_unary(_GET_VERSION)
        return bytes(call(b"", timeout=SECONDS))


def _channel(target: str, credentials: Credentials | None) -> grpc.Channel:
    if credentials is None:
        return grpc.insecure_channel(target)
    return grpc.secure_channel(
        target,
        grpc.ssl_channel_credentials(
            credentials.ca.encode(), credentials.key.encode() or None, credentials.cert.encode() or None
        ),
    )


def _refusal(port: int, credentials: Credentials | None) -> str:
    with socket.create_connection(("127.0.0.1", port), timeout=SECONDS) as plain:
        return _refused_plaintext(plain) if credentials is None else _refused_tls(plain, credentials)


def _refused_plaintext(plain: socket.socket) -> str:
    plain.sendall(_HTTP2_PREFACE)
    try:
        answer = plain.recv(64)
    except ConnectionResetError:
        answer = b""
    if len(answer) > 3 and answer[3] == _HTTP2_SETTINGS:
        raise NoVerdictError("the port speaks HTTP/2 in plaintext, yet the call was not answered")
    return "answered with a TLS alert" if answer[:1] == bytes([_TLS_ALERT]) else "connection closed"


def _refused_tls(plain: socket.socket, credentials: Credentials) -> str:
    try:
        with _context(credentials).wrap_socket(plain, server_hostname="127.0.0.1") as secure:
            secure.sendall(_HTTP2_PREFACE)
            if secure.recv(64):
                raise NoVerdictError("the port speaks HTTP/2 with these credentials, yet the call was not answered")
    except ssl.SSLError as error:
        return (error.reason or str(error)).lower().replace("_", " ")
    except ConnectionResetError:
        pass
    return "connection closed after the handshake"


def _context(credentials: Credentials) -> ssl.SSLContext:
    context = ssl.create_default_context(cadata=credentials.ca)
    context.set_alpn_protocols(["h2"])
    if credentials.cert:
        # Python reads a certificate and its key from files only.
        with tempfile.TemporaryDirectory() as folder:
            cert, key = Path(folder, "cert.pem"), Path(folder, "key.pem")
            for file, pem in ((cert, credentials.cert), (key, credentials.key)):
                file.touch(mode=0o600)
                file.write_text(pem)
            context.load_cert_chain(cert, key)
    return context

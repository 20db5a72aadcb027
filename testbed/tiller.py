"""Asks a Tiller a question over gRPC, rightly and wrongly, and tells an answer from a refusal.

Accepted means that the call GetVersion was answered. In TLS 1.3 the client's handshake ends before the server has
judged the client's certificate, so a finished handshake proves nothing. Refused means that no answer came and that the
TLS layer is seen to be why; anything else is an error, never a refusal.
"""

import contextlib
import re
import socket
import ssl
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

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
        key: PEM of its key; a failed test prints objects, so it is left out of what is printed.
        plaintext: call without TLS.
    """

    ca: str
    cert: str = ""
    key: str = field(default="", repr=False)
    plaintext: bool = False

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


def ask(namespace: str, environment: Mapping[str, str], credentials: Credentials) -> Accepted | Refused:
    """Call GetVersion of the Tiller in a namespace, through a port-forward of its own.

    Args:
        namespace: Tiller's.
        environment: with kubectl on PATH and KUBECONFIG.
        credentials: what to bring; the server is verified, unless in plaintext.

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
        # A port-forward for each connection: kubectl gives one up when a connection through it breaks.
        with forwarded(namespace, environment) as port:
            reason = refusal(port, credentials)
        if credentials.plaintext:
            with forwarded(namespace, environment) as port:
                require_tls(port, credentials)
        return Refused(reason)
    version = re.search(rb"v\d+\.\d+\.\d+", answer)
    if not version:
        raise NoVerdictError(f"an answer without a version: {answer!r}")
    return Accepted(version[0].decode())


def _get_version(port: int, credentials: Credentials) -> bytes:
    with _channel(f"127.0.0.1:{port}", credentials) as channel:
        call = channel.unary_unary(_GET_VERSION)
        return bytes(call(b"", timeout=SECONDS))


def _channel(target: str, credentials: Credentials) -> grpc.Channel:
    if credentials.plaintext:
        return grpc.insecure_channel(target)
    return grpc.secure_channel(
        target,
        grpc.ssl_channel_credentials(
            credentials.ca.encode(), credentials.key.encode() or None, credentials.cert.encode() or None
        ),
    )


def refusal(port: int, credentials: Credentials, newest: ssl.TLSVersion = ssl.TLSVersion.MAXIMUM_SUPPORTED) -> str:
    """Return what the TLS layer on a local port does to refuse these credentials, in one connection.

    Args:
        port: the local port.
        credentials: what to bring.
        newest: the newest version of TLS that the caller speaks; the newest there is unless told otherwise.

    Raises:
        NoVerdictError: it does not refuse them, or there is no TLS layer to be seen.
    """
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=SECONDS) as plain:
            if credentials.plaintext:
                return _refused_plaintext(plain)
            return _refused_tls(plain, _context(credentials, newest))
    except TimeoutError as error:
        raise NoVerdictError(f"neither answer nor refusal within {SECONDS:.0f} s") from error


def _refused_plaintext(plain: socket.socket) -> str:
    answer = b""
    with contextlib.suppress(ConnectionError):
        plain.sendall(_HTTP2_PREFACE)
        answer = plain.recv(64)
    if len(answer) > 3 and answer[3] == _HTTP2_SETTINGS:
        raise NoVerdictError("the port speaks HTTP/2 in plaintext, yet the call was not answered")
    return "answered with an alert" if answer[:1] == bytes([_TLS_ALERT]) else "connection closed"


def _refused_tls(plain: socket.socket, context: ssl.SSLContext) -> str:
    with context.wrap_socket(plain, server_hostname="127.0.0.1", do_handshake_on_connect=False) as secure:
        try:
            secure.do_handshake()
        except (ssl.SSLEOFError, ConnectionError) as error:
            raise NoVerdictError(f"the port closed the connection instead of speaking TLS: {error}") from error
        except ssl.SSLError as error:
            return _reason(error)
        try:
            secure.sendall(_HTTP2_PREFACE)
            answer = secure.recv(64)
        except (ssl.SSLEOFError, ConnectionError):  # a reset can overtake the alert
            answer = b""
        except ssl.SSLError as error:
            return _reason(error)
    if answer:
        raise NoVerdictError("the port speaks HTTP/2 with these credentials, yet the call was not answered")
    return "connection closed after the handshake"


def require_tls(port: int, credentials: Credentials) -> None:
    """Require that a local port, which closed a plaintext connection, is a TLS server with a certificate of the CA.

    Raises:
        NoVerdictError: it is not.
    """
    with socket.create_connection(("127.0.0.1", port), timeout=SECONDS) as plain:
        try:
            _context(credentials).wrap_socket(plain, server_hostname="127.0.0.1").close()
        except (ssl.SSLError, ConnectionError) as error:
            raise NoVerdictError(f"the port speaks neither plaintext nor TLS of this CA: {error}") from error


def _reason(error: ssl.SSLError) -> str:
    words = (error.reason or str(error)).lower().replace("_", " ")
    return re.sub(r"^(sslv3|tlsv1|tlsv13) (?=alert )", "", words)  # OpenSSL's families, not the version spoken


def _context(credentials: Credentials, newest: ssl.TLSVersion = ssl.TLSVersion.MAXIMUM_SUPPORTED) -> ssl.SSLContext:
    context = ssl.create_default_context(cadata=credentials.ca)
    context.maximum_version = newest
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

"""The refusal of credentials by the TLS layer of a local port, in one connection."""

import contextlib
import re
import socket
import ssl
import tempfile
from pathlib import Path

from secure_tiller_cli.diagnosis.credentials import Credentials
from secure_tiller_cli.diagnosis.verdict import NoVerdictError, UnverifiedError
from tiller_facts.identity import LOOPBACK

SECONDS = 5.0
"""How long a step may take."""
_HTTP2_PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + b"\x00\x00\x00\x04\x00\x00\x00\x00\x00"
"""The start of a connection of HTTP/2 (RFC 9113, 3.4), and empty SETTINGS."""
_HTTP2_SETTINGS = 4
"""The type of the frame with which a server answers that, in the fourth byte (RFC 9113, 4.1 and 6.5)."""
_TLS_ALERT = 21


def refusal(port: int, credentials: Credentials, newest: ssl.TLSVersion = ssl.TLSVersion.MAXIMUM_SUPPORTED) -> str:
    """Return how the TLS layer on a local port refuses credentials, in one connection.

    Args:
        port: the local port.
        credentials: of the caller.
        newest: the newest version of TLS that the caller speaks; by default the newest there is.

    Raises:
        NoVerdictError: it does not refuse them, or there is no TLS layer to be seen.
    """
    try:
        with socket.create_connection((LOOPBACK, port), timeout=SECONDS) as plain:
            if credentials.plaintext:
                return _refused_plaintext(plain)
            return _refused_tls(plain, _context(credentials, newest))
    except TimeoutError as error:
        raise NoVerdictError(f"neither answer nor refusal within {SECONDS:.0f} s") from error


def speaks_plaintext(port: int) -> bool:
    """Return whether a local port speaks HTTP/2 without TLS."""
    with contextlib.suppress(OSError), socket.create_connection((LOOPBACK, port), timeout=SECONDS) as plain:
        return _are_settings(_answer_to_preface(plain))
    return False


def _answer_to_preface(plain: socket.socket) -> bytes:
    with contextlib.suppress(ConnectionError):
        plain.sendall(_HTTP2_PREFACE)
        return plain.recv(64)
    return b""


def _are_settings(answer: bytes) -> bool:
    return len(answer) > 3 and answer[3] == _HTTP2_SETTINGS


def _refused_plaintext(plain: socket.socket) -> str:
    answer = _answer_to_preface(plain)
    if _are_settings(answer):
        raise NoVerdictError("the port speaks HTTP/2 in plaintext, yet the call was not answered")
    return "answered with an alert" if answer[:1] == bytes([_TLS_ALERT]) else "connection closed"


def _refused_tls(plain: socket.socket, context: ssl.SSLContext) -> str:
    with context.wrap_socket(plain, server_hostname=LOOPBACK, do_handshake_on_connect=False) as secure:
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


def verified_certificate(port: int, credentials: Credentials) -> str:
    """Return the certificate of a TLS server as PEM, verified by the CA of the credentials for 127.0.0.1.

    A server that asks for a client's certificate may refuse these: in TLS 1.3 its own part of the handshake ends first.

    Raises:
        UnverifiedError: the certificate does not verify.
        NoVerdictError: the port is no TLS server.
    """
    try:
        with (
            socket.create_connection((LOOPBACK, port), timeout=SECONDS) as plain,
            _context(credentials).wrap_socket(plain, server_hostname=LOOPBACK) as secure,
        ):
            return ssl.DER_cert_to_PEM_cert(secure.getpeercert(binary_form=True) or b"")
    except ssl.SSLCertVerificationError as error:
        raise UnverifiedError(error.verify_message) from error
    except OSError as error:
        raise NoVerdictError(f"no TLS handshake: {error}") from error


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

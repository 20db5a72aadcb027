"""How a server refuses credentials, as far as it is seen to be the server that does.

The caller does not verify the server's certificate. Somebody who should be refused does not either, and the caller's
own verification would hide how the server would have answered.
"""

import re
import socket
import ssl
import tempfile
from contextlib import suppress
from pathlib import Path

from secure_tiller_cli.diagnosis.credentials import Credentials
from secure_tiller_cli.diagnosis.handshake import Port, probe_tls
from secure_tiller_cli.diagnosis.plaintext import PREFACE, SECONDS, answer, are_settings
from secure_tiller_cli.diagnosis.verdict import AnsweredError, NoVerdictError, Refused
from tiller_facts.identity import LOOPBACK

_TLS_ALERT = 21
_ABOUT_CERTIFICATES = (
    "alert bad certificate",
    "alert certificate expired",
    "alert certificate required",
    "alert unknown ca",
    "alert unsupported certificate",
)
"""The alerts of Go's server about a client's certificate, or that it is missing (crypto/tls, `processCertsFromClient`).
Go 1.14, with which Tiller 2.17 is built, sends the first and the last; Go 1.26 sends all. Newer Go sends `handshake
failure` in TLS 1.2 for a missing certificate. That one does not count: it also ends handshakes that fail before the
server asks for a certificate."""
_ALERT = re.compile(r"(?:(?:SSLV3|TLSV13)_ALERT|TLSV1(?:_ALERT)?)_(?P<name>.+)")
"""An alert as OpenSSL names it: by a family, not the protocol version; those of RFC 6066 lack the word `alert`."""
_VERDICT_SECONDS = 0.5
"""How long the server may take in TLS 1.3 to judge the client before it is sent anything."""
_NO_VERDICT = f"neither answer nor refusal within {SECONDS:.0f} s"


def refused(port: Port, credentials: Credentials) -> Refused:
    """Return how the server on a port refuses credentials.

    Args:
        port: opens it, for each connection.
        credentials: to bring; their CA does not count.

    Raises:
        AnsweredError: it answers them.
        NoVerdictError: it does neither; a port that closes every connection refuses nobody, and an alert that is not
            about the credentials does not refuse them.
    """
    if credentials.plaintext:
        return _refused_plaintext(port)
    # In TLS 1.3 a reset can overtake the alert. In 1.2 the handshake waits for the server's verdict.
    reason = ""
    for newest in (ssl.TLSVersion.MAXIMUM_SUPPORTED, ssl.TLSVersion.TLSv1_2):
        with port() as number:
            found = alert(number, credentials, newest)
        if found in _ABOUT_CERTIFICATES:
            return Refused(found)
        reason = reason or found
    if reason:
        raise NoVerdictError(f"the server ended the connection, but not because of the certificate: {reason}")
    raise NoVerdictError("the port closed the connection after the handshake, without an alert")


def alert(port: int, credentials: Credentials, newest: ssl.TLSVersion = ssl.TLSVersion.MAXIMUM_SUPPORTED) -> str:
    """Return the alert with which the server on a local port ends one connection; empty: it ends it without one.

    Args:
        port: the local port.
        credentials: to bring; their CA does not count.
        newest: the newest version of TLS that the caller speaks; default: the newest there is.

    Raises:
        AnsweredError: it answers them.
        NoVerdictError: no alert is to be expected: it does not speak TLS, or the caller's own TLS ended the connection.
    """
    try:
        with (
            socket.create_connection((LOOPBACK, port), timeout=SECONDS) as plain,
            _context(credentials, newest).wrap_socket(plain, do_handshake_on_connect=False) as secure,
        ):
            return _alert(secure)
    except TimeoutError as error:
        raise NoVerdictError(_NO_VERDICT) from error


def _alert(secure: ssl.SSLSocket) -> str:
    try:
        secure.do_handshake()
    except (ssl.SSLEOFError, ConnectionError) as error:
        raise NoVerdictError(f"the port closed the connection instead of speaking TLS: {error}") from error
    except ssl.SSLError as error:
        return _name(error)
    try:
        answered = _waited(secure)
    except (ssl.SSLEOFError, ConnectionError):
        return ""
    except ssl.SSLError as error:
        return _name(error)
    if answered:  # a server sends nothing of what it carries before it has accepted the client
        raise AnsweredError("the port answers these credentials inside TLS")
    return ""


def _waited(secure: ssl.SSLSocket) -> bytes:
    """Return the first bytes of a server, after giving it time for an alert: data sent too early can cause a reset."""
    secure.settimeout(_VERDICT_SECONDS)
    with suppress(TimeoutError):
        return secure.recv(64)
    secure.settimeout(SECONDS)
    secure.sendall(PREFACE)
    return secure.recv(64)


def _name(error: ssl.SSLError) -> str:
    """Return the name of the alert that the server sent."""
    sent = _ALERT.match(error.reason or "")
    if not sent:
        raise NoVerdictError(f"the caller's own TLS ended the connection: {error.reason or error}") from error
    return f"alert {sent['name'].lower().replace('_', ' ')}"


def _refused_plaintext(port: Port) -> Refused:
    try:
        with port() as number:
            first = answer(number)
    except TimeoutError as error:
        raise NoVerdictError(_NO_VERDICT) from error
    if are_settings(first):
        raise AnsweredError("the port speaks HTTP/2 in plaintext")
    if not probe_tls(port).chain:
        raise NoVerdictError("the port speaks neither plaintext nor TLS")
    return Refused("answered with an alert" if first[:1] == bytes([_TLS_ALERT]) else "connection closed")


def _context(credentials: Credentials, newest: ssl.TLSVersion) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
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

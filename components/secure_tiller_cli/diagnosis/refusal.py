"""How a server refuses credentials, as far as it is seen to be the server that does.

The caller does not verify the server's certificate. Somebody who should be refused does not either, and the caller's
own verification would hide how the server would have answered.
"""

import re
import socket
import ssl
import tempfile
from pathlib import Path

from secure_tiller_cli.diagnosis.credentials import Credentials
from secure_tiller_cli.diagnosis.handshake import Port, probe_tls
from secure_tiller_cli.diagnosis.plaintext import PREFACE, SECONDS, answer, are_settings
from secure_tiller_cli.diagnosis.verdict import AnsweredError, NoVerdictError, Refused
from tiller_facts.identity import LOOPBACK

_TLS_ALERT = 21
_NO_VERDICT = f"neither answer nor refusal within {SECONDS:.0f} s"


def refused(port: Port, credentials: Credentials) -> Refused:
    """Return how the server on a port refuses credentials.

    Args:
        port: opens it, for each connection.
        credentials: to bring; their CA does not count.

    Raises:
        AnsweredError: it answers them.
        NoVerdictError: it does neither; a port that closes every connection refuses nobody.
    """
    if credentials.plaintext:
        return _refused_plaintext(port)
    # In TLS 1.3 a reset can overtake the alert. In 1.2 the handshake waits for the server's verdict.
    for newest in (ssl.TLSVersion.MAXIMUM_SUPPORTED, ssl.TLSVersion.TLSv1_2):
        with port() as number:
            if reason := alert(number, credentials, newest):
                return Refused(reason)
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
        secure.sendall(PREFACE)
        answered = secure.recv(64)
    except (ssl.SSLEOFError, ConnectionError):
        return ""
    except ssl.SSLError as error:
        return _name(error)
    if answered:  # a server sends nothing of what it carries before it has accepted the client
        raise AnsweredError("the port answers these credentials inside TLS")
    return ""


def _name(error: ssl.SSLError) -> str:
    """Return the name of the alert that the server sent."""
    reason = error.reason or ""
    if "ALERT_" not in reason:
        raise NoVerdictError(f"the caller's own TLS ended the connection: {reason or error}") from error
    words = reason.lower().replace("_", " ")
    return re.sub(r"^(sslv3|tlsv1|tlsv13) (?=alert )", "", words)  # OpenSSL's families, not the version spoken


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

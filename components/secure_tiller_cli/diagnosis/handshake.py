"""The certificate and the trusted client CAs that a TLS server shows to whoever connects."""

import contextlib
import socket
import ssl
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass

from cryptography import x509
from OpenSSL import SSL

from secure_tiller.plan import pem
from secure_tiller_cli.diagnosis.plaintext import SECONDS, speaks_plaintext
from secure_tiller_cli.diagnosis.verdict import NoVerdictError, UnverifiedError
from secure_tiller_stack.verification import verifying
from tiller_facts.identity import LOOPBACK

Port = Callable[[], AbstractContextManager[int]]
"""Opens a local port that leads to Tiller's, for one connection."""

_READ = 16384


@dataclass(frozen=True)
class ServerHandshake:
    """The messages of a port before it has judged who calls."""

    chain: tuple[x509.Certificate, ...] = ()
    """The server's certificate, then its intermediates; empty: it shows none."""
    trusted: frozenset[bytes] = frozenset()
    """The names of the CAs whose clients it trusts, as DER. A server names them when it asks for the client's
    certificate (RFC 8446, 4.2.4; RFC 5246, 7.4.4); empty: it does not ask, or names none."""
    plaintext: bool = False
    """Whether it speaks HTTP/2 without TLS."""


def probe_tls(port: Port) -> ServerHandshake:
    """Shake hands without a certificate of one's own and without verifying the server's.

    Raises:
        NoVerdictError: it cannot be connected to.
    """
    # A server whose key fits none of the signatures of TLS 1.3 shows its certificate in TLS 1.2 alone.
    for newest in (SSL.TLS1_3_VERSION, SSL.TLS1_2_VERSION):
        with port() as number:
            shown = _handshake(number, newest)
        if shown.chain:
            return shown
    with port() as number:
        return ServerHandshake(plaintext=speaks_plaintext(number))


def verified_certificate(port: int, ca: str) -> str:
    """Return the certificate of a TLS server as PEM, verified for 127.0.0.1 as a client verifies it.

    No certificate of a client is needed: in TLS 1.3 the server's part of the handshake ends before it asks for one.

    Args:
        port: the local port.
        ca: PEM of the CAs of which one must have signed it.

    Raises:
        UnverifiedError: the certificate does not verify.
        NoVerdictError: there is no handshake.
    """
    try:
        with (
            socket.create_connection((LOOPBACK, port), timeout=SECONDS) as plain,
            verifying(pem=ca).wrap_socket(plain, server_hostname=LOOPBACK) as secure,
        ):
            return ssl.DER_cert_to_PEM_cert(secure.getpeercert(binary_form=True) or b"")
    except ssl.SSLCertVerificationError as error:
        raise UnverifiedError(error.verify_message) from error
    except OSError as error:
        raise NoVerdictError(f"no TLS handshake: {error}") from error


def _handshake(port: int, newest: int) -> ServerHandshake:
    context = SSL.Context(SSL.TLS_CLIENT_METHOD)
    context.set_verify(SSL.VERIFY_NONE)
    context.set_max_proto_version(newest)
    context.set_cipher_list(b"DEFAULT:@SECLEVEL=0")  # to look at a weak certificate is no risk
    context.set_alpn_protos([b"h2"])
    connection = SSL.Connection(context)
    connection.set_connect_state()
    try:
        with socket.create_connection((LOOPBACK, port), timeout=SECONDS) as plain:
            _exchange(connection, plain)
    except OSError as error:
        raise NoVerdictError(f"no TLS handshake: {error}") from error
    # Both can be read once the server has sent them, however the handshake ends.
    try:
        chain = connection.get_peer_cert_chain(as_cryptography=True) or []
        for certificate in chain:
            pem.require_readable(certificate)
    except pem.UNREADABLE as error:
        raise NoVerdictError("the server sends a certificate that cannot be read") from error
    return ServerHandshake(tuple(chain), frozenset(name.der() for name in connection.get_client_ca_list()))


def _exchange(connection: SSL.Connection, plain: socket.socket) -> None:
    """Continue the handshake until it succeeds, fails or exceeds its time limit."""
    last = time.monotonic() + SECONDS
    with contextlib.suppress(SSL.Error, OSError):
        while time.monotonic() < last:
            with contextlib.suppress(SSL.WantReadError):
                connection.do_handshake()
                return
            with contextlib.suppress(SSL.WantReadError):  # all was sent
                plain.sendall(connection.bio_read(_READ))
            received = plain.recv(_READ)
            if not received:
                return
            connection.bio_write(received)

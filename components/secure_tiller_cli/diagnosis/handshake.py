"""What a TLS server shows to whoever connects: its certificate, and which CAs of clients it trusts."""

import socket
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass

from cryptography import x509
from OpenSSL import SSL

from secure_tiller_cli.diagnosis.plaintext import SECONDS, speaks_plaintext
from tiller_facts.identity import LOOPBACK

Port = Callable[[], AbstractContextManager[int]]
"""Opens a local port that leads to Tiller's, for one connection."""

_READ = 16384


@dataclass(frozen=True)
class ServerHandshake:
    """What a port shows before it has judged who calls."""

    chain: tuple[x509.Certificate, ...] = ()
    """The server's certificate, then its intermediates; empty: it shows none."""
    trusted: frozenset[bytes] = frozenset()
    """The names of the CAs whose clients it trusts, as DER. A server tells them when it asks for the client's
    certificate (RFC 8446, 4.2.4; RFC 5246, 7.4.4); empty: it does not ask, or does not tell."""
    plaintext: bool = False
    """Whether it speaks HTTP/2 without TLS."""


def look(port: Port) -> ServerHandshake:
    """Return what a port shows, without a certificate of one's own and without verifying the server's.

    Raises:
        OSError: it cannot be connected to.
    """
    # A server whose key fits none of the signatures of TLS 1.3 shows its certificate in TLS 1.2 alone.
    for newest in (SSL.TLS1_3_VERSION, SSL.TLS1_2_VERSION):
        with port() as number:
            shown = _handshake(number, newest)
        if shown.chain:
            return shown
    with port() as number:
        return ServerHandshake(plaintext=speaks_plaintext(number))


def _handshake(port: int, newest: int) -> ServerHandshake:
    context = SSL.Context(SSL.TLS_CLIENT_METHOD)
    context.set_verify(SSL.VERIFY_NONE)
    context.set_max_proto_version(newest)
    context.set_cipher_list(b"DEFAULT:@SECLEVEL=0")  # to look at a weak certificate is no risk
    context.set_alpn_protos([b"h2"])
    connection = SSL.Connection(context)
    connection.set_connect_state()
    with socket.create_connection((LOOPBACK, port), timeout=SECONDS) as plain:
        _exchange(connection, plain)
    # Both can be read once the server has sent them, however the handshake ends.
    chain = connection.get_peer_cert_chain(as_cryptography=True) or []
    return ServerHandshake(tuple(chain), frozenset(name.der() for name in connection.get_client_ca_list()))


def _exchange(connection: SSL.Connection, plain: socket.socket) -> None:
    """Shake hands until the handshake ends, well or not."""
    while True:
        try:
            connection.do_handshake()
            return
        except SSL.WantReadError:
            try:
                plain.sendall(connection.bio_read(_READ))
            except SSL.WantReadError:  # all was sent
                pass
            except OSError:
                return
        except SSL.Error:
            return
        try:
            received = plain.recv(_READ)
        except OSError:
            return
        if not received:
            return
        connection.bio_write(received)

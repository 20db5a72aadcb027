"""The handshake of a port before it has judged who calls."""

import contextlib
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import pytest
from cryptography import x509
from OpenSSL import SSL, crypto

from secure_tiller.plan import pem
from secure_tiller_cli.diagnosis import handshake
from secure_tiller_cli.diagnosis.handshake import Port, ServerHandshake, probe_tls, verified_certificate
from secure_tiller_cli.diagnosis.verdict import NoVerdictError, UnverifiedError
from tests.support import pki
from tests.support.verified import ACCEPTED, REFUSED
from tests.unit.secure_tiller_cli.diagnosis.ports import closing, plaintext, serving

# To name the CAs, pyOpenSSL takes nothing but the class that it wants to be rid of.
pytestmark = pytest.mark.filterwarnings(
    "ignore::DeprecationWarning:tests.unit.endpoint", "ignore:Context.set_client_ca_list"
)

CA, ANN, BOB = pki.authority("of the server"), pki.authority("of ann"), pki.authority("of bob")


def _names(*authorities: pki.Pair) -> frozenset[bytes]:
    return frozenset(each.certificate.subject.public_bytes() for each in authorities)


def _tls(server: pki.Pair, *trusted: pki.Pair) -> Callable[[socket.socket], None]:
    """Serve TLS, and ask for the certificate of a client of some CAs."""
    context = SSL.Context(SSL.TLS_SERVER_METHOD)
    context.use_certificate(server.certificate)
    context.add_extra_chain_cert(CA.certificate)
    context.use_privatekey(server.key)
    if trusted:
        context.set_client_ca_list([crypto.X509.from_cryptography(ca.certificate).get_subject() for ca in trusted])
        context.set_verify(SSL.VERIFY_PEER | SSL.VERIFY_FAIL_IF_NO_PEER_CERT)

    def serve(connection: socket.socket) -> None:
        with contextlib.suppress(SSL.Error):
            secure = SSL.Connection(context, connection)
            secure.set_accept_state()
            secure.do_handshake()

    return serve


@contextmanager
def _port(serve: Callable[[socket.socket], None]) -> Iterator[Port]:
    with serving(serve) as number:

        @contextmanager
        def port() -> Iterator[int]:
            yield number

        yield port


def test_the_chain_and_the_names_of_the_trusted_cas_are_shown() -> None:
    server = pki.server(CA)
    with _port(_tls(server, ANN, BOB)) as port:
        assert probe_tls(port) == ServerHandshake((server.certificate, CA.certificate), _names(ANN, BOB))


def test_a_server_that_asks_no_client_for_a_certificate_names_no_ca() -> None:
    with _port(_tls(pki.server(CA))) as port:
        assert probe_tls(port).trusted == frozenset()


@pytest.mark.parametrize(
    "server",
    [
        pytest.param(pki.server(CA, uses=[pki.CLIENT_AUTH]), id="for clients"),
        pytest.param(pki.server(CA, names=[]), id="without a name"),
        pytest.param(pki.server(CA, life=pki.Life.of(1, datetime(2020, 1, 1, tzinfo=UTC))), id="expired"),
    ],
)
def test_a_certificate_that_cannot_serve_is_shown_all_the_same(server: pki.Pair) -> None:
    with _port(_tls(server, ANN)) as port:
        assert probe_tls(port).chain[0] == server.certificate


@pytest.mark.parametrize(("authority", "server"), ACCEPTED.values(), ids=ACCEPTED)
def test_a_server_that_helm_accepts_is_verified_on_each_version_of_python(
    authority: pki.Pair, server: pki.Pair
) -> None:
    with serving(_tls(server, ANN)) as number:
        assert verified_certificate(number, authority.pem) == server.pem


@pytest.mark.parametrize(("authority", "server"), REFUSED.values(), ids=REFUSED)
def test_a_server_that_helm_refuses_is_not_verified(authority: pki.Pair, server: pki.Pair) -> None:
    with serving(_tls(server, ANN)) as number, pytest.raises(UnverifiedError):
        verified_certificate(number, authority.pem)


def test_a_port_without_tls_is_seen_to_speak_plaintext() -> None:
    with _port(plaintext) as port:
        assert probe_tls(port) == ServerHandshake(plaintext=True)


def test_control_a_port_that_only_closes_shows_nothing() -> None:
    with _port(closing) as port:
        assert probe_tls(port) == ServerHandshake()


def test_control_the_names_tell_the_cas_apart() -> None:
    def issuer(authority: pki.Pair) -> x509.Name:
        return pki.client(authority, "somebody").certificate.issuer

    assert issuer(ANN).public_bytes() in _names(ANN)
    assert issuer(BOB).public_bytes() not in _names(ANN)


def test_a_certificate_that_cannot_be_read_gives_no_verdict(monkeypatch: pytest.MonkeyPatch) -> None:
    def malformed(_: object) -> None:
        raise x509.InvalidVersion("49 is not a valid X509 version", 49)

    monkeypatch.setattr(pem, "require_readable", malformed)
    with _port(_tls(pki.server(CA))) as port, pytest.raises(NoVerdictError, match="a certificate that cannot be read"):
        probe_tls(port)


def test_a_server_that_sends_a_byte_now_and_then_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(handshake, "SECONDS", 0.5)
    monkeypatch.setattr(handshake, "speaks_plaintext", lambda _: False)

    def drip(connection: socket.socket) -> None:
        with contextlib.suppress(OSError):
            connection.sendall(b"\x16\x03\x03\x40\x00")  # a record of 16 KiB begins
            for _ in range(100):
                connection.sendall(b"\x02")
                time.sleep(0.1)

    begin = time.monotonic()
    with _port(drip) as port:
        assert probe_tls(port).chain == ()
    assert time.monotonic() - begin < 5

"""Refusals by TLS, on ports of this machine: an answer withheld for any other reason is none."""

import datetime
import ipaddress
import socket
import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from secure_tiller_cli.diagnosis import Credentials, NoVerdictError, UnverifiedError, refusal, verified_certificate
from tests.unit.secure_tiller_cli.diagnosis.ports import closing, plaintext, serving


@dataclass(frozen=True)
class Pair:
    """A self-signed certificate and its key, as PEM."""

    cert: str
    key: str


def _pair() -> Pair:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "test")])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(minutes=1))
        .not_valid_after(now + datetime.timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    return Pair(certificate.public_bytes(Encoding.PEM).decode(), pem)


SERVER, CLIENT, STRANGER = _pair(), _pair(), _pair()


@pytest.fixture
def oldest() -> ssl.TLSVersion:
    """The oldest version of TLS that the server speaks."""
    return ssl.TLSVersion.TLSv1_2


@pytest.fixture
def tls_port(tmp_path: Path, oldest: ssl.TLSVersion) -> Iterator[int]:
    """A TLS server that wants the client's certificate."""
    files = {"server.pem": SERVER.cert, "server.key": SERVER.key, "client.pem": CLIENT.cert}
    for name, pem in files.items():
        (tmp_path / name).write_text(pem)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=str(tmp_path / "client.pem"))
    context.load_cert_chain(tmp_path / "server.pem", tmp_path / "server.key")
    context.verify_mode = ssl.CERT_REQUIRED
    context.minimum_version = oldest

    def serve(connection: socket.socket) -> None:
        with context.wrap_socket(connection, server_side=True) as secure:
            secure.recv(64)
            secure.sendall(b"\x00\x00\x00\x04")

    with serving(serve) as port:
        yield port


ATTEMPTS = {
    "a stranger's certificate": Credentials(SERVER.cert, STRANGER.cert, STRANGER.key),
    "no certificate": Credentials(SERVER.cert),
}


@pytest.mark.parametrize("credentials", [pytest.param(value, id=key) for key, value in ATTEMPTS.items()])
def test_a_server_that_finishes_the_handshake_and_hangs_up_refuses(tls_port: int, credentials: Credentials) -> None:
    reason = refusal(tls_port, credentials)
    assert "alert" in reason or reason == "connection closed after the handshake"


def test_a_server_of_another_ca_is_refused_by_the_client(tls_port: int) -> None:
    assert refusal(tls_port, Credentials(STRANGER.cert)) == "certificate verify failed"


def test_a_certificate_of_another_ca_is_not_verified(tls_port: int) -> None:
    with pytest.raises(UnverifiedError, match="self-signed certificate"):
        verified_certificate(tls_port, Credentials(STRANGER.cert))


def test_plaintext_is_refused_by_a_port_that_speaks_tls(tls_port: int) -> None:
    without = Credentials(SERVER.cert, plaintext=True)
    assert refusal(tls_port, without)
    assert verified_certificate(tls_port, without) == SERVER.cert


@pytest.mark.parametrize("oldest", [ssl.TLSVersion.TLSv1_3])
def test_a_caller_speaks_no_newer_tls_than_it_is_given(tls_port: int) -> None:
    right = Credentials(SERVER.cert, CLIENT.cert, CLIENT.key)
    assert refusal(tls_port, right, ssl.TLSVersion.TLSv1_2) == "alert protocol version"
    with pytest.raises(NoVerdictError, match="with these credentials"):
        refusal(tls_port, right, ssl.TLSVersion.TLSv1_3)


def test_a_key_is_not_printed() -> None:
    credentials = Credentials(SERVER.cert, CLIENT.cert, CLIENT.key)
    assert CLIENT.key.splitlines()[1] not in repr(credentials)
    assert repr(CLIENT.cert) in repr(credentials)


def test_the_right_certificate_is_not_refused(tls_port: int) -> None:
    with pytest.raises(NoVerdictError, match="with these credentials"):
        refusal(tls_port, Credentials(SERVER.cert, CLIENT.cert, CLIENT.key))


@pytest.mark.parametrize("credentials", [pytest.param(value, id=key) for key, value in ATTEMPTS.items()])
def test_control_a_port_that_only_closes_refuses_nobody(credentials: Credentials) -> None:
    with serving(closing) as port, pytest.raises(NoVerdictError, match="instead of speaking TLS"):
        refusal(port, credentials)


def test_control_a_port_that_only_closes_is_no_tls_that_refuses_plaintext() -> None:
    with serving(closing) as port, pytest.raises(NoVerdictError, match="no TLS handshake"):
        verified_certificate(port, Credentials(SERVER.cert, plaintext=True))


def test_control_a_port_that_speaks_http2_in_plaintext_does_not_refuse_it() -> None:
    with serving(plaintext) as port, pytest.raises(NoVerdictError, match="HTTP/2 in plaintext"):
        refusal(port, Credentials(SERVER.cert, plaintext=True))

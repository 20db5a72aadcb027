"""A refusal is an act of the server, on ports of this machine: an answer withheld for any other reason is none."""

import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import cast

import pytest

from secure_tiller_cli.diagnosis import AnsweredError, Credentials, NoVerdictError, Refused, refused
from secure_tiller_cli.diagnosis.refusal import alert
from tests.support import pki
from tests.unit.secure_tiller_cli.diagnosis.ports import closing, plaintext, serving

OURS, CLIENTS = pki.authority("ours"), pki.authority("clients")
CLIENT, STRANGER = pki.client(CLIENTS, "alice"), pki.client(pki.authority("strangers"), "mallory")
RIGHT = Credentials(OURS.pem, CLIENT.pem, CLIENT.key_pem)
WITHOUT_TLS = Credentials(OURS.pem, plaintext=True)
NOBODYS = {
    "a stranger's certificate": Credentials(OURS.pem, STRANGER.pem, STRANGER.key_pem),
    "no certificate": Credentials(OURS.pem),
}
CERTIFICATES = {
    "the right one": pki.server(OURS),
    "another CA's": pki.server(pki.authority("theirs")),
    "an expired one": pki.server(OURS, life=pki.Life.of(24, datetime.now(UTC) - timedelta(days=2))),
    "one for another name": pki.server(OURS, names=["tiller.example"]),
}
nobodys = pytest.mark.parametrize("credentials", NOBODYS.values(), ids=NOBODYS.keys())
certificates = pytest.mark.parametrize("shown", CERTIFICATES.values(), ids=CERTIFICATES.keys())


def answers(connection: ssl.SSLSocket) -> None:
    connection.recv(64)
    connection.sendall(b"\x00\x00\x00\x04")


def hangs_up(connection: ssl.SSLSocket) -> None:
    connection.recv(64)


@contextmanager
def tls(
    folder: Path,
    shown: pki.Pair = CERTIFICATES["the right one"],
    *,
    verifies: bool = True,
    oldest: ssl.TLSVersion = ssl.TLSVersion.TLSv1_2,
    then: Callable[[ssl.SSLSocket], None] = answers,
    ends_with: ssl.AlertDescription | None = None,
) -> Iterator[int]:
    """A TLS server on a local port, which ends each handshake with an alert if one is given."""
    (folder / "clients.pem").write_text(CLIENTS.pem)
    context = pki.serving(shown)
    context.load_verify_locations(folder / "clients.pem")
    context.verify_mode = ssl.CERT_REQUIRED if verifies else ssl.CERT_NONE
    context.minimum_version = oldest
    if ends_with is not None:
        context.sni_callback = lambda *_: ends_with

    def serve(connection: socket.socket) -> None:
        with context.wrap_socket(connection, server_side=True) as secure:
            then(secure)

    with serving(serve) as port:
        yield port


def tried(port: int, credentials: Credentials) -> Refused:
    return refused(lambda: nullcontext(port), credentials)


@certificates
@nobodys
def test_a_server_that_verifies_its_clients_refuses_whatever_it_shows(
    tmp_path: Path, shown: pki.Pair, credentials: Credentials
) -> None:
    with tls(tmp_path, shown) as port:
        assert tried(port, credentials).reason.startswith("alert ")


@certificates
@nobodys
def test_a_server_that_verifies_nobody_answers_whatever_it_shows(
    tmp_path: Path, shown: pki.Pair, credentials: Credentials
) -> None:
    with tls(tmp_path, shown, verifies=False) as port, pytest.raises(AnsweredError):
        tried(port, credentials)


# Their numbers (RFC 8446, 6): Python does not name each.
ABOUT_CERTIFICATES = {
    42: "bad certificate",
    43: "unsupported certificate",
    45: "certificate expired",
    48: "unknown ca",
    116: "certificate required",
}
ABOUT_OTHER_THINGS = {
    10: "unexpected message",
    20: "bad record mac",
    40: "handshake failure",
    44: "certificate revoked",
    46: "certificate unknown",
    47: "illegal parameter",
    49: "access denied",
    50: "decode error",
    51: "decrypt error",
    70: "protocol version",
    71: "insufficient security",
    80: "internal error",
    86: "inappropriate fallback",
    90: "user cancelled",
    109: "missing extension",
    110: "unsupported extension",
    112: "unrecognized name",
    115: "unknown psk identity",
    120: "no application protocol",
}


@pytest.mark.parametrize("number", ABOUT_CERTIFICATES, ids=ABOUT_CERTIFICATES.values())
@nobodys
def test_an_alert_about_the_certificate_is_a_refusal(tmp_path: Path, number: int, credentials: Credentials) -> None:
    with tls(tmp_path, ends_with=cast("ssl.AlertDescription", number)) as port:
        assert tried(port, credentials) == Refused(f"alert {ABOUT_CERTIFICATES[number]}")


@pytest.mark.parametrize("number", ABOUT_OTHER_THINGS, ids=ABOUT_OTHER_THINGS.values())
@nobodys
def test_an_alert_about_anything_else_is_no_refusal(tmp_path: Path, number: int, credentials: Credentials) -> None:
    with (
        tls(tmp_path, ends_with=cast("ssl.AlertDescription", number)) as port,
        pytest.raises(NoVerdictError, match=ABOUT_OTHER_THINGS[number]) as found,
    ):
        tried(port, credentials)
    assert not isinstance(found.value, AnsweredError)


def test_the_right_certificate_is_answered(tmp_path: Path) -> None:
    with tls(tmp_path) as port, pytest.raises(AnsweredError):
        tried(port, RIGHT)


@nobodys
def test_a_server_that_hangs_up_on_everybody_without_an_alert_refuses_nobody(
    tmp_path: Path, credentials: Credentials
) -> None:
    with tls(tmp_path, verifies=False, then=hangs_up) as port, pytest.raises(NoVerdictError, match="without an alert"):
        tried(port, credentials)


def test_an_error_of_the_callers_own_tls_is_no_refusal() -> None:
    with serving(plaintext) as port, pytest.raises(NoVerdictError, match="own TLS"):
        tried(port, RIGHT)


def test_a_server_that_says_nothing_refuses_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("secure_tiller_cli.diagnosis.refusal.SECONDS", 0.1)

    def silent(connection: socket.socket) -> None:
        while connection.recv(1024):
            pass

    with serving(silent) as port, pytest.raises(NoVerdictError, match="neither answer nor refusal"):
        tried(port, RIGHT)


@nobodys
def test_a_port_that_only_closes_refuses_nobody(credentials: Credentials) -> None:
    with serving(closing) as port, pytest.raises(NoVerdictError, match="instead of speaking TLS"):
        tried(port, credentials)


@certificates
def test_plaintext_is_refused_by_a_port_that_speaks_tls_whatever_it_shows(tmp_path: Path, shown: pki.Pair) -> None:
    with tls(tmp_path, shown) as port:
        assert tried(port, WITHOUT_TLS)


def test_a_port_that_only_closes_does_not_refuse_plaintext() -> None:
    with serving(closing) as port, pytest.raises(NoVerdictError, match="neither plaintext nor TLS"):
        tried(port, WITHOUT_TLS)


def test_a_port_that_speaks_http2_in_plaintext_answers_it() -> None:
    with serving(plaintext) as port, pytest.raises(AnsweredError, match="HTTP/2 in plaintext"):
        tried(port, WITHOUT_TLS)


def test_a_caller_speaks_no_newer_tls_than_it_is_asked_to(tmp_path: Path) -> None:
    with tls(tmp_path, oldest=ssl.TLSVersion.TLSv1_3) as port:
        assert alert(port, RIGHT, ssl.TLSVersion.TLSv1_2) == "alert protocol version"
        with pytest.raises(AnsweredError):
            alert(port, RIGHT, ssl.TLSVersion.TLSv1_3)


def test_a_key_is_not_printed() -> None:
    assert CLIENT.key_pem.splitlines()[1] not in repr(RIGHT)
    assert repr(CLIENT.pem) in repr(RIGHT)

"""Certificates from elsewhere that are known only during the update, and the names of CAs."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pulumi
import pytest

from secure_tiller import ConfigurationError, SecureTiller
from secure_tiller.plan.pem import opaque_name
from secure_tiller.problems import LateConfigurationError
from tests.support import pki
from tests.support.recording import Recording, revealed, run, unknown
from tests.support.samples import OWN_CA, OWN_SERVER, PARTNER, own_certificate, smallest


def test_the_name_of_a_ca_depends_on_its_key_alone() -> None:
    assert opaque_name("a key") == opaque_name("a key") != opaque_name("another key")


def test_the_name_of_a_ca_is_hexadecimal_and_fits_a_common_name() -> None:
    assert len(opaque_name("a key")) == 32
    assert int(opaque_name("a key"), 16)


def requesting(value: Any) -> Any:
    return smallest(clients={"bob": {"csr": value}})


def trusting(value: Any) -> Any:
    return smallest(certificates={"trusted_client_cas": {"partner": value}})


def trusting_too(value: Any) -> Any:
    return smallest(certificates={"trusted_client_cas": {"one": PARTNER.pem, "two": value}})


def serving(part: str) -> Callable[[Any], Any]:
    return lambda value: smallest(certificates={"server_certificate": own_certificate(**{part: value})})


def deploy(args: Callable[[Any], Any], value: Callable[[], object], *, preview: bool = False) -> Recording:
    """Run a program whose settings hold a value that is made within it."""
    return run(lambda: SecureTiller("green", args(value())), preview=preview)


STRANGER = pki.server(pki.authority("a stranger"))
WRONG = {
    "a request": (requesting, "clients.bob.csr", "hello", "line 1 is neither"),
    "a request of another": (requesting, "clients.bob.csr", pki.request("eve"), "common name, not ['eve']"),
    "a key as a request": (requesting, "clients.bob.csr", OWN_SERVER.key_pem, "must be one PEM block"),
    "a CA": (trusting, "certificates.trusted_client_cas.partner", "hello", "line 1 is neither"),
    "a key as a CA": (trusting, "certificates.trusted_client_cas.partner", PARTNER.key_pem, "begins a private key"),
    "no CA": (trusting, "certificates.trusted_client_cas.partner", STRANGER.pem, "is no CA certificate"),
    "a CA of two names": (trusting_too, "certificates.trusted_client_cas.two", PARTNER.pem, "holds a CA of `one` too"),
    "a certificate": (serving("certificate"), "certificates.server_certificate", "hello", "line 1 is neither"),
    "another's certificate": (serving("certificate"), "certificates.server_certificate", STRANGER.pem, "not signed by"),
    "a key": (serving("key"), "certificates.server_certificate", STRANGER.key_pem, "does not belong to the key"),
    "a CA of another": (serving("ca"), "certificates.server_certificate", PARTNER.pem, "is not signed by the CA"),
}


@pytest.mark.parametrize("what", WRONG)
def test_what_was_not_known_before_is_checked_when_it_is_and_not_shown(what: str) -> None:
    args, key, text, words = WRONG[what]
    with pytest.raises(LateConfigurationError) as refused:
        deploy(args, lambda: pulumi.Output.secret(text))
    problem = refused.value.problems[0]
    assert (problem.team, problem.key, problem.value) == ("green", key, "(not shown)")
    assert any(words in one.why for one in refused.value.problems)
    assert text.splitlines()[-1] not in str(refused.value)
    assert "what was done before stays" in str(refused.value)


NO_TEXT = {
    "clients.bob.csr": requesting,
    "certificates.trusted_client_cas.partner": trusting,
    **{f"certificates.server_certificate.{part}": serving(part) for part in ("certificate", "key", "ca")},
}


@pytest.mark.parametrize("value", [None, 5, ["a"], b"hello"], ids=repr)
@pytest.mark.parametrize("key", NO_TEXT)
def test_what_turns_out_to_be_no_text_is_refused_in_words(key: str, value: object) -> None:
    with pytest.raises(LateConfigurationError) as refused:
        deploy(NO_TEXT[key], lambda: pulumi.Output.from_input(value))
    (problem,) = refused.value.problems
    assert (problem.team, problem.key, problem.value, problem.why) == ("green", key, "(not shown)", "must be text")


def test_what_was_known_before_is_refused_before_anything_is_done() -> None:
    with pytest.raises(ConfigurationError, match="nothing was changed") as refused:
        deploy(requesting, lambda: "hello")
    assert not isinstance(refused.value, LateConfigurationError)


REQUEST = pki.request("bob", key=OWN_SERVER.key)
RIGHT = {
    "a request": (requesting, REQUEST),
    "a CA": (trusting, PARTNER.pem),
    "a certificate": (serving("certificate"), OWN_SERVER.pem),
    "a key": (serving("key"), OWN_SERVER.key_pem),
    "its CA": (serving("ca"), OWN_CA.pem),
}
REACHED: dict[str, Callable[[Recording], object]] = {
    "a request": lambda r: r.one("LocallySignedCert", "green-client:bob").inputs["certRequestPem"],
    "a CA": lambda r: tls_secret(r)["ca.crt"].removeprefix(r.certificate("green-client-ca:bob")),
    "a certificate": lambda r: tls_secret(r)["tls.crt"],
    "a key": lambda r: tls_secret(r)["tls.key"],
    "its CA": lambda r: r.outputs_of("SecureTiller")["caCertificate"],
}


def tls_secret(recording: Recording) -> dict[str, str]:
    found: dict[str, str] = revealed(recording.one("Secret", "green-tls").inputs["stringData"])
    return found


@pytest.mark.parametrize("what", RIGHT)
def test_what_can_serve_is_taken_when_it_is_known(what: str) -> None:
    args, text = RIGHT[what]
    assert REACHED[what](deploy(args, lambda: pulumi.Output.from_input(text))) == text


@pytest.mark.parametrize("what", RIGHT)
def test_a_preview_passes_what_it_cannot_know(what: str) -> None:
    args, _ = RIGHT[what]
    recording = deploy(args, unknown, preview=True)
    assert recording.one("SecureTiller", "green")


LONG_AGO = pki.Life.of(begin=datetime(2020, 1, 1, tzinfo=UTC))
OLD_CA = pki.authority(life=LONG_AGO)
OLD_SERVER = pki.server(OLD_CA, life=LONG_AGO)
OLD = own_certificate(certificate=OLD_SERVER.pem, key=OLD_SERVER.key_pem, ca=OLD_CA.pem)


@pytest.mark.parametrize(
    ("args", "warned"),
    [
        (smallest(certificates={"trusted_client_cas": {"old": OLD_CA.pem}}), ["trusted_client_cas.old"]),
        (
            smallest(certificates={"server_certificate": OLD}),
            ["server_certificate.ca", "server_certificate.certificate"],
        ),
        (smallest(certificates={"server_certificate": own_certificate()}), []),
        (smallest(certificates={"trusted_client_cas": {"new": PARTNER.pem}}), []),
        (smallest(), []),
    ],
    ids=["a client CA", "server certificate and its CA", "a valid one", "a valid CA", "those of the stack"],
)
def test_what_has_expired_is_warned_of_and_stops_no_update(
    args: Any, warned: list[str], caplog: pytest.LogCaptureFixture
) -> None:
    run(lambda: SecureTiller("green", args))
    sentences = sorted(record.getMessage() for record in caplog.records if "EXPIRED" in record.getMessage())
    assert [sentence.startswith(f"team green: {what}: ") for sentence, what in zip(sentences, warned, strict=True)] == [
        True
    ] * len(warned)


def test_a_ca_without_a_line_end_does_not_run_into_the_next() -> None:
    recording = deploy(trusting, lambda: PARTNER.pem.rstrip())
    trusted = recording.one("Secret", "green-tls").inputs["stringData"]["value"]["ca.crt"]
    assert trusted == recording.certificate("green-client-ca:bob") + PARTNER.pem


def test_a_key_that_an_update_with_targets_leaves_unmade_gives_no_name() -> None:
    assert opaque_name(None) == ""

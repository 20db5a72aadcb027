"""Certificates and requests that come from elsewhere: what can serve, and the words for what cannot."""

import base64
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, NoEncryption, PrivateFormat
from hypothesis import example, given
from hypothesis import strategies as st

from secure_tiller.plan import pem
from secure_tiller.plan.pem import Fault
from tests.support import pki
from tests.support.remedies import commands, run, succeeded
from tests.support.samples import OWN_CA, OWN_SERVER, PARTNER

CA = PARTNER.pem
KEY = PARTNER.key_pem
LOOPBACK = ("127.0.0.1",)


def words(faults: Iterator[Fault]) -> list[str]:
    return [fault.why for fault in faults]


def indented(text: str) -> str:
    return "".join(f"  {line}" for line in text.splitlines(keepends=True))


def line_of(text: str, marker: str) -> int:
    return text[: text.index(marker)].count("\n") + 1


# What is a certificate, and what is not.


@pytest.mark.parametrize(
    ("text", "number"),
    [
        (CA, 1),
        (CA.rstrip(), 1),
        (CA.replace("\n", "\r\n"), 1),
        (CA.replace("-----\n", "-----  \t\n"), 1),
        (f"\n\n# the partner's\n{CA}\n# ours\n{OWN_CA.pem}\n", 2),
        (CA + OWN_CA.pem + CA, 3),
    ],
    ids=["one", "no last line end", "Windows", "blanks at line ends", "comments", "three"],
)
def test_every_certificate_is_found_between_comments_and_blank_lines(text: str, number: int) -> None:
    assert len(pem.certificates(text)) == number
    assert words(pem.client_ca_faults(text)) == []


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "line 1 should begin a certificate; there is none at all"),
        ("# only a comment\n\n", "line 1 should begin a certificate; there is none at all"),
        ("hello", "line 1 is neither"),
        (f"{CA}hello\n", f"line {CA.count(chr(10)) + 1} is neither"),
        (f"# first\n\nMIIB\n{CA}", "line 3 is neither"),
        (f"\ufeff{CA}", "line 1 is neither"),
        (CA.replace("\n", "\r"), "line 1 is neither"),
        (CA.replace("\n", "\u2028"), "line 1 is neither"),
        (indented(CA), "line 1 is neither"),
        (CA + indented(OWN_CA.pem), f"line {CA.count(chr(10)) + 1} is neither"),
        (CA[:-40], "line 1 begins a PEM block that does not end"),
        (f"{CA}{CA[:200]}", f"line {CA.count(chr(10)) + 1} begins a PEM block that does not end"),
        (CA.splitlines()[0] + "\n" + CA, "line 1 begins a PEM block that does not end"),
        (CA.rstrip() + OWN_CA.pem, "line 1 begins a CERTIFICATE that holds more than base64"),
        (CA.replace("\nMII", "\nX: y\n\nMII", 1), "line 1 begins a CERTIFICATE that holds more than base64"),
        (CA.replace("\nMII", "\n MII", 1), "line 1 begins a CERTIFICATE that holds more than base64"),
        (CA.replace("\nMII", "\nMI\u00ce", 1), "line 1 begins a CERTIFICATE that holds more than base64"),
        (CA.replace("\nMII", "\n\ud800", 1), "line 1 begins a CERTIFICATE that holds more than base64"),
        (CA.replace("\nM", "\nA", 1), "line 1 begins a CERTIFICATE that cannot be read"),
        (CA.replace("CERTIFICATE", "TRUSTED CERTIFICATE"), "line 1 begins TRUSTED CERTIFICATE, not CERTIFICATE"),
        (pki.request("bob"), "line 1 begins CERTIFICATE REQUEST, not CERTIFICATE"),
    ],
    ids=lambda value: value if isinstance(value, str) and value.startswith("line") else "",
)
def test_a_line_that_tiller_would_not_understand_is_named_by_its_number(text: str, why: str) -> None:
    (found,) = words(pem.client_ca_faults(text))
    assert found.startswith(why)


def encrypted(key: pki.Key) -> str:
    protection = BestAvailableEncryption(b"sesame")
    return key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, protection).decode()


@pytest.mark.parametrize("key", [KEY, encrypted(PARTNER.key)], ids=["plain", "encrypted"])
def test_a_private_key_is_named_and_never_shown(key: str) -> None:
    text = f"{CA}{key}"
    (fault,) = pem.client_ca_faults(text)
    assert fault.why.startswith(f"line {line_of(text, key[:20])} begins a private key")
    assert key.splitlines()[-2] not in f"{fault}"


@given(text=st.text(alphabet=st.sampled_from("-BEGIND CRTFA\n\r#+/=x"), max_size=60))
@example(text="-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----")
@example(text="-----BEGIN CERTIFICATE-----\n=\n-----END CERTIFICATE-----")
def test_no_text_but_a_certificate_can_serve_and_none_is_quoted(text: str) -> None:
    assert len(words(pem.client_ca_faults(text))) == 1
    assert not pem.trust_the_same(text, text)


@given(at=st.integers(0, len(CA) - 2), letter=st.sampled_from("A \n-#"))
def test_a_certificate_with_a_wrong_letter_is_refused_in_words_or_is_still_one(at: int, letter: str) -> None:
    changed = f"{CA[:at]}{letter}{CA[at + 1 :]}"
    faults = words(pem.client_ca_faults(changed))
    assert faults or len(pem.certificates(changed)) == 1


# Keys.


@pytest.mark.parametrize(
    ("make", "strong"),
    [
        (pki.new_key, True),
        (lambda: ec.generate_private_key(ec.SECP384R1()), True),
        (lambda: ec.generate_private_key(ec.SECP521R1()), True),
        (ed25519.Ed25519PrivateKey.generate, True),
        (lambda: rsa.generate_private_key(65537, 2048), True),
        (lambda: ec.generate_private_key(ec.SECP224R1()), False),
        (lambda: ec.generate_private_key(ec.SECP256K1()), False),
        (pki.weak_key, False),
    ],
    ids=["P-256", "P-384", "P-521", "Ed25519", "RSA 2048", "P-224", "secp256k1", "RSA 1024"],
)
def test_a_key_that_gos_tls_refuses_is_refused_wherever_it_stands(make: Callable[[], Any], strong: bool) -> None:
    key = make()
    ca = pki.authority(key=key)
    server = pki.server(OWN_CA, key=key)
    faults = [
        words(pem.client_ca_faults(ca.pem)),
        words(pem.request_faults(pki.request("bob", key=key), "bob")),
        words(pem.server_faults(server.pem, server.key_pem, OWN_CA.pem, LOOPBACK)),
    ]
    assert [len(found) for found in faults] == [0 if strong else 1] * 3
    assert all("must have a key of P-256" in why for found in faults for why in found)


# CAs.


@pytest.mark.parametrize(
    ("ca", "why"),
    [
        (pki.authority(), None),
        (pki.authority(bare=True), None),
        (pki.authority(uses=[pki.CLIENT_AUTH]), None),
        (pki.authority(uses=[pki.SERVER_AUTH, pki.CLIENT_AUTH]), None),
        (pki.authority(uses=[pki.ANY_USE]), None),
        (pki.authority(issuer=OWN_CA), None),
        (pki.authority(is_ca=False), "is no CA certificate"),
        (pki.authority(may_sign=False), "is no CA certificate"),
        (pki.authority(uses=[pki.SERVER_AUTH]), "is a CA for other uses only"),
    ],
    ids=[
        "CA",
        "without key usage",
        "for clients",
        "for both",
        "for any",
        "intermediate",
        "no CA",
        "may not sign",
        "for servers",
    ],
)
def test_a_ca_of_clients_may_sign_for_clients(ca: pki.Pair, why: str | None) -> None:
    faults = words(pem.client_ca_faults(ca.pem))
    assert faults == [] if why is None else faults[0].startswith(f"certificate 1 of 1 {why}")


def test_of_several_cas_the_one_that_cannot_serve_is_named() -> None:
    (why,) = words(pem.client_ca_faults(CA + pki.authority(is_ca=False).pem + OWN_CA.pem))
    assert why.startswith("certificate 2 of 3 is no CA")


def test_whose_key_a_ca_has_tells_it_from_others_and_not_from_its_renewal() -> None:
    renewed = pki.authority("partner", key=PARTNER.key)
    assert renewed.pem != CA
    assert pem.trust_the_same(renewed.pem, CA)
    assert not pem.trust_the_same(CA, OWN_CA.pem)


BELOW_PARTNER = pki.authority("below", issuer=PARTNER)


@pytest.mark.parametrize(
    ("first", "second", "same"),
    [
        (CA, OWN_CA.pem + CA, True),
        (CA, BELOW_PARTNER.pem, True),
        (CA, OWN_CA.pem + BELOW_PARTNER.pem, True),
        (OWN_CA.pem, BELOW_PARTNER.pem, False),
        (pki.authority("partner").pem, BELOW_PARTNER.pem, False),
        (CA, "hello", False),
    ],
    ids=["one of several", "signed by it", "one of several signed by it", "by another", "by its namesake", "no CA"],
)
def test_two_texts_trust_the_same_if_one_ca_of_them_vouches_for_one_of_the_other(
    first: str, second: str, same: bool
) -> None:
    assert pem.trust_the_same(first, second) is pem.trust_the_same(second, first) is same


def test_the_key_of_a_request_differs_from_others_and_is_that_of_its_renewal() -> None:
    key = pki.new_key()
    words = [pem.key_of_request(pki.request("bob", key=one)) for one in (key, key, pki.new_key())]
    assert words[0] == words[1] != words[2]
    assert pem.key_of_request(f"# of bob\n{pki.request('bob', organization='new', key=key)}") == words[0]
    assert all(len(word) == 12 and int(word, 16) >= 0 for word in words)


# Requests.


@pytest.mark.parametrize(
    ("request_pem", "why"),
    [
        (pki.request("bob"), None),
        (pki.request("bob", organization="any"), None),
        (f"# of bob\n\n{pki.request('bob')}", None),
        (pki.request("alice"), "must have the client's name as its one common name, not ['alice']"),
        (pki.request("bob", "bob"), "must have the client's name as its one common name, not ['bob', 'bob']"),
        (pki.request(), "must have the client's name as its one common name, not []"),
        (CA, "must be one PEM block, CERTIFICATE REQUEST"),
        ("", "must be one PEM block, CERTIFICATE REQUEST"),
        (pki.request("bob") * 2, "must be one PEM block, CERTIFICATE REQUEST"),
        (indented(pki.request("bob")), "line 1 is neither part of a PEM block, which is never indented"),
        (pki.request("bob")[:100], "line 1 begins a PEM block that does not end"),
        (pki.request("bob").replace("\nM", "\nA", 1), "line 1 begins a CERTIFICATE REQUEST that cannot be read"),
    ],
    ids=lambda value: value if isinstance(value, str) and "BEGIN" not in value else "",
)
def test_a_request_is_for_the_client_alone(request_pem: str, why: str | None) -> None:
    faults = words(pem.request_faults(request_pem, "bob"))
    assert faults == [] if why is None else faults[0].startswith(why)


def test_a_request_with_a_forged_signature_is_refused() -> None:
    request = x509.load_pem_x509_csr(pki.request("bob").encode())
    *signature, last = request.signature
    forged = request.public_bytes(Encoding.DER).replace(request.signature, bytes([*signature, last ^ 1]))
    text = x509.load_der_x509_csr(forged).public_bytes(Encoding.PEM).decode()
    assert words(pem.request_faults(text, "bob")) == ["is not signed with its own key"]


def test_the_remedy_for_a_request_makes_one_and_overwrites_no_key(tmp_path: Path) -> None:
    (fault,) = pem.request_faults("", "bob")
    (command,) = commands(fault.remedy)
    succeeded(run(command, tmp_path))
    request, key = (tmp_path / name for name in ("bob.csr", "bob.key"))
    assert (words(pem.request_faults(request.read_text(), "bob")), key.stat().st_mode & 0o777) == ([], 0o600)
    before = key.read_text()
    assert run(command, tmp_path).returncode != 0
    assert key.read_text() == before


# Server certificates.


def server_words(
    pair: pki.Pair = OWN_SERVER, *, chain: str = "", key: str = "", ca: str = "", names: tuple[str, ...] = LOOPBACK
) -> list[str]:
    return words(pem.server_faults(pair.pem + chain, key or pair.key_pem, ca or OWN_CA.pem, names))


def test_a_certificate_for_the_loopback_serves() -> None:
    assert server_words() == []


@pytest.mark.parametrize(
    ("pair", "why"),
    [
        (pki.server(OWN_CA, uses=[]), "lacks the extended key usage serverAuth"),
        (pki.server(OWN_CA, uses=[pki.SERVER_AUTH, pki.CLIENT_AUTH]), "could also call a Tiller as a client"),
        (pki.server(OWN_CA, uses=[pki.SERVER_AUTH, pki.ANY_USE]), "could also call a Tiller as a client"),
        (pki.server(OWN_CA, is_ca=True), "is a CA certificate"),
        (pki.server(OWN_CA, names=["localhost"]), "lacks the names 127.0.0.1"),
        (pki.server(OWN_CA, names=[]), "lacks the names 127.0.0.1"),
        (pki.server(pki.authority("another")), "is not signed by the CA"),
        (pki.server(pki.authority("a PKI of the user's own")), "is not signed by the CA"),
    ],
    ids=["no use", "both uses", "any use", "CA", "other name", "no names", "other CA", "a CA of the same name"],
)
def test_a_server_certificate_that_cannot_serve_is_refused(pair: pki.Pair, why: str) -> None:
    (found,) = server_words(pair)
    assert found.startswith(why)


def test_a_certificate_for_clients_is_none_for_a_server() -> None:
    found = server_words(pki.server(OWN_CA, uses=[pki.CLIENT_AUTH]))
    assert len(found) == 2
    assert "lacks the extended key usage serverAuth" in found[0]


def test_every_name_that_is_missing_is_listed() -> None:
    pair = pki.server(OWN_CA, names=["127.0.0.1", "b"])
    assert server_words(pair, names=("127.0.0.1", "a", "b", "c")) == ["lacks the names a, c"]
    assert server_words(pair, names=("127.0.0.1", "b")) == []


MIDDLE = pki.authority("middle", issuer=OWN_CA)
LOWEST = pki.authority("lowest", issuer=MIDDLE)
BELOW = pki.server(LOWEST)


@pytest.mark.parametrize(
    ("chain", "complete"),
    [
        (LOWEST.pem + MIDDLE.pem, True),
        (LOWEST.pem, False),
        (MIDDLE.pem, False),
        (MIDDLE.pem + LOWEST.pem, False),
        ("", False),
    ],
    ids=["complete", "no upper", "no lower", "wrong order", "none"],
)
def test_the_intermediates_lead_from_the_certificate_to_the_ca(chain: str, complete: bool) -> None:
    assert server_words(BELOW, chain=chain) == (
        [] if complete else ["is not signed by the CA through the intermediates given"]
    )


def test_any_of_several_cas_may_have_signed() -> None:
    assert server_words(ca=PARTNER.pem + OWN_CA.pem) == []


@pytest.mark.parametrize(
    "key",
    [
        pki.key_pem(pki.new_key()),
        "hello",
        OWN_SERVER.pem,
        encrypted(OWN_SERVER.key),
        OWN_SERVER.key_pem[:-40],
    ],
    ids=["another", "garbage", "a certificate", "encrypted", "truncated"],
)
def test_a_key_that_is_not_the_certificates_is_refused_and_not_shown(key: str) -> None:
    (fault,) = pem.server_faults(OWN_SERVER.pem, key, OWN_CA.pem, LOOPBACK)
    assert fault.why.startswith("does not belong to the key, or the key is not one unencrypted PEM block")
    assert key.splitlines()[0] not in f"{fault}"


@pytest.mark.parametrize("form", [PrivateFormat.PKCS8, PrivateFormat.TraditionalOpenSSL])
def test_a_key_may_have_either_form_of_openssl(form: PrivateFormat) -> None:
    key = OWN_SERVER.key.private_bytes(Encoding.PEM, form, NoEncryption()).decode()
    assert server_words(key=key) == []


def test_a_private_key_in_the_certificate_is_named_and_never_shown() -> None:
    (fault,) = pem.server_faults(OWN_SERVER.pem + OWN_SERVER.key_pem, OWN_SERVER.key_pem, OWN_CA.pem, LOOPBACK)
    assert "begins a private key" in fault.why
    assert OWN_SERVER.key_pem.splitlines()[1] not in f"{fault}"


def test_the_ca_of_a_server_may_sign_for_servers() -> None:
    ca = pki.authority(uses=[pki.CLIENT_AUTH])
    assert server_words(pki.server(ca), ca=ca.pem) == [
        "certificate 1 of 1 is a CA for other uses only (extended key usage)"
    ]


# Ends.

NOW = datetime(2026, 6, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("begin", "days", "sentence"),
    [
        (NOW - timedelta(days=100), 99, "has EXPIRED on 2026-05-31 at 00:00 UTC"),
        (NOW - timedelta(days=100), 101, "expires soon, on 2026-06-02 at 00:00 UTC"),
        (NOW - timedelta(days=100), 129, "expires soon, on 2026-06-30 at 00:00 UTC"),
        (NOW - timedelta(days=100), 130, None),
        (NOW + timedelta(days=1), 100, "is NOT YET VALID: it begins on 2026-06-02 at 00:00 UTC"),
    ],
    ids=["expired", "ends tomorrow", "ends in 29 days", "ends in 30 days", "begins tomorrow"],
)
def test_an_end_is_warned_of_for_30_days_and_then_for_ever(begin: datetime, days: int, sentence: str | None) -> None:
    text = pki.authority(life=pki.Life.of(days * 24, begin)).pem
    found = list(pem.warnings_of_ends(text, NOW))
    assert [one.startswith(f"certificate 1 of 1 {sentence}") for one in found] == [True] * (sentence is not None)


def test_each_certificate_of_a_text_is_looked_at() -> None:
    ended = pki.authority(life=pki.Life.of(24, NOW - timedelta(days=9))).pem
    lasting = pki.authority(life=pki.Life.of(9000, NOW)).pem
    (sentence,) = pem.warnings_of_ends(lasting + ended, NOW)
    assert sentence.startswith("certificate 2 of 2 has EXPIRED")


def test_an_expired_certificate_is_no_fault_because_time_must_not_stand_in_the_way_of_a_revocation() -> None:
    past = pki.Life.of(24, NOW - timedelta(days=9000))
    ca = pki.authority(life=past)
    assert words(pem.client_ca_faults(ca.pem)) == []
    assert server_words(pki.server(ca, life=past), ca=ca.pem) == []


def test_serial_number_and_end_are_those_of_the_first_certificate() -> None:
    text = CA + OWN_CA.pem
    assert pem.ends(text) == PARTNER.certificate.not_valid_after_utc
    assert int(pem.serial(text), 16) == PARTNER.certificate.serial_number


def test_a_fingerprint_tells_every_set_of_certificates_from_every_other() -> None:
    other = OWN_CA.pem
    prints = [pem.fingerprint(text) for text in (CA, other, CA + other, other + CA)]
    assert len(set(prints)) == 4
    assert all(len(one) == 12 and int(one, 16) for one in prints)
    assert pem.fingerprint(f"# a comment\n{CA}") == prints[0]


def test_a_signature_with_a_broken_hash_is_refused() -> None:
    ca = pki.authority(key=rsa.generate_private_key(65537, 2048))
    pair = pki.server(ca)
    # The library signs with neither: say SHA-1 in place of SHA-256, sha1WithRSAEncryption (RFC 3279, 2.2.1).
    der = pair.certificate.public_bytes(Encoding.DER).replace(
        bytes.fromhex("2a864886f70d01010b"), bytes.fromhex("2a864886f70d010105")
    )
    sha1 = pki.Pair(x509.load_der_x509_certificate(der), pair.key)
    assert server_words(pair, ca=ca.pem) == []
    assert "is signed with a broken hash (SHA-1 or MD5)" in server_words(sha1, ca=ca.pem)


# What cryptography reads only when a part is looked at.

VERSION, SHA256 = bytes.fromhex("a003020102"), bytes.fromhex("06082a8648ce3d040302")
UNKNOWN_VERSION, UNKNOWN_HASH = bytes.fromhex("a003020131"), bytes.fromhex("06082a8648ce3d040363")
CURVE, UNKNOWN_CURVE = bytes.fromhex("06082a8648ce3d030107"), bytes.fromhex("06082a8648ce3d030163")


def exchanged(text: str, old: bytes, new: bytes) -> str:
    """A PEM text whose content has other bytes in place of some."""
    begin, *middle, end = text.strip().split("\n")
    content = base64.b64decode("".join(middle))
    assert old in content
    return f"{begin}\n{base64.encodebytes(content.replace(old, new)).decode()}{end}\n"


@pytest.mark.parametrize(
    ("old", "new"),
    [(b"\x0c\x03bob", b"\x02\x03bob"), (b"\x0c\x03bob", b"\x0c\x03b\xff\xfe"), (b"\x02\x01\x00", b"\x02\x01\x31"),
     (CURVE, UNKNOWN_CURVE)],
    ids=["a name that is a number", "a name that is no UTF-8", "another version", "an unknown curve"],
)  # fmt: skip
def test_a_malformed_request_has_a_fault(old: bytes, new: bytes) -> None:
    (why,) = words(pem.request_faults(exchanged(pki.request("bob"), old, new), "bob"))
    assert why == "line 1 begins a CERTIFICATE REQUEST that cannot be read"


@pytest.mark.parametrize(
    ("old", "new"),
    [(VERSION, UNKNOWN_VERSION), (b"\x0c\x0b", b"\x02\x0b"), (CURVE, UNKNOWN_CURVE)],
    ids=["another version", "a name that is a number", "an unknown curve"],
)
def test_a_malformed_certificate_has_a_fault(old: bytes, new: bytes) -> None:
    odd = exchanged(pki.authority("another CA"[:10] + "s").pem, old, new)
    assert words(pem.client_ca_faults(odd)) == ["line 1 begins a CERTIFICATE that cannot be read"]
    assert words(pem.server_faults(OWN_SERVER.pem, OWN_SERVER.key_pem, odd, LOOPBACK))
    assert list(pem.named_twice({"a": odd, "b": CA})) == []
    assert not pem.trust_the_same(odd, CA)


def test_a_server_certificate_signed_in_an_unknown_way_has_a_fault_and_hides_no_other() -> None:
    odd = exchanged(OWN_SERVER.pem, SHA256, UNKNOWN_HASH)
    found = words(pem.server_faults(odd, KEY, OWN_CA.pem, (*LOOPBACK, "elsewhere")))
    assert "is signed with an unknown algorithm" in found
    assert any(why.startswith("lacks the names elsewhere") for why in found)
    assert any("does not belong to the key" in why for why in found)

"""Certificates in Secrets and ConfigMaps."""

import base64
from collections.abc import Callable
from typing import Any

import pytest

from tests.support import pki
from tests.unit.tiller_facts.samples import HOME, found, item
from tiller_facts.certificates import keys, of_objects, read
from tiller_facts.values import UNKNOWN

BROKEN = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"


@pytest.fixture(scope="module")
def authority() -> pki.Pair:
    return pki.authority("blue")


def encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def test_a_renewed_certificate_has_the_same_key(authority: pki.Pair) -> None:
    renewed, other = pki.authority("another name", key=authority.key), pki.authority("green")
    (first,) = keys(authority.pem.encode())
    assert keys(renewed.pem.encode()) == (first,)
    assert keys(f"{BROKEN}{other.pem}{authority.pem}".encode())[1:] == (first,)
    assert keys(b"no certificate") == keys(BROKEN.encode()) == ()


@pytest.mark.parametrize(
    "change",
    [
        lambda pem: f"-----BEGIN CERTIFICATE-----\nMIIB\n{pem}",
        lambda pem: f"{BROKEN}-----BEGIN PRIVATE KEY-----\nMIIB\n{pem}",
        lambda pem: pem.replace("\n", "\n\n"),
        lambda pem: pem.replace("\n", "\r\n"),
        lambda pem: pem.replace("\n", " \t\n"),
    ],
)
def test_a_certificate_that_go_reads_is_compared(authority: pki.Pair, change: Callable[[str], str]) -> None:
    assert keys(change(authority.pem).encode()) == keys(authority.pem.encode())


def test_how_an_object_is_written_does_not_matter(authority: pki.Pair) -> None:
    expected = {"ca.crt": keys(authority.pem.encode())}
    assert read("Secret", {"stringData": {"ca.crt": authority.pem}}) == expected
    assert read("Secret", {"data": {"ca.crt": encoded(authority.pem)}}) == expected
    assert read("ConfigMap", {"data": {"ca.crt": authority.pem}}) == expected
    assert read("ConfigMap", {"binaryData": {"ca.crt": encoded(authority.pem)}}) == expected
    assert read("Secret", {"data": {"ca.crt": "not base64", "tls.crt": "?"}}) == {"ca.crt": (), "tls.crt": ()}


def test_what_is_not_known_stays_so(authority: pki.Pair) -> None:
    assert read("Secret", {"data": UNKNOWN}) is UNKNOWN
    assert read("Secret", {"stringData": {"a": UNKNOWN, "b": authority.pem}}) == {
        "a": UNKNOWN,
        "b": keys(authority.pem.encode()),
    }


def test_the_objects_of_a_program(authority: pki.Pair) -> None:
    def secret(name: Any) -> Any:
        return found(item("Secret", name, stringData={"ca.crt": authority.pem}), cluster="one")

    objects = [secret("tls"), secret(UNKNOWN), found(item("Service", "tls"))]
    assert list(of_objects(objects)) == [("one", "Secret", HOME, "tls")]

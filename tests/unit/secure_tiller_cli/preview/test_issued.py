"""Keys, requests and certificates that a transform issues otherwise: only what a renewal changes is a renewal."""

import copy
from typing import Any

import pytest

from secure_tiller_cli.preview.digest import Digest
from secure_tiller_cli.preview.findings import Meaning
from secure_tiller_cli.preview.summary import summarize
from tests.support.samples import FULL, SMALLEST, smallest
from tests.unit.secure_tiller_cli.preview.previews import STACK, Resources, preview, resources, step, urn_of
from tests.unit.secure_tiller_cli.preview.test_rules import Careless, add, put, transformed

REQUEST, SELF_SIGNED, SIGNED, KEY = (
    f"tls:index/{word[0].lower()}{word[1:]}:{word}"
    for word in ("CertRequest", "SelfSignedCert", "LocallySignedCert", "PrivateKey")
)
GREEN = resources("green", SMALLEST)

SERVER, CLIENT = ((kind, part) for kind, part in ((SIGNED, "server"), (SIGNED, "client:bob")))
SERVER_CA, CLIENT_CA = (SELF_SIGNED, "server-ca"), (SELF_SIGNED, "client-ca:bob")
SERVER_REQUEST, CLIENT_REQUEST = (REQUEST, "server"), (REQUEST, "client:bob")

OTHERWISE: list[tuple[tuple[str, str], Careless, str]] = [
    (SERVER, put(True, "isCaCertificate"), "isCaCertificate is true"),
    (CLIENT, put(True, "isCaCertificate"), "isCaCertificate is true"),
    (CLIENT, add("server_auth", "allowedUses"), "server_auth"),
    (SERVER, add("client_auth", "allowedUses"), "client_auth"),
    (CLIENT, put(["any_extended"], "allowedUses"), "any_extended"),
    (SERVER, put(False, "setSubjectKeyId"), "setSubjectKeyId is false"),
    (SERVER, put("a key in the open", "caPrivateKeyPem"), "caPrivateKeyPem is"),
    (SERVER_REQUEST, add("tiller.example.org", "dnsNames"), "tiller.example.org"),
    (CLIENT_REQUEST, put(["tiller-deploy"], "dnsNames"), "tiller-deploy"),
    (SERVER_REQUEST, put(["10.0.0.1"], "ipAddresses"), "10.0.0.1"),
    (CLIENT_REQUEST, put("alice", "subject", "commonName"), 'subject.commonName is "alice"'),
    (CLIENT_REQUEST, put("blue", "subject", "organization"), 'subject.organization is "blue"'),
    (CLIENT_REQUEST, put("x", "subject", "serialNumber"), 'subject.serialNumber is "x"'),
    (CLIENT_REQUEST, put(["spiffe://x"], "uris"), "spiffe://x"),
    (CLIENT_CA, add("server_auth", "allowedUses"), "server_auth"),
    (SERVER_CA, add("any_extended", "allowedUses"), "any_extended"),
    (SERVER_CA, put(False, "isCaCertificate"), "isCaCertificate is false"),
    (SERVER_CA, put("green's", "subject", "commonName"), "subject.commonName is"),
    (SERVER_CA, put(["x"], "dnsNames"), "dnsNames is"),
    ((KEY, "server-ca"), put("RSA", "algorithm"), 'algorithm is "RSA"'),
    ((KEY, "client:bob"), put("P224", "ecdsaCurve"), 'ecdsaCurve is "P224"'),
]
"""The transforms of each resource, and what must be reported."""

NAMES = [f"{part} {kind.rsplit(':', 1)[1]}: {said}" for (kind, part), _, said in OTHERWISE]


def found(digest: Digest) -> list[Meaning]:
    return [finding for part in summarize(digest).parts for finding in part.findings]


def issued(digest: Digest) -> list[str]:
    return [finding.plain() for finding in found(digest) if finding.code == "issued" and finding.risk]


@pytest.mark.parametrize(("of", "careless", "said"), OTHERWISE, ids=NAMES)
@pytest.mark.parametrize("before", [GREEN, {}], ids=["renewed", "new"])
def test_what_is_issued_otherwise_is_a_risk(
    before: Resources, of: tuple[str, str], careless: Careless, said: str
) -> None:
    digest = preview(before, transformed(GREEN, urn_of("green", *of), careless))
    assert [text for text in issued(digest) if said in text]


@pytest.mark.parametrize(("of", "careless"), [case[:2] for case in OTHERWISE], ids=NAMES)
def test_control_what_is_issued_as_planned_again_is_reported_as_something_else(
    of: tuple[str, str], careless: Careless
) -> None:
    digest = preview(transformed(GREEN, urn_of("green", *of), careless), GREEN)
    assert issued(digest) == []
    assert found(digest) != []


@pytest.mark.parametrize("args", [SMALLEST, FULL, smallest(certificates={"server_cas": [2, 1]})])
def test_control_what_the_component_issues_is_no_risk(args: Any) -> None:
    assert issued(preview({}, resources("green", args))) == []


def depending(kind: str, part: str, **on: list[str]) -> Resources:
    """Return the team with what the properties of a certificate depend on."""
    after = copy.deepcopy(GREEN)
    after[urn_of("green", kind, part)]["propertyDependencies"] = on
    return after


CA, OTHER_CA = (urn_of("green", SELF_SIGNED, part) for part in ("client-ca:bob", "server-ca"))
FOREIGN_CA = urn_of("blue", SELF_SIGNED, "client-ca:bob")
CA_KEY, OWN_REQUEST = urn_of("green", KEY, "client-ca:bob@2"), urn_of("green", REQUEST, "client:bob")
OWN = {"caCertPem": [CA], "caPrivateKeyPem": [CA_KEY], "certRequestPem": [OWN_REQUEST]}


@pytest.mark.parametrize(
    "wrong",
    [
        {"caCertPem": [OTHER_CA]},
        {"caCertPem": [FOREIGN_CA]},
        {"caCertPem": []},
        {"caPrivateKeyPem": [urn_of("green", KEY, "server-ca")]},
        {"caPrivateKeyPem": []},
        {"certRequestPem": [urn_of("green", REQUEST, "server")]},
        {"certRequestPem": []},
    ],
    ids=str,
)
def test_a_certificate_of_another_ca_key_or_request_is_a_risk(wrong: dict[str, list[str]]) -> None:
    said = issued(preview({}, depending(SIGNED, "client:bob", **{**OWN, **wrong})))
    assert len(said) == 1
    assert f"{next(iter(wrong))} is not of its own" in said[0]


def test_a_certificate_without_a_known_ca_is_a_risk() -> None:
    said = issued(preview({}, depending(SIGNED, "client:bob", certRequestPem=[OWN_REQUEST])))
    assert "caCertPem is not of its own SelfSignedCert" in said[0]


def test_a_request_with_the_key_of_another_is_a_risk() -> None:
    other = [urn_of("green", KEY, "server")]
    assert issued(preview({}, depending(REQUEST, "client:bob", privateKeyPem=other)))
    assert not issued(preview({}, depending(REQUEST, "client:bob", privateKeyPem=[urn_of("green", KEY, "client:bob")])))


def test_control_a_certificate_of_its_own_ca_key_and_request_is_no_risk() -> None:
    assert issued(preview({}, depending(SIGNED, "client:bob", **OWN))) == []
    second = {"caCertPem": [urn_of("green", SELF_SIGNED, "server-ca:2")]}
    assert issued(preview({}, depending(SIGNED, "server", **second))) == []


def test_a_known_request_in_place_of_the_own_one_is_a_risk() -> None:
    theirs = transformed(GREEN, urn_of("green", *CLIENT), put("(another PEM)", "certRequestPem"))
    assert "certRequestPem is not of its own CertRequest" in issued(preview(GREEN, theirs))[0]


def replaced(*reasons: str) -> Digest:
    """Return the preview of a certificate that is replaced for reasons of the provider, without another property."""
    urn = urn_of("green", *CLIENT)
    whole = {urn: state for urn, state in GREEN.items() if urn.endswith("::green")}
    steps = [step("same", STACK, {"type": "pulumi:pulumi:Stack"}, {"type": "pulumi:pulumi:Stack"})]
    steps += [step("same", each, state, state) for each, state in whole.items()]
    steps += [step("replace", urn, GREEN[urn], GREEN[urn]) | {"replaceReasons": list(reasons)}]
    return Digest.model_validate({"changeSummary": {}, "steps": steps})


def test_only_the_reasons_of_a_renewal_are_one() -> None:
    assert [finding.risk for finding in found(replaced("readyForRenewal"))] == [False]
    assert [finding.code for finding in found(replaced("readyForRenewal", "uris")) if finding.risk] == [
        "not-understood"
    ]

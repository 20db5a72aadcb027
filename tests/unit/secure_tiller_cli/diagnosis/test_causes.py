"""The causes that certificates show: of the client's side, of the server's, and of the stack's knowledge."""

import dataclasses
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from secure_tiller_cli.diagnosis import Cause, Credentials, Kind
from secure_tiller_cli.diagnosis.client import ClientCredentials, again, read, wrong_with_client
from secure_tiller_cli.diagnosis.handshake import ServerHandshake
from secure_tiller_cli.diagnosis.server import wrong_with_server
from secure_tiller_cli.diagnosis.stack_certificates import StackCertificates
from secure_tiller_cli.state import ClusterReference, DeployedTiller
from tests.support import pki
from tests.support.pki import ANY_USE, CLIENT_AUTH, SERVER_AUTH, Life, Pair

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
NOW_ISH = Life(NOW - timedelta(hours=1), NOW + timedelta(hours=1))
PAST = Life(NOW - timedelta(hours=2), NOW - timedelta(hours=1))
FUTURE = Life(NOW + timedelta(hours=1), NOW + timedelta(hours=2))
P224 = ec.generate_private_key(ec.SECP224R1())

CA, OTHER_CA = pki.authority("blue's server CA", life=NOW_ISH), pki.authority("green's server CA", life=NOW_ISH)
ALICES, BOBS = pki.authority("alice's CA", life=NOW_ISH), pki.authority("bob's CA", life=NOW_ISH)
ALICE, BOB = (pki.client(ca, name, life=NOW_ISH) for ca, name in ((ALICES, "alice"), (BOBS, "bob")))
SERVER, OTHER_SERVER = (pki.server(ca, life=NOW_ISH) for ca in (CA, OTHER_CA))

NOTHING = StackCertificates()


def _deployed(name: str, ca: Pair, certificates: dict[str, Pair]) -> DeployedTiller:
    return DeployedTiller(
        name=name,
        stack="o/p/s",
        namespace=f"{name}-tiller",
        service_account="tiller",
        deployment="tiller-deploy",
        ca_certificate=ca.pem,
        expirations={},
        certificates={part: pair.pem for part, pair in certificates.items()},
        roles=(),
        created={},
        deployment_spec={},
        tls_secret="tls",
        exposed=False,
        cluster=ClusterReference(),
    )


BLUE = _deployed("blue", CA, {"server": SERVER, "client:alice": ALICE, "client-ca:alice": ALICES})
GREEN = _deployed("green", OTHER_CA, {"server": OTHER_SERVER, "client:bob": BOB, "client-ca:bob": BOBS})


def _brought(client: Pair = ALICE, ca: Pair = CA) -> ClientCredentials:
    brought = read(Credentials(ca.pem, client.pem, client.key_pem))
    assert isinstance(brought, ClientCredentials)
    return brought


def _shown(server: Pair = SERVER, *trusted: Pair, chain: tuple[Pair, ...] = ()) -> ServerHandshake:
    names = frozenset(ca.certificate.subject.public_bytes() for ca in trusted or (ALICES,))
    return ServerHandshake((server.certificate, *(each.certificate for each in chain)), names)


def _kinds(
    brought: ClientCredentials, shown: ServerHandshake, hostname: str = "127.0.0.1", known: StackCertificates = NOTHING
) -> list[Kind]:
    found = [*wrong_with_client(brought, NOW, known), *wrong_with_server(brought, shown, NOW, hostname, known)]
    return [cause.kind for cause in found]


@pytest.mark.parametrize("known", [NOTHING, StackCertificates(BLUE, (GREEN,))])
def test_control_a_client_and_its_server_have_nothing_wrong(known: StackCertificates) -> None:
    assert _kinds(_brought(), _shown(), known=known) == []


CLIENTS = {
    "expired": (pki.client(ALICES, "alice", life=PAST), [Kind.CLIENT_EXPIRED]),
    "not yet valid": (pki.client(ALICES, "alice", life=FUTURE), [Kind.CLIENT_NOT_YET_VALID]),
    "for a server": (pki.client(ALICES, "alice", life=NOW_ISH, uses=[SERVER_AUTH]), [Kind.CLIENT_USE]),
    "for every use": (pki.client(ALICES, "alice", life=NOW_ISH, uses=[ANY_USE]), []),
    "for both": (pki.client(ALICES, "alice", life=NOW_ISH, uses=[SERVER_AUTH, CLIENT_AUTH]), []),
    "of no stated use": (pki.client(ALICES, "alice", life=NOW_ISH, uses=[]), []),
    "of P-224": (pki.client(ALICES, "alice", life=NOW_ISH, key=P224), [Kind.CLIENT_CURVE]),
    "of P-384": (pki.client(ALICES, "alice", life=NOW_ISH, key=ec.generate_private_key(ec.SECP384R1())), []),
    "of a CA that is not trusted": (BOB, [Kind.REVOKED]),
    "all of it": (
        pki.client(BOBS, "bob", life=PAST, uses=[SERVER_AUTH], key=P224),
        [Kind.CLIENT_EXPIRED, Kind.CLIENT_USE, Kind.CLIENT_CURVE, Kind.REVOKED],
    ),
}


@pytest.mark.parametrize(("client", "kinds"), [pytest.param(*case, id=name) for name, case in CLIENTS.items()])
def test_what_is_wrong_with_the_client_is_named(client: Pair, kinds: list[Kind]) -> None:
    assert _kinds(_brought(client), _shown()) == kinds


SERVERS = {
    "expired": (pki.server(CA, life=PAST), [Kind.SERVER_EXPIRED]),
    "not yet valid": (pki.server(CA, life=FUTURE), [Kind.SERVER_NOT_YET_VALID]),
    "for a client": (pki.server(CA, life=NOW_ISH, uses=[CLIENT_AUTH]), [Kind.SERVER_USE]),
    "of no stated use": (pki.server(CA, life=NOW_ISH, uses=[]), []),
    "for other names": (pki.server(CA, life=NOW_ISH, names=["tiller.example"]), [Kind.SERVER_NAME]),
    "for no name": (pki.server(CA, life=NOW_ISH, names=[]), [Kind.SERVER_NAME]),
    "of P-224": (pki.server(CA, life=NOW_ISH, key=P224), [Kind.SERVER_CURVE]),
    "of another CA": (OTHER_SERVER, [Kind.ANOTHER_CA]),
}


@pytest.mark.parametrize(("server", "kinds"), [pytest.param(*case, id=name) for name, case in SERVERS.items()])
def test_what_is_wrong_with_the_server_is_named(server: Pair, kinds: list[Kind]) -> None:
    assert _kinds(_brought(), _shown(server)) == kinds


@pytest.mark.parametrize(
    ("names", "hostname", "fits"),
    [
        (["tiller.example"], "tiller.example", True),
        (["tiller.example"], "Tiller.Example", True),
        (["*.example"], "tiller.example", True),
        (["*.example"], "a.tiller.example", False),
        (["*.example"], "example", False),
        (["tiller.example"], "tiller", False),
        (["127.0.0.1"], "127.0.0.1", True),
        (["localhost"], "127.0.0.1", False),
    ],
)
def test_a_hostname_is_looked_up_among_the_names(names: list[str], hostname: str, fits: bool) -> None:
    server = pki.server(CA, life=NOW_ISH, names=names)
    assert _kinds(_brought(), _shown(server), hostname) == ([] if fits else [Kind.SERVER_NAME])


def test_an_intermediate_leads_to_the_ca_in_whatever_order_it_is_sent() -> None:
    between = pki.authority("between", issuer=CA, life=NOW_ISH)
    below = pki.authority("below", issuer=between, life=NOW_ISH)
    shown = _shown(pki.server(below, life=NOW_ISH), chain=(between, below))
    assert _kinds(_brought(), shown) == []
    assert _kinds(_brought(), dataclasses.replace(shown, chain=shown.chain[:2])) == [Kind.ANOTHER_CA]


def test_a_client_below_an_intermediate_of_a_trusted_ca_is_trusted() -> None:
    between = pki.authority("between", issuer=ALICES, life=NOW_ISH)
    alice = pki.client(between, "alice", life=NOW_ISH)
    brought = read(Credentials(CA.pem, alice.pem + between.pem, alice.key_pem))
    assert isinstance(brought, ClientCredentials)
    assert _kinds(brought, _shown()) == []
    assert _kinds(_brought(alice), _shown()) == [Kind.REVOKED]


def test_a_server_that_names_no_ca_is_not_said_to_trust_nobody() -> None:
    assert _kinds(_brought(BOB), ServerHandshake((SERVER.certificate,))) == []


@pytest.mark.parametrize(("life", "kinds"), [(PAST, [Kind.CA_EXPIRED]), (FUTURE, [Kind.CA_NOT_YET_VALID])])
def test_the_ca_of_the_bundle_has_a_life_too(life: Life, kinds: list[Kind]) -> None:
    key = CA.key
    old = pki.authority("blue's server CA", key=key, life=life)
    assert _kinds(_brought(ca=old), _shown()) == kinds
    brought = _brought()
    both = dataclasses.replace(brought, authorities=(old.certificate, CA.certificate))
    assert _kinds(both, _shown()) == []


def test_plaintext_is_named() -> None:
    assert _kinds(_brought(), ServerHandshake(plaintext=True)) == [Kind.PLAINTEXT]


def _words(brought: ClientCredentials, shown: ServerHandshake, known: StackCertificates) -> str:
    (cause,) = [*wrong_with_client(brought, NOW, known), *wrong_with_server(brought, shown, NOW, "127.0.0.1", known)]
    return f"{cause.kind.name}: {cause.seen}; {cause.remedy}"


TEAMS = {
    "another team's whole bundle": (
        lambda: (_brought(BOB, OTHER_CA), _shown()),
        "ANOTHER_TEAM: the client is of team green, and the Tiller of team blue",
    ),
    "another team's certificate with the right CA": (
        lambda: (_brought(BOB), _shown()),
        "ANOTHER_TEAM: the client is of team green, and the Tiller of team blue",
    ),
    "another team's Tiller": (
        lambda: (_brought(), _shown(OTHER_SERVER, BOBS)),
        "ANOTHER_TEAM: the client is of team blue, and the Tiller of team green",
    ),
    "a CA of nobody": (
        lambda: (_brought(ca=pki.authority(life=NOW_ISH)), _shown()),
        "the stack's CA has: the bundle is old",
    ),
    "a client whose rollout did not end": (lambda: (_brought(), _shown(SERVER, BOBS)), "yet the stack has it"),
    "a stranger": (
        lambda: (_brought(pki.client(pki.authority("x", life=NOW_ISH), "x", life=NOW_ISH)), _shown()),
        "REVOKED: the CA of the client x is not among those that Tiller trusts (1); the client was revoked",
    ),
    "a bundle that the stack has renewed": (
        lambda: (_brought(pki.client(ALICES, "alice", life=PAST)), _shown()),
        "UTC; write the bundle again",
    ),
    "a server that the stack has renewed": (
        lambda: (_brought(), _shown(pki.server(CA, life=PAST))),
        "the stack has renewed it, and the pod has the old one",
    ),
}


@pytest.mark.parametrize(("made", "words"), [pytest.param(*case, id=name) for name, case in TEAMS.items()])
def test_what_a_stack_knows_is_said(made: Callable[[], tuple[ClientCredentials, ServerHandshake]], words: str) -> None:
    assert words in _words(*made(), StackCertificates(BLUE, (GREEN,)))


@pytest.mark.parametrize(
    ("client", "server", "words"),
    [
        (pki.client(ALICES, "alice", life=PAST), SERVER, "UTC; pulumi up; then write the bundle again"),
        (ALICE, pki.server(CA, life=PAST), "UTC; pulumi up"),
    ],
)
def test_control_without_a_stack_the_remedy_is_to_renew(client: Pair, server: Pair, words: str) -> None:
    assert words in _words(_brought(client), _shown(server), NOTHING)


UNREADABLE = {
    "no CA": (Credentials("", ALICE.pem, ALICE.key_pem), Kind.UNREADABLE, "the client's CA cannot be read"),
    "no certificate": (Credentials(CA.pem), Kind.UNREADABLE, "the client's certificate cannot be read"),
    "no key": (Credentials(CA.pem, ALICE.pem), Kind.UNREADABLE, "the key of alice is not there"),
    "another's key": (Credentials(CA.pem, ALICE.pem, BOB.key_pem), Kind.KEY_MISMATCH, "not that of the certificate"),
    "no PEM": (Credentials(CA.pem, ALICE.pem, "x"), Kind.KEY_MISMATCH, "as one unencrypted PEM block"),
}


@pytest.mark.parametrize(
    ("credentials", "kind", "words"), [pytest.param(*case, id=name) for name, case in UNREADABLE.items()]
)
def test_credentials_that_cannot_be_used_are_reported(credentials: Credentials, kind: Kind, words: str) -> None:
    cause = read(credentials)
    assert isinstance(cause, Cause)
    assert cause.kind == kind
    assert words in cause.seen
    assert ALICE.key_pem.splitlines()[1] not in repr(cause)


def test_a_remedy_quotes_the_names_that_a_certificate_carries() -> None:
    leaf = pki.client(ALICES, "a; b", organization="$(id)\n", life=NOW_ISH).certificate
    assert again(leaf).endswith(r": secure-tiller bundle $'$(id)\012' 'a; b' --out 'a; b'")

"""The clients that the real Tiller lets in, by where in their chain the CA stands that it trusts."""

import pytest

from secure_tiller.plan import chains
from testbed.toolchain import Toolchain
from tests.support import pki
from tests.support.pki import Pair, authority
from tests.support.real_tiller import Room

CERTIFICATES = "etc/certs"
CONTAINER = {
    "name": "tiller",
    "command": ["/tiller"],
    "args": [
        *("--tls", "--tls-verify", f"--tls-cert=/{CERTIFICATES}/tls.crt", f"--tls-key=/{CERTIFICATES}/tls.key"),
        f"--tls-ca-cert=/{CERTIFICATES}/ca.crt",
    ],
}


def below(root: Pair) -> tuple[Pair, Pair]:
    """Return a CA that a root signed, and one that this signed."""
    middle = authority("middle", issuer=root)
    return middle, authority("lower", issuer=middle)


ROOT, LONG, SHORT = authority("root"), authority("long", path_length=2), authority("short", path_length=1)
MIDDLE, LOWER = below(ROOT)
SIBLING = authority("sibling", issuer=MIDDLE)


@pytest.fixture(scope="module")
def room(tools: Toolchain, tmp_path_factory: pytest.TempPathFactory) -> Room:
    return Room(tmp_path_factory.mktemp("tiller"), tools.bin / "tiller")


def lets_in(room: Room, trusted: Pair, signer: Pair, *sent: Pair) -> bool:
    """Return whether a Tiller that trusts one CA lets a client of another in, which sends these intermediates."""
    (room.folder / CERTIFICATES / "ca.crt").write_text(trusted.pem)
    client, file = pki.client(signer, "alice"), room.folder / "alice.pem"
    file.write_text("".join(one.pem for one in (client, *sent)) + client.key_pem)
    with room.started(CONTAINER) as tiller:
        return tiller.shown_to(file) is not None


@pytest.mark.parametrize(
    ("trusted", "lower", "middle"),
    [(ROOT, LOWER, MIDDLE), (LONG, *reversed(below(LONG)))],
    ids=["of any path length", "of path length 2"],
)
def test_a_client_that_sends_the_intermediates_passes_for_the_ca_above_them(
    room: Room, trusted: Pair, lower: Pair, middle: Pair
) -> None:
    assert lets_in(room, trusted, lower, lower, middle)
    assert chains.may_meet(lower.pem, [lower.pem], [trusted.pem])


def test_a_client_does_not_pass_for_a_ca_whose_path_length_its_chain_exceeds(room: Room) -> None:
    middle, lower = below(SHORT)
    assert not lets_in(room, SHORT, lower, lower, middle)
    assert not chains.may_meet(lower.pem, [lower.pem], [SHORT.pem])


def test_a_client_does_not_pass_for_a_sibling_of_its_ca(room: Room) -> None:
    assert not lets_in(room, SIBLING, LOWER, LOWER, MIDDLE)
    assert not chains.may_meet(LOWER.pem, [LOWER.pem], [SIBLING.pem])


def test_control_a_client_passes_for_its_own_ca_and_for_none_above_a_gap(room: Room) -> None:
    assert lets_in(room, LOWER, LOWER)
    assert not lets_in(room, ROOT, LOWER, LOWER)

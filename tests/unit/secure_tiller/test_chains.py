"""CAs of two teams of which one may stand above the other, through certificates that neither lists."""

import pytest

from secure_tiller.plan import chains
from tests.support.pki import Pair, authority

ROOT = authority("root")
MIDDLE = authority("middle", issuer=ROOT)
LOWER = authority("lower", issuer=MIDDLE)
"""Signed by what neither team lists."""

STRANGER = authority("a stranger")
FIRST, SECOND = (authority(name, issuer=ROOT) for name in ("first", "second"))


def meet(text: Pair, *others: Pair, own: tuple[Pair, ...] = ()) -> bool:
    return chains.may_meet(text.pem, [text.pem, *(one.pem for one in own)], [other.pem for other in others])


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (LOWER, ROOT),
        (LOWER, STRANGER),
        (LOWER, authority("of two", path_length=2)),
        (LOWER, authority("below another", issuer=STRANGER)),
        (authority("first", issuer=ROOT, bare=True), authority("second", issuer=ROOT, bare=True)),
        (FIRST, authority("of a namesake", issuer=authority("root"))),
    ],
    ids=["its root", "any CA", "of path length 2", "an intermediate", "siblings by name alone", "by another key"],
)
def test_a_ca_may_stand_above_another_whose_issuer_is_not_seen(one: Pair, other: Pair) -> None:
    assert meet(one, other)
    assert meet(other, one)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (ROOT, STRANGER),
        (LOWER, authority("of one", path_length=1)),
        (LOWER, authority("of none", path_length=0)),
        (FIRST, SECOND),
    ],
    ids=["two that signed themselves", "of path length 1", "of path length 0", "siblings"],
)
def test_two_cas_are_apart_if_nothing_can_lead_from_one_to_the_other(one: Pair, other: Pair) -> None:
    assert not meet(one, other)
    assert not meet(other, one)


def test_what_stands_above_a_ca_is_seen_if_its_own_team_trusts_that_too() -> None:
    assert not meet(LOWER, STRANGER, own=(MIDDLE, ROOT))
    assert chains.may_meet(LOWER.pem + MIDDLE.pem, [LOWER.pem + MIDDLE.pem], [STRANGER.pem]), "above the middle"


def test_a_claimed_issuer_that_did_not_sign_is_no_sibling() -> None:
    namesake = authority("root")
    assert meet(FIRST, namesake)


def test_what_cannot_be_read_is_left_to_the_rule_that_reports_it() -> None:
    assert not chains.may_meet("hello", ["hello"], [ROOT.pem])
    assert not chains.may_meet(LOWER.pem, [LOWER.pem], ["hello"])


def test_control_the_certificates_of_the_tests_are_signed_as_they_say() -> None:
    for lower, upper in ((LOWER, MIDDLE), (MIDDLE, ROOT)):
        lower.certificate.verify_directly_issued_by(upper.certificate)

"""How long certificates live."""

import pytest

from secure_tiller import lifetimes
from secure_tiller.lifetimes import Lifetime, Lifetimes

LEAF = Lifetime(validity=100, renew_before=30)


def test_the_defaults_are_90_days_for_a_leaf_and_a_year_for_a_ca() -> None:
    assert Lifetimes(ca=Lifetime(8760, 2880), leaf=Lifetime(2160, 720)) == lifetimes.DEFAULT


@pytest.mark.parametrize(("validity", "renew_before"), [(0, 0), (1, 1), (10, 0), (10, -1), (10, 10), (10, 11)])
def test_a_certificate_that_would_renew_always_or_never_is_refused(validity: int, renew_before: int) -> None:
    with pytest.raises(ValueError, match="cannot be renewed"):
        Lifetime(validity, renew_before)


@pytest.mark.parametrize("renew_before", [1, 99, 100])
def test_a_ca_that_a_leaf_could_outlive_is_refused(renew_before: int) -> None:
    with pytest.raises(ValueError, match="cannot sign"):
        Lifetimes(ca=Lifetime(1000, renew_before), leaf=LEAF)


def test_a_ca_that_renews_while_more_than_a_leafs_life_is_left_is_accepted() -> None:
    assert Lifetimes(ca=Lifetime(1000, 101), leaf=LEAF).ca.renew_before == 101

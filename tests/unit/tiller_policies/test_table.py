"""The table of Tillers, as the pack judges a program that makes each row's objects."""

from functools import cache

import pytest

from tests.support.row import PRACTICE_OF, Row
from tests.support.tillers import ROWS
from tests.unit.tiller_policies.samples import broken, program
from tiller_policies.policies import OF_CLUSTER, POLICIES

OUTSIDE = {"certificate-missing": "certificate-of-its-own", "client-cas-missing": "client-ca-of-its-own"}
"""By row, the practice that hangs on an object which the program does not make: only the cluster decides."""


@cache
def policies(row: Row) -> frozenset[str]:
    return frozenset(broken(*program(row)))


def verdicts(row: Row) -> set[str]:
    """Return the codes of the practices that a row breaks, or that something hides."""
    return {name.removesuffix("-advice") for name in policies(row)}


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.id)
def test_the_practices_that_a_row_breaks(row: Row) -> None:
    assert verdicts(row) == row.practices - OF_CLUSTER - {OUTSIDE.get(row.id)}


def test_the_pack_has_every_practice_that_a_program_shows() -> None:
    assert {policy.practice.code for policy in POLICIES} == set(PRACTICE_OF.values()) - OF_CLUSTER
    assert set(PRACTICE_OF.values()) >= OF_CLUSTER


def test_every_policy_can_report() -> None:
    # A Service of the nodes is mandatory only to a Tiller that listens there, which no row has: test_levels.
    assert {policy.name for policy in POLICIES} - {"no-service"} == set().union(*map(policies, ROWS))

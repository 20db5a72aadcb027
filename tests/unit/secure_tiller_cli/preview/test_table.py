"""The table of Tillers, as the preview of a team judges it whose objects a transform made of each row."""

import pytest

from secure_tiller_cli.preview.changes import Change, Team
from secure_tiller_cli.preview.digest import State, Step
from secure_tiller_cli.preview.rules.practices import OF_OTHER_RULES, broken
from tests.support import component
from tests.support.cluster_objects import Object, of_every_cluster
from tests.support.row import Row
from tests.support.tillers import ROWS
from tests.unit.tiller_facts.test_table import cluster
from tiller_facts.practices import Severity, evaluate

ONLY_IN_THE_CLUSTER = {
    *("client-cas-missing", "certificate-missing"),  # the program does not make the Secret
    "listens-for-all-addresses-but-those-of-a-node",  # it has no nodes
    "releases-left-in-config-maps",  # Tiller writes them
}
"""Rows whose verdict takes what a program does not have."""


def change(one: Object) -> Change:
    """Return that an object is to be made."""
    version = one["apiVersion"] if "/" in one["apiVersion"] else f"core/{one['apiVersion']}"
    kind, name = f"kubernetes:{version}:{one['kind']}", component.logical_name(one)
    state = State(urn=f"urn:pulumi:s::p::{kind}::{name}", type=kind, inputs=one)
    return Change(Step(op="create", urn=state.urn, newState=state), "team", name, "", "", "create")


def expected(row: Row) -> set[str]:
    """Return the practices that a row breaks by more than a finding of low severity."""
    found = evaluate(cluster(row)).every
    worth = {each.practice for each in found if each.severity.reaches(Severity.MEDIUM)}
    return set(row.practices & worth) - OF_OTHER_RULES


@pytest.mark.parametrize("row", [row for row in ROWS if row.id not in ONLY_IN_THE_CLUSTER], ids=lambda row: row.id)
def test_the_practices_that_a_row_breaks_are_risks(row: Row) -> None:
    team = Team("team", "blue", [change(one) for one in (*row.objects, *of_every_cluster())])
    found = list(broken(team))
    assert {finding.code for finding in found} == expected(row)
    assert all(finding.risk and f"(docs/practices.md#{finding.code})" in finding.plain() for finding in found)

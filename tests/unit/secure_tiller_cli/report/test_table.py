"""The table of Tillers, as the report judges a team whose objects a transform made of each row."""

from dataclasses import replace

import pytest

from secure_tiller_cli.report import practices
from tests.support import component
from tests.support.cluster_objects import of_every_cluster
from tests.support.row import Row
from tests.support.tillers import ROWS
from tests.unit.secure_tiller_cli.report.samples import ONE
from tests.unit.tiller_facts.samples import found
from tiller_facts.identity import part
from tiller_facts.practices import Finding, Status

ONLY_IN_THE_CLUSTER = {"certificate-missing": "certificate-of-its-own", "client-cas-missing": "client-ca-of-its-own"}
"""By row, the practice that hangs on a Secret which the stack does not make: its state does not show it."""


def judged(row: Row) -> tuple[Finding, ...]:
    objects = (found(one, part=part(one["kind"], component.logical_name(one))) for one in (*row.objects, *BUILT_IN))
    return practices.judge([replace(ONE[0], objects=tuple(objects))])[ONE[0].name]


BUILT_IN = of_every_cluster()


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.id)
def test_the_practices_that_a_row_breaks(row: Row) -> None:
    broken = {each.practice for each in judged(row) if each.status is not Status.UNKNOWN}
    assert broken == row.practices - practices.OF_THE_CLUSTER - {ONLY_IN_THE_CLUSTER.get(row.id)}

"""The table of Tillers, as tiller_facts judges a cluster of each row's objects."""

from functools import cache

import pytest

from tests.support import component
from tests.support.cluster_objects import BLUE, Object, of_every_cluster
from tests.support.row import HIDDEN, PRACTICE_OF, Recognition, Row, Setting
from tests.support.tillers import ROWS
from tests.unit.tiller_facts.samples import found
from tiller_facts.certificates import of_objects
from tiller_facts.facts import Facts
from tiller_facts.identity import part
from tiller_facts.practices import PRACTICES, Finding, Judgement, Status, evaluate, sources
from tiller_facts.rbac import EVERYBODY
from tiller_facts.values import UNKNOWN, Hidden
from tiller_facts.workloads import Tiller, find

TILLERS = [row for row in ROWS if row.settings]
ADMIN = "cluster-admin"


def named(row: Row) -> str:
    return row.id


@cache
def cluster(row: Row) -> Facts:
    """Return the facts of a cluster that holds a row's objects and nothing else, and shows everything that is asked."""
    there = (*row.objects, *of_every_cluster())
    objects = tuple(found(one, part=part(one["kind"], component.logical_name(one))) for one in there)
    needed = {source.object for tiller in find(Facts(objects)) for source in sources(tiller)}
    return Facts(
        objects,
        files={**{place: {} for place in needed}, **of_objects(objects)},
        records={BLUE: tuple(one["metadata"]["name"] for one in row.objects if _is_record(one))},
        everybody=_readers(row),
        addresses=_addresses(row) or UNKNOWN,
    )


def _is_record(one: Object) -> bool:
    return one["kind"] == "ConfigMap" and "OWNER" in one["metadata"].get("labels", ())


def _readers(row: Row) -> frozenset[str]:
    """Return those of everybody for whom the cluster answers that they read the Secrets of kube-system."""
    admins = [one for one in row.objects if one["kind"] == "ClusterRoleBinding" and one["roleRef"]["name"] == ADMIN]
    return EVERYBODY.intersection(subject["name"] for one in admins for subject in one["subjects"])


def _addresses(row: Row) -> tuple[str, ...]:
    nodes = [one for one in row.objects if one["kind"] == "Node"]
    return tuple(each["address"] for node in nodes for each in node["status"]["addresses"])


def tillers(row: Row) -> list[Tiller]:
    """Return the Tillers of the object that a row is about."""
    return [one for one in find(cluster(row)) if one.object.data is row.workload]


@pytest.mark.parametrize("row", ROWS, ids=named)
def test_a_pod_is_recognised(row: Row) -> None:
    wanted = {Recognition.YES: {False}, Recognition.SUSPECTED: {True}, Recognition.NO: set[bool]()}
    assert {one.suspected for one in tillers(row)} == wanted[row.tiller]


@pytest.mark.parametrize("row", TILLERS, ids=named)
def test_the_settings_of_a_tiller(row: Row) -> None:
    (tiller,) = tillers(row)
    read: dict[str, Setting] = {
        name: HIDDEN if isinstance(value := getattr(tiller.flags, name), Hidden) else value for name in row.settings
    }
    assert read == row.settings


@cache
def judgement(row: Row) -> Judgement:
    return evaluate(cluster(row))


def findings(row: Row) -> list[Finding]:
    """Return what is found about a row, but for what only an update decides."""
    return [one for one in judgement(row).every if one.status is not Status.UNKNOWN]


def verdicts(row: Row) -> frozenset[str]:
    """Return the codes of the practices that a row breaks, or that something hides."""
    return frozenset(one.practice for one in findings(row))


@pytest.mark.parametrize("row", ROWS, ids=named)
def test_the_practices_that_a_row_breaks(row: Row) -> None:
    assert verdicts(row) == row.practices


@pytest.mark.parametrize("row", ROWS, ids=named)
def test_the_findings_about_a_row(row: Row) -> None:
    found = findings(row)
    assert {one.code for one in found} == row.finds
    assert {one.code: one.severity.value for one in found if one.code in row.severities} == row.severities


@pytest.mark.parametrize("row", [row for row in ROWS if row.answers], ids=named)
def test_the_answers_to_the_practices_of_helms_guide(row: Row) -> None:
    (judged,) = (one for one in judgement(row).tillers if one.tiller.object.data is row.workload)
    answers = {one.number: one.answer.value for one in judged.answers}
    assert {number: answers[number] for number in row.answers} == row.answers


REFUSED = {
    *("people-unknown", "pods-unknown", "rbac-unknown", "rights-unknown", "services-unknown", "tillers-unknown"),
    "component-unknown",
}
"""Found where a cluster refuses to show something, which is no matter of its objects."""


def test_the_table_has_every_practice_and_finding() -> None:
    catalogue = {code: practice.code for practice in PRACTICES for code in practice.findings}
    assert {code: practice for code, practice in catalogue.items() if code not in REFUSED} == PRACTICE_OF
    assert {code for row in ROWS for code in row.finds} == set(PRACTICE_OF)


def test_the_table_has_pods_of_every_kind() -> None:
    assert len({row.id for row in ROWS}) == len(ROWS) > 40
    assert {row.tiller for row in ROWS} == set(Recognition)

"""The report of a migration, for people and for machines."""

from typing import Any

import pytest

from secure_tiller.problems import Problem
from secure_tiller_cli.charts import Concern, Effect, Group
from secure_tiller_cli.migration.history import State, histories
from secure_tiller_cli.migration.report import Report, kept_revisions, to_json
from secure_tiller_cli.migration.report_text import rows, sentences, write
from secure_tiller_cli.migration.selection import Selection
from secure_tiller_cli.releases import Kind, Status, Unreadable
from tests.unit.secure_tiller_cli.migration.samples import ROUTE, copied, record

HISTORIES = histories(
    [record("gone-on", status=Status.DEPLOYED), record("half", 1), record("half", 2), record("whole")],
    [copied("gone-on", status=Status.SUPERSEDED), copied("gone-on", 2), copied("half", 2), copied("whole")],
)
TORN = Unreadable(Kind.CONFIG_MAP, "kube-system", "torn.v1", "torn", "is no base64")
GONE = Concern(Group.API_GONE, Effect.STOPS, "the cluster no longer serves it", "rewrite it")


def report(**changes: Any) -> Report:
    selection = Selection(HISTORIES, {"green-apps": 2}, (TORN,), ())
    return Report(**{"route": ROUTE, "selection": selection, "applied": True, **changes})


def said(**changes: Any) -> str:
    return "\n".join(sentences(report(**changes)))


def test_a_row_says_what_there_is_to_do() -> None:
    assert [(row[0], row[2], row[5]) for row in rows(report())] == [
        ("gone-on", "1", "in use"),
        ("half", "2", "1 to copy, 1 there"),
        ("whole", "1", "copied already"),
    ]


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"applied": False}, "dry run, nothing was changed: --apply copies 1 record to Secrets in blue-tiller"),
        ({"copied": 1, "verified": 3}, "copied 1 record; all 3 of these releases are in blue-tiller"),
        ({"copied": 1, "verified": 3}, "do not start the Tiller in kube-system again"),
        ({"copied": 1, "verified": 3, "removed": 3}, "removed 3 of 3 records from kube-system"),
        ({"copied": 1, "problems": (Problem("", "", "", "", ""),)}, "copied 1 of 1 record; what is copied stays"),
        ({"findings": {"half": (GONE,)}}, "warning: release half: the cluster no longer serves it; rewrite it"),
        ({"findings": {"half": (GONE,)}}, "before its stored manifest is rewritten: helm-mapkubeapis does so"),
        ({}, "left alone, releases by namespace: green-apps 2"),
        ({}, "left where it is: configmap kube-system/torn.v1 (by its label of release torn): is no base64"),
        ({}, "kubectl delete configmaps --namespace kube-system --selector OWNER=TILLER,NAME=gone-on"),
    ],
)
def test_what_was_found_and_done_is_said(changes: dict[str, Any], sentence: str) -> None:
    assert sentence in said(**changes)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({}, "copied "),
        ({}, "dry run"),
        ({"applied": False, "problems": (Problem("", "", "", "", ""),)}, "--apply copies"),
        ({"copied": 1, "verified": 3, "removed": 3}, "do not start"),
        ({"copied": 1, "problems": (Problem("", "", "", "", ""),)}, "equal"),
    ],
)
def test_control_what_is_not_so_is_not_said(changes: dict[str, Any], sentence: str) -> None:
    assert sentence not in said(**changes)


def test_where_there_is_nothing_to_copy_that_is_said() -> None:
    none = Selection((), {}, (), ())
    for applied in (True, False):
        assert said(selection=none, applied=applied) == (
            "nothing to copy: there are no records of releases in configmaps in kube-system; if there should be, see "
            "--from and --storage"
        )
    others = Selection((), {"green-apps": 1}, (), ())
    assert "no release there is in a namespace that blue manages" in said(selection=others)


@pytest.mark.parametrize(("histories", "tables"), [(HISTORIES, 1), ((), 0)])
def test_whose_releases_are_to_go_where_is_one_line_and_a_table_has_rows(
    capsys: pytest.CaptureFixture[str], histories: Any, tables: int
) -> None:
    write(report(selection=Selection(histories, {}, (), ())))
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "Team blue: from configmaps in kube-system to secrets in blue-tiller"
    assert len([line for line in lines if "LAST STATUS" in line]) == tables


@pytest.mark.parametrize(("keeps", "shortened"), [(1, ["half"]), (2, []), (0, [])])
def test_a_history_that_the_next_upgrade_shortens_is_reported(keeps: int, shortened: list[str]) -> None:
    lines = [line for line in sentences(report(keeps=keeps)) if "the next upgrade keeps the last" in line]
    assert [line.split()[1].rstrip(":") for line in lines] == shortened


@pytest.mark.parametrize(
    ("arguments", "kept"),
    [
        (["--storage=secret", "--history-max=20"], 20),
        (["--history-max=0"], 0),
        (["--history-max=many"], 0),
        ([], 0),
        (["--history-max=20", "-history-max", "5"], 5),
    ],
)
def test_how_many_revisions_a_tiller_keeps_is_read_from_its_pod(arguments: list[str], kept: int) -> None:
    container = {"image": "ghcr.io/helm/tiller:v2.17.0", "args": arguments}
    assert kept_revisions({"spec": {"containers": [container]}}) == kept
    assert kept_revisions({}) == 0


def test_the_values_of_a_record_cannot_draw_on_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    odd = Unreadable(Kind.SECRET, "kube-system", "torn.v1", "", "its label NAME is \x1b[2J")
    write(report(selection=Selection((), {}, (odd,), ())))
    shown = capsys.readouterr().out
    assert ("torn.v1" in shown, "\x1b" in shown) == (True, False)


def test_the_json_has_each_release_with_the_digests_of_its_revisions() -> None:
    made = to_json(report(findings={"half": (GONE,)}, copied=1, verified=3))
    assert made["records"] == {"toCopy": 1, "copied": 1, "verified": 3, "removed": 0}
    assert made["from"] == {"namespace": "kube-system", "storage": "configmap"}
    half = next(item for item in made["releases"] if item["name"] == "half")
    assert (half["state"], half["toCopy"], len(half["warnings"])) == (State.TO_COPY, 1, 1)
    assert [item["sha256"] for item in half["revisions"]] == [record("half", 1).digest, record("half", 2).digest]
    assert made["leftAlone"] == {"green-apps": 2}
    assert made["unreadable"] == [{"object": "configmap kube-system/torn.v1", "release": "torn", "why": "is no base64"}]

"""A Tiller whose first update never ended: the state tells nothing of it, and the check never passes over it."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

import pytest
from typer.testing import CliRunner
from typer.testing import Result as Ended

from secure_tiller_cli.check import read_cluster
from secure_tiller_cli.check import run as check_run
from secure_tiller_cli.commands import app, deployed, main
from secure_tiller_cli.results.document import from_json
from secure_tiller_cli.results.result import Status
from secure_tiller_stack.kubeconfig import Access
from tests.support.said import Program
from tests.unit.secure_tiller_cli.state.test_read import resource, state

COMPONENT = "secure-tiller:index:SecureTiller"


def half(*more: Any) -> str:
    return json.dumps({"deployment": {**state(), "resources": [resource(COMPONENT, "green"), *more]}})


def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, *arguments: str) -> tuple[int, str]:
    monkeypatch.setattr("sys.argv", ["secure-tiller", *arguments])
    with pytest.raises(SystemExit) as ended:
        main()
    return int(ended.value.code or 0), capsys.readouterr().err


COMMANDS = (
    ("check", "green"),
    ("bundle", "green", "alice", "--out", "nowhere"),
    ("migrate", "green"),
    ("exit-plan", "green"),
)


@pytest.mark.parametrize("arguments", COMMANDS)
def test_a_command_for_it_reports_why_it_is_not_there(
    arguments: tuple[str, ...], pulumi: Program, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    pulumi.says(half(*state()["resources"]))
    code, said = run(capsys, monkeypatch, *arguments)
    assert code == 1
    assert said == "secure-tiller: team green: its first update did not finish, so its state is incomplete; pulumi up\n"


def test_a_stack_of_such_alone_is_not_said_to_have_none(
    pulumi: Program, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    pulumi.says(half())
    code, said = run(capsys, monkeypatch, "check")
    assert code == 1
    assert said == "secure-tiller: the selected stack: the first update of green never ended; pulumi up\n"


@pytest.mark.parametrize(("kind", "part"), [(COMPONENT, "outputs"), ("Role", "inputs"), ("SelfSignedCert", "outputs")])
def test_a_state_that_lacks_what_every_one_has_is_said_in_a_line_without_its_content(
    kind: str,
    part: str,
    pulumi: Program,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    broken = state()
    for item in broken["resources"]:
        if item["type"].endswith(kind):
            item[part] = {"something": "a key"}
    pulumi.says(json.dumps({"deployment": broken}))
    code, said = run(capsys, monkeypatch, "check")
    assert (code, said.count("\n")) == (1, 1)
    assert "the selected stack: a SecureTiller in its state lacks a value that each one has (KeyError)" in said
    assert "a key" not in said


def test_a_team_is_checked_where_it_is_though_another_is_in_another_cluster(
    pulumi: Program, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    here, there = state(kubeconfig="nowhere/here"), state(kubeconfig="nowhere/there")
    text = json.dumps(there["resources"]).replace("blue", "green").replace("::cluster", "::other")
    pulumi.says(json.dumps({"deployment": {**here, "resources": [*here["resources"], *json.loads(text)]}}))
    assert "its Tillers are, or may be, in several clusters" in run(capsys, monkeypatch, "check")[1]
    assert "nowhere/there cannot be read" in run(capsys, monkeypatch, "check", "green")[1]


@pytest.fixture
def checked(pulumi: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    """A stack of two Tillers, one of them whole, about which all else is fine."""

    @contextmanager
    def cluster(*_: object) -> Iterator[Any]:
        yield SimpleNamespace(configuration=SimpleNamespace(host="https://10.0.0.1:6443"))

    pulumi.says(half(*state()["resources"]))
    monkeypatch.setattr(deployed, "access", lambda *_: Access(None, ""))
    monkeypatch.setattr(deployed, "cluster", cluster)
    monkeypatch.setattr(read_cluster, "all_grants", lambda _: ())
    monkeypatch.setattr(check_run, "_of", lambda *_: iter(()))


def checks(*options: str) -> Ended:
    return CliRunner().invoke(app, options)


@pytest.mark.usefixtures("checked")
def test_a_check_of_the_whole_stack_says_that_it_was_not_checked() -> None:
    done = checks("check", "--format", "json")
    assert [(found.team, found.check, found.status) for found in from_json(done.stdout, "the output").results] == [
        ("green", check_run.DEPLOYED, Status.NOT_CHECKED)
    ]
    assert done.exit_code == 3


@pytest.mark.usefixtures("checked")
def test_control_a_check_of_the_other_team_alone_passes() -> None:
    assert checks("check", "blue").exit_code == 0

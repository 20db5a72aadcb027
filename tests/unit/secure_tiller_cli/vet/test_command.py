"""The command `secure-tiller vet`: its exit codes and what it writes, by what was found."""

import contextlib
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from secure_tiller_cli.charts import Concern, Effect, Group
from secure_tiller_cli.commands import app
from secure_tiller_cli.commands.deployed import StackState
from secure_tiller_cli.vet import Chart, Values, Verdict
from tests.unit.secure_tiller_cli.charts.world import blue, one

STOPS = Concern(Group.OUTSIDE, Effect.STOPS, "is outside", "leave it out", (one("ClusterRole", "rbac/v1"),))
UNSURE = Concern(Group.POD_SECURITY, Effect.NOT_CHECKED, "not checked: no right", "ask another", (one("Pod"),))
NOTE = Concern(Group.PROVENANCE, Effect.NOTE, "not verified", "give a keyring")

ASKED = ("asked as Tiller's account", "not asked: the cluster does not serve its kind, unless the chart adds it")

Run = Callable[..., Result]


@pytest.fixture
def asked() -> dict[str, Any]:
    """The arguments of the command's call."""
    return {}


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, asked: dict[str, Any]) -> Run:
    """Return a function that runs the command on a chart `web` where something is found."""
    chart = tmp_path / "web"
    chart.mkdir()

    @contextlib.contextmanager
    def cluster(*_: object) -> Iterator[None]:
        yield None

    monkeypatch.setattr(Chart, "require", lambda _: None)
    monkeypatch.setattr("secure_tiller_cli.commands.deployed.access", lambda *_: None)
    monkeypatch.setattr("secure_tiller_cli.commands.deployed.cluster", cluster)

    def call(*options: str, found: tuple[Concern, ...] = (), namespaces: tuple[str, ...] = ("blue-apps",)) -> Result:
        def vet(*positional: Any, **named: Any) -> Verdict:
            asked.update(named, namespace=positional[3])
            objects = one("ConfigMap"), one("Pod")
            return Verdict(objects, found, dict(zip(objects, ASKED, strict=True)))

        state = StackState((blue(*namespaces),), (), "")
        monkeypatch.setattr("secure_tiller_cli.commands.deployed.read_deployed", lambda _: state)
        monkeypatch.setattr("secure_tiller_cli.vet.vet", vet)
        return CliRunner().invoke(app, ["vet", str(chart), "--team", "blue", *options])

    return call


@pytest.mark.parametrize(
    ("found", "code", "sentence"),
    [
        ((), 0, "fits blue-apps of team blue: nothing was found that would stop it."),
        ((NOTE,), 0, "fits blue-apps of team blue: nothing was found that would stop it."),
        (
            (UNSURE, NOTE),
            3,
            "may fit blue-apps of team blue: nothing was found that would stop it, and 1 could not be checked.",
        ),
        ((STOPS,), 3, "does not fit blue-apps of team blue: 1 finding would stop it."),
        (
            (STOPS, STOPS, UNSURE),
            3,
            "does not fit blue-apps of team blue: 2 findings would stop it, and 1 could not be checked.",
        ),
    ],
)
def test_the_last_line_and_the_exit_code_say_what_it_comes_to(
    run: Run, found: tuple[Concern, ...], code: int, sentence: str
) -> None:
    done = run(found=found)
    assert (done.exit_code, done.stdout.splitlines()[-1]) == (code, f"web (2 objects) {sentence}")


def test_findings_are_reported_group_by_group_with_the_remedy(run: Run) -> None:
    lines = [line.strip() for line in run(found=(STOPS, UNSURE, NOTE)).stdout.splitlines()]
    headings = [lines.index(heading) for heading in ("Outside the team", "Refused by Pod Security", "Provenance")]
    assert headings == sorted(headings)
    rows = [" ".join(line.split()) for line in lines]
    assert "ClusterRole web is outside leave it out" in rows
    assert "Pod web not checked: no right ask another" in rows
    assert "web note: not verified give a keyring" in rows


def test_json_holds_all_of_it(run: Run) -> None:
    done = run("--format", "json", found=(STOPS, NOTE))
    assert done.exit_code == 3
    content = json.loads(done.stdout)
    assert {key: content[key] for key in ("team", "namespace", "outcome", "objects")} == {
        "team": "blue",
        "namespace": "blue-apps",
        "outcome": "stopped",
        "objects": 2,
    }
    stops, note = content["findings"]
    assert note == {
        "group": "provenance",
        "severity": "note",
        "text": "not verified",
        "remedy": "give a keyring",
        "objects": [],
    }
    assert stops["objects"] == [
        {"apiVersion": "rbac/v1", "kind": "ClusterRole", "namespace": "blue-apps", "name": "web", "source": ""}
    ]


def test_what_a_chart_says_cannot_draw_on_the_terminal(run: Run) -> None:
    evil = Concern(Group.OUTSIDE, Effect.STOPS, "\x1b[2Jgone", "[red]no[/red]", (one("Pod"),))
    done = run(found=(evil,))
    assert "\x1b" not in done.stdout
    assert "[red]no[/red]" in done.stdout


def test_the_users_values_are_handed_on(run: Run, asked: dict[str, Any], tmp_path: Path) -> None:
    files = [tmp_path / name for name in ("a.yaml", "b.yaml")]
    for file in files:
        file.touch()
    run(
        "--values",
        str(files[0]),
        "-f",
        str(files[1]),
        "--set",
        "a=1",
        "--set",
        "b=2",
        "--set-string",
        "c=3",
        "--name=r",
    )
    assert asked["values"] == Values(tuple(files), ("a=1", "b=2"), ("c=3",))
    assert (asked["name"], asked["keyring"], asked["namespace"]) == ("r", None, "blue-apps")


@pytest.mark.parametrize(
    ("options", "namespaces", "words"),
    [
        ((), ("blue-apps", "blue-jobs"), "name one with --namespace: blue-apps, blue-jobs"),
        (("--namespace", "blue-app"), ("blue-apps",), "did you mean 'blue-apps'?"),
        (("--namespace", "blue-tiller"), ("blue-apps",), "team blue does not manage it"),
        (("--team", "blew"), ("blue-apps",), "did you mean 'blue'?"),
    ],
)
def test_a_namespace_that_is_not_the_teams_is_a_wrong_use(
    run: Run, options: tuple[str, ...], namespaces: tuple[str, ...], words: str
) -> None:
    done = run(*options, namespaces=namespaces)
    assert (done.exit_code, done.stdout) == (2, "")
    assert words in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_namespace_of_several_can_be_named(run: Run, asked: dict[str, Any]) -> None:
    assert run("--namespace", "blue-jobs", namespaces=("blue-apps", "blue-jobs")).exit_code == 0
    assert asked["namespace"] == "blue-jobs"


def test_it_is_said_of_each_object_as_whom_the_api_server_was_asked(run: Run) -> None:
    rows = [" ".join(line.split()) for line in run().stdout.splitlines()]
    assert [f"{name} {how}" for name, how in zip(("ConfigMap web", "Pod web"), ASKED, strict=True)] == rows[
        rows.index(f"ConfigMap web {ASKED[0]}") :
    ][:2]
    asked = json.loads(run("--format", "json").stdout)["asked"]
    assert [(each["kind"], each["name"], each["namespace"], each["how"]) for each in asked] == [
        ("ConfigMap", "web", "blue-apps", ASKED[0]),
        ("Pod", "web", "blue-apps", ASKED[1]),
    ]


def test_an_upgrade_is_that_of_a_release(run: Run, asked: dict[str, Any]) -> None:
    assert run("--upgrade", "--name", "shop").exit_code == 0
    assert (asked["name"], asked["upgrade"]) == ("shop", True)
    done = run("--upgrade")
    assert done.exit_code == 2
    assert "give the release with --name" in done.stderr

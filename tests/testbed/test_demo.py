"""The demo's table says in words what is wrong, and the demo then fails."""

import io
import runpy
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from rich.console import Console

from secure_tiller_cli.diagnosis import NoVerdictError
from testbed.demo.__main__ import say_what_next, show
from testbed.demo.checks import Attempt, attempt
from testbed.demo.place import Place
from testbed.pulumi_stack import PROJECT
from tests.unit.secure_tiller_cli.test_help import parsed

GOOD = Attempt("alice: helm ls", "DEPLOYED", lambda: "DEPLOYED")
BAD = Attempt("bob at blue's Tiller", "refused", lambda: "ANSWERED")


def _broken() -> str:
    raise NoVerdictError("no pod is ready")


def _shown(*attempts: Attempt) -> tuple[int, str]:
    def table() -> Iterator[Attempt]:
        yield from attempts

    output = io.StringIO()
    return show(Console(file=output, width=120), table()), output.getvalue()


def test_what_is_as_it_should_be_counts_as_no_failure() -> None:
    failed, table = _shown(GOOD)
    assert failed == 0
    assert "as it should be" in table


def test_what_is_not_as_it_should_be_is_counted_and_said() -> None:
    failed, table = _shown(GOOD, BAD, BAD)
    assert failed == 2
    assert table.count("WRONG") == 2
    assert "ANSWERED" in table


def test_an_attempt_that_shows_nothing_is_no_refusal() -> None:
    seen = attempt(Attempt("bob at blue's Tiller", "refused", _broken))
    assert not seen.as_expected
    assert seen.text == "NoVerdictError: no pod is ready"


@pytest.mark.parametrize(
    ("result", "as_expected"), [("3", True), ("3: in blue-tiller", True), ("30", False), ("", False), ("no 3", False)]
)
def test_a_result_is_the_expected_one_with_or_without_details(result: str, as_expected: bool) -> None:
    assert attempt(Attempt("release records", "3", lambda: result)).as_expected is as_expected


def test_an_unknown_kind_of_cluster_is_named() -> None:
    done = subprocess.run(["make", "demo", "CLUSTER=kind"], cwd=PROJECT, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "CLUSTER=kind" in done.stderr
    assert "existing" in done.stderr


def test_the_demo_explains_itself(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sys, "argv", ["testbed.demo", "--help"])
    monkeypatch.delitem(sys.modules, "testbed.demo.__main__")
    with pytest.raises(SystemExit) as ended:
        runpy.run_module("testbed.demo", run_name="__main__")
    assert ended.value.code == 0
    assert "--existing" in capsys.readouterr().out


@pytest.mark.parametrize("existing", [False, True])
def test_the_last_lines_are_valid_calls_of_the_command(existing: bool, tmp_path: Path) -> None:
    output = io.StringIO()
    where = Place(tmp_path / "kubeconfig", "demo", "https://127.0.0.1:6443", tmp_path, "busybox")
    say_what_next(Console(file=output, width=120), where, existing=existing)
    calls = [line.partition("#")[0].strip() for line in output.getvalue().splitlines() if " secure-tiller " in line]
    assert [call.split()[1] for call in calls] == ["check", "audit", "report"]
    assert all(parsed(call) for call in calls)

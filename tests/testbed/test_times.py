"""`make times`: each goal next to what was measured."""

import io
import re
import sys

import pytest
from rich.console import Console

from testbed.times import Goal, NotMeasuredError, report, taken


def _reported(*goals: Goal) -> tuple[int, list[str]]:
    text = io.StringIO()
    code = report(Console(file=text, width=120), goals)
    return code, text.getvalue().splitlines()


def _row_of(goal: Goal) -> tuple[int, str]:
    code, lines = _reported(goal)
    return code, lines[-3]


@pytest.mark.parametrize(
    ("seconds", "code", "shown"),
    [(0.3, 0, ["0.40 s", "0.30 s", "yes"]), (0.5, 1, ["0.50 s", "no"]), (75, 1, ["1 min 15 s", "no"])],
)
def test_a_row_shows_goal_and_measure_and_says_whether_it_was_reached(
    seconds: float, code: int, shown: list[str]
) -> None:
    ended, row = _row_of(Goal("help", 0.4, lambda: seconds))
    assert ended == code
    assert [word for word in shown if word not in row] == []


def test_below_the_table_stands_how_fast_the_machine_is() -> None:
    _, lines = _reported()
    assert re.fullmatch(r"this machine: \d+ cores, of which one adds a million numbers in \d+\.\d{3} s", lines[-1])


def test_what_could_not_be_measured_is_not_reached_and_says_why() -> None:
    def fail() -> float:
        raise NotMeasuredError("no cluster")

    ended, row = _row_of(Goal("demo", 120, fail))
    assert ended == 1
    assert "not measured: no cluster" in row


def test_a_command_that_fails_is_not_measured_and_its_output_is_shown() -> None:
    with pytest.raises(NotMeasuredError, match=r"exit 3\nthe reason"):
        taken([sys.executable, "-c", "print('the reason'); raise SystemExit(3)"])


def test_control_a_command_that_succeeds_is_measured() -> None:
    assert 0 < taken([sys.executable, "-c", "pass"]) < 60

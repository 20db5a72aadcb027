"""The results of a check as text."""

from collections import Counter
from collections.abc import Sequence

from rich.text import Text

from secure_tiller_cli.foreign_text import plain, terminal
from secure_tiller_cli.output import console, counted, write_table
from secure_tiller_cli.results.result import CheckReport, Result, Status

COLOURS = {Status.PASSED: "green", Status.WARNING: "yellow", Status.NOT_CHECKED: "magenta", Status.FAILED: "bold red"}
_COLUMNS = ("check", "status", "what was seen, and what to do")


def write(proof: CheckReport, *, passed: bool = False) -> None:
    """Write for each team a line, with a table of what did not pass, and how many checks had which result.

    Args:
        proof: the results.
        passed: whether to show the checks that passed too.
    """
    out = console()
    for team in dict.fromkeys(result.team for result in proof.results):
        results = [result for result in proof.results if result.team == team]
        shown = [result for result in results if passed or result.status is not Status.PASSED]
        if shown:
            write_table(out, _title(team, results), _COLUMNS, map(_row, shown))
        else:
            out.print(terminal(_title(team, results), COLOURS[Status.PASSED]))
    stack = proof.stack or "the selected stack"
    out.print(terminal(f"{stack} on {proof.server}: {_counted(proof)}"), soft_wrap=True)


def _title(team: str, results: Sequence[Result]) -> str:
    passed, checks = sum(result.status is Status.PASSED for result in results), counted(len(results), "check")
    return f"team {team}: {checks} passed" if passed == len(results) else f"team {team}: {passed} of {checks} passed"


def _row(result: Result) -> tuple[str, Text, Text]:
    seen = terminal(result.text)
    if result.remedy:
        seen.append(f"\n{plain(result.remedy)}", "italic")
    return result.check, terminal(result.status.value, COLOURS[result.status]), seen


def _counted(proof: CheckReport) -> str:
    counts = Counter(result.status for result in proof.results)
    passed, failed, unchecked = counts[Status.PASSED], counts[Status.FAILED], counts[Status.NOT_CHECKED]
    warnings = counted(counts[Status.WARNING], "warning")
    checks = counted(len(proof.results), "check")
    return f"{checks}: {passed} passed, {warnings}, {failed} failed, {unchecked} not checked"

"""The results of a check as text."""

from collections import Counter

from rich.text import Text

from secure_tiller_cli.foreign_text import plain, terminal
from secure_tiller_cli.output import console, table
from secure_tiller_cli.results.result import CheckReport, Result, Status

COLOURS = {Status.PASSED: "green", Status.WARNING: "yellow", Status.NOT_CHECKED: "magenta", Status.FAILED: "bold red"}
_COLUMNS = ("check", "status", "what was seen, and what to do")


def write(proof: CheckReport) -> None:
    """Write a table for each team, and how many checks had which result."""
    out = console()
    for team in dict.fromkeys(result.team for result in proof.results):
        rows = [_row(result) for result in proof.results if result.team == team]
        out.print(table(f"team {team}", _COLUMNS, rows))
    stack = proof.stack or "the selected stack"
    out.print(terminal(f"{stack} on {proof.server}: {_counted(proof)}"), soft_wrap=True)


def _row(result: Result) -> tuple[str, Text, Text]:
    seen = terminal(result.text)
    if result.remedy:
        seen.append(f"\n{plain(result.remedy)}", "italic")
    return result.check, terminal(result.status.value, COLOURS[result.status]), seen


def _counted(proof: CheckReport) -> str:
    counts = Counter(result.status for result in proof.results)
    passed, failed, unchecked = counts[Status.PASSED], counts[Status.FAILED], counts[Status.NOT_CHECKED]
    warnings = "1 warning" if counts[Status.WARNING] == 1 else f"{counts[Status.WARNING]} warnings"
    return f"{len(proof.results)} checks: {passed} passed, {warnings}, {failed} failed, {unchecked} not checked"

"""An audit as text."""

from collections.abc import Iterable, Iterator

from rich.console import Console
from rich.table import Table
from rich.text import Text

from secure_tiller_cli.audit.finding import PRACTICES, Answer, Finding, Level
from secure_tiller_cli.audit.judge import Audit, Judged
from secure_tiller_cli.foreign_text import terminal
from secure_tiller_cli.output import table

COLOURS = {Level.CRITICAL: "bold red", Level.HIGH: "red", Level.MEDIUM: "yellow", Level.LOW: "cyan"}
NARROW = 110
"""Columns of a terminal in which the practices' names would leave no room for those of Tillers."""
ANSWERS = {Answer.YES: "green", Answer.NO: "red", Answer.UNKNOWN: "yellow"}


def write(found: Audit, out: Console) -> None:
    """Write the Tillers, the worst first, and the findings of each."""
    count = "1 Tiller" if len(found.tillers) == 1 else f"{len(found.tillers)} Tillers"
    out.print(terminal(f"{count} in the cluster at {found.server}"))
    if found.tillers:
        out.print(_overview(found, narrow=out.width < NARROW))
    if found.findings:
        _findings("The cluster", found.findings, out)
    for judged in found.tillers:
        tiller = judged.tiller
        image = f", {tiller.image}" if tiller.image else ""
        _findings(f"{tiller} ({tiller.kind}{image}, account {tiller.account})", judged.findings, out)


def _overview(found: Audit, *, narrow: bool) -> Table:
    names = [f"{number} {name}" for number, name in PRACTICES.items()]
    practices = [str(number) for number in PRACTICES] if narrow else names
    made = table("", ["Tiller", *practices, "Findings"], (list(_row(judged)) for judged in found.tillers))
    made.caption = ", ".join(names) if narrow else None
    return made


def _row(judged: Judged) -> Iterator[str | Text]:
    yield str(judged.tiller)
    for practice in judged.practices:
        yield Text(practice.answer, style=ANSWERS[practice.answer])
    yield _counts(judged.findings)


def _counts(findings: Iterable[Finding]) -> Text:
    levels = [finding.level for finding in findings]
    parts = [Text(f"{levels.count(level)} {level}", style=COLOURS[level]) for level in Level if level in levels]
    return Text(", ").join(parts) if parts else Text("none", style="green")


def _findings(title: str, findings: Iterable[Finding], out: Console) -> None:
    out.print()
    out.print(terminal(title, "bold"))
    found = False
    for finding in findings:
        found = True
        line = Text.assemble("  ", (f"{finding.level:<8}", COLOURS[finding.level]), f"  {finding.code}: ")
        out.print(line + terminal(finding.text), soft_wrap=True)
        out.print(terminal(f"            {finding.remedy}", "dim"), soft_wrap=True)
    if not found:
        out.print(Text("  no findings", style="green"))

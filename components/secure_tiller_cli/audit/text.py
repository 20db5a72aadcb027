"""An audit as text."""

from collections.abc import Iterable, Iterator, Sequence

from rich.console import Console
from rich.text import Text

from secure_tiller_cli.foreign_text import terminal
from secure_tiller_cli.output import counted, write_table
from tiller_facts.practices import BY_CODE, GUIDE, Answer, AuditedTiller, Finding, Judgement, Severity

COLOURS = {Severity.CRITICAL: "bold red", Severity.HIGH: "red", Severity.MEDIUM: "yellow", Severity.LOW: "cyan"}
NARROW = 110
"""Columns of a terminal in which the practices' names would leave no room for those of Tillers."""
ANSWERS = {Answer.YES: "green", Answer.NO: "red", Answer.UNKNOWN: "yellow"}


def write(server: str, found: Judgement, out: Console) -> None:
    """Write the Tillers, the worst first, and the findings of each; after them what may be one."""
    certain = [judged for judged in found.tillers if not judged.tiller.suspected]
    suspected = [judged for judged in found.tillers if judged.tiller.suspected]
    more = f", and {len(suspected)} suspected" if suspected else ""
    out.print(terminal(f"{counted(len(certain), 'Tiller')}{more} in the cluster at {server}"))
    if certain:
        _overview(certain, out)
    if found.findings:
        _findings("The cluster", found.findings, out)
    for judged in (*certain, *suspected):
        tiller = judged.tiller
        image = f", {tiller.image}" if tiller.image else ""
        start = "Suspected: " if tiller.suspected else ""
        title = f"{start}{_name(judged)} ({tiller.kind}{image}, account {tiller.account})"
        _findings(title, judged.findings, out)


def _overview(tillers: Sequence[AuditedTiller], out: Console) -> None:
    narrow = not out.soft_wrap and out.width < NARROW
    names = [f"{number} {name}" for number, name in GUIDE.items()]
    practices = [str(number) for number in GUIDE] if narrow else names
    rows = (list(_row(judged)) for judged in tillers)
    write_table(out, "", ["Tiller", *practices, "Findings"], rows, ", ".join(names) if narrow else "")


def _row(judged: AuditedTiller) -> Iterator[str | Text]:
    yield _name(judged)
    for one in judged.answers:
        yield Text(one.answer, style=ANSWERS[one.answer])
    yield _counts(judged.findings)


def _name(judged: AuditedTiller) -> str:
    return f"{judged.tiller.namespace}/{judged.tiller.name}"


def _counts(findings: Iterable[Finding]) -> Text:
    found = [finding.severity for finding in findings]
    parts = [Text(f"{found.count(one)} {one}", style=COLOURS[one]) for one in Severity if one in found]
    return Text(", ").join(parts) if parts else Text("none", style="green")


def _findings(title: str, findings: Sequence[Finding], out: Console) -> None:
    out.print()
    out.print(terminal(title, "bold"))
    for finding in findings:
        line = Text.assemble("  ", (f"{finding.severity:<8}", COLOURS[finding.severity]), f"  {finding.code}: ")
        out.print(line + terminal(finding.quoting), soft_wrap=True)
        out.print(terminal(f"            {finding.remedy} ({BY_CODE[finding.practice].page})", "dim"), soft_wrap=True)
    if not findings:
        out.print(Text("  no findings", style="green"))

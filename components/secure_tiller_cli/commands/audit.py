"""`secure-tiller audit`: every Tiller in a cluster, whoever installed it."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from secure_tiller_cli import audit
from secure_tiller_cli.audit import PRACTICES, Answer, Audit, Finding, Judged, Level
from secure_tiller_cli.commands.options import access_without_stack
from secure_tiller_cli.foreign_text import terminal
from secure_tiller_cli.output import FOUND, Format, FormatOption, console, table, write_json
from secure_tiller_stack.cluster.connection import calling

RIGHT = "list deployments, statefulsets, daemonsets and pods in all namespaces"
COLOURS = {Level.CRITICAL: "bold red", Level.HIGH: "red", Level.MEDIUM: "yellow", Level.LOW: "cyan"}
NARROW = 110
"""Columns of a terminal in which the practices' names would leave no room for those of Tillers."""
ANSWERS = {Answer.YES: "green", Answer.NO: "red", Answer.UNKNOWN: "yellow"}


def command(
    file: Annotated[
        Path | None,
        typer.Option("--kubeconfig", help="How to reach the cluster. Default: KUBECONFIG, else ~/.kube/config."),
    ] = None,
    context: Annotated[str | None, typer.Option(help="The context in it. Default: the current one.")] = None,
    form: FormatOption = Format.TEXT,
    fail_on: Annotated[
        Level | None, typer.Option(help="Exit 3 if there is a finding of this level, or of a worse one.")
    ] = None,
) -> None:
    """Look at every Tiller in the cluster, whoever installed it: the worst first, with Helm's five practices for each.

    It needs no stack, and changes nothing. What the account that asks may not see is a finding too. Of the Secret with
    a Tiller's certificate the public keys of the certificates are compared, and nothing else is used.

    Exit code: 0; 1 if the cluster cannot be asked; 2 for a wrong use; 3 with --fail-on if there is such a finding.
    """
    access = access_without_stack(file, context)
    errors = console(err=True)
    with errors.status("Looking at the cluster ...") as status, calling(access, "to show Tillers", RIGHT) as client:
        facts = audit.ask(client, lambda what: status.update(f"Looking at {what} ..."))
    found = audit.judge(facts)
    if form is Format.JSON:
        write_json(audit.to_json(found))
    else:
        _write(found, console())
    if fail_on and found.reaches(fail_on):
        raise typer.Exit(FOUND)


def _write(found: Audit, out: Console) -> None:
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

"""`secure-tiller report`: a stack on one page, for whoever reviews its security."""

import os
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from secrets import token_hex
from typing import Annotated

import typer

from secure_tiller.problems import Problem
from secure_tiller_cli.commands import options
from secure_tiller_cli.commands.options import StackOption
from secure_tiller_cli.foreign_text import plain
from secure_tiller_cli.output import fail
from secure_tiller_cli.report import GENERATOR, Report, build, check, to_html, to_json
from secure_tiller_cli.report.model import Level
from secure_tiller_cli.results.result import CheckReport

STDOUT = "-"


class Form(StrEnum):
    """How to write."""

    HTML = "html"
    JSON = "json"


WRITERS: dict[Form, Callable[[Report], str]] = {Form.HTML: to_html, Form.JSON: to_json}

_HEAD = 4096
"""Bytes of a file in which a report says that it is one."""
_MARKS = (f'<meta name="generator" content="{GENERATOR}">', f'{{\n  "generator": "{GENERATOR}",')
"""By what it says so; the words alone are in many a script that calls this command."""


def command(
    out: Annotated[str, typer.Option("--out", metavar="FILE", help="Where to write; - for standard output.")],
    checked: Annotated[
        Path | None,
        typer.Option("--check", metavar="FILE", help="The last check: what `check --format json` wrote."),
    ] = None,
    stack: StackOption = None,
    form: Annotated[
        Form, typer.Option("--format", help="A page for people, or what it shows as JSON for machines.")
    ] = Form.HTML,
) -> None:
    """Write a stack as one page: teams, who can reach what, rights, certificates and the results of the last check.

    The page is one HTML file that loads nothing and runs nothing. It says what the stack deployed, by its state, which
    is read without its secrets; the cluster is not asked. A file is overwritten only if it is such a report.

    With --format json: `generator`, `version`, `stack`, `clusters`, `madeAt`, `findings`, `promises`, `teams`, `check`.

    Exit code: 0; 1 without access to the stack, for a --check that is no check of it, or if FILE cannot be written; 2
    for a wrong use.
    """
    tillers, unfinished = options.read_deployed(stack)
    name = tillers[0].stack or stack or ""
    proof = _proof(checked, name) if checked else None
    report = build(name, tillers, proof, datetime.now(UTC), unfinished)
    text = WRITERS[form](report)
    if out == STDOUT:
        typer.echo(text, nl=False)
    else:
        _write(Path(out), text)
        typer.echo(_said(plain(out), report))


def _proof(file: Path, stack: str) -> CheckReport:
    try:
        return check.read(file, stack)
    except OSError as error:
        fail(_unusable(file, error, "write one with: secure-tiller check --format json"))


def _write(file: Path, text: str) -> None:
    """Write a file whole or not at all, and over nothing but a report."""
    try:
        if file.exists() and not _is_report(file):
            why = "is there already and is no report"
            fail(Problem("", str(file), "", why, "give another --out, or remove it"))
        _replace(file, text)
    except OSError as error:
        fail(_unusable(file, error, "give another --out"))


def _replace(file: Path, text: str) -> None:
    file = Path(os.path.realpath(file))  # a link stays one
    partial = file.with_name(f".{token_hex(8)}.partial")
    try:
        with partial.open("x", encoding="utf-8") as opened:  # over nothing, and through no link that somebody put there
            opened.write(text)
        partial.replace(file)
    finally:
        with suppress(OSError):
            partial.unlink()


def _is_report(file: Path) -> bool:
    if not file.is_file():
        return False
    with file.open("rb") as opened:
        head = opened.read(_HEAD)
    return any(mark.encode() in head for mark in _MARKS)


def _unusable(file: Path, error: OSError, remedy: str) -> Problem:
    return Problem("", str(file), "", f"cannot be used: {error.strerror or error}", remedy)


def _said(out: str, report: Report) -> str:
    levels = [finding.level for finding in report.findings]
    return (
        f"{out}: teams {len(report.teams)}, to mend {levels.count(Level.BAD)}, to look at {levels.count(Level.WARNING)}"
    )

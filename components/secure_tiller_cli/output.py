"""How the commands write: tables on a terminal, plain text elsewhere, JSON for machines."""

import json
import sys
from collections.abc import Iterable, Sequence
from typing import NoReturn

import typer
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from secure_tiller.problems import Problem
from secure_tiller_cli.exit_codes import PROBLEM
from secure_tiller_cli.foreign_text import plain, terminal

_WIDE = 160
"""Columns of what is written where there is no terminal: no line of ours needs more, and none is broken at 80."""


def console(*, err: bool = False) -> Console:
    """Return where to write: with colours on a terminal alone, and without NO_COLOR."""
    stream = sys.stderr if err else sys.stdout
    return Console(stderr=err, highlight=False, width=None if stream.isatty() else _WIDE)


def table(title: str, columns: Sequence[str], rows: Iterable[Sequence[str | Text]]) -> Table:
    """Return a table whose cells cannot draw on the terminal; plain lines where there is none.

    On a narrow terminal a long word goes on in the next line: with its end cut off, two names could look the same.
    """
    lines = box.ROUNDED if sys.stdout.isatty() else box.SIMPLE_HEAD
    made = Table(title=terminal(title) if title else None, title_justify="left", box=lines)
    for column in columns:
        made.add_column(column, overflow="fold")
    for row in rows:
        made.add_row(*(cell if isinstance(cell, Text) else terminal(cell) for cell in row))
    return made


def counted(number: int, noun: str) -> str:
    """Return a number with its noun, which takes an s in the plural."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def write_json(value: object) -> None:
    """Write JSON on standard output."""
    typer.echo(json.dumps(value, indent=2))


def complain(problems: Iterable[Problem]) -> None:
    """Write one line for each problem on standard error."""
    for problem in problems:
        typer.echo(f"secure-tiller: {line(problem)}", err=True)


def line(problem: Problem) -> str:
    """Return a problem on one line: where, what stands there, why, and the remedy."""
    where = f"team {problem.team}: {problem.key}" if problem.team and problem.key else problem.key or problem.team
    value = f" = {plain(problem.value)}" if problem.value else ""
    return f"{plain(where)}{value}: {plain(problem.why)}; {plain(problem.remedy)}"


class Failure(typer.Exit):
    """The command ends because of problems, of which each is written on one line."""

    def __init__(self, problems: tuple[Problem, ...], code: int) -> None:
        """Keep the problems: they are written where the progress has left the terminal."""
        super().__init__(code)
        self.problems = problems


def fail(*problems: Problem, code: int = PROBLEM) -> NoReturn:
    """End with one line for each problem."""
    raise Failure(problems, code)

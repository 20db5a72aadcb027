"""How the commands write: tables on a terminal, plain text elsewhere, JSON for machines."""

import json
import sys
from collections.abc import Iterable, Iterator, Sequence
from typing import NoReturn, TypeAlias

import typer
from rich import box
from rich.cells import cell_len, set_cell_size
from rich.console import Console
from rich.table import Table
from rich.text import Text

from secure_tiller.problems import Problem
from secure_tiller_cli.exit_codes import PROBLEM
from secure_tiller_cli.foreign_text import plain, terminal

_GAP = "   "
"""Between columns where there is no terminal, as in the output of kubectl."""

Cell: TypeAlias = str | Text


def console(*, err: bool = False) -> Console:
    """Return where to write. Only on a terminal it wraps lines, and uses colours unless NO_COLOR is set."""
    stream = sys.stderr if err else sys.stdout
    return Console(stderr=err, highlight=False, soft_wrap=not stream.isatty())


def write_table(
    out: Console, title: str, columns: Sequence[str], rows: Iterable[Sequence[Cell]], caption: str = ""
) -> None:
    """Write a table, without the control characters of its cells. Where there is no terminal, a row is one line.

    Args:
        out: where to write, as `console` returns it.
        title: a line above; empty: none. A table with a title has an empty line below where there is no terminal.
        columns: the headings.
        rows: the cells, one for each column.
        caption: a line below, on a terminal; empty: none.
    """
    cells = [[cell if isinstance(cell, Text) else terminal(cell) for cell in row] for row in rows]
    if not out.soft_wrap:
        out.print(_boxed(title, columns, cells, caption))
        return
    if title:
        out.print(terminal(title))
    on_lines = [[_on_one_line(cell) for cell in row] for row in cells]
    for row in _aligned([[column.upper() for column in columns], *on_lines]):
        out.print(Text(row))
    if title:
        out.print()


def _boxed(title: str, columns: Sequence[str], rows: Iterable[Sequence[Text]], caption: str) -> Table:
    """Return a table for a terminal.

    On a narrow one a long word is wrapped, not cut: without their ends, two names could look the same.
    """
    made = Table(
        title=terminal(title) if title else None, title_justify="left", box=box.ROUNDED, caption=caption or None
    )
    for column in columns:
        made.add_column(column, overflow="fold")
    for row in rows:
        made.add_row(*row)
    return made


def _on_one_line(cell: Text) -> str:
    return cell.plain.replace("\n", "; ")


def _aligned(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """Yield the rows with aligned columns, and without trailing spaces."""
    widths = [max(map(cell_len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        yield _GAP.join(map(set_cell_size, row, widths)).rstrip()


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
    """The command ends because of problems; each is written on one line."""

    def __init__(self, problems: tuple[Problem, ...], code: int) -> None:
        """Keep the problems: they are written after the progress display has ended."""
        super().__init__(code)
        self.problems = problems


def fail(*problems: Problem, code: int = PROBLEM) -> NoReturn:
    """End with one line for each problem."""
    raise Failure(problems, code)

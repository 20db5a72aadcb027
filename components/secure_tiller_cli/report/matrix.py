"""The picture of all teams at once: each column is a Tiller, each row whoever reaches it or where it may install."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from secure_tiller_cli.report.drawing import MONOSPACE, Name, fit
from secure_tiller_cli.report.model import Team

_LABELS = 270
"""Width of the rows' names."""
_ROW = 20
_SECTION = 34
_FLAT = 6
"""Up to how many columns their names stand upright."""
_NARROW, _WIDE = 22, 112
"""Width of a column whose name is turned, and of one whose name is not."""
_TALLEST = 190
"""Of a name that is turned."""
_INSET = 8


@dataclass(frozen=True)
class Column:
    """A Tiller."""

    x: float
    """Its middle."""
    name: Name


@dataclass(frozen=True)
class Cell:
    """Where a row and a column meet."""

    x: float
    y: float
    """Its middle."""
    kind: str
    """Its class: `reaches`, `preset`, `more`, `less`."""
    title: str
    """What it means, in words."""


@dataclass(frozen=True)
class Row:
    """Who reaches Tillers, or where they may install."""

    y: float
    """Its middle."""
    name: Name
    cells: tuple[Cell, ...]


@dataclass(frozen=True)
class Section:
    """Rows of one sort."""

    y: float
    """Where its title stands."""
    title: str
    rows: tuple[Row, ...]


@dataclass(frozen=True)
class Matrix:
    """All teams."""

    width: float
    height: float
    top: float
    """Where the rows begin."""
    turned: bool
    """Whether the columns' names are."""
    labels: float
    """Where the columns begin."""
    columns: tuple[Column, ...]
    sections: tuple[Section, ...]
    description: str


_Mark = tuple[str, str, str]
"""Of a team: the row, the class of the cell, and what it means."""


def matrix(teams: Sequence[Team]) -> Matrix:
    """Draw all teams."""
    turned = len(teams) > _FLAT
    step = _NARROW if turned else _WIDE
    columns = tuple(
        Column(_LABELS + step * (number + 0.5), fit(team.name, _TALLEST if turned else _WIDE - 2 * _INSET))
        for number, team in enumerate(teams)
    )
    top = max(len(column.name.shown) for column in columns) * MONOSPACE + 2 * _INSET if turned else _SECTION
    sections, y = [], top
    for title, marks in _SORTS:
        section = _section(title, marks, teams, columns, y)
        if section.rows:
            sections.append(section)
            y = section.rows[-1].y + _ROW / 2
    return Matrix(
        width=_LABELS + step * len(teams) + _INSET,
        height=y + _INSET,
        top=top,
        turned=turned,
        labels=_LABELS,
        columns=columns,
        sections=tuple(sections),
        description=_description(sections),
    )


def _people(team: Team) -> Iterator[_Mark]:
    for person in team.people:
        yield f"{person.kind} {person.name}", "reaches", f"may open a port-forward to the Tiller of {team.name}"


def _clients(team: Team) -> Iterator[_Mark]:
    for client in team.clients:
        yield client, "reaches", f"has a certificate for the Tiller of {team.name}"
    for name in team.trusted:
        yield f"whoever CA {name} signs for", "reaches", f"has a certificate for the Tiller of {team.name}"


def _namespaces(team: Team) -> Iterator[_Mark]:
    for namespace in team.namespaces:
        kind, words = ("preset", "the preset edit") if namespace.preset else ("less", "less than the preset edit")
        if namespace.beyond:
            kind, words = "more", f"{words} and more: {', '.join(namespace.beyond)}"
        yield namespace.name, kind, f"the Tiller of {team.name} may install: {words}"


_SORTS: tuple[tuple[str, Callable[[Team], Iterable[_Mark]]], ...] = (
    ("May open a port-forward to it", _people),
    ("Has a certificate for it", _clients),
    ("It may install in", _namespaces),
)


def _section(
    title: str, marks: Callable[[Team], Iterable[_Mark]], teams: Sequence[Team], columns: Sequence[Column], y: float
) -> Section:
    rows: dict[str, list[tuple[float, str, str]]] = {}
    for team, column in zip(teams, columns, strict=True):
        for name, kind, meaning in marks(team):
            rows.setdefault(name, []).append((column.x, kind, meaning))
    middle = y + _SECTION + _ROW / 2
    return Section(
        y=y + _SECTION - _INSET,
        title=title,
        rows=tuple(
            Row(
                at := middle + _ROW * number,
                fit(name, _LABELS - 2 * _INSET),
                tuple(Cell(x, at, kind, f"{name}: {meaning}") for x, kind, meaning in cells),
            )
            for number, (name, cells) in enumerate(rows.items())
        ),
    )


def _description(sections: Iterable[Section]) -> str:
    """Return all that is drawn, in words."""
    cells = (cell.title for section in sections for row in section.rows for cell in row.cells)
    return "; ".join(cells)

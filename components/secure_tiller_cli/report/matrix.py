"""All teams at once: a column for each Tiller, a row for whoever reaches it or where it may install."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from secure_tiller_cli.report.model import Namespace, Team


@dataclass(frozen=True)
class Mark:
    """The cell of a row and a team."""

    kind: str
    """`reaches`, `preset`, `more` or `less`."""
    words: str


Rows = Mapping[str, Mapping[int, Mark]]
"""By name of the row and number of the team."""


def matrix(teams: Sequence[Team]) -> Mapping[str, Rows]:
    """Return the rows of each section, by its title."""
    sections: dict[str, dict[str, dict[int, Mark]]] = {}
    for number, team in enumerate(teams):
        for section, row, mark in _marks(team):
            sections.setdefault(section, {}).setdefault(row, {})[number] = mark
    return {title: sections[title] for title in (_FORWARD, _CERTIFICATE, _INSTALL) if title in sections}


_FORWARD, _CERTIFICATE, _INSTALL = "May open a port-forward to it", "Has a certificate for it", "It may install in"


def _marks(team: Team) -> Iterator[tuple[str, str, Mark]]:
    for person in team.people:
        yield _FORWARD, f"{person.kind} {person.name}", Mark("reaches", "may open a port-forward")
    for client in (*team.clients, *(f"whoever CA {name} signs for" for name in team.trusted)):
        yield _CERTIFICATE, client, Mark("reaches", "has a certificate")
    for namespace in team.namespaces:
        yield _INSTALL, namespace.name, _installs(namespace)


def _installs(namespace: Namespace) -> Mark:
    kind, words = ("preset", "the preset edit") if namespace.preset else ("less", "less than the preset edit")
    if namespace.beyond:
        kind, words = "more", f"{words} and more: {', '.join(namespace.beyond)}"
    return Mark(kind, f"may install: {words}")

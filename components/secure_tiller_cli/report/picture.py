"""The picture of one team: who reaches its Tiller, and where that may install."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from secure_tiller_cli.report.drawing import Name, fit
from secure_tiller_cli.report.model import Namespace, Team

WIDTH = 960
_LEFT = (0, 280)
"""Left edge and width of the cards of people and clients."""
_TILLER = (400, 200)
_RIGHT = (700, 260)
_INSET = 12
_TITLE, _LINE, _FOOT = 28, 18, 8
_GAP = 14
_AND = 34
"""Height of the word between two cards."""
_MOST_LINES = 8
_MOST_NAMESPACES = 6
_MOST_KINDS = 3
"""More are counted: the tables have them all."""


@dataclass(frozen=True)
class Line:
    """A line in a card."""

    name: Name
    kind: str = "name"
    """Its class in the style sheet."""


@dataclass(frozen=True)
class Card:
    """A box with a title."""

    x: float
    y: float
    width: float
    title: Name
    lines: tuple[Line, ...]
    height: float
    kind: str = ""

    @property
    def middle(self) -> float:
        """Half-way down."""
        return self.y + self.height / 2

    def baseline(self, number: int) -> float:
        """Return where a line stands, counted from 0."""
        return self.y + _TITLE + _LINE * number + 13


@dataclass(frozen=True)
class Arrow:
    """From the left to the right."""

    begin: float
    end: float
    y: float
    label: str
    kind: str = ""


@dataclass(frozen=True)
class Picture:
    """The cards and arrows of one team."""

    height: float
    title: str
    description: str
    """All that is drawn, in words."""
    cards: tuple[Card, ...]
    arrows: tuple[Arrow, ...]
    words: tuple[tuple[float, float, str], ...]
    """Words between cards, with where they stand."""


def picture(team: Team) -> Picture:
    """Draw a team."""
    people, clients = _people(team), _clients(team)
    places = tuple(_places(team.namespaces))
    left = people.height + _AND + clients.height
    right = sum(place.height for place in places) + _GAP * (len(places) - 1)
    lines = tuple(_tiller(team))
    height = max(left, right, _height(lines))
    people = _at(people, (height - left) / 2)
    clients = _at(clients, people.y + people.height + _AND)
    placed = tuple(_stacked(places, (height - right) / 2))
    tiller = Card(*_TILLER_AT, _TILLER[1], _title(f"Tiller of {team.name}", _TILLER), lines, height, "tiller")
    into = tiller.x - 2
    arrows = (
        Arrow(people.x + people.width, into, people.middle, "port-forward"),
        Arrow(
            clients.x + clients.width,
            into,
            clients.middle,
            *(("mutual TLS",) if team.verifies else ("unverified", "bad")),
        ),
        *(_installs(tiller, card, namespace) for card, namespace in zip(placed, team.namespaces, strict=False)),
    )
    word = "and" if team.verifies else "or"
    words = ((people.x + people.width / 2, people.y + people.height + _AND / 2 + 4, word),)
    title = f"Who can reach what through the Tiller of {team.name}"
    return Picture(height, title, _description(team), (people, clients, tiller, *placed), arrows, words)


_TILLER_AT = (_TILLER[0], 0)


def _people(team: Team) -> Card:
    lines = [Line(fit(f"{person.kind} {person.name}", _inside(_LEFT))) for person in team.people]
    return _card(
        _LEFT, "May open a port-forward", lines or [Line(Name(text := "nobody but administrators", text), "word")]
    )


def _clients(team: Team) -> Card:
    lines = [Line(fit(client, _inside(_LEFT))) for client in team.clients]
    lines += [Line(fit(f"whoever CA {name} signs for", _inside(_LEFT)), "warning") for name in team.trusted]
    return _card(_LEFT, "Has a certificate for it", lines or [Line(Name("nobody", "nobody"), "word")])


def _tiller(team: Team) -> Iterator[Line]:
    reach = "pods in the cluster too" if team.exposed else team.listens or "all addresses"
    for label, value in (
        ("namespace", team.namespace),
        ("account", team.service_account),
        ("listens on", reach),
        ("image", team.image.rsplit("/", 1)[-1]),
    ):
        yield Line(Name(label, label), "label")
        yield Line(fit(value, _inside(_TILLER)), "warning" if team.exposed and value == reach else "name")


def _places(namespaces: Sequence[Namespace]) -> Iterator[Card]:
    for namespace in namespaces[:_MOST_NAMESPACES]:
        yield _card(_RIGHT, namespace.name, list(_rights(namespace)), "place")
    more = len(namespaces) - _MOST_NAMESPACES
    if more > 0:
        yield _card(_RIGHT, f"and {more} more namespaces", [], "place")


def _rights(namespace: Namespace) -> Iterator[Line]:
    text = "the preset edit" if namespace.preset else "less than the preset edit"
    yield Line(Name(text, text), "word")
    shown = namespace.beyond[:_MOST_KINDS]
    for kind in shown:
        yield Line(fit(f"+ {kind}", _inside(_RIGHT)), "warning")
    if len(namespace.beyond) > len(shown):
        more = f"+ {len(namespace.beyond) - len(shown)} more kinds"
        yield Line(Name(more, more), "warning")
    security = f"Pod Security {namespace.pod_security}" if namespace.pod_security else "Pod Security not known here"
    yield Line(Name(security, security), "word")


def _installs(tiller: Card, card: Card, namespace: Namespace) -> Arrow:
    begin = tiller.x + tiller.width
    return Arrow(begin, card.x - 2, card.middle, *(("may install",) if namespace.bound else ("not bound", "idle")))


def _card(column: tuple[float, float], title: str, lines: list[Line], kind: str = "") -> Card:
    if len(lines) > _MOST_LINES:
        more = f"and {len(lines) - _MOST_LINES + 1} more"
        lines = [*lines[: _MOST_LINES - 1], Line(Name(more, more), "word")]
    return Card(column[0], 0, column[1], _title(title, column), tuple(lines), _height(lines), kind)


def _title(title: str, column: tuple[float, float]) -> Name:
    return fit(title, _inside(column))


def _inside(column: tuple[float, float]) -> float:
    return column[1] - 2 * _INSET


def _height(lines: Sequence[Line]) -> float:
    return _TITLE + _LINE * len(lines) + _FOOT


def _at(card: Card, y: float) -> Card:
    return Card(card.x, y, card.width, card.title, card.lines, card.height, card.kind)


def _stacked(cards: Sequence[Card], y: float) -> Iterator[Card]:
    for card in cards:
        yield _at(card, y)
        y += card.height + _GAP


def _description(team: Team) -> str:
    people = ", ".join(f"{person.kind} {person.name}" for person in team.people) or "administrators alone"
    clients = ", ".join((*team.clients, *(f"whoever CA {name} signs for" for name in team.trusted))) or "nobody"
    places = ", ".join(namespace.name for namespace in team.namespaces) or "no namespace"
    both = "Both are needed." if team.verifies else "No certificate is needed."
    return (
        f"A port-forward may be opened by {people}. A certificate that Tiller answers have {clients}. {both} "
        f"Tiller may install in {places}."
    )

"""The picture of a team and that of all teams: all is in them, and nothing lies on another."""

from dataclasses import replace
from itertools import combinations, pairwise

import pytest

from secure_tiller_cli.report import build
from secure_tiller_cli.report.drawing import MONOSPACE, fit
from secure_tiller_cli.report.matrix import matrix
from secure_tiller_cli.report.model import Person, Team
from secure_tiller_cli.report.picture import Card, picture
from tests.unit.secure_tiller_cli.report.samples import DEMO, NOW, ONE, STACK, thirty


def teams(*tillers: object) -> tuple[Team, ...]:
    return build(STACK, tillers, None, NOW).teams  # type: ignore[arg-type]


BLUE, GREEN = teams(*DEMO)
SMALL = teams(*ONE)[0]


def crowded(number: int) -> Team:
    """A team with many of everything, with the longest names."""
    (namespace,) = SMALL.namespaces
    return replace(
        SMALL,
        name="t" * 63,
        namespace="n" * 63,
        clients=tuple(f"client-{i}-{'x' * 60}" for i in range(number)),
        people=tuple(Person("service account", f"{'a' * 63}/{'b' * 253}") for _ in range(number)),
        namespaces=tuple(replace(namespace, name=f"{i}-{'y' * 60}", beyond=("roles",) * number) for i in range(number)),
    )


def lines(card: Card) -> set[str]:
    return {line.name.full for line in card.lines}


def test_a_team_with_who_reaches_it_and_where_it_installs() -> None:
    people, clients, tiller, *places = picture(BLUE).cards
    assert lines(people) == {"group blue-developers", "user carol@example.org", "service account pipelines/deployer"}
    assert lines(clients) == {"alice", "ci"}
    assert tiller.title.full == "Tiller of blue"
    assert [place.title.full for place in places] == ["blue-apps", "blue-jobs", "shared-tools"]
    assert [arrow.label for arrow in picture(BLUE).arrows] == ["port-forward", "mutual TLS", *["may install"] * 3]


def test_what_is_more_than_usual_is_drawn_as_such() -> None:
    _, clients, _, apps, *_ = picture(GREEN).cards
    assert ("whoever CA partner signs for", "warning") in {(line.name.full, line.kind) for line in clients.lines}
    assert [line.name.full for line in apps.lines if line.kind == "warning"] == [
        "+ networkpolicies",
        "+ rolebindings",
        "+ roles",
    ]


def test_a_tiller_that_asks_for_no_certificate_is_not_drawn_with_mutual_tls() -> None:
    drawn = picture(replace(BLUE, verifies=False))
    assert [(arrow.label, arrow.kind) for arrow in drawn.arrows[:2]] == [("port-forward", ""), ("unverified", "bad")]
    assert "No certificate is needed." in drawn.description
    assert "Both are needed." in picture(BLUE).description


def test_nobody_is_drawn_as_nobody() -> None:
    people, clients, *_ = picture(replace(SMALL, people=(), clients=(), namespaces=())).cards
    assert lines(people) == {"nobody but administrators"}
    assert lines(clients) == {"nobody"}


@pytest.mark.parametrize(
    "team", [BLUE, GREEN, SMALL, replace(SMALL, namespaces=()), crowded(1), crowded(9), crowded(200)]
)
def test_no_card_lies_on_another_and_every_name_fits_in_its_card(team: Team) -> None:
    drawn = picture(team)
    for card in drawn.cards:
        assert 0 <= card.y <= card.y + card.height <= drawn.height + 0.01
        for name in (card.title, *(line.name for line in card.lines)):
            assert len(name.shown) * MONOSPACE <= card.width - 20, name
    for one, other in combinations(drawn.cards, 2):
        beside = one.x + one.width <= other.x or other.x + other.width <= one.x
        assert beside or one.y + one.height <= other.y or other.y + other.height <= one.y


def test_many_are_counted_and_all_of_them_described() -> None:
    drawn = picture(crowded(20))
    assert {"and 13 more"} <= {line.name.shown for card in drawn.cards for line in card.lines}
    assert "and 14 more namespaces" in {card.title.shown for card in drawn.cards}
    assert f"19-{'y' * 60}" in drawn.description


@pytest.mark.parametrize(
    ("name", "width", "shown"),
    [
        ("blue-apps", 100, "blue-apps"),
        ("a-very-long-name", 100, "a-very…g-name"),
        ("x" * 14, 100, "x" * 6 + "…" + "x" * 6),
    ],
)
def test_a_name_that_is_too_long_loses_its_middle(name: str, width: float, shown: str) -> None:
    assert fit(name, width).shown == shown
    assert fit(name, width).full == name


def test_every_team_client_and_namespace_has_its_place_in_the_picture_of_all() -> None:
    every = teams(*thirty())
    drawn = matrix(every)
    columns = {column.x: column.name.full for column in drawn.columns}
    marks = {
        (section.title, row.name.full, columns[cell.x])
        for section in drawn.sections
        for row in section.rows
        for cell in row.cells
    }
    assert marks == {
        *(("May open a port-forward to it", f"group {p.name}", team.name) for team in every for p in team.people),
        *(("Has a certificate for it", client, team.name) for team in every for client in team.clients),
        *(("It may install in", namespace.name, team.name) for team in every for namespace in team.namespaces),
    }


def test_a_namespace_of_two_teams_is_one_row_and_its_cells_say_what_each_may_do() -> None:
    rows = {row.name.full: row for section in matrix((BLUE, GREEN)).sections for row in section.rows}
    assert [(cell.kind) for cell in rows["shared-tools"].cells] == ["preset", "more"]
    assert "networkpolicies, rolebindings, roles" in rows["shared-tools"].cells[1].title


@pytest.mark.parametrize("every", [(BLUE,), (BLUE, GREEN), teams(*thirty())])
def test_the_rows_stand_below_each_other_and_in_the_picture(every: tuple[Team, ...]) -> None:
    drawn = matrix(every)
    heights = [y for section in drawn.sections for y in (section.y, *(row.y for row in section.rows))]
    assert all(after - before >= 18 for before, after in pairwise(heights))
    assert drawn.top <= heights[0]
    assert heights[-1] < drawn.height
    assert max(column.x for column in drawn.columns) < drawn.width

"""The path to one team's Tiller, and all teams at once: everybody and every namespace is in them."""

import re
from dataclasses import replace

import pytest

from secure_tiller_cli.report import build, to_html
from secure_tiller_cli.report.matrix import matrix
from secure_tiller_cli.report.model import Person, Team
from tests.unit.secure_tiller_cli.report.samples import DEMO, DIGEST, NOW, ONE, STACK, thirty


def teams(*tillers: object) -> tuple[Team, ...]:
    return build(STACK, tillers, None, NOW, DIGEST).teams  # type: ignore[arg-type]


BLUE, GREEN = teams(*DEMO)
SMALL = teams(*ONE)[0]


def path(team: Team) -> str:
    """The words of the path to a Tiller, what is marked in square brackets."""
    page = to_html(replace(build(STACK, ONE, None, NOW, DIGEST), teams=(team,)))
    (drawn,) = re.findall(r'<div class="path">(.*?)</section>', page, re.DOTALL)
    plain = re.sub(r"</?code>", "", drawn)
    marked = re.sub(r'<(\w+) class="(?:more|arrow bad|arrow idle)">(.*?)</\1>', r"[\2] ", plain)
    return " ".join(re.sub(r"<.*?>", " ", marked).split())


def test_the_path_names_who_reaches_a_tiller_and_where_it_installs() -> None:
    assert path(BLUE) == (
        "May open a port-forward group blue-developers user carol@example.org service account pipelines/deployer "
        "port-forward and Has a certificate for it alice ci mutual TLS "
        "Tiller of blue namespace blue-tiller account tiller listens on 127.0.0.1:44134 image tiller:v2.17.0 "
        "may install blue-apps the preset edit Pod Security baseline "
        "may install blue-jobs the preset edit Pod Security baseline "
        "may install shared-tools the preset edit Pod Security not known here"
    )


def test_what_is_not_usual_is_written_or_marked() -> None:
    assert "May open a port-forward nobody but administrators port-forward" in path(GREEN)
    assert "bob ci [whoever CA partner signs for] mutual TLS" in path(GREEN)
    assert "green-apps the preset edit [+ networkpolicies] [+ rolebindings] [+ roles] Pod Security" in path(GREEN)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"verifies": False}, "port-forward or Has a certificate for it bob [unverified] Tiller of green"),
        ({"people": (Person("user", "ann"),)}, "May open a port-forward user ann port-forward"),
        ({"clients": ()}, "Has a certificate for it nobody mutual TLS"),
        ({"exposed": True}, "listens on [pods in the cluster too] image"),
        ({"listens": ""}, "listens on all addresses image"),
        ({"namespaces": (replace(SMALL.namespaces[0], preset=False),)}, "green-apps less than the preset edit Pod"),
        ({"namespaces": (replace(SMALL.namespaces[0], bound=False),)}, "[not bound] green-apps"),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_the_path_follows_the_state(changes: dict[str, object], expected: str) -> None:
    assert expected in path(replace(SMALL, **changes))  # type: ignore[arg-type]
    assert expected not in path(SMALL)


def test_many_are_all_on_the_path() -> None:
    people = tuple(Person("user", f"person-{number}") for number in range(200))
    drawn = path(replace(SMALL, people=people))
    assert all(f"user person-{number} " in drawn for number in range(200))


def test_every_team_client_and_namespace_has_its_place_among_all_teams() -> None:
    every = teams(*thirty())
    marks = {
        (title, name, every[number].name)
        for title, rows in matrix(every).items()
        for name, of_teams in rows.items()
        for number in of_teams
    }
    assert marks == {
        *(("May open a port-forward to it", f"group {p.name}", team.name) for team in every for p in team.people),
        *(("Has a certificate for it", client, team.name) for team in every for client in team.clients),
        *(("It may install in", namespace.name, team.name) for team in every for namespace in team.namespaces),
    }


def test_a_namespace_of_two_teams_is_one_row_and_its_marks_say_what_each_may_do() -> None:
    marks = matrix((BLUE, GREEN))["It may install in"]["shared-tools"]
    assert [(number, mark.kind) for number, mark in marks.items()] == [(0, "preset"), (1, "more")]
    assert "networkpolicies, rolebindings, roles" in marks[1].words


def test_among_all_teams_a_mark_stands_in_the_column_of_its_team() -> None:
    page = to_html(build(STACK, DEMO, None, NOW, DIGEST))
    (row,) = re.findall(r'<th scope="row"><code>bob</code></th>(.*?)</tr>', page)
    empty, mark = re.findall(r'<td data-label="(?:blue|green)">(.*?)</td>', row)
    assert (empty, 'aria-label="has a certificate"' in mark) == ("", True)


@pytest.mark.parametrize(("every", "turned"), [(DEMO, False), (thirty(), True)], ids=["two", "thirty"])
def test_the_names_of_many_teams_are_turned(every: tuple[object, ...], turned: bool) -> None:
    page = to_html(build(STACK, every, None, NOW, DIGEST))  # type: ignore[arg-type]
    assert ('<table class="matrix turned">' in page) is turned

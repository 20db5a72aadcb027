"""The map of teams: every error of every team, and what two teams may not both claim."""

from typing import Any

import pytest
from hypothesis import given

from secure_tiller.problems import ConfigurationError
from secure_tiller.teams import read_teams
from tests.unit import strategies
from tests.unit.samples import BLUE, SMALLEST, smallest


def problems(value: object) -> list[tuple[str, str, str, str]]:
    with pytest.raises(ConfigurationError) as refused:
        read_teams(value)
    return [(p.team, p.key, p.value, p.why) for p in refused.value.problems]


def test_teams_come_in_the_order_of_their_names() -> None:
    assert read_teams({"green": SMALLEST, "blue": BLUE}) == (("blue", BLUE), ("green", SMALLEST))


@pytest.mark.parametrize(
    ("value", "shown"), [(None, "(missing)"), ({}, "{}"), ([], "[]"), ("blue", '"blue"'), (["blue"], '["blue"]')]
)
def test_without_a_team_there_is_nothing_to_do(value: object, shown: str) -> None:
    ((team, key, text, why),) = problems(value)
    assert (team, key, text) == ("", "secure-tiller:teams", shown)
    assert "at least one team" in why


def test_the_errors_of_all_teams_come_at_once() -> None:
    value = {"blue": smallest(clients={}), "Green": smallest(namespaces={"g": {}}), "red": None}
    assert [(team, key) for team, key, *_ in problems(value)] == [
        ("Green", "(name of the team)"),
        ("blue", "clients"),
        ("red", "(settings)"),
    ]


def team(*namespaces: str, **changes: Any) -> Any:
    return smallest(namespaces={name: {} for name in namespaces}, **changes)


@pytest.mark.parametrize(
    ("value", "about", "words"),
    [
        ({"a": team("apps"), "b": team("apps")}, ("b", "namespaces", '"apps"'), "managed by team a too"),
        (
            {"a": team("a1", namespace="helm"), "b": team("b1", namespace="helm")},
            ("b", "namespace", '"helm"'),
            "Tiller namespace of team a too",
        ),
        (
            {"a": team("a1"), "b": team("b1", "a-tiller")},
            ("b", "namespaces", '"a-tiller"'),
            "Tiller namespace of team a",
        ),
        (
            {"a": team("a1", "b-tiller"), "b": team("b1")},
            ("a", "namespaces", '"b-tiller"'),
            "Tiller namespace of team b",
        ),
    ],
    ids=["managed twice", "one Tiller namespace for two", "of an earlier team", "of a later team"],
)
def test_what_two_teams_claim_is_refused_and_names_both(value: object, about: tuple[str, str, str], words: str) -> None:
    ((team, key, text, why),) = problems(value)
    assert (team, key, text) == about
    assert words in why


def test_teams_with_namespaces_of_their_own_are_accepted() -> None:
    assert len(read_teams({"a": team("a1"), "b": team("b1"), "a-b": team("a-b1")})) == 3


def test_errors_within_teams_do_not_hide_errors_between_teams() -> None:
    value = {"a": team("apps", clients={}), "b": team("apps", colour="blue")}
    assert [(who, key) for who, key, *_ in problems(value)] == [("a", "clients"), ("b", "colour"), ("b", "namespaces")]


@given(value=strategies.plain)
def test_anything_else_is_refused_in_words(value: object) -> None:
    assert problems(value)

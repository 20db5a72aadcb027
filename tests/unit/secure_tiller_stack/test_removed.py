"""The teams that may go although their Tillers hold releases: what the stack's file must say of them."""

import pytest

from secure_tiller.problems import ConfigurationError, Problem
from secure_tiller_stack.configuration import Stack, read_stack
from tests.support.samples import SMALLEST


def read(removed: object) -> Stack:
    return read_stack("secure-tiller", [], {"teams": {"green": SMALLEST}, "removed": removed}, secret=())


def refused(removed: object) -> tuple[Problem, ...]:
    with pytest.raises(ConfigurationError) as error:
        read(removed)
    return error.value.problems


@pytest.mark.parametrize(
    ("removed", "teams"),
    [
        (None, set()),
        ({}, set()),
        ({"red": "with-releases"}, {"red"}),
        ({"red": "with-releases", "blue": "with-releases"}, {"red", "blue"}),
    ],
)
def test_a_team_that_left_is_named_with_the_one_word(removed: object, teams: set[str]) -> None:
    assert read(removed).removed == teams


@pytest.mark.parametrize("word", ["", "yes", "with releases", "With-Releases", True, None, {}, ["with-releases"]])
def test_any_other_word_is_refused(word: object) -> None:
    (problem,) = refused({"red": word})
    assert (problem.team, problem.key) == ("", "secure-tiller:removed.red")
    assert problem.why == "must be the word with-releases"
    assert problem.remedy.endswith("green: with-releases")


@pytest.mark.parametrize("removed", ["red", ["red"], 7, True], ids=repr)
def test_it_is_a_map(removed: object) -> None:
    (problem,) = refused(removed)
    assert problem.key == "secure-tiller:removed"
    assert "must be a map" in problem.why


def test_a_team_that_is_there_has_not_left() -> None:
    (problem,) = refused({"green": "with-releases"})
    assert problem.key == "secure-tiller:removed.green"
    assert "is a team of this stack" in problem.why
    assert problem.remedy == "remove it here, or the team"


def test_a_wrong_word_and_a_team_that_is_there_are_both_reported() -> None:
    assert [problem.key for problem in refused({"green": "yes"})] == ["secure-tiller:removed.green"] * 2

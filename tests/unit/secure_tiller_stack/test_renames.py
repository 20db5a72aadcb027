"""A team as a whole: its protection, and its former name."""

from typing import Any

import pytest

from secure_tiller.problems import ConfigurationError, Problem
from secure_tiller_stack.args import DefaultsArgs
from secure_tiller_stack.teams import Team, read_teams
from tests.support.samples import smallest


def read(common: DefaultsArgs | None = None, **own: Any) -> Team:
    (team,) = read_teams({"green": smallest(**own)}, common)
    return team


def refused(value: object) -> tuple[Problem, ...]:
    with pytest.raises(ConfigurationError) as error:
        read_teams(value)
    return error.value.problems


def renamed(formerly: str, apps: str = "green-apps", **own: Any) -> Any:
    return smallest(**{"formerly": formerly, "namespace": f"{formerly}-tiller", "namespaces": {apps: {}}, **own})


@pytest.mark.parametrize(
    ("common", "own", "protected"),
    [
        pytest.param({}, {}, False, id="not asked for"),
        pytest.param({}, {"protect": True}, True, id="asked for"),
        pytest.param({"protect": True}, {}, True, id="by default"),
        pytest.param({"protect": True}, {"protect": False}, False, id="not this one"),
    ],
)
def test_a_team_is_protected_if_it_or_the_defaults_say_so(
    common: DefaultsArgs, own: dict[str, bool], protected: bool
) -> None:
    assert read(common, **own).protect is protected


def test_a_team_that_was_not_renamed_has_no_name_from_before() -> None:
    assert read().formerly is None


def test_a_team_that_was_renamed_keeps_its_name_from_before() -> None:
    assert read_teams({"green": renamed("olive")})[0].formerly == "olive"


def test_neither_is_a_setting_of_the_component() -> None:
    args = read(protect=True, formerly="olive", namespace="olive-tiller").args
    assert args == smallest(namespace="olive-tiller")


@pytest.mark.parametrize(
    ("own", "key"), [({"protect": "true"}, "protect"), ({"protect": None}, "protect"), ({"formerly": 7}, "formerly")]
)
def test_each_has_its_form(own: dict[str, object], key: str) -> None:
    (problem,) = refused({"green": smallest(**own)})
    assert (problem.team, problem.key) == ("green", key)


@pytest.mark.parametrize("name", ["", "Olive", "olive tree", "olive_", "-olive", "o" * 64])
def test_a_name_from_before_that_no_team_can_have_had_is_refused(name: str) -> None:
    (problem,) = refused({"green": renamed(name, namespace="olive-tiller")})
    assert (problem.team, problem.key) == ("green", "formerly")
    assert "RFC 1123 label" in problem.why


@pytest.mark.parametrize(
    ("teams", "about"),
    [
        pytest.param({"green": renamed("green", namespace="green-tiller")}, [("green", "green")], id="its own name"),
        pytest.param(
            {"green": renamed("olive"), "olive": smallest(namespaces={"o": {}}, namespace="other")},
            [("green", "olive")],
            id="a team that stays",
        ),
        pytest.param(
            {"green": renamed("olive"), "olive": renamed("lime", "olive-apps")},
            [("green", "olive")],
            id="a chain of names",
        ),
        pytest.param(
            {"green": renamed("olive"), "olive": renamed("green", "olive-apps")},
            [("green", "olive"), ("olive", "green")],
            id="names that were swapped",
        ),
    ],
)
def test_the_name_of_a_team_of_this_stack_is_no_name_from_before(
    teams: dict[str, Any], about: list[tuple[str, str]]
) -> None:
    problems = refused(teams)
    assert [(p.team, p.key, p.value) for p in problems] == [(team, "formerly", f'"{name}"') for team, name in about]
    assert all(f"what is {name}'s stays {name}'s" in p.why for p, (_, name) in zip(problems, about, strict=True))


def test_only_one_team_can_have_had_a_name() -> None:
    (problem,) = refused({"green": renamed("olive"), "lime": renamed("olive", "lime-apps", namespace="lime-helm")})
    assert (problem.team, problem.key, problem.value) == ("lime", "formerly", '"olive"')
    assert "is what team green was called too" in problem.why


def test_two_teams_may_each_have_had_a_name() -> None:
    assert len(read_teams({"green": renamed("olive"), "blue": renamed("navy", "blue-apps")})) == 2


def test_a_team_that_was_renamed_names_its_namespace_because_the_default_follows_the_name() -> None:
    (problem,) = refused({"green": smallest(formerly="olive")})
    assert (problem.team, problem.key, problem.value) == ("green", "namespace", "(missing)")
    assert problem.remedy.endswith("by default that was olive-tiller")


def test_everything_about_a_new_name_comes_at_once() -> None:
    problems = refused({"green": smallest(formerly="green")})
    assert [problem.key for problem in problems] == ["formerly", "namespace"]

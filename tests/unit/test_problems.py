"""What a person reads when something is refused."""

import pulumi
import pytest

from secure_tiller.problems import ConfigurationError, Problem, shown

PROBLEM = Problem("blue", "clients", '"Al"', "must be a label", "choose another name")


def test_every_problem_is_listed_with_team_key_value_reason_and_remedy() -> None:
    text = str(ConfigurationError([PROBLEM, Problem("", "secure-tiller:teams", "{}", "is empty", "add one")]))
    assert text == (
        "The configuration is refused (2 problems); nothing was changed.\n"
        '  team blue: clients = "Al"\n    why:    must be a label\n    remedy: choose another name\n'
        "  secure-tiller:teams = {}\n    why:    is empty\n    remedy: add one"
    )


def test_a_program_ends_without_a_traceback() -> None:
    assert isinstance(ConfigurationError([PROBLEM]), pulumi.RunError)


def test_settings_cannot_draw_on_the_terminal() -> None:
    assert "\x1b" not in str(Problem("\x1b[2J", "\x1b[2J", shown("\x1b[2J"), "why", "remedy"))


@pytest.mark.parametrize(
    ("value", "text"),
    [(True, "true"), ({"a": ["b"]}, '{"a": ["b"]}'), ("a\nb", '"a\\nb"'), (None, "null"), (len, "len")],
)
def test_values_are_shown_on_one_line(value: object, text: str) -> None:
    assert text in shown(value)
    assert "\n" not in shown(value)


def test_long_values_are_cut() -> None:
    assert len(shown("x" * 1000)) == 80

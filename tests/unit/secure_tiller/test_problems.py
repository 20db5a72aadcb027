"""The message that a person reads when something is refused."""

import pulumi
import pytest

from secure_tiller.problems import (
    ClusterError,
    ConfigurationError,
    LateConfigurationError,
    NotRevokedError,
    Problem,
    RefusedError,
    shown,
)

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


@pytest.mark.parametrize("text", ["\x1b[2J", "\x00", "a\nb", "\u202e", "\x9b31m"], ids=ascii)
def test_neither_can_what_is_quoted_in_a_reason_or_a_remedy(text: str) -> None:
    lines = str(Problem("blue", "clients", '"a"', f"not {text}", f"remove {text}")).splitlines()
    assert len(lines) == 3
    assert all(line.isprintable() for line in lines)


def test_a_private_key_that_is_quoted_in_a_reason_or_a_remedy_is_not_shown() -> None:
    key = "-----BEGIN PRIVATE KEY-----"
    assert key not in str(Problem("blue", "clients", '"a"', f"not {key}", f"remove {key}"))


@pytest.mark.parametrize(
    ("error", "beginning"),
    [
        (ConfigurationError, "The configuration is refused (1 problem); nothing was changed."),
        (ClusterError, "The cluster is refused (1 problem); nothing was changed."),
        (LateConfigurationError, "The configuration is refused (1 problem); what was done before stays."),
        (NotRevokedError, "The update has not revoked everybody (1 problem); what was done before stays."),
    ],
)
def test_the_headline_says_what_is_refused_and_what_became_of_the_rest(
    error: type[RefusedError], beginning: str
) -> None:
    assert str(error([PROBLEM])).splitlines()[0] == beginning
    assert issubclass(error, pulumi.RunError)


@pytest.mark.parametrize(
    ("value", "text"),
    [(True, "true"), ({"a": ["b"]}, '{"a": ["b"]}'), ("a\nb", '"a\\nb"'), (None, "null"), (len, "len")],
)
def test_values_are_shown_on_one_line(value: object, text: str) -> None:
    assert text in shown(value)
    assert "\n" not in shown(value)


def test_long_values_are_cut() -> None:
    assert len(shown("x" * 1000)) == 80

"""The private keys of server certificates: secret values apart from the map of teams."""

import shlex
from typing import Any

import pytest

from secure_tiller.problems import ConfigurationError, Problem
from secure_tiller_stack.configuration import Stack, read_stack
from tests.support.samples import OWN_SERVER, SMALLEST, own_certificate, smallest

KEY = OWN_SERVER.key_pem
SECRET_PART = KEY.splitlines()[1][:16]


def green(**given: Any) -> Any:
    """Teams of which green brings a server certificate, without its key unless one is given."""
    return {"green": smallest(certificates={"server_certificate": own_certificate(**{"key": None, **given})})}


def read(teams: object, server_keys: object) -> Stack:
    key = "secure-tiller:serverKeys"
    return read_stack("secure-tiller", [key], {"teams": teams, "serverKeys": server_keys}, secret={key})


def refused(teams: object, server_keys: object) -> tuple[Problem, ...]:
    with pytest.raises(ConfigurationError) as error:
        read(teams, server_keys)
    assert SECRET_PART not in str(error.value)
    return error.value.problems


def test_the_key_of_a_server_certificate_is_put_where_the_component_takes_it() -> None:
    (team,) = read(green(), {"green": KEY}).teams
    assert team.name == "green"
    assert team.args["certificates"]["server_certificate"] == own_certificate()


def test_the_settings_that_were_given_are_not_changed() -> None:
    teams = green()
    read(teams, {"green": KEY})
    assert teams == green()


def test_a_key_that_is_missing_is_required_with_the_command_that_sets_it() -> None:
    (problem,) = refused(green(), None)
    assert (problem.team, problem.key, problem.value) == (
        "green",
        "certificates.server_certificate.key",
        "(missing)",
    )
    assert "pulumi config set --secret --path secure-tiller:serverKeys.green < key.pem" in problem.remedy


def test_a_key_in_plain_sight_is_refused_and_to_be_changed() -> None:
    (problem,) = refused(green(key=KEY), None)
    assert (problem.team, problem.key) == ("green", "certificates.server_certificate.key")
    assert "private key in plain sight" in problem.why
    assert problem.remedy.endswith("and change it")


def test_keys_that_are_not_encrypted_in_the_stacks_file_are_refused_and_to_be_changed() -> None:
    values = {"teams": green(), "serverKeys": {"green": KEY}}
    with pytest.raises(ConfigurationError) as error:
        read_stack("secure-tiller", [], values, secret={"secure-tiller:kubeconfig"})
    (problem,) = error.value.problems
    assert (problem.key, problem.value) == ("secure-tiller:serverKeys", "(not shown)")
    assert problem.remedy.startswith("change them, and set the new ones with: pulumi config set --secret --path")
    assert SECRET_PART not in str(error.value)


@pytest.mark.parametrize("keys", [None, {}])
def test_where_there_are_no_keys_none_has_to_be_encrypted(keys: object) -> None:
    assert read_stack("secure-tiller", [], {"teams": {"green": SMALLEST}, "serverKeys": keys}, secret=())


def test_a_key_of_a_team_that_waits_for_none_is_refused() -> None:
    for teams in ({"green": SMALLEST}, {"blue": smallest()}):
        (problem,) = refused(teams, {"green": KEY})
        assert problem.key == "secure-tiller:serverKeys.green"
        assert "has no `server_certificate`" in problem.why


@pytest.mark.parametrize(
    ("keys", "key"),
    [
        (KEY, "secure-tiller:serverKeys"),
        ([KEY], "secure-tiller:serverKeys"),
        (7, "secure-tiller:serverKeys"),
        ({"green": {"key": KEY}}, "secure-tiller:serverKeys.green"),
        ({"green": [KEY]}, "secure-tiller:serverKeys.green"),
        ({"green": 7}, "secure-tiller:serverKeys.green"),
        ({"green": None}, "secure-tiller:serverKeys.green"),
    ],
    ids=["text", "list", "number", "map in the map", "list in the map", "number in the map", "nothing in the map"],
)
def test_server_keys_of_another_form_are_refused_and_not_shown(keys: object, key: str) -> None:
    first, missing = refused(green(), keys)
    assert (first.key, first.value) == (key, "(not shown)")
    assert missing.key == "certificates.server_certificate.key"


def test_a_key_that_does_not_belong_to_the_certificate_is_refused() -> None:
    (problem,) = refused(green(), {"green": "hello"})
    assert (problem.key, problem.value) == ("certificates.server_certificate", "(not shown)")


def test_a_key_in_another_place_of_the_teams_is_not_shown_either() -> None:
    for teams in (
        green(kye=KEY),
        {"green": smallest(certificates={"server_certificate": KEY})},
        {"green": smallest(certificates={"trusted_client_cas": {"a": KEY}})},
        {"green": smallest(certificates=KEY)},
        {"green": KEY},
        {KEY: smallest(namespace="x")},
        [KEY],
        KEY,
    ):
        assert refused(teams, None)


@pytest.mark.parametrize(
    "teams", [None, [], {"green": None}, {"green": {"certificates": None}}, {"green": []}], ids=str
)
def test_teams_of_any_form_do_not_hinder_the_check_of_the_keys(teams: object) -> None:
    assert "secure-tiller:serverKeys.green" in [problem.key for problem in refused(teams, {"green": KEY})]


@pytest.mark.parametrize("name", ["a'b", "$(touch OBEYED)", "'; touch OBEYED; '", "a b"])
@pytest.mark.parametrize("key", [7, KEY])
def test_a_command_names_a_team_in_one_word(name: str, key: object) -> None:
    teams: Any = {name: green(key=KEY)["green"]} if key == KEY else green()
    found = refused(teams, {name: key} if key != KEY else None)
    commands = [problem.remedy.partition("pulumi ")[2] for problem in found if "--path" in problem.remedy]
    for command in commands:
        words = shlex.split(command.partition(" < ")[0])
        assert words[:4] == ["config", "set", "--secret", "--path"]
        assert words[4] in (f"secure-tiller:serverKeys.{name}", "secure-tiller:serverKeys.green")
        assert len(words) == 5
    assert commands


def test_a_key_that_is_plain_beside_one_that_is_encrypted_is_refused_and_to_be_changed() -> None:
    key = "secure-tiller:serverKeys"
    values = {"teams": green(), "serverKeys": {"green": KEY}}
    with pytest.raises(ConfigurationError) as refused:
        read_stack("secure-tiller", [key], values, secret={key}, plain_server_keys=["green"])
    (problem,) = refused.value.problems
    assert (problem.key, problem.value) == (f"{key}.green", "(not shown)")
    assert "in plain sight" in problem.why
    assert problem.remedy.endswith("pulumi config set --secret --path secure-tiller:serverKeys.green < key.pem")

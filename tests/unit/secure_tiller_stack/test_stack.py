"""The configuration as a whole."""

from typing import Any

import pytest

from secure_tiller.problems import ConfigurationError, Problem
from secure_tiller_stack.configuration import KEYS, SECRET_KEYS, Stack, read_stack
from secure_tiller_stack.teams import Team
from tests.support.samples import SMALLEST

TEAMS = {"green": SMALLEST}
ENCRYPTED = frozenset(f"secure-tiller:{key}" for key in SECRET_KEYS)


def read(**values: Any) -> Stack:
    keys = [f"secure-tiller:{key}" for key in values]
    return read_stack("secure-tiller", keys, {"teams": TEAMS, **values}, ENCRYPTED)


def refused(**values: Any) -> tuple[Problem, ...]:
    with pytest.raises(ConfigurationError) as error:
        read(**values)
    return error.value.problems


def test_teams_and_cluster_are_read() -> None:
    stack = read(teams=TEAMS, cluster={"context": "kind"})
    assert stack.teams == (Team("green", SMALLEST),)
    assert stack.cluster == {"context": "kind"}


def test_all_but_the_teams_can_be_left_out() -> None:
    assert read_stack("secure-tiller", [], {"teams": TEAMS}, secret=()) == Stack(
        (Team("green", SMALLEST),), cluster={}, kubeconfig="", removed=frozenset()
    )


@pytest.mark.parametrize("key", ["kubernetes:namespace", "pulumi:disable-default-providers"])
def test_keys_of_providers_and_of_pulumi_itself_are_let_pass(key: str) -> None:
    assert read_stack("secure-tiller", [key], {"teams": TEAMS}, secret=())


@pytest.mark.parametrize(
    "key",
    [
        *("fleet:region", "fleet:clusterName", "fleet:cluster2", "fleet:myCluster", "fleet:beam", "fleet:renamed"),
        *("fleet:team1", "fleet:steam", "fleet:serverKeyId", "fleet:removedAt", "fleet:tillerVersion"),
        *("kubernetes:cluster", "aws:defualts"),
    ],
)
def test_keys_of_a_project_of_another_name_are_let_pass(key: str) -> None:
    assert read_stack("fleet", [key], {"teams": TEAMS}, secret=())


@pytest.mark.parametrize(
    ("key", "right"),
    [
        ("fleet:removed", "removed"),
        ("fleet:default", "defaults"),
        ("fleet:server_keys", "serverKeys"),
        ("fleet:Teams", "teams"),
        ("secure_tiller:defaults", "defaults"),
        ("Secure-Tiller:default", "defaults"),
        ("securetiller:teams", "teams"),
        ("fleet:defualts", "defaults"),
        ("fleet:defalts", "defaults"),
        ("fleet:defaulzs", "defaults"),
        ("fleet:clusetr", "cluster"),
        ("fleet:kubconfig", "kubeconfig"),
        ("fleet:secureTillerDefaults", "defaults"),
        ("secure-tillr:defaults", "defaults"),
        ("secrue-tiller:defaults", "defaults"),
        ("pulumi-secure-tiller:teams", "teams"),
        ("secure-tiller-stack:teams", "teams"),
        ("tiller:defaults", "defaults"),
    ],
)
def test_a_key_of_ours_in_another_spelling_is_refused_with_its_right_name(key: str, right: str) -> None:
    with pytest.raises(ConfigurationError) as error:
        read_stack("fleet", [key], {"teams": TEAMS}, secret=())
    (problem,) = error.value.problems
    assert (problem.key, problem.value) == (key, "(not shown)")
    assert problem.remedy.partition(",")[0] == f"write secure-tiller:{right}"


@pytest.mark.parametrize("key", ["secure-tillers:nonsense", "fleet:secure-tiller", "fleet:secureTillerNonsense"])
def test_a_key_with_our_name_in_a_wrong_place_is_refused_with_all_our_keys(key: str) -> None:
    with pytest.raises(ConfigurationError) as error:
        read_stack("fleet", [key], {"teams": TEAMS}, secret=())
    (problem,) = error.value.problems
    assert all(word in problem.remedy for word in KEYS)


def test_a_project_named_like_ours_keeps_keys_of_its_own() -> None:
    assert read_stack("my-secure-tiller", ["my-secure-tiller:region"], {"teams": TEAMS}, secret=())


@pytest.mark.parametrize("project", ["secure-tiller", "fleet"])
def test_an_encrypted_value_among_the_teams_is_refused_in_a_project_of_any_name(project: str) -> None:
    with pytest.raises(ConfigurationError) as error:
        read_stack(project, ["secure-tiller:teams"], {"teams": TEAMS}, secret={"secure-tiller:teams"})
    (problem,) = error.value.problems
    assert (problem.key, problem.value) == ("secure-tiller:teams", "(not shown)")


@pytest.mark.parametrize("project", ["secure-tiller", "fleet"])
def test_an_encrypted_kubeconfig_is_read_in_a_project_of_any_name_and_a_plain_one_refused(project: str) -> None:
    keys, values = ["secure-tiller:kubeconfig"], {"teams": TEAMS, "kubeconfig": "apiVersion: v1"}
    assert read_stack(project, keys, values, ENCRYPTED).kubeconfig == "apiVersion: v1"
    with pytest.raises(ConfigurationError) as error:
        read_stack(project, keys, values, secret=())
    assert [problem.key for problem in error.value.problems] == keys


@pytest.mark.parametrize(
    ("key", "nearest"),
    [("team", "teams"), ("default", "defaults"), ("serverkeys", "serverKeys"), ("remove", "removed")],
)
def test_an_unknown_key_names_the_nearest_and_not_its_value(key: str, nearest: str) -> None:
    (problem,) = refused(**{key: "sesame"})
    assert (problem.key, problem.value) == (f"secure-tiller:{key}", "(not shown)")
    assert f"did you mean {nearest!r}?" in problem.remedy


def test_an_unknown_key_that_is_like_no_other_is_answered_with_all_known_keys() -> None:
    (problem,) = refused(xyz="sesame")
    assert all(key in problem.remedy for key in KEYS)


def test_everything_that_is_wrong_comes_at_once() -> None:
    problems = refused(
        tems={},
        teams={"green": {**SMALLEST, "colour": "green"}, "Blue": {**SMALLEST, "namespaces": {"b": {}}}},
        cluster={"contxt": "kind", "uid": 7},
        defaults={"colour": "blue", "pod": {"history_max": 0}},
        removed={"red": "yes", "green": "with-releases"},
        kubeconfig=7,
        serverKeys={"red": "sesame"},
    )
    assert sorted((problem.team, problem.key) for problem in problems) == [
        ("", "secure-tiller:cluster.contxt"),
        ("", "secure-tiller:cluster.uid"),
        ("", "secure-tiller:defaults.colour"),
        ("", "secure-tiller:defaults.pod.history_max"),
        ("", "secure-tiller:kubeconfig"),
        ("", "secure-tiller:removed.green"),
        ("", "secure-tiller:removed.red"),
        ("", "secure-tiller:serverKeys.red"),
        ("", "secure-tiller:tems"),
        ("Blue", "(name of the team)"),
        ("green", "colour"),
    ]


@pytest.mark.parametrize("key", [key for key in KEYS if key not in SECRET_KEYS])
def test_an_encrypted_value_in_what_a_preview_shows_is_refused_and_not_shown(key: str) -> None:
    with pytest.raises(ConfigurationError) as error:
        read_stack("secure-tiller", [], {"teams": TEAMS, key: {"a": "sesame"}}, {f"secure-tiller:{key}"})
    found = [problem for problem in error.value.problems if "encrypted" in problem.why]
    assert [(problem.key, problem.value) for problem in found] == [(f"secure-tiller:{key}", "(not shown)")]

"""The settings of every team of a stack that does not say otherwise."""

import copy
from typing import Any

import pytest
from hypothesis import given

from secure_tiller.problems import ConfigurationError, Problem
from secure_tiller_stack import defaults
from secure_tiller_stack.args import DefaultsArgs
from secure_tiller_stack.configuration import read_stack
from secure_tiller_stack.teams import read_teams
from tests.support import strategies
from tests.support.samples import LEASES, own_certificate, smallest


def under(common: Any, **own: Any) -> Any:
    """Return the smallest team with settings of its own, under defaults that are accepted."""
    sound, problems = defaults.read(common)
    assert problems == ()
    return defaults.apply_defaults(smallest(**own), sound)


def refused(common: object) -> tuple[Problem, ...]:
    sound, problems = defaults.read(common)
    assert sound == {}, "nobody may go on with them"
    return problems


def only(common: object) -> Problem:
    (problem,) = refused(common)
    return problem


# What a team gets.

EVERYTHING: DefaultsArgs = {
    "pod_security": "restricted",
    "rights": {"network_policies": True, "rules": [LEASES]},
    "certificates": {
        "server": {"validity": "60d"},
        "client": {"validity": "36h"},
        "ca": {"validity": "300d", "renew_before": "61d"},
    },
    "pod": {"history_max": 5, "node_selector": {"kubernetes.io/os": "linux"}},
    "labels": {"example.org/cost-centre": "42"},
    "annotations": {"example.org/owner": "platform"},
    "protect": True,
}


def test_every_default_holds_for_a_team_that_says_nothing() -> None:
    common: Any = {key: value for key, value in EVERYTHING.items() if key != "pod_security"}
    namespaces = {"green-apps": {"pod_security": "restricted"}}
    assert under(EVERYTHING) == {**smallest(), **common, "namespaces": namespaces}


def test_these_are_all_that_there_are() -> None:
    assert EVERYTHING.keys() == DefaultsArgs.__annotations__.keys()


@pytest.mark.parametrize(
    ("common", "own", "merged"),
    [
        pytest.param(
            {"pod": {"history_max": 5}}, {"pod": {"history_max": 7}}, {"pod": {"history_max": 7}}, id="the team's word"
        ),
        pytest.param(
            {"pod": {"history_max": 5}},
            {"pod": {"rollout_timeout": "90s"}},
            {"pod": {"history_max": 5, "rollout_timeout": "90s"}},
            id="another key of a map",
        ),
        pytest.param(
            {"pod": {"resources": {"limits": {"cpu": "2", "memory": "1Gi"}}}},
            {"pod": {"resources": {"limits": {"memory": "2Gi"}}}},
            {"pod": {"resources": {"limits": {"cpu": "2", "memory": "2Gi"}}}},
            id="a map in a map in a map",
        ),
        pytest.param(
            {"labels": {"a": "1", "b": "1"}}, {"labels": {"b": "2"}}, {"labels": {"a": "1", "b": "2"}}, id="labels"
        ),
        pytest.param(
            {"rights": {"rules": [LEASES]}},
            {"rights": {"rules": [{**LEASES, "verbs": ["get"]}]}},
            {"rights": {"rules": [{**LEASES, "verbs": ["get"]}]}},
            id="a list takes the place of a list",
        ),
        pytest.param(
            {"pod": {"tolerations": [{"operator": "Exists"}]}},
            {"pod": {"tolerations": []}},
            {"pod": {"tolerations": []}},
            id="an empty list too",
        ),
        pytest.param({"protect": True}, {"protect": False}, {"protect": False}, id="no as a word of the team"),
        pytest.param({"pod": {"history_max": 5}}, {"pod": {}}, {"pod": {"history_max": 5}}, id="an empty map"),
    ],
)
def test_a_map_is_laid_over_the_default_key_by_key_and_anything_else_takes_its_place(
    common: Any, own: Any, merged: Any
) -> None:
    assert under(common, **own) == smallest(**merged)


@pytest.mark.parametrize(
    ("own", "merged"),
    [
        pytest.param({}, {"pod_security": "restricted"}, id="created"),
        pytest.param({"existing": False}, {"existing": False, "pod_security": "restricted"}, id="created in words"),
        pytest.param({"pod_security": "baseline"}, {"pod_security": "baseline"}, id="a level of its own"),
        pytest.param({"existing": True}, {"existing": True}, id="existing, whose labels are not ours"),
    ],
)
def test_pod_security_is_that_of_created_namespaces_without_a_level_of_their_own(own: Any, merged: Any) -> None:
    assert under({"pod_security": "restricted"}, namespaces={"apps": own})["namespaces"] == {"apps": merged}


def test_a_privileged_namespace_with_its_reason_goes_with_a_default() -> None:
    devices = {"pod_security": "privileged", "pod_security_reason": "mounts devices"}
    team = smallest(namespaces={"devices": devices})
    assert read_teams({"green": team}, {"pod_security": "restricted"})[0].args["namespaces"] == {"devices": devices}


def test_the_life_of_a_server_certificate_is_no_matter_of_a_team_that_brings_its_own() -> None:
    common: DefaultsArgs = {"certificates": {"server": {"validity": "60d"}, "client": {"validity": "36h"}}}
    (team,) = read_teams({"green": smallest(certificates={"server_certificate": own_certificate()})}, common)
    assert team.args["certificates"] == {"server_certificate": own_certificate(), "client": {"validity": "36h"}}


@pytest.mark.parametrize("team", [None, "green", ["green"], 7], ids=repr)
def test_a_team_of_another_form_stays_as_it_is(team: object) -> None:
    assert defaults.apply_defaults(team, EVERYTHING) == team


@pytest.mark.parametrize("namespaces", [None, "apps", ["apps"], {"apps": None}, {"apps": "x"}], ids=repr)
def test_namespaces_of_another_form_stay_as_they_are(namespaces: object) -> None:
    assert under(EVERYTHING, namespaces=namespaces)["namespaces"] == namespaces


@pytest.mark.parametrize("common", [None, {}])
def test_without_defaults_a_team_stays_as_it_is(common: object) -> None:
    assert under(common, pod={"history_max": 7}) == smallest(pod={"history_max": 7})


def test_neither_the_team_nor_the_defaults_are_changed() -> None:
    team, common = smallest(pod={"history_max": 7}), copy.deepcopy(EVERYTHING)
    defaults.apply_defaults(team, common)
    assert (team, common) == (smallest(pod={"history_max": 7}), EVERYTHING)


# What is refused.


@pytest.mark.parametrize("common", [[], "restricted", 7, True], ids=repr)
def test_defaults_are_a_map(common: object) -> None:
    assert only(common).key == "secure-tiller:defaults"


@pytest.mark.parametrize(
    ("common", "key"),
    [
        ({"pod_security": "strict"}, "pod_security"),
        ({"pod_security": 7}, "pod_security"),
        ({"rights": {"preset": "admin"}}, "rights.preset"),
        ({"rights": {"rules": [{**LEASES, "verbs": ["*"]}]}}, "rights.rules[0].verbs"),
        ({"rights": []}, "rights"),
        ({"certificates": {"client": {"validity": "1h"}}}, "certificates.client"),
        ({"certificates": {"client": {"validity": "360d"}}}, "certificates.ca"),
        ({"pod": {"image": "ghcr.io/helm/tiller:v2.10.0"}}, "pod.image"),
        ({"pod": {"history_max": "5"}}, "pod.history_max"),
        ({"labels": {"no key!": "x"}}, "labels"),
        ({"annotations": {"no key!": "x"}}, "annotations"),
        ({"protect": "yes"}, "protect"),
    ],
)
def test_a_wrong_default_is_refused_where_it_stands(common: object, key: str) -> None:
    problem = only(common)
    assert problem.key.startswith(f"secure-tiller:defaults.{key}")
    assert problem.team == ""


@pytest.mark.parametrize(
    ("common", "key", "nearest"),
    [
        ({"right": {}}, "right", "did you mean 'rights'?"),
        ({"podsecurity": "baseline"}, "podsecurity", "did you mean 'pod_security'?"),
        ({"pod": {"history": 5}}, "pod.history", "did you mean 'history_max'?"),
        ({"certificates": {"clients": {}}}, "certificates.clients", "did you mean 'client'?"),
        ({"xyz": {}}, "xyz", "known keys: annotations, certificates, labels, pod, pod_security, protect, rights"),
    ],
)
def test_an_unknown_key_names_the_nearest(common: object, key: str, nearest: str) -> None:
    problem = only(common)
    assert problem.key == f"secure-tiller:defaults.{key}"
    assert nearest in problem.remedy


@pytest.mark.parametrize(
    "own",
    [
        {"namespaces": {"apps": {}}},
        {"clients": {"bob": {}}},
        {"namespace": "helm"},
        {"subjects": {}},
        {"expose": "cluster"},
        {"formerly": "olive"},
        {"certificates": {"generation": 2}},
        {"certificates": {"server_cas": [1]}},
        {"certificates": {"server_certificate": {}}},
        {"certificates": {"trusted_client_cas": {}}},
    ],
    ids=str,
)
def test_what_is_each_teams_own_is_no_default(own: object) -> None:
    assert "is an unknown key" in only(own).why


def test_privileged_pods_are_said_of_one_namespace_and_are_no_default() -> None:
    problem = only({"pod_security": "privileged"})
    assert problem.key == "secure-tiller:defaults.pod_security"
    assert "say it of the one namespace" in problem.remedy


def test_a_wrong_default_is_reported_once_whatever_the_number_of_teams() -> None:
    teams = {name: smallest(namespaces={f"{name}-apps": {}}) for name in ("blue", "green", "red")}
    values = {"teams": teams, "defaults": {"pod": {"history_max": 0}}}
    with pytest.raises(Exception, match=r"\(1 problem\)[^\n]*\n  secure-tiller:defaults\.pod\.history_max = 0"):
        read_stack("secure-tiller", [], values, secret=())


def test_what_is_wrong_with_a_team_under_a_right_default_is_the_teams() -> None:
    team = smallest(certificates={"client": {"validity": "200d"}})
    common = {"certificates": {"ca": {"validity": "300d", "renew_before": "100d"}}}
    with pytest.raises(Exception, match=r"\(1 problem\)[^\n]*\n  team green: certificates\.ca"):
        read_stack("secure-tiller", [], {"teams": {"green": team}, "defaults": common}, secret=())


@given(value=strategies.plain)
def test_anything_else_is_refused_in_words(value: object) -> None:
    _, problems = defaults.read(value)
    assert problems or value in (None, {})
    assert all(problem.why and problem.remedy for problem in problems)


def test_a_default_of_no_preset_leaves_the_rules_to_each_team() -> None:
    teams = {"green": smallest(rights={"rules": [LEASES]})}
    (team,) = read_teams(teams, defaults.read({"rights": {"preset": "none"}})[0])
    assert team.args["rights"] == {"preset": "none", "rules": [LEASES]}


def test_control_a_team_without_rules_is_then_refused() -> None:
    common, problems = defaults.read({"rights": {"preset": "none"}})
    assert problems == ()
    with pytest.raises(ConfigurationError, match="team green: rights"):
        read_teams({"green": smallest()}, common)

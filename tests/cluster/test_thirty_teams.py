"""In a stack of thirty teams, what a change of the file plans concerns the teams that it is about, and no other.

Four kinds of change are previewed at once: each of the four teams must have the steps of its own change, and the other
twenty-seven must have none.
"""

import contextlib
import json
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import pytest
from kubernetes import client

from tests.support.projects import PROGRAM, TestStack

TEAMS = 30
OBJECTS = "components/secure_tiller/plan/objects.py"
REPLICAS, AT_REST = '"replicas": 1,', '"replicas": 0,'
"""Thirty Tillers that start take a minute on a small machine, and no preview looks at their pods."""

TEAMS_OF_THE_STACK = "in stack.teams}"
CROWDED = """in [
        team if len(stack.teams) <= 30 else type(team)(team.name, {**team.args, "labels": {"crowded": "true"}})
        for team in stack.teams
    ]}"""
"""The control: what every team gets depends on how many there are."""

WITHOUT_CHECKPOINTS = {"PULUMI_EXPERIMENTAL": "1", "PULUMI_SKIP_CHECKPOINTS": "true"}
"""The state is written once, at the end of the update, instead of at each of its seven hundred steps."""

Steps = dict[str, dict[tuple[str, str], str]]
"""By team, the operation on each resource, by kind and by what follows the team in its logical name."""


@dataclass(frozen=True)
class Changes:
    """The steps planned for a stack of thirty teams, without those that change nothing.

    Attributes:
        suffix: the ending after the teams' numbers in their names.
        four: when a team was added, another removed, another renamed, and another given a client.
        crowded: when a team was added to a program in which all depend on the number of teams.
    """

    suffix: str
    four: Steps
    crowded: Steps

    def steps(self, team: str) -> dict[tuple[str, str], str]:
        """Return the steps of a team in the plan of the four changes."""
        return self.four[f"{team}-{self.suffix}"]


@pytest.fixture(scope="module")
def changes(new_stack: Callable[..., TestStack], api: client.ApiClient, suffix: str) -> Iterator[Changes]:
    teams = {f"t{number:02}-{suffix}": _settings(f"t{number:02}-{suffix}") for number in range(TEAMS)}
    stack = new_stack(teams)
    try:
        with stack.edited(OBJECTS, REPLICAS, AT_REST):
            replace(stack, environment={**stack.environment, **WITHOUT_CHECKPOINTS}).up()
            stack.configure_teams(_changed(teams, suffix))
            four = _planned(stack, suffix)
            stack.configure_teams({**teams, f"added-{suffix}": _settings(f"added-{suffix}")})
            with stack.edited(PROGRAM, TEAMS_OF_THE_STACK, CROWDED):
                yield Changes(suffix, four, _planned(stack, suffix))
    finally:
        _delete(api, [f"{team}-{part}" for team in teams for part in ("tiller", "apps")])


def _delete(api: client.ApiClient, namespaces: list[str]) -> None:
    for name in namespaces:
        with contextlib.suppress(client.ApiException):  # it was not made
            client.CoreV1Api(api).delete_namespace(name)


def _settings(name: str, *clients: str) -> dict[str, Any]:
    namespaces = {f"{name}-apps": {"retain_on_delete": False}}
    return {"namespaces": namespaces, "clients": {client: {} for client in ("ann", *clients)}}


def _changed(teams: dict[str, dict[str, Any]], suffix: str) -> dict[str, dict[str, Any]]:
    """Team 10 is renamed, team 11 leaves, team 12 gets a client, and one is added."""
    old, left, joined = (f"t{number}-{suffix}" for number in (10, 11, 12))
    kept = {name: settings for name, settings in teams.items() if name not in (old, left)}
    return {
        **kept,
        f"renamed-{suffix}": {**teams[old], "namespace": f"{old}-tiller", "formerly": old},
        joined: _settings(joined, "bob"),
        f"added-{suffix}": _settings(f"added-{suffix}"),
    }


def _planned(stack: TestStack, suffix: str) -> Steps:
    planned: Steps = defaultdict(dict)
    for step in json.loads(stack.preview("--json").stdout)["steps"]:
        kind, name = step["urn"].split("::")[-2:]
        team, found, part = name.partition(suffix)
        if step["op"] != "same":
            planned[team + found][kind.rsplit(":", 1)[-1], part.removeprefix("-")] = step["op"]
    return planned


def test_only_the_teams_that_change_have_steps(changes: Changes) -> None:
    words = ("added", "renamed", "t11", "t12")
    assert set(changes.four) == {f"{word}-{changes.suffix}" for word in words}


def test_a_team_that_is_added_is_created(changes: Changes) -> None:
    steps = changes.steps("added")
    assert set(steps.values()) == {"create"}
    assert ("Deployment", "deployment") in steps


def test_a_team_that_is_removed_is_deleted(changes: Changes) -> None:
    steps = changes.steps("t11")
    assert set(steps.values()) == {"delete"}
    assert ("Deployment", "deployment") in steps


def test_a_team_that_is_renamed_is_neither_created_nor_deleted(changes: Changes) -> None:
    steps = changes.steps("renamed")
    assert set(steps.values()) == {"update", "replace"}
    assert steps["Deployment", "deployment"] == "update"


def test_a_client_that_is_added_changes_itself_and_whom_tiller_trusts(changes: Changes) -> None:
    issued = {("PrivateKey", "client-ca:bob"), ("SelfSignedCert", "client-ca:bob")}
    issued |= {(kind, "client:bob") for kind in ("PrivateKey", "CertRequest", "LocallySignedCert")}
    trust = {("Secret", "tls"): "replace", ("Deployment", "deployment"): "update"}
    assert changes.steps("t12") == dict.fromkeys(issued, "create") | trust


def test_control_what_all_teams_depend_on_is_seen_as_a_change_of_all(changes: Changes) -> None:
    assert len(changes.crowded) == TEAMS + 1
    assert changes.crowded[f"t00-{changes.suffix}"]["Namespace", "namespace"] == "update"

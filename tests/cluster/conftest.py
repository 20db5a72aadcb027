"""A stack's whole life, lived once, for the tests that look at what it did."""

import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from kubernetes import client

from secure_tiller_cli.diagnosis import Accepted, Credentials, Refused
from testbed.tiller import ask
from tests.support.live_objects import listed
from tests.support.projects import TestStack


@dataclass
class Story:
    """One team: made with the client ann, then joined by bot, then left by ann, then destroyed.

    Attributes:
        team: its name; it manages a namespace that may go with the stack and one that is kept.
        objects: the team's objects in the cluster: "before", "deployed" and "after".
        printed: the output of each Pulumi command, and the state without secrets in clear.
        clear: the state with every secret in clear, when both clients were there.
        joining: the steps that the preview planned for bot.
        bundles: the clients' bundles by client, when both were there.
        left: the bundle of bot after ann had left.
        answers: of Tiller to each of those bundles, before and after ann left.
    """

    team: str
    objects: dict[str, set[str]] = field(default_factory=dict)
    printed: dict[str, str] = field(default_factory=dict)
    clear: str = ""
    joining: str = ""
    bundles: dict[str, Credentials] = field(default_factory=dict)
    left: Credentials | None = None
    answers: dict[tuple[str, str], Accepted | Refused] = field(default_factory=dict)

    def keep(self, name: str, done: "subprocess.CompletedProcess[str]") -> str:
        """Keep what a command printed."""
        self.printed[name] = done.stdout + done.stderr
        return done.stdout


@pytest.fixture(scope="session")
def story(new_stack: Callable[..., TestStack], api: client.ApiClient, suffix: str) -> Iterator[Story]:
    team = f"brief-{suffix}"
    story = Story(team)
    story.objects["before"] = _objects(api, team)
    stack = new_stack({team: _settings(team, "ann")})
    try:
        _live(story, stack, api)
    finally:
        story.keep("destroy --diff", stack.destroy("--diff"))
    story.objects["after"] = _objects(api, team)
    yield story
    client.CoreV1Api(api).delete_namespace(f"{team}-kept")


def _settings(team: str, *clients: str) -> dict[str, Any]:
    namespaces: dict[str, Any] = {f"{team}-apps": {"retain_on_delete": False}, f"{team}-kept": {}}
    return {"namespaces": namespaces, "clients": {name: {} for name in clients}}


def _live(story: Story, stack: TestStack, api: client.ApiClient) -> None:
    story.keep("preview --diff of the first update", stack.preview("--diff"))
    story.keep("up --diff, the first", stack.up("--diff"))
    story.objects["deployed"] = _objects(api, story.team)

    stack.configure_teams({story.team: _settings(story.team, "ann", "bot")})
    story.keep("preview --diff of a replaced Secret", stack.preview("--diff"))
    story.joining = story.keep("preview --json of a replaced Secret", stack.preview("--json"))
    story.keep("up --diff, replacing a Secret", stack.up("--diff"))
    story.keep("stack output", stack.run("stack", "output", "--stack", stack.name))
    story.printed["stack export"] = stack.export()
    story.clear = stack.export(secrets=True)
    story.bundles = {name: stack.bundle(story.team, name) for name in ("ann", "bot")}
    _ask(story, stack, "before")

    stack.configure_teams({story.team: _settings(story.team, "bot")})
    story.keep("up --diff, revoking a client", stack.up("--diff"))
    story.left = stack.bundle(story.team, "bot")
    _ask(story, stack, "after")


def _ask(story: Story, stack: TestStack, when: str) -> None:
    for name, bundle in story.bundles.items():
        answer = ask(f"{story.team}-tiller", stack.environment, bundle)
        story.answers[name, when] = answer


def _objects(api: client.ApiClient, team: str) -> set[str]:
    """Return every object that could be of a team."""
    return {name for name in listed(api) if team in name}

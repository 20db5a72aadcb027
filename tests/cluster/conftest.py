"""A stack's whole life, lived once, for the tests that look at what it did; and newcomers, in an empty folder."""

import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml
from kubernetes import client

from secure_tiller_cli.diagnosis import Accepted, Credentials, Refused
from testbed.demo.place import Place
from testbed.pulumi_stack import PROJECT
from testbed.tiller import ask
from testbed.toolchain import Toolchain
from tests.support.live_objects import listed, uid_of
from tests.support.newcomers import Newcomer, environment
from tests.support.projects import TestStack
from tests.support.published import LATER, Published, published


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
def story(new_stack: Callable[..., TestStack], api: client.ApiClient, shared_suffix: str) -> Iterator[Story]:
    team = f"brief-{shared_suffix}"
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


@pytest.fixture(scope="session")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Published]:
    with published(tmp_path_factory.mktemp("published"), LATER) as made:
        yield made


@pytest.fixture(scope="session")
def pulumi_home(tools: Toolchain, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home of Pulumi with the two providers, so that the plugin is downloaded into no other.

    It is downloaded by the first of the files that a process runs; the others find it there.
    """
    home = tmp_path_factory.mktemp("pulumi")
    shutil.copytree(tools.pulumi_home / "plugins", home / "plugins")
    return home


@pytest.fixture(scope="module")
def newcomer(
    cluster: Place,
    tools: Toolchain,
    yaml_host: Path,
    repository: Published,
    pulumi_home: Path,
    wheels: dict[str, str],
    api: client.ApiClient,
    suffix: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Callable[[str], Newcomer]]:
    """Begin in an empty folder, near a namespace of somebody else."""
    context = yaml.safe_load(cluster.kubeconfig.read_text())["current-context"]
    begun = list[Newcomer]()

    def begin(word: str) -> Newcomer:
        folder = tmp_path_factory.mktemp("empty")
        variables = environment(tools, cluster.kubeconfig, tmp_path_factory.mktemp("backend")) | {
            **repository.environment,
            **wheels,
            "PULUMI_HOME": str(pulumi_home),
            "PATH": f"{tools.environment['PATH']}:{yaml_host}",
            "PULUMI_NON_INTERACTIVE": "true",
        }
        one = Newcomer(folder, f"{word}-{suffix}", repository.address, variables, context, uid_of(api), api)
        one.make_foreign()
        begun.append(one)
        return one

    yield begin
    for one in begun:
        one.clean()


@pytest.fixture(scope="session")
def virtualenv(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A virtualenv with the packages of the tests and, in place of `pip install`, those of this checkout."""
    folder = tmp_path_factory.mktemp("newcomer") / "venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder)], check=True)
    (site,) = folder.glob("lib/python*/site-packages")
    (installed,) = Path(sys.prefix).glob("lib/python*/site-packages")
    (site / "newcomer.pth").write_text(f"{PROJECT / 'components'}\n{installed}\n")
    return folder

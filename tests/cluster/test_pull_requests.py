"""The preview of a pull request on the real engine: whose program runs with the keys, and what it shows."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml
from kubernetes import client

from tests.support.live_objects import uid_of
from tests.support.projects import TestStack
from tests.support.pull_requests import Repository, repository

HIDDEN = "what-nobody-may-see"


@dataclass(frozen=True)
class Place:
    """A stack whose project is a repository, with the default branch checked out.

    Attributes:
        encrypted: `HIDDEN`, encrypted for the stack: it stood in its file once.
    """

    stack: TestStack
    repo: Repository
    team: str
    encrypted: dict[str, str]

    @property
    def canary(self) -> Path:
        """The file that the pull request's program makes when it runs."""
        return self.repo.folder.parent / "canary"

    def propose(self, *, code: bool = False, **settings: Any) -> str:
        """Make a pull request that changes the team's settings, and with `code` the program."""

        def change(_: Path) -> None:
            content = yaml.safe_load(self.stack.file.read_text())
            content["config"]["secure-tiller:teams"][self.team] |= settings
            self.stack.file.write_text(yaml.safe_dump(content))
            if code:
                program = self.repo.folder / "__main__.py"
                program.write_text(f"open({str(self.canary)!r}, 'w').close()\n{program.read_text()}")

        return self.repo.propose(change)

    def clients(self) -> set[str]:
        """The clients for whom a preview of the checkout plans keys."""
        steps = json.loads(self.stack.preview("--json").stdout)["steps"]
        names = (step["urn"].rpartition("::")[2] for step in steps if ":PrivateKey::" in step["urn"])
        return {name.partition("-client:")[2] for name in names if "-client:" in name}


@pytest.fixture(scope="module")
def shared(new_stack: Callable[..., TestStack], api: client.ApiClient, suffix: str) -> Place:
    team = f"proposed-{suffix}"
    stack = new_stack({team: {"namespaces": {f"{team}-apps": {}}, "clients": {"alice": {}}}})
    before = stack.file.read_text()
    stack.run("config", "set", "--stack", stack.name, "--secret", "hidden", HIDDEN)
    encrypted = yaml.safe_load(stack.file.read_text())["config"]["secure-tiller:hidden"]
    content = yaml.safe_load(before)
    uid = uid_of(api)
    content["config"]["secure-tiller:cluster"] = {"uid": uid}
    stack.file.write_text(yaml.safe_dump(content))
    return Place(stack, repository(stack.project, {}), team, encrypted)


@pytest.fixture
def place(shared: Place) -> Iterator[Place]:
    """The same place, left as it was."""
    yield shared
    shared.repo.git("checkout", "-qf", "main")
    shared.canary.unlink(missing_ok=True)


def test_without_an_approval_the_bases_program_shows_what_the_pull_requests_settings_mean(place: Place) -> None:
    head = place.propose(code=True, clients={"alice": {}, "bob": {}})
    assert place.repo.changes(head)[0] == {place.stack.name: "preview-code"}
    # Even if it were previewed without the approval that it takes:
    assert place.repo.prepare(place.stack.name, "preview", head).returncode == 0
    assert place.clients() == {"alice", "bob"}
    assert not place.canary.exists()


def test_control_with_an_approval_the_pull_requests_program_runs(place: Place) -> None:
    head = place.propose(code=True, clients={"alice": {}, "bob": {}})
    assert place.repo.prepare(place.stack.name, "preview-code", head).returncode == 0
    assert place.clients() == {"alice", "bob"}
    assert place.canary.exists()


def test_an_encrypted_value_that_a_pull_request_refers_to_is_not_previewed(place: Place) -> None:
    head = place.propose(labels={"shown": place.encrypted})
    assert place.repo.changes(head)[0] == {place.stack.name: "preview-code"}
    assert place.repo.prepare(place.stack.name, "preview", head).returncode == 1
    assert "shown" not in place.stack.file.read_text()


def test_the_program_refuses_it_too_and_does_not_show_it(place: Place) -> None:
    head = place.propose(labels={"shown": place.encrypted})
    place.repo.git("checkout", "-q", head)
    done = place.stack.preview("--json", check=False)
    assert done.returncode
    assert "holds an encrypted value" in done.stdout + done.stderr
    assert HIDDEN not in done.stdout + done.stderr

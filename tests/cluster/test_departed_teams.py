"""A team that leaves a stack: what it must say before, what goes with it, what stays, and how it comes back.

One stack of three teams. `green` holds two releases and leaves, then returns; `bare` holds none and leaves with it;
`blue` holds one, is protected, and stays until the end.
"""

import contextlib
import json
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from kubernetes import client

from secure_tiller_cli.diagnosis import Accepted, Credentials, Refused
from testbed.helm import Helm
from testbed.pulumi_stack import PROJECT
from testbed.tiller import ask
from testbed.toolchain.pins import HELM
from tests.support.projects import TestStack

NOTE = str(PROJECT / "tests" / "charts" / "note")
PATCH_FORCE = ', "pulumi.com/patchForce": "true"'
PROTECT = {"protect": True}
POD_SECURITY = "pod-security.kubernetes.io/enforce"


@dataclass(frozen=True)
class Seen:
    """The observations at one moment.

    Attributes:
        namespaces: the UID of each namespace of the teams.
        records: the release records in the Tillers' namespaces.
        notes: the UID of each object that a release made.
        restricted: the namespaces that enforce the Pod Security Standard `restricted`.
    """

    namespaces: dict[str, str]
    records: set[str]
    notes: dict[str, str]
    restricted: set[str]


@dataclass
class Departure:
    """The observations, step by step.

    Attributes:
        stack: the stack.
        api: a client of the cluster.
        suffix: the ending after `green`, `bare` and `blue` in the names of the teams.
        done: how Pulumi ended, and what it printed, by step.
        seen: the observations after each step that could have changed something.
        states: the resources in the stack's state, before and after an update that was refused.
        answer: of blue's Tiller when `destroy` had been refused.
    """

    stack: TestStack
    api: client.ApiClient
    suffix: str
    done: dict[str, "subprocess.CompletedProcess[str]"] = field(default_factory=dict)
    seen: dict[str, Seen] = field(default_factory=dict)
    states: list[set[tuple[str, str, str]]] = field(default_factory=list)
    answer: Accepted | Refused | None = None

    def team(self, word: str) -> str:
        """The name of a team."""
        return f"{word}-{self.suffix}"

    def write(self, *words: str, removed: str = "", **further: dict[str, Any]) -> None:
        """Write the stack's file: teams whose managed namespaces stay when they leave, and who left with releases."""
        teams = {
            self.team(word): {"namespaces": {f"{self.team(word)}-apps": {}}, "clients": {"ann": {}}}
            | further.get(word, {})
            for word in words
        }
        settings: dict[str, object] = {"secure-tiller:cluster": {"uid": "any"}, "secure-tiller:teams": teams}
        gone = {"secure-tiller:removed": {self.team(removed): "with-releases"}} if removed else {}
        self.stack.configure(settings | gone)

    def destroy(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        """Run `pulumi destroy`, which may be refused."""
        return self.stack.run("destroy", "--stack", self.stack.name, *arguments, check=False)

    def look(self, step: str) -> None:
        """Keep what there is after a step."""
        core = client.CoreV1Api(self.api)
        ours = [item.metadata for item in core.list_namespace().items if self.suffix in item.metadata.name]
        secrets = core.list_secret_for_all_namespaces(label_selector="OWNER=TILLER").items
        notes = core.list_config_map_for_all_namespaces(label_selector="chart=note").items
        self.seen[step] = Seen(
            namespaces={found.name: found.uid for found in ours},
            records=set(self._named(secrets)),
            notes=self._named(notes),
            restricted={found.name for found in ours if found.labels[POD_SECURITY] == "restricted"},
        )

    def _named(self, items: list[Any]) -> dict[str, str]:
        found = [item.metadata for item in items]
        return {f"{one.namespace}/{one.name}": one.uid for one in found if self.suffix in one.namespace}


@pytest.fixture(scope="module")
def departure(
    new_stack: Callable[..., TestStack],
    api: client.ApiClient,
    suffix: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Departure]:
    departure = Departure(new_stack({}), api, f"left-{suffix}")
    try:
        departure.write("green", "bare", "blue", blue=PROTECT)
        departure.stack.up()
        bundles = {word: departure.stack.bundle(departure.team(word), "ann") for word in ("green", "blue")}
        _install(departure, bundles, tmp_path_factory.mktemp("helm"))
        departure.look("installed")
        _leave(departure)
        _stay(departure, bundles["blue"])
        _return(departure)
        yield departure
    finally:
        departure.stack.discard()
        for word in ("green", "bare", "blue"):
            _delete(api, f"{departure.team(word)}-apps")


def _install(departure: Departure, bundles: dict[str, Credentials], folder: Path) -> None:
    """Two releases of green, one in its second revision, and one of blue."""
    commands = {"green": ["install --name=list", "install --name=note", "upgrade note"], "blue": ["install --name=one"]}
    for word, wanted in commands.items():
        team = departure.team(word)
        helm = Helm.of(bundles[word], departure.stack.environment, folder / word, f"{team}-tiller")
        for command in wanted:
            done = helm.run(*command.split(), NOTE, f"--namespace={team}-apps")
            assert done.returncode == 0, done.stderr


def _leave(departure: Departure) -> None:
    """Green and bare leave the file, first without a word, while blue's Tiller is to move."""
    departure.write("blue", blue={"namespace": f"{departure.team('blue')}-elsewhere"})
    departure.states.append(_state(departure.stack))
    departure.done["preview without a word"] = departure.stack.preview(check=False)
    departure.done["up without a word"] = departure.stack.up(check=False)
    departure.states.append(_state(departure.stack))
    departure.look("refused")
    departure.write("blue", removed="green", blue=PROTECT)
    departure.done["up with the word"] = departure.stack.up()
    departure.look("left")


def _state(stack: TestStack) -> set[tuple[str, str, str]]:
    """Every resource in the stack's state but the stack itself, with its ID and the time of its last change."""
    resources = json.loads(stack.export())["deployment"]["resources"]
    return {(one["urn"], one.get("id", ""), one.get("modified", "")) for one in resources[1:]}


def _stay(departure: Departure, bundle: Credentials) -> None:
    """The stack is destroyed while all that is in it is a protected team."""
    departure.done["destroy of a protected team"] = departure.destroy("--yes")
    departure.look("protected")
    departure.answer = ask(f"{departure.team('blue')}-tiller", departure.stack.environment, bundle)


def _return(departure: Departure) -> None:
    """Green returns under another Pod Security Standard, first with a program that does not take back by force."""
    namespaces = {f"{departure.team('green')}-apps": {"pod_security": "restricted"}}
    departure.write("blue", "green", green={"namespaces": namespaces})
    with departure.stack.edited("components/secure_tiller/plan/objects.py", PATCH_FORCE, ""):
        departure.done["up without force"] = departure.stack.up(check=False)
    departure.look("not taken back")
    departure.done["up of the return"] = departure.stack.up()
    departure.look("returned")
    departure.done["destroy without protection"] = departure.destroy("--preview-only")


def _delete(api: client.ApiClient, namespace: str) -> None:
    with contextlib.suppress(client.ApiException):  # it is not there, or is going
        client.CoreV1Api(api).delete_namespace(namespace)


REFUSED = ("preview without a word", "up without a word")


@pytest.mark.parametrize("step", REFUSED)
def test_a_team_that_left_with_releases_is_refused_with_their_names_and_revisions(
    departure: Departure, step: str
) -> None:
    green, done = departure.team("green"), departure.done[step]
    assert done.returncode != 0
    assert f"secure-tiller:teams.{green} = (missing)" in done.stdout
    held = "list (revision 1, DEPLOYED), note (revision 2, DEPLOYED)"
    assert f"its Tiller in {green}-tiller holds releases: {held}" in done.stdout
    assert f"secure-tiller:removed: {{{green}: with-releases}}" in done.stdout


@pytest.mark.parametrize("step", REFUSED)
def test_a_team_whose_tiller_moves_away_from_its_releases_is_refused(departure: Departure, step: str) -> None:
    blue, done = departure.team("blue"), departure.done[step]
    assert f'team {blue}: namespace = "{blue}-elsewhere"' in done.stdout
    assert f"leaves the namespace {blue}-tiller, where this Tiller holds releases: one (revision 1" in done.stdout


def test_what_is_refused_changes_nothing(departure: Departure) -> None:
    assert departure.seen["refused"] == departure.seen["installed"]
    before, after = departure.states
    assert before == after


def test_control_a_team_without_releases_is_not_refused(departure: Departure) -> None:
    bare = departure.team("bare")
    assert bare not in departure.done["preview without a word"].stdout.split("Resources:")[0]
    assert f"{bare}-tiller" in departure.seen["refused"].namespaces
    assert f"{bare}-tiller" not in departure.seen["left"].namespaces


def test_with_the_word_a_warning_names_the_records_that_go(departure: Departure) -> None:
    green, done = departure.team("green"), departure.done["up with the word"]
    warning = f"team {green} has left: with its namespace {green}-tiller go the records of list (revision 1, DEPLOYED)"
    assert warning in done.stdout


def test_with_the_word_tillers_namespace_and_its_records_go(departure: Departure) -> None:
    green, blue = departure.team("green"), departure.team("blue")
    assert f"{green}-tiller" not in departure.seen["left"].namespaces
    assert departure.seen["left"].records == {f"{blue}-tiller/one.v1"}
    assert len(departure.seen["installed"].records) == 4, "control: green's records were seen"


def test_managed_namespaces_stay_and_what_the_releases_installed(departure: Departure) -> None:
    installed, left = departure.seen["installed"], departure.seen["left"]
    for team in (departure.team("green"), departure.team("bare")):
        assert left.namespaces[f"{team}-apps"] == installed.namespaces[f"{team}-apps"]
    assert left.notes == installed.notes
    assert len(left.notes) == 3


def test_a_namespace_that_stayed_is_taken_back_when_its_team_returns(departure: Departure) -> None:
    green, installed, returned = departure.team("green"), departure.seen["installed"], departure.seen["returned"]
    assert returned.namespaces[f"{green}-apps"] == installed.namespaces[f"{green}-apps"]
    assert returned.notes == installed.notes
    assert f"{green}-tiller" in returned.namespaces


def test_a_namespace_that_stayed_takes_the_pod_security_that_its_team_returns_with(departure: Departure) -> None:
    apps = f"{departure.team('green')}-apps"
    assert apps not in departure.seen["left"].restricted
    assert apps in departure.seen["returned"].restricted


def test_control_without_force_the_provider_refuses_to_change_what_an_earlier_one_wrote(departure: Departure) -> None:
    done = departure.done["up without force"]
    assert done.returncode != 0
    assert f"{departure.team('green')}-apps):\n" in done.stdout
    assert "Server-Side Apply field conflict detected" in done.stdout
    assert f"{departure.team('green')}-apps" not in departure.seen["not taken back"].restricted


def test_a_protected_team_is_not_destroyed(departure: Departure) -> None:
    done = departure.done["destroy of a protected team"]
    assert done.returncode != 0
    assert f"{departure.team('blue')}-deployment" in done.stdout
    assert "is protected" in done.stdout
    assert departure.seen["protected"] == departure.seen["left"]
    assert departure.answer == Accepted(HELM)


def test_control_a_team_that_is_protected_no_more_can_be_destroyed(departure: Departure) -> None:
    done = departure.done["destroy without protection"]
    assert done.returncode == 0, done.stdout
    assert f"{departure.team('blue')}-deployment delete" in done.stdout

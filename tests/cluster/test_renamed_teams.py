"""A renamed team keeps what was made for it, where its Tiller's namespace is pinned by name, and is refused where not.

One stack of one team, `plain`, which holds a release and is renamed to `fancy`.
"""

import json
import re
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from kubernetes import client

from secure_tiller_cli.diagnosis import Accepted, Refused
from testbed.helm import Helm
from testbed.pulumi_stack import PROJECT
from testbed.tiller import ask
from testbed.toolchain.pins import HELM
from tests.support.projects import PROGRAM, TestStack

NOTE = str(PROJECT / "tests" / "charts" / "note")
ALIAS = "aliases=[pulumi.Alias(name=team.formerly)] if team.formerly else None"
ISSUED = ("server", "client:ann")
TEAM_LABEL = "secure-tiller/team"


@dataclass
class Rename:
    """The observations while a team was renamed.

    Attributes:
        stack: the stack.
        old: the team's name before.
        new: its name after.
        done: how Pulumi ended, and what it printed, by what was written in the file.
        planned: of the rename, the operation by kind and logical name; what stays the same is left out.
        unaliased: the same of a program that forgets what the team was called.
        uids: of the team's namespaces, before and after.
        teams: the label that they carry, before and after.
        serials: of each certificate, before and after.
        answer: to the bundle from before, after.
        listed: the releases that Helm lists with that bundle, after.
    """

    stack: TestStack
    old: str
    new: str
    done: dict[str, "subprocess.CompletedProcess[str]"] = field(default_factory=dict)
    planned: dict[tuple[str, str], str] = field(default_factory=dict)
    unaliased: dict[tuple[str, str], str] = field(default_factory=dict)
    uids: list[dict[str, str]] = field(default_factory=list)
    teams: list[set[str]] = field(default_factory=list)
    serials: list[dict[str, str]] = field(default_factory=list)
    answer: Accepted | Refused | None = None
    listed: str = ""

    @property
    def tiller(self) -> str:
        """Tiller's namespace."""
        return f"{self.old}-tiller"

    def write(self, name: str, **further: Any) -> None:
        """Write the stack's file: the team under a name, with its one managed namespace."""
        settings = {"namespaces": {f"{self.old}-apps": {"retain_on_delete": False}}, "clients": {"ann": {}}}
        self.stack.configure_teams({name: {**settings, "subjects": {"groups": ["developers"]}, **further}})

    def look(self, api: client.ApiClient, name: str) -> None:
        """Keep what there is while the team has a name."""
        found = [client.CoreV1Api(api).read_namespace(space).metadata for space in (self.tiller, f"{self.old}-apps")]
        self.uids.append({one.name: one.uid for one in found})
        self.teams.append({one.labels[TEAM_LABEL] for one in found})
        expirations = self.stack.outputs()[name]["expirations"]
        self.serials.append({part: certificate["serial"] for part, certificate in expirations.items()})


@pytest.fixture(scope="module")
def rename(
    new_stack: Callable[..., TestStack],
    api: client.ApiClient,
    suffix: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Rename]:
    seen = Rename(new_stack({}), f"plain-{suffix}", f"fancy-{suffix}")
    seen.write(seen.old)
    with seen.stack:
        seen.stack.up()
        yield _renamed(seen, api, tmp_path_factory.mktemp("helm"))


def _renamed(seen: Rename, api: client.ApiClient, folder: Path) -> Rename:
    bundle = seen.stack.bundle(seen.old, "ann")
    helm = Helm.of(bundle, seen.stack.environment, folder, seen.tiller)
    installed = helm.run("install", NOTE, "--name=note", f"--namespace={seen.old}-apps")
    assert installed.returncode == 0, installed.stderr
    seen.look(api, seen.old)
    pinned = {"namespace": seen.tiller}
    for what, further in {"not pinned": {"formerly": seen.old}, "neither": {}}.items():
        seen.write(seen.new, **further)
        seen.done[what] = seen.stack.preview(check=False)
    seen.write(seen.new, formerly=seen.old, **pinned)
    with seen.stack.edited(PROGRAM, ALIAS, "aliases=None"):
        seen.unaliased = _planned(seen.stack)
    seen.planned = _planned(seen.stack)
    seen.done["renamed"] = seen.stack.up(check=False)
    seen.look(api, seen.new)
    seen.answer = ask(seen.tiller, seen.stack.environment, bundle)
    seen.listed = helm.run("ls").stdout
    seen.write(seen.new, **pinned)
    seen.done["afterwards"] = seen.stack.preview("--expect-no-changes", check=False)
    return seen


def _planned(stack: TestStack) -> dict[tuple[str, str], str]:
    steps = json.loads(stack.preview("--json").stdout)["steps"]
    named = ((*step["urn"].split("::")[-2:], step["op"]) for step in steps if step["op"] != "same")
    return {(kind.rsplit(":", 1)[-1], name): op for kind, name, op in named}


REFUSALS = {
    "not pinned": ["team {new}: namespace = (missing)", "is required with `formerly`", "that was {old}-tiller"],
    "neither": [
        "secure-tiller:teams.{old} = (missing)",
        "its Tiller in {old}-tiller holds releases: note (revision 1, DEPLOYED)",
        "put the team back (under another name: with `formerly`)",
        'team {new}: namespaces.{old}-apps = "{old}-apps"',
        "write `formerly: {old}`",
    ],
}


@pytest.mark.parametrize(("what", "words"), REFUSALS.items())
def test_a_name_under_which_nothing_could_be_kept_is_refused(rename: Rename, what: str, words: list[str]) -> None:
    done = rename.done[what]
    wanted = [text.format(old=rename.old, new=rename.new) for text in words]
    assert done.returncode != 0
    assert [text for text in wanted if text not in done.stdout] == [], done.stdout


def test_the_preview_of_a_rename_replaces_only_what_bears_the_teams_name(rename: Rename) -> None:
    replaced = {resource for resource, op in rename.planned.items() if op == "replace"}
    assert replaced == {
        *((kind, f"{rename.new}-{part}") for kind in ("CertRequest", "LocallySignedCert") for part in ISSUED),
        *((kind, f"{rename.new}-manage:{rename.old}-apps") for kind in ("Role", "RoleBinding")),
        ("Secret", f"{rename.new}-tls"),
    }
    assert set(rename.planned.values()) == {"replace", "update"}


def test_control_without_an_alias_everything_would_be_deleted_and_created(rename: Rename) -> None:
    assert set(rename.unaliased.values()) == {"create", "delete"}
    assert rename.unaliased["Namespace", f"{rename.old}-namespace"] == "delete"


def test_namespaces_stay_and_bear_the_new_name(rename: Rename) -> None:
    assert rename.done["renamed"].returncode == 0, rename.done["renamed"].stdout
    before, after = rename.uids
    assert before == after
    assert rename.teams == [{rename.old}, {rename.new}]


def test_cas_stay_and_issue_new_certificates(rename: Rename) -> None:
    before, after = rename.serials
    assert before.keys() == after.keys()
    assert {part for part in before if before[part] == after[part]} == {"server-ca", "client-ca:ann"}


def test_the_bundle_from_before_is_answered_and_lists_the_releases_from_before(rename: Rename) -> None:
    assert rename.answer == Accepted(HELM)
    assert re.search(r"^note\s+1\s.*DEPLOYED", rename.listed, re.MULTILINE)


def test_once_the_old_name_is_taken_out_nothing_is_left_to_change(rename: Rename) -> None:
    done = rename.done["afterwards"]
    assert done.returncode == 0, done.stdout
    assert "unchanged" in done.stdout

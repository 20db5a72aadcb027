"""Programs of newcomers, each in a folder of its own, as the pages give them, near a namespace of somebody else."""

import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml
from kubernetes import client

from testbed.demo.place import Place
from testbed.pulumi_stack import PROJECT, Stack
from testbed.toolchain import Toolchain
from tests.support.command import run_here
from tests.support.live_objects import uid_of
from tests.support.newcomers import UID, NearSomebodyElse, environment, resources
from tests.support.pages import fenced

README, PAGE = (PROJECT / "README.md").read_text(), (PROJECT / "docs" / "programs.md").read_text()


def program(text: str, words: str) -> str:
    """Return the one program of a page that has some words."""
    (found,) = (block for block in fenced("python", text) if words in block)
    return found


PROGRAMS = {
    "deploy": program(README, "deploy("),
    "look": program(PAGE, "= look("),
    "bare": program(PAGE, "kubernetes.Provider("),
}
"""By the way that it makes its Tiller."""

NOBODY_LOOKS = "from secure_tiller import foreign\nforeign.guarded = lambda tiller, provider, opts: opts\n"
"""The control: how the component was before it refused."""


@dataclass
class Newcomer(NearSomebodyElse):
    """A project with one program, and a namespace of somebody else.

    Attributes:
        stack: of the project.
        team: the team of the program.
        text: the program of the page.
        replaced: what stands in place of the page's words.
        api: of the cluster, with all rights.
        before: the namespace of somebody else, as it was made.
    """

    stack: Stack
    team: str
    text: str
    replaced: dict[str, str]
    api: client.ApiClient
    before: Any = field(default=None)

    def write(self, foreign: dict[str, object], beginning: str = "", end: str = "", *, keeps: bool = False) -> None:
        """Write the program, with the namespace of somebody else among the managed ones; it keeps its own or not."""
        namespaces = {f"{self.team}-apps": {"retain_on_delete": keeps}, self.foreign: foreign}
        text = self.text
        for old, new in {'{"blue-apps": {}}': repr(namespaces), '"blue"': f'"{self.team}"', **self.replaced}.items():
            text = text.replace(old, new)
        (self.stack.project / "__main__.py").write_text(beginning + text + end)

    def made(self) -> dict[str, str]:
        """Return the UID of each namespace that the program has made, by name."""
        found = client.CoreV1Api(self.api).list_namespace().items
        own = {f"{self.team}-apps", f"{self.team}-tiller"}
        return {each.metadata.name: each.metadata.uid for each in found if each.metadata.name in own}

    def registered(self) -> set[str]:
        """Return the types of what is in the state."""
        return {resource["type"] for resource in resources(self.stack)} - {"pulumi:pulumi:Stack"}


@pytest.fixture(scope="module")
def newcomer(
    cluster: Place,
    tools: Toolchain,
    api: client.ApiClient,
    suffix: str,
    virtualenv: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Callable[[str, str], Newcomer]]:
    """Begin in an empty folder, with one of the programs, near a namespace of somebody else."""
    context = yaml.safe_load(cluster.kubeconfig.read_text())["current-context"]
    uid = uid_of(api)
    begun = list[Newcomer]()

    def begin(way: str, word: str) -> Newcomer:
        folder, team = tmp_path_factory.mktemp("empty"), f"{word}-{suffix}"
        (folder / "backend").mkdir()
        project = folder / "project"
        project.mkdir()
        runtime = {"name": "python", "options": {"virtualenv": str(virtualenv)}}
        (project / "Pulumi.yaml").write_text(yaml.safe_dump({"name": "eco", "runtime": runtime}))
        stack = Stack(f"{word}-{suffix}", environment(tools, cluster.kubeconfig, folder / "backend"), project)
        stack.create()
        one = Newcomer(stack, team, PROGRAMS[way], {"production": context, UID: uid}, api)
        one.make_foreign()
        begun.append(one)
        return one

    yield begin
    for one in begun:
        one.clean()


def one_message(done: "subprocess.CompletedProcess[str]") -> str:
    """Return what a command printed that was refused for one reason."""
    printed = done.stdout + done.stderr
    assert done.returncode != 0, printed
    assert printed.partition("Diagnostics:")[2].count("(1 problem)") == 1, printed
    assert "Traceback" not in printed
    return printed


@pytest.mark.parametrize("way", ["deploy", "look"])
def test_after_a_look_a_namespace_of_somebody_else_survives_preview_update_and_destroy(
    newcomer: Callable[[str, str], Newcomer], way: str, tmp_path: Path
) -> None:
    one = newcomer(way, way)
    one.write({})
    for command in (one.stack.preview, one.stack.up):
        said = one_message(command(check=False))
        assert "The cluster is refused" in said
        assert one.foreign in said
        assert one.registered() == set()
        assert one.theirs() == one.before
    one.stack.destroy()
    assert one.theirs() == one.before

    one.write({"existing": True})
    one.stack.preview()
    one.stack.up()
    assert "secure-tiller:index:SecureTiller" in one.registered()
    assert one.stack.outputs()["ci"]["key"].startswith("-----BEGIN")
    one.stack.preview("--expect-no-changes")
    for arguments in (["check"], ["bundle", one.team, "ci", "--out", str(tmp_path / "ci")]):
        done = run_here(one.stack, *arguments, "--stack", one.stack.name)
        assert done.code == 0, done
    assert (tmp_path / "ci" / "key.pem").exists()
    assert one.theirs() == one.before
    one.stack.destroy()
    assert one.theirs() == one.before


@pytest.mark.parametrize("namespace", [{}, {"existing": True}], ids=["foreign", "existing"])
def test_a_component_without_a_look_is_refused_and_touches_nothing(
    newcomer: Callable[[str, str], Newcomer], namespace: dict[str, object]
) -> None:
    one = newcomer("bare", f"bare-{len(namespace)}")
    one.write(namespace)
    for command in (one.stack.preview, one.stack.up):
        said = one_message(command(check=False))
        assert "secure_tiller_stack.deploy(teams, cluster=...)" in said
        assert "secure_tiller_stack.look(teams, cluster=...)" in said
        assert one.registered() <= {"pulumi:providers:kubernetes"}, "the program's own provider"
        assert one.theirs() == one.before
    one.stack.destroy()
    assert one.theirs() == one.before


def test_control_without_the_refusal_it_is_taken_over_and_deleted(newcomer: Callable[[str, str], Newcomer]) -> None:
    one = newcomer("bare", "control")
    one.write({"retain_on_delete": False}, NOBODY_LOOKS)
    one.stack.up()
    assert one.theirs() != one.before
    one.stack.destroy()
    assert one.theirs() is None


def test_a_component_of_before_goes_over_to_deploy_without_a_replacement(
    newcomer: Callable[[str, str], Newcomer],
) -> None:
    one = newcomer("bare", "before")
    one.write({"existing": True}, NOBODY_LOOKS)
    one.stack.up()
    before = one.made()
    assert len(before) == 2
    one.text = PROGRAMS["deploy"]
    one.write({"existing": True})
    one.stack.up()
    assert one.made() == before
    one.stack.preview("--expect-no-changes")
    one.stack.destroy()


OTHER_PROVIDER = """
import pulumi_kubernetes
other = pulumi_kubernetes.Provider("other")
SecureTiller("OTHER", {"namespaces": {"OTHER-apps": {}}, "clients": {"ci": {}}}, pulumi.ResourceOptions(provider=other))
"""
AGAIN = """
deploy({"OTHER": {"namespaces": {"OTHER-apps": {}}, "clients": {"ci": {}}}}, cluster={"uid": "any"}NAMED)
"""
SAME_NAME = """
from secure_tiller import SecureTiller
SecureTiller("TEAM", {"namespaces": {"other-apps": {}}, "clients": {"ci": {}}})
"""


@pytest.mark.parametrize(
    ("word", "way", "end", "words"),
    [
        ("provider", "look", OTHER_PROVIDER, "Nobody has looked for such objects"),
        ("twice", "deploy", AGAIN.replace("NAMED", ""), "is the provider of an earlier call"),
        ("again", "deploy", AGAIN.replace("NAMED", ", provider_name='second'"), "is the cluster of an earlier call"),
        ("same", "deploy", SAME_NAME, "names a Tiller that this program has made already"),
    ],
)
def test_what_does_not_go_together_is_refused_in_one_message(
    newcomer: Callable[[str, str], Newcomer], word: str, way: str, end: str, words: str
) -> None:
    one = newcomer(way, word)
    one.write({"existing": True}, end=end.replace("TEAM", one.team).replace("OTHER", f"other-{one.team}"))
    assert words in one_message(one.stack.preview(check=False))

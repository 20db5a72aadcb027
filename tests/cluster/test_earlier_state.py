"""A state that an earlier release left previews, with this one, without replacing what it need not."""

import io
import json
import shutil
import subprocess
import tarfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from secure_tiller_cli.diagnosis import Accepted, Credentials
from testbed.pulumi_stack import PROJECT
from testbed.tiller import ask
from testbed.toolchain.pins import HELM
from tests.support.projects import TestStack

FIRST_SLICE = "1e88e42"
"""The commit of release 0.1.0: certificates of 90 days, one trust anchor per client, nothing that could be set."""

PROGRAM = ("__main__.py", "Pulumi.yaml", "components")


@dataclass
class Upgrade:
    """A team that release 0.1.0 deployed, and that this one took over.

    Attributes:
        team: its name.
        stack: the stack it is in.
        bundle: what release 0.1.0 gave its client.
        planned: what the preview with this release would do: the operation by kind and logical name.
        answer: to that bundle after the update with this release.
        again: the preview after that update.
    """

    team: str
    stack: TestStack
    bundle: Credentials
    planned: dict[tuple[str, str], str] = field(default_factory=dict)
    answer: Any = None
    again: "subprocess.CompletedProcess[str] | None" = None


@pytest.fixture(scope="module")
def upgrade(new_stack: Callable[..., TestStack], suffix: str) -> Iterator[Upgrade]:
    team = f"old-{suffix}"
    settings = {"namespaces": {f"{team}-apps": {"retain_on_delete": False}}, "clients": {"ann": {}}}
    stack = new_stack({team: {**settings, "subjects": {"groups": ["old-developers"]}}})
    _program_of(stack, FIRST_SLICE)
    try:
        stack.up()
        seen = Upgrade(team, stack, stack.bundle(team, "ann"))
        _program_of_the_checkout(stack)
        seen.planned = _planned(stack.preview("--json").stdout)
        stack.up()
        seen.answer = ask(f"{team}-tiller", stack.environment, seen.bundle)
        seen.again = stack.preview("--expect-no-changes", check=False)
        yield seen
    finally:
        stack.discard()


def _program_of(stack: TestStack, commit: str) -> None:
    """Put the program of a commit into a stack's project."""
    archive = subprocess.run(["git", "archive", commit, *PROGRAM], cwd=PROJECT, capture_output=True, check=False)
    assert archive.returncode == 0, f"the repository's whole history is needed: {archive.stderr.decode()}"
    (stack.project / "components").unlink()
    with tarfile.open(fileobj=io.BytesIO(archive.stdout)) as files:
        files.extractall(stack.project, filter="data")


def _program_of_the_checkout(stack: TestStack) -> None:
    shutil.rmtree(stack.project / "components")
    (stack.project / "components").symlink_to(PROJECT / "components")
    for file in ("__main__.py", "Pulumi.yaml"):
        shutil.copyfile(PROJECT / file, stack.project / file)


def _planned(preview: str) -> dict[tuple[str, str], str]:
    steps = [step for step in json.loads(preview)["steps"] if step["op"] != "same"]
    return {tuple(step["urn"].rsplit(":", 3)[-3::2]): step["op"] for step in steps}


def test_nothing_is_replaced_or_deleted_but_the_tls_secret(upgrade: Upgrade) -> None:
    """Its name followed from its content, and so could come back and be deleted as the old one's."""
    others = {resource: op for resource, op in upgrade.planned.items() if resource != ("Secret", f"{upgrade.team}-tls")}
    assert set(others.values()) == {"update"}, upgrade.planned
    assert upgrade.planned[("Secret", f"{upgrade.team}-tls")] == "replace"


def test_control_the_preview_sees_what_changed(upgrade: Upgrade) -> None:
    assert upgrade.planned[("Deployment", f"{upgrade.team}-deployment")] == "update"


def test_the_old_bundle_is_answered_after_the_update(upgrade: Upgrade) -> None:
    assert upgrade.answer == Accepted(HELM)


def test_after_the_update_nothing_is_left_to_change(upgrade: Upgrade) -> None:
    assert upgrade.again is not None
    assert upgrade.again.returncode == 0, upgrade.again.stdout

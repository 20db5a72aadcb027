"""Stacks of the tests' own: a copy of the program with stack files of its own, so that the checkout stays as it is."""

import json
import secrets
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import yaml

from testbed.pulumi_stack import PROJECT, Stack
from testbed.toolchain import Toolchain
from tests.support import key_service

PROGRAM = "components/secure_tiller_stack/deployment.py"
"""Where the stack's program makes its resources."""


@contextmanager
def restored(file: Path) -> Iterator[str]:
    """Give the text of a file, and write it back at the end."""
    before = file.read_text()
    try:
        yield before
    finally:
        file.write_text(before)


@dataclass(frozen=True)
class TestStack(Stack):
    """A stack whose settings a test may change. `with` discards it at the end."""

    __test__ = False  # pytest: this is no test, whatever its name says

    @property
    def file(self) -> Path:
        """The stack file."""
        return self.project / "stacks" / f"Pulumi.{self.name}.yaml"

    def configure(self, config: dict[str, object]) -> None:
        """Write the stack's settings, by full key, and keep how its secrets are encrypted."""
        kept = yaml.safe_load(self.file.read_text()) if self.file.exists() else {}
        self.file.write_text(yaml.safe_dump(kept | {"config": config}))

    def configure_teams(self, teams: dict[str, dict[str, object]]) -> None:
        """Write the stack's teams; the stack may touch any cluster."""
        self.configure({"secure-tiller:cluster": {"uid": "any"}, "secure-tiller:teams": teams})

    def set_server_key(self, team: str, key: str) -> None:
        """Set the private key of a team's own server certificate, as a secret."""
        self.run("config", "set", "--secret", "--path", f"serverKeys.{team}", "--stack", self.name, stdin=key)

    @contextmanager
    def edited(self, file: str, old: str, new: str) -> Iterator[None]:
        """Have some text of the program otherwise for a while; the checkout stays as it is.

        Args:
            file: from the project's folder on.
            old: the present text.
            new: the text in its place.
        """
        components = self.project / "components"
        if components.is_symlink():
            components.unlink()
            shutil.copytree(PROJECT / "components", components)
        with restored(self.project / file) as before:
            assert old in before, f"{file} does not hold {old!r}"
            (self.project / file).write_text(before.replace(old, new))
            yield

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.discard()

    def discard(self) -> None:
        """Delete the namespaces that the stack made, and wait for nothing: for tests that are not about destroying."""
        kept = json.loads(self.export())["deployment"].get("resources", ())
        namespaces = [resource["id"] for resource in kept if resource["type"] == "kubernetes:core/v1:Namespace"]
        if namespaces:
            command = ["kubectl", "delete", "namespace", "--wait=false", "--ignore-not-found", *namespaces]
            subprocess.run(command, env=dict(self.environment), capture_output=True, check=True)


PASSPHRASE = {"PULUMI_CONFIG_PASSPHRASE": "test"}
"""The variables of a stack whose secrets have a key of a passphrase."""


def make_stack(
    folder: Path,
    tools: Toolchain,
    kubeconfig: Path,
    teams: dict[str, dict[str, object]],
    keys: Mapping[str, str],
) -> TestStack:
    """Make a stack in a folder, with a backend next to it.

    Its name is its own: on one cluster, two stacks of one name would take each other's Tillers for teams that left.

    Args:
        folder: an empty one.
        tools: the toolchain.
        kubeconfig: of the cluster.
        teams: by name, their settings.
        keys: the variables by which Pulumi finds the key of the stack's secrets: a passphrase, or a key service.
    """
    project = folder / "project"
    (project / "stacks").mkdir(parents=True)
    (folder / "backend").mkdir()
    for file in ("Pulumi.yaml", "__main__.py"):
        shutil.copyfile(PROJECT / file, project / file)
    for shared in ("components", ".venv"):
        (project / shared).symlink_to(PROJECT / shared)
    environment = tools.environment | {
        "KUBECONFIG": str(kubeconfig),
        "PULUMI_BACKEND_URL": f"file://{folder / 'backend'}",
        **keys,
    }
    stack = TestStack(f"test-{secrets.token_hex(3)}", environment, project)
    stack.configure_teams(teams)
    provider = "passphrase" if "PULUMI_CONFIG_PASSPHRASE" in keys else key_service.PROVIDER
    stack.run("stack", "init", stack.name, f"--secrets-provider={provider}")
    return stack

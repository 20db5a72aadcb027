"""Somebody who does what a page says, in a folder that was empty, near a namespace of somebody else."""

import json
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from kubernetes import client

from testbed.pulumi_stack import PROJECT, Stack
from testbed.toolchain import Toolchain
from tests.support.cluster_objects import item
from tests.support.live_objects import create
from tests.support.pages import fenced

PAGE = (PROJECT / "docs" / "plugin.md").read_text()
IN_YAML, IN_PYTHON = PAGE.split("\n## ")[1:3]
"""The sections of the page with a program."""

REPOSITORY = "<this repository>"
UP = "pulumi preview\npulumi up --yes\n"
UID = "6f2d7a3e-0c5b-4f0e-9d53-7d0f2f0a1b7c"
FIRST_NAMESPACE = {"yaml": "namespaces:\n        blue-apps: {}\n", "python": '{"blue-apps": {}}'}


class NearSomebodyElse:
    """Somebody on whose cluster somebody else has a namespace.

    Attributes:
        team: the team of the program.
        api: of the cluster, with all rights.
        before: the namespace of somebody else, as it was made.
    """

    team: str
    api: client.ApiClient
    before: Any

    @property
    def foreign(self) -> str:
        """The name of that namespace."""
        return f"{self.team}-foreign"

    def theirs(self) -> Any:
        """Return what is somebody else's; None: it is gone or going."""
        core = client.CoreV1Api(self.api)
        found = core.list_namespace(field_selector=f"metadata.name={self.foreign}").items
        if not found or found[0].metadata.deletion_timestamp:
            return None
        kept = core.read_namespaced_config_map("theirs", self.foreign)
        metadata = found[0].metadata
        return metadata.uid, metadata.labels, metadata.annotations, kept.metadata.uid, kept.data

    def make_foreign(self) -> None:
        """Make the namespace of somebody else."""
        create(self.api, item("Namespace", self.foreign, "", metadata={"labels": {"owner": "somebody-else"}}))
        create(self.api, item("ConfigMap", "theirs", self.foreign, data={"word": "theirs"}))
        self.before = self.theirs()

    def clean(self) -> None:
        """Delete what is left in the cluster."""
        core = client.CoreV1Api(self.api)
        names = {f"{self.team}-{part}" for part in ("foreign", "legacy", "apps", "tiller")}
        for found in (each.metadata for each in core.list_namespace().items):
            if found.name in names and not found.deletion_timestamp:
                core.delete_namespace(found.name)


def resources(stack: Stack) -> list[dict[str, Any]]:
    """Return what is in the state of a stack."""
    found: list[dict[str, Any]] = json.loads(stack.export())["deployment"].get("resources", [])
    return found


def environment(tools: Toolchain, kubeconfig: Path, backend: Path) -> dict[str, str]:
    """Return the variables of somebody's shell, in which nothing of this checkout is on Python's path."""
    return {key: value for key, value in tools.environment.items() if key != "PYTHONPATH"} | {
        "KUBECONFIG": str(kubeconfig),
        "PULUMI_BACKEND_URL": f"file://{backend}",
        "PULUMI_CONFIG_PASSPHRASE": "newcomer",
    }


@dataclass
class Newcomer(NearSomebodyElse):
    """The reader of the page.

    Attributes:
        folder: which was empty.
        team: the team of the program.
        repository: the address of the published repository.
        environment: of the shell.
        context: of the kubeconfig.
        uid: of the cluster.
        api: of the cluster, with all rights.
        before: the namespace of somebody else, as it was made.
        project: the name of the folder that the page makes.
    """

    folder: Path
    team: str
    repository: str
    environment: Mapping[str, str]
    context: str
    uid: str
    api: client.ApiClient
    before: Any = field(default=None)
    project: str = "tillers"

    @property
    def stack(self) -> Stack:
        """The stack that the page makes."""
        return Stack("production", self.environment, self.folder / self.project)

    def shell(self, commands: str, *, inside: bool = True) -> str:
        """Type commands of the page, and return their output."""
        done = subprocess.run(
            ["bash", "-ec", commands.replace(REPOSITORY, self.repository)],
            cwd=self.folder / self.project if inside else self.folder,
            env=dict(self.environment),
            capture_output=True,
            text=True,
            check=False,
            stdin=subprocess.DEVNULL,
        )
        assert done.returncode == 0, f"{commands}: {done.stdout}{done.stderr}"
        return done.stdout

    def write(self, name: str, text: str, *foreign: str) -> None:
        """Write a file of the page for this cluster and team, perhaps with further namespaces to create.

        The first one goes with the stack, because tests leave nothing behind.
        """
        in_yaml = f"{self.team}-apps: {{retainOnDelete: false}}" + "".join(f", {each}: {{}}" for each in foreign)
        in_python = f'"{self.team}-apps": {{"retain_on_delete": False}}' + "".join(
            f', "{each}": {{}}' for each in foreign
        )
        changes = {
            FIRST_NAMESPACE["yaml"]: f"namespaces: {{{in_yaml}}}\n",
            FIRST_NAMESPACE["python"]: f"{{{in_python}}}",
            "  blue:": f"  {self.team}:",
            "${blue.": f"${{{self.team}.",
            '"blue"': f'"{self.team}"',
            "context: production": f"context: {self.context}",
            '"context": "production"': f'"context": "{self.context}"',
            UID: self.uid,
        }
        for old, new in changes.items():
            text = text.replace(old, new)
        (self.stack.project / name).write_text(text)

    def follow(self, section: str, program: str, *foreign: str) -> str:
        """Do what a section says up to `pulumi up`, and return its program."""
        language = "yaml" if program == "Pulumi.yaml" else "python"
        (text,) = fenced(language, section)
        first, commands = fenced("sh", section)
        self.shell(first, inside=False)
        if language == "python":
            (manifest,) = fenced("yaml", section)
            self.write("Pulumi.yaml", manifest)
        self.write(program, text, *foreign)
        assert commands.endswith(UP)
        self.shell(commands.removesuffix(UP))
        return text

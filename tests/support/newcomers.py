"""Somebody who reads docs/plugin.md and does what it says, in a folder that was empty."""

import re
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from testbed.pulumi_stack import PROJECT, Stack

PAGE = (PROJECT / "docs" / "plugin.md").read_text()
IN_YAML, IN_PYTHON = PAGE.split("\n## ")[1:3]
"""The sections of the page with a program."""

REPOSITORY = "<this repository>"
UP = "pulumi up --yes\n"
UID = "6f2d7a3e-0c5b-4f0e-9d53-7d0f2f0a1b7c"
FIRST_NAMESPACE = {"yaml": "namespaces:\n        blue-apps: {}\n", "python": '{"blue-apps": {}}'}


def fenced(language: str, text: str) -> list[str]:
    """Return the blocks of code in a language."""
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


def clone(folder: Path) -> Path:
    """Copy what `git clone` gives: the files of the repository, as they are now."""
    listed = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(listed, cwd=PROJECT, capture_output=True, text=True, check=True).stdout.splitlines()
    for name in names:
        if (PROJECT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(PROJECT / name, folder / name)
    return folder


@dataclass
class Newcomer:
    """The reader of the page.

    Attributes:
        folder: which was empty.
        team: the team of the program.
        repository: the address of the published repository.
        environment: of the shell.
        context: of the kubeconfig.
        uid: of the cluster.
    """

    folder: Path
    team: str
    repository: str
    environment: Mapping[str, str]
    context: str
    uid: str

    @property
    def stack(self) -> Stack:
        """The stack that the page makes."""
        return Stack("production", self.environment, self.folder / "tillers")

    def shell(self, commands: str, *, inside: bool = True) -> str:
        """Type commands of the page, and return their output."""
        done = subprocess.run(
            ["bash", "-ec", commands.replace(REPOSITORY, self.repository)],
            cwd=self.folder / "tillers" if inside else self.folder,
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

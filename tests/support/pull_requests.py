"""Pull requests in scratch repositories, and the workflows' scripts run on them as a runner would."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from testbed.pulumi_stack import PROJECT

SCRIPTS = Path(".github") / "scripts"


@dataclass(frozen=True)
class Repository:
    """A repository with the default branch checked out, as the workflow's jobs have it."""

    folder: Path

    def git(self, *arguments: str) -> str:
        """Run git and return what it prints."""
        identity = ("-c", "user.name=test", "-c", "user.email=test@example.com", "-c", "commit.gpgsign=false")
        done = subprocess.run(
            ["git", *identity, *arguments], cwd=self.folder, env=_environment(), text=True, capture_output=True
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def propose(self, change: Callable[[Path], object]) -> str:
        """Commit a change on a branch, check the default branch out again, and return the commit."""
        self.git("checkout", "-q", "-B", "proposed", "main")
        change(self.folder)
        self.git("add", "--all")
        self.git("commit", "-qm", "A change", "--allow-empty")
        head = self.git("rev-parse", "HEAD")
        self.git("checkout", "-q", "main")
        return head

    def run(self, script: str, **environment: str) -> "subprocess.CompletedProcess[str]":
        """Run a script of the workflows in the checkout."""
        command = [sys.executable, str(SCRIPTS / script)]
        return subprocess.run(
            command, cwd=self.folder, env=_environment() | environment, text=True, capture_output=True, check=False
        )

    def changes(self, head: str) -> tuple[dict[str, str], str]:
        """Return the environment of each stack that is to be previewed, and what the approver reads."""
        output, summary = self.folder.parent / "output", self.folder.parent / "summary"
        output.write_text("")
        summary.write_text("")
        done = self.run("changes.py", HEAD_COMMIT=head, GITHUB_OUTPUT=str(output), GITHUB_STEP_SUMMARY=str(summary))
        assert done.returncode == 0, done.stderr
        (line,) = output.read_text().splitlines()
        stacks = json.loads(line.removeprefix("stacks="))
        return {entry["stack"]: entry["environment"] for entry in stacks}, summary.read_text()

    def prepare(self, stack: str, environment: str, head: str) -> "subprocess.CompletedProcess[str]":
        """Make the checkout what is to be previewed."""
        return self.run("prepare.py", STACK=stack, ENVIRONMENT=environment, HEAD_COMMIT=head)


def repository(folder: Path, files: Mapping[str, Any]) -> Repository:
    """Make a repository of the workflows' scripts and some files; what is no text is written as YAML."""
    shutil.copytree(PROJECT / SCRIPTS, folder / SCRIPTS, ignore=shutil.ignore_patterns("__pycache__"))
    (folder / ".gitignore").write_text("__pycache__/\n.venv\n")
    write(folder, files)
    made = Repository(folder)
    made.git("init", "-q", "--initial-branch", "main")
    made.git("add", "--all")
    made.git("commit", "-qm", "The base")
    return made


def write(folder: Path, files: Mapping[str, Any]) -> None:
    """Write files; what is no text is written as YAML."""
    for name, content in files.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content if isinstance(content, str) else yaml.safe_dump(content))


def _environment() -> dict[str, str]:
    return {"PATH": os.environ["PATH"], "GIT_CONFIG_GLOBAL": "/dev/null", "PYTHONDONTWRITEBYTECODE": "1"}

"""Actionlint, with shellcheck for the commands, finds nothing in the workflow files."""

import subprocess
from pathlib import Path

import pytest

from testbed.pulumi_stack import PROJECT
from testbed.toolchain import Toolchain

WORKFLOWS = PROJECT / ".github" / "workflows"


def lint(tools: Toolchain, folder: Path) -> str:
    shellcheck = tools.node / "usr/bin/shellcheck"
    assert shellcheck.is_file()
    command = [
        str(tools.bin / "actionlint"),
        "-no-color",
        f"-shellcheck={shellcheck}",
        *map(str, sorted(folder.glob("*.yml"))),
    ]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode in (0, 1), done.stderr  # 1: something was found
    assert bool(done.returncode) == bool(done.stdout)
    return done.stdout


def test_actionlint_finds_nothing(tools: Toolchain) -> None:
    assert len(list(WORKFLOWS.glob("*.yml"))) == 4
    assert lint(tools, WORKFLOWS) == ""
    assert lint(tools, PROJECT / "template" / ".github" / "workflows") == ""


@pytest.mark.parametrize(
    ("right", "wrong", "found"),
    [
        ("${{ github.token }}", "${{ github.tokn }}", "is not defined"),
        ("python .github/scripts/changes.py", "echo ${{ github.event.pull_request.title }}", "potentially untrusted"),
        ("needs.changes.outputs.stacks != '[]'", "needs.change.outputs.stacks != '[]'", "is not defined"),
        ("pull-requests: write", "pull-request: write", "unknown permission scope"),
        ("code=$?", "code=$?; cat $STACK", "SC2086"),
    ],
)
def test_control_it_finds_what_is_wrong(tools: Toolchain, tmp_path: Path, right: str, wrong: str, found: str) -> None:
    text = (WORKFLOWS / "preview.yml").read_text()
    assert right in text
    (tmp_path / "preview.yml").write_text(text.replace(right, wrong))
    assert found in lint(tools, tmp_path)

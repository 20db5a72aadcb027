"""docs/command.md and docs/reference.md are true: what they say of the command is what it says and does."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from secure_tiller_cli.commands import app
from secure_tiller_cli.commands.preview_source import PREVIEW
from tests.golden.changes import CHANGES
from tests.repository.test_docs import PROJECT, table
from tests.support.pages import fenced
from tests.unit.secure_tiller_cli.preview.test_golden import KEPT

TEXT = (PROJECT / "docs" / "command.md").read_text()


def help_of(command: str) -> str:
    return CliRunner(env={"COLUMNS": "300", "NO_COLOR": "1", "TERM": "dumb"}).invoke(app, [command, "--help"]).output


def test_the_reference_is_that_of_the_command_itself(tmp_path: Path) -> None:
    """As `make reference` writes it, in a process of its own: typer's command for it keeps what it has loaded."""
    recipe = subprocess.run(["make", "-n", "reference"], cwd=PROJECT, capture_output=True, text=True, check=True).stdout
    (line,) = [line for line in recipe.splitlines() if "utils docs" in line]
    written = tmp_path / "reference.md"
    subprocess.run(["bash", "-c", line.replace("docs/reference.md", str(written))], cwd=PROJECT, check=True)
    assert (PROJECT / "docs" / "reference.md").read_text() == written.read_text()


COMMANDS = sorted(str(command.name) for command in app.registered_commands)


@pytest.mark.parametrize("command", COMMANDS)
def test_each_exit_code_in_the_help_stands_on_the_page(command: str) -> None:
    said = help_of(command).split("Exit code:", 1)[1].split("Arguments", 1)[0].split("Options", 1)[0]
    codes = set(re.findall(r"(?<!\w)[0-9](?!\w)", said))
    assert {"0", "1", "2"} <= codes <= {row[0] for row in table("exit code |", TEXT)}


def test_the_commands_are_all_there_are() -> None:
    assert [row[0].removeprefix("secure-tiller ") for row in table("command |", TEXT)] == COMMANDS


def fields(*arguments: str) -> dict[str, object]:
    content = json.loads(CliRunner().invoke(app, [*arguments, "--format", "json"]).stdout)
    assert isinstance(content, dict)
    return content


def test_the_fields_are_those_of_the_json() -> None:
    summary, renewals = (
        [name for row in rows for name in row[0].split(", ")]
        for rows in [_rows(heading) for heading in ("`preview-summary --format json`", "`renewals --format json`")]
    )
    exposed = str(KEPT / "exposed.json")
    assert summary == [*fields("preview-summary", exposed)]
    assert renewals == [*fields("renewals", exposed)]


def test_the_fields_of_what_is_within_are_named() -> None:
    exposed = str(KEPT / "exposed.json")
    (team,) = fields("preview-summary", exposed)["teams"]  # type: ignore[misc]
    due = fields("renewals", exposed, "--within", "36500d")["due"][0]  # type: ignore[index]
    for within in (team, team["findings"][0], team["resources"][0], due):  # type: ignore[has-type]
        assert [name for name in within if f"`{name}`" not in TEXT] == []


def _rows(heading: str) -> list[list[str]]:
    return table("field |", TEXT.split(heading, 1)[1].split("\n\n", 2)[1] + "\n")


def test_the_preview_that_is_named_is_the_one_that_is_run() -> None:
    assert f"`{' '.join(PREVIEW[:4])}`" in TEXT


def test_the_number_of_golden_files_is_right() -> None:
    assert f"holds {len(CHANGES)} changes" in TEXT


def test_the_example_in_two_steps_runs(tmp_path: Path) -> None:
    """With the exit code of Pulumi, which stands in for itself."""
    (example,) = [block for block in fenced("sh", TEXT) if "pipefail" in block]
    two_steps = example[example.index("set -o pipefail") :]
    for code in (0, 1):
        pulumi = tmp_path / "pulumi"
        pulumi.write_text(f"#!/bin/sh\ncat {KEPT / 'nothing.json'}\nexit {code}\n")
        pulumi.chmod(0o755)
        path = f"{tmp_path}:{Path(sys.executable).parent}:/usr/bin:/bin"
        done = subprocess.run(
            ["bash", "-c", two_steps], cwd=tmp_path, env={"PATH": path, "HOME": str(tmp_path)}, check=False
        )
        assert done.returncode == code
        assert "nothing changes" in (tmp_path / "comment.md").read_text()


RUN_IT = [
    path
    for path in (*PROJECT.glob("*.md"), *PROJECT.glob("docs/*.md"), *PROJECT.glob(".github/workflows/*.yml"))
    if ".venv/bin/secure-tiller" in path.read_text()
    and path.name != "own-repository.md"  # no checkout: the template's requirement brings the command
]


LOCKED = "pip install --require-hashes --requirement requirements.txt"
OURS = "pip install --no-deps --no-build-isolation --editable ."


@pytest.mark.parametrize("page", RUN_IT, ids=lambda page: page.name)
def test_whoever_runs_the_command_installs_it_and_downloads_by_hash_alone(page: Path) -> None:
    installed = re.findall(r"\.venv/bin/(pip install [^&#\n]*[^&#\s])", page.read_text())
    assert OURS in installed
    assert set(installed) <= {LOCKED, OURS}


def test_control_the_workflows_run_the_command() -> None:
    assert {"preview.yml", "renewals.yml"} <= {page.name for page in RUN_IT}

"""The command `secure-tiller`: what it reads, writes and exits with."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from secure_tiller.version import VERSION
from secure_tiller_cli.commands import app
from secure_tiller_cli.commands.preview_source import PREVIEW
from tests.support.said import Program
from tests.unit.secure_tiller_cli.preview.test_golden import KEPT, kept

RISK, HARMLESS, FAILED = (str(KEPT / f"{change}.json") for change in ("exposed", "client-joins", "failed"))


def run(*arguments: str, stdin: str = "") -> Result:
    return CliRunner().invoke(app, arguments, input=stdin.encode())


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["preview-summary", RISK], 0),
        (["preview-summary", RISK, "--fail-on", "risk"], 3),
        (["preview-summary", RISK, "--fail-on", "risk", "--format", "json"], 3),
        (["preview-summary", HARMLESS, "--fail-on", "risk"], 0),
        (["preview-summary", FAILED], 1),
        (["preview-summary", FAILED, "--fail-on", "risk"], 1),
        (["preview-summary", "missing.json"], 1),
        (["preview-summary", "."], 1),
        (["preview-summary", RISK, "--fail-on", "wind"], 2),
        (["preview-summary", RISK, "--format", "html"], 2),
        (["preview-summary", RISK, RISK], 2),
        (["renewals", HARMLESS, "--within", "2h"], 0),
        (["renewals", HARMLESS, "--within", "36500d"], 3),
        (["renewals", FAILED], 1),
        (["renewals", HARMLESS, "--within", "soon"], 2),
        (["renewals", HARMLESS, "--within", "0d"], 2),
        (["frobnicate"], 2),
    ],
)
def test_exit_codes(arguments: list[str], code: int) -> None:
    assert run(*arguments).exit_code == code


def test_the_version_is_told() -> None:
    assert run("--version").stdout == f"{VERSION}\n"


def test_a_full_disk_is_one_line() -> None:
    with Path("/dev/full").open("w") as full:
        command = [sys.executable, "-m", "secure_tiller_cli", "preview-summary", RISK]
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.startswith("secure-tiller: standard output: cannot be used: No space left on device;")
    assert done.stderr.count("\n") == 1


def test_the_summary_is_on_standard_output_and_nothing_else() -> None:
    assert run("preview-summary", RISK).stdout == (KEPT / "exposed.md").read_text()


def test_json_is_one_document() -> None:
    assert json.loads(run("preview-summary", RISK, "--format", "json").stdout)["risks"] == 2


def test_standard_input_is_read_for_a_dash() -> None:
    assert run("preview-summary", "-", stdin=kept("exposed")).stdout == (KEPT / "exposed.md").read_text()


@pytest.mark.parametrize("command", ["preview-summary", "renewals"])
@pytest.mark.parametrize("text", ["", "error: no stack named 'x' found\n", '{"steps": [', "\xff\x00"])
def test_what_cannot_be_read_is_a_failed_preview_with_a_reason_and_no_traceback(command: str, text: str) -> None:
    done = run(command, "-", "--stack", "production", stdin=text)
    assert done.exit_code == 1
    assert done.stdout.startswith(f"<!-- secure-tiller {command}: production -->\n")
    assert "FAILED" in done.stdout
    assert done.stderr.startswith("secure-tiller: ")
    assert "Traceback" not in done.output


def test_a_missing_file_is_named() -> None:
    assert "missing.json: No such file or directory" in run("preview-summary", "missing.json").stderr


def test_without_a_file_pulumi_is_run_with_unchanged_resources(pulumi: Program) -> None:
    pulumi.says(kept("exposed"))
    done = run("preview-summary", "--stack", "production")
    assert (done.exit_code, done.stdout) == (0, (KEPT / "exposed.md").read_text())
    arguments = pulumi.arguments
    assert arguments == [*PREVIEW[1:], "--stack", "production"]


@pytest.mark.parametrize("command", ["preview-summary", "renewals"])
def test_pulumis_exit_code_makes_a_failed_preview_of_one_that_looks_whole(pulumi: Program, command: str) -> None:
    """A policy that refuses is in no JSON (pulumi 3.250, pkg/backend/display/json.go)."""
    pulumi.says(kept("nothing"), "error: mandatory policy violated\n", 1)
    done = run(command)
    assert done.exit_code == 1
    assert "FAILED" in done.stdout
    assert "mandatory policy violated" in done.stdout
    assert "nothing changes" not in done.stdout


def test_control_the_same_preview_with_exit_code_0_is_whole(pulumi: Program) -> None:
    pulumi.says(kept("nothing"))
    assert "nothing changes" in run("preview-summary").stdout


def test_what_pulumi_says_without_a_preview_is_shown(pulumi: Program) -> None:
    pulumi.says("", "error: no stack named 'x' found\n", 6)
    done = run("preview-summary", "--stack", "x")
    assert done.exit_code == 1
    assert "no stack named 'x' found" in done.stdout


def test_a_missing_pulumi_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    done = run("preview-summary")
    assert done.exit_code == 1
    assert "pulumi: cannot be run: No such file or directory; install the Pulumi CLI" in done.stderr


def test_the_console_script_is_installed() -> None:
    script = Path(sys.executable).parent / "secure-tiller"
    done = subprocess.run([script, "--help"], capture_output=True, text=True, check=True)
    assert "preview-summary" in done.stdout
    assert "renewals" in done.stdout


def test_a_standard_output_that_is_closed_is_said_in_one_line() -> None:
    script = f"{sys.executable} -m secure_tiller_cli preview-summary {RISK} >&-"
    done = subprocess.run(["sh", "-c", script], capture_output=True, text=True, check=False)
    said = "secure-tiller: standard output: is closed; give one that can be written: a file, or a pipe\n"
    assert (done.returncode, done.stderr) == (1, said)

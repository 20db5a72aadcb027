"""The commands of the workflows' steps, run as a runner runs them, with a stand-in for `secure-tiller`."""

import os
import subprocess
import sys
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from testbed.pulumi_stack import PROJECT
from tests.support.workflows import commands

CASES = [
    ("preview.yml", "preview", "Preview", "preview", "summary.md", "preview-summary --stack a b --fail-on risk"),
    ("renewals.yml", "look", "Look", "renewals", "report.md", "renewals --stack a b --within 14d"),
]


@dataclass(frozen=True)
class Runner:
    """A runner's folders: the checkout, and those next to it."""

    folder: Path
    repository: Path = PROJECT
    """The one whose workflows run."""

    @property
    def temp(self) -> Path:
        return self.folder / "temp"

    def run(self, workflow: str, job: str, step: str, **environment: str) -> "subprocess.CompletedProcess[str]":
        """Run a step's commands."""
        return subprocess.run(
            commands(self.repository / ".github" / "workflows" / workflow, job, step),
            cwd=self.folder,
            env={
                "PATH": os.environ["PATH"],
                "RUNNER_TEMP": str(self.temp),
                "GITHUB_STEP_SUMMARY": str(self.folder / "summary"),
                "GITHUB_ENV": str(self.folder / "env"),
                **environment,
            },
            text=True,
            capture_output=True,
            check=False,
        )

    def has_command(self, code: int) -> None:
        """Put a stand-in for `secure-tiller` into the virtualenv."""
        command = self.folder / ".venv" / "bin" / "secure-tiller"
        command.parent.mkdir(parents=True)
        command.write_text(f'#!/bin/sh\necho "said of: $*"\nexit {code}\n')
        command.chmod(0o755)


@pytest.fixture
def runner(tmp_path: Path) -> Runner:
    (tmp_path / "temp").mkdir()
    return Runner(tmp_path)


@pytest.mark.parametrize(("workflow", "job", "step", "folder", "file", "arguments"), CASES)
@pytest.mark.parametrize("code", [0, 3])
def test_what_was_found_is_passed_on_and_fails_nothing(
    runner: Runner, workflow: str, job: str, step: str, folder: str, file: str, arguments: str, code: int
) -> None:
    runner.has_command(code)
    done = runner.run(workflow, job, step, STACK="a b")
    assert done.returncode == 0, done.stderr
    assert (runner.temp / folder / file).read_text() == f"said of: {arguments}\n"
    assert (runner.folder / "summary").read_text() == f"said of: {arguments}\n"
    assert (runner.temp / folder / "exit-code").read_text() == f"{code}\n"


@pytest.mark.parametrize(("workflow", "job", "step", "folder", "file", "arguments"), CASES)
def test_a_failure_fails_the_step_and_is_reported(
    runner: Runner, workflow: str, job: str, step: str, folder: str, file: str, arguments: str
) -> None:
    runner.has_command(1)
    assert runner.run(workflow, job, step, STACK="a b").returncode == 1
    assert (runner.temp / folder / file).read_text() == f"said of: {arguments}\n"
    assert not (runner.temp / folder / "exit-code").exists()


@pytest.mark.parametrize(
    ("code", "status", "said"),
    [("0\n", 0, ""), ("3\n", 1, "has risks"), ("1\n", 1, "no preview"), (None, 1, "no preview")],
)
def test_risks_turn_the_check_red(runner: Runner, code: str | None, status: int, said: str) -> None:
    (runner.temp / "preview").mkdir()
    if code:
        (runner.temp / "preview" / "exit-code").write_text(code)
    done = runner.run("preview.yml", "risks", "Are there risks?")
    assert done.returncode == status
    assert said in done.stdout


@pytest.mark.parametrize(
    ("results", "status", "said"),
    [
        ("false success success", 0, ""),
        ("false success skipped", 0, ""),
        ("false success failure", 1, "could not be made"),
        ("false success cancelled", 1, "could not be made"),
        ("false failure skipped", 1, "could not be made"),
        ("false skipped skipped", 1, "could not be made"),
        ("true skipped skipped", 1, "from a fork"),
    ],
)
def test_the_check_to_require_is_green_when_every_stack_could_be_previewed(
    runner: Runner, results: str, status: int, said: str
) -> None:
    environment = dict(zip(("FORK", "CHANGES", "PREVIEW"), results.split(), strict=True))
    done = runner.run("preview.yml", "previewed", "Could every stack be previewed?", **environment)
    assert (done.returncode, said in done.stdout) == (status, True)


@pytest.mark.parametrize(("workflow", "job"), [("preview.yml", "preview"), ("renewals.yml", "look")])
def test_the_kubeconfig_is_the_runners_alone(runner: Runner, workflow: str, job: str) -> None:
    assert runner.run(workflow, job, "Log in", KUBECONFIG_CONTENT="contexts: []").returncode == 0
    file = runner.temp / "kubeconfig"
    assert file.read_text() == "contexts: []"
    assert file.stat().st_mode & 0o077 == 0
    assert (runner.folder / "env").read_text() == f"KUBECONFIG={file}\n"


LINE = "pulumi-secure-tiller[tested] @ git+https://example.org/secure-tiller@v0.3.0"
INSTALL = ("preview.yml", "preview", "Install the program and the command")


@pytest.fixture
def of_the_template(runner: Runner) -> Runner:
    return replace(runner, repository=PROJECT / "template")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "# nothing\n",
        f"{LINE}\nrequests\n",
        f"-r more.txt\n{LINE}\n",
        f"{LINE} \\\n  --config-settings=x\n",
        f"{LINE} ; python_version > '3'\n",
        f"{LINE}#egg=other\n",
        LINE.replace("https:", "http:"),
        LINE.replace("[tested]", ""),
        LINE.replace("example.org", "user@example.org"),
        LINE.replace("@v0.3.0", ""),
        LINE.replace("v0.3.0", "--upload-pack=x"),
        f"{LINE}\r\n",
        f"{LINE}  # a comment\n",
        f"# a comment\frequests\n{LINE}\n",
        f"# a comment\rrequests\n{LINE}\n",
        f"# a comment\u0085requests\n{LINE}\n",
        f"# a comment\u2028requests\n{LINE}\n",
        f"{LINE}\x1crequests\n",
        f"# caf\u00e9\n{LINE}\n",
    ],
)
def test_the_templates_job_refuses_what_pulumi_install_would_install_besides(
    of_the_template: Runner, text: str
) -> None:
    (of_the_template.folder / "requirements.txt").write_bytes(text.encode())
    done = of_the_template.run(*INSTALL, PATH=f"{of_the_template.temp}:{Path(sys.executable).parent}:/usr/bin:/bin")
    assert done.returncode == 1, done.stdout
    assert done.stderr.startswith("::error::requirements.txt must be ASCII with line feeds alone, and have one line")


def test_control_the_templates_job_fetches_the_version_of_the_one_line(of_the_template: Runner) -> None:
    (of_the_template.folder / "requirements.txt").write_text(f"# comment\n\n  # another\n{LINE}\n")
    git = of_the_template.temp / "git"
    git.write_text(f'#!/bin/sh\necho "$@" >> "{of_the_template.folder}/asked"\ncase "$*" in *fetch*) exit 9 ;; esac\n')
    git.chmod(0o755)
    done = of_the_template.run(*INSTALL, PATH=f"{of_the_template.temp}:{Path(sys.executable).parent}:/usr/bin:/bin")
    assert done.returncode == 9
    asked = (of_the_template.folder / "asked").read_text().splitlines()[-1]
    assert asked.endswith("fetch --quiet --depth 1 https://example.org/secure-tiller v0.3.0")

"""The package as it is installed: into an empty environment, with its extra, and in a checkout by the lock."""

import json
import os
import re
import subprocess
import venv
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import typer.main

from secure_tiller_cli.commands import app
from testbed.pulumi_stack import PROJECT
from tests.support.checkouts import copied
from tests.support.projects import TestStack

PIP = ("-m", "pip", "--quiet", "--disable-pip-version-check")
COMMANDS = sorted(typer.main.get_command(app).commands)  # type: ignore[attr-defined]


def run(*command: str | Path, folder: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Run a program outside of the checkout, with nothing of it on Python's path."""
    outside = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    return subprocess.run(command, cwd=folder or "/", env=outside, capture_output=True, text=True, check=False)


def succeeded(done: subprocess.CompletedProcess[str]) -> str:
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def installed(python: Path) -> set[str]:
    return {
        each["name"].lower() for each in json.loads(succeeded(run(python, "-m", "pip", "list", "--format", "json")))
    }


def environment(folder: Path) -> Path:
    """Make a virtualenv and return its interpreter."""
    venv.create(folder, with_pip=True)
    return folder / "bin" / "python"


@pytest.fixture(scope="module", autouse=True)
def local_wheels(wheels: dict[str, str]) -> Iterator[None]:
    """Let pip ask no index; the hashes are held against the files all the same."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in wheels.items():
            patch.setenv(name, value)
        yield


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return copied(tmp_path_factory.mktemp("checkout"))


@pytest.fixture(scope="module")
def locked(checkout: Path) -> Path:
    """A checkout in which all is installed by the commands of docs/command.md; its interpreter."""
    made = environment(checkout / ".venv")
    succeeded(run(made, *PIP, "install", "--require-hashes", "--requirement", "requirements.txt", folder=checkout))
    ours = ("--no-deps", "--no-build-isolation", "--no-index", "--editable", ".")
    succeeded(run(made, *PIP, "install", *ours, folder=checkout))
    return made


@pytest.fixture(scope="module")
def python(checkout: Path, locked: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment with the wheel and what it needs, at the versions of the tests; without any extra."""
    wheels = tmp_path_factory.mktemp("wheels")
    build = ("wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", wheels, checkout)
    succeeded(run(locked, *PIP, *build))
    (wheel,) = wheels.glob("*.whl")
    made = environment(tmp_path_factory.mktemp("installed") / "env")
    succeeded(run(made, *PIP, "install", "--constraint", PROJECT / "constraints.txt", wheel))
    return made


@pytest.fixture
def stack(new_stack: Callable[..., TestStack], suffix: str) -> Iterator[TestStack]:
    """A stack of a team in a project without the packages of the checkout."""
    team = f"installed-{suffix}"
    settings = {"namespaces": {f"{team}-apps": {"retain_on_delete": False}}, "clients": {"ann": {}}}
    with new_stack({team: settings}) as made:
        for link in ("components", ".venv"):
            (made.project / link).unlink()
        yield made


def test_without_an_extra_a_program_is_previewed_by_the_package_alone(python: Path, stack: TestStack) -> None:
    (stack.project / ".venv").symlink_to(python.parents[1])
    assert re.search(r"\+ \d+ to create", stack.preview().stdout)


def test_without_an_extra_the_command_names_what_to_install(python: Path) -> None:
    assert installed(python).isdisjoint({"typer", "rich", "jinja2", "pyopenssl"})
    done = run(python.parent / "secure-tiller", "--help")
    assert done.returncode == 1
    assert "pip install 'pulumi-secure-tiller[cli]'" in done.stderr


@pytest.mark.parametrize("command", COMMANDS)
def test_in_a_locked_checkout_each_command_shows_its_help(locked: Path, command: str) -> None:
    assert f"secure-tiller {command}" in succeeded(run(locked.parent / "secure-tiller", command, "--help"))


def test_a_program_is_previewed_by_the_lock_alone(locked: Path, stack: TestStack) -> None:
    (stack.project / ".venv").symlink_to(locked.parents[1])
    assert re.search(r"\+ \d+ to create", stack.preview().stdout)


def test_control_a_file_that_is_not_the_locked_one_is_refused(locked: Path, tmp_path: Path) -> None:
    forged = tmp_path / "requirements.txt"
    forged.write_text(f"typing_extensions==4.16.0 --hash=sha256:{'0' * 64}\n")
    done = run(locked, *PIP, "install", "--require-hashes", "--ignore-installed", "--requirement", forged)
    assert done.returncode != 0
    assert "DO NOT MATCH THE HASHES" in done.stderr

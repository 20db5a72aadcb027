"""Programs: which Python runs them, what they are given, and what the user sees when they fail."""

import sys
from pathlib import Path

from testbed.toolchain import Toolchain
from tests.engine.python_projects import new_stack

_SECRET = "open-sesame"

_SHOW_SETTINGS = """
import sys
import pulumi

config = pulumi.Config()
pulumi.export("python", sys.prefix)
pulumi.export("plain", config.require("plain"))
pulumi.export("word", config.require_secret("word"))
"""


def test_a_program_runs_in_its_virtualenv_and_reads_its_config(tools: Toolchain, tmp_path: Path) -> None:
    stack = new_stack(tmp_path, tools.environment, _SHOW_SETTINGS)
    settings = ("--plaintext", "plain=in-the-open", "--secret", f"word={_SECRET}")
    stack.run("config", "set-all", *settings, "--stack", stack.name)

    shown = stack.up().stdout

    assert stack.outputs() == {"python": sys.prefix, "plain": "in-the-open", "word": _SECRET}
    assert "in-the-open" in shown
    assert _SECRET not in shown + stack.export()


def test_a_relative_virtualenv_is_looked_for_in_the_project(tools: Toolchain, tmp_path: Path) -> None:
    (tmp_path / "environment").symlink_to(sys.prefix)
    program = "import sys, pulumi; pulumi.export('python', sys.prefix)"

    stack = new_stack(tmp_path, tools.environment, program, virtualenv="../environment")
    stack.up()

    assert stack.outputs()["python"] == str(tmp_path / "environment")


def test_a_program_without_config_runs(tools: Toolchain, tmp_path: Path) -> None:
    stack = new_stack(tmp_path, tools.environment, "import pulumi; pulumi.export('ran', True)")

    assert "ran" in stack.preview().stdout


def test_a_run_error_shows_its_message_and_no_traceback(tools: Toolchain, tmp_path: Path) -> None:
    stack = new_stack(tmp_path, tools.environment, "import pulumi; raise pulumi.RunError('two teams are called blue')")

    done = stack.preview(check=False)

    assert done.returncode != 0
    assert "error: two teams are called blue" in done.stdout
    assert "Traceback" not in done.stdout + done.stderr


def test_any_other_exception_shows_where_it_was_raised(tools: Toolchain, tmp_path: Path) -> None:
    stack = new_stack(tmp_path, tools.environment, "raise ValueError('a fault of the program')")

    done = stack.preview(check=False)

    assert done.returncode != 0
    assert "Traceback" in done.stdout
    assert f'File "{stack.project}/__main__.py", line 1' in done.stdout
    assert "ValueError: a fault of the program" in done.stdout


def test_a_missing_virtualenv_is_an_error_with_its_remedy(tools: Toolchain, tmp_path: Path) -> None:
    stack = new_stack(tmp_path, tools.environment, "import pulumi; pulumi.export('ran', True)", virtualenv="missing")

    done = stack.preview(check=False)

    assert done.returncode != 0
    assert f"-m venv {stack.project / 'missing'}" in done.stdout + done.stderr
    assert "ran" not in done.stdout + done.stderr


def test_about_names_the_interpreter_and_the_packages(tools: Toolchain, tmp_path: Path) -> None:
    stack = new_stack(tmp_path, tools.environment, "import pulumi")

    shown = stack.run("about", "--transitive").stdout

    assert f"{sys.prefix}/bin/python" in shown
    assert "pulumi" in shown.partition("Dependencies:")[2]

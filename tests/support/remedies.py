"""The commands that a remedy gives, how they are run, and the record of those that a test has run."""

import re
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

COMMAND = re.compile(
    r"""
    \(umask\ 077\ .*?\)(?:\ &&\ [^;]+)?             # saves a file, and may go on
    | (?:[A-Z_0-9]+=\S+\ )?pulumi\ up(?:\ --refresh)?  # in the middle of a sentence
    | source\ \S+\ &&\ helm\ ls
    | (?:kubectl|helm|openssl|pulumi|secure-tiller)\ [a-z-](?:[^;`)]*?)(?=\.\ [A-Z]|\.$|[;`)]|$)
    """,
    re.VERBOSE,
)


class Command(str):
    """A line for a shell, and the remedy that gives it."""

    remedy: str

    def __new__(cls, line: str, remedy: str = "") -> "Command":
        """Keep the remedy; the line alone is one of its own."""
        made = super().__new__(cls, line)
        made.remedy = remedy or line
        return made

    def filled(self, **names: str) -> "Command":
        """Return it with names in place of words in capital letters."""
        line = str(self)
        for placeholder, name in names.items():
            assert placeholder in line
            line = line.replace(placeholder, name)
        return Command(line, self.remedy)


@dataclass(frozen=True)
class Ran:
    """A command that was run with success, and the remedy that gives it."""

    command: str
    remedy: str


ran: list[Ran] = []
"""The commands whose success the present test has asserted; tests/conftest.py empties and reads it."""


def commands(remedy: str) -> list[Command]:
    """Return the commands of a remedy, in their order, each as a line for a shell."""
    return [Command(found[0].strip(), remedy) for found in COMMAND.finditer(remedy)]


def run(
    command: str, folder: Path, environment: Mapping[str, str] | None = None, answer: str = "", program: str = "sh"
) -> "subprocess.CompletedProcess[str]":
    """Run a line in a shell.

    Args:
        command: the line.
        folder: where it runs.
        environment: the variables; None: those of the tests.
        answer: what stands on its standard input.
        program: the shell.
    """
    return subprocess.run(
        [program, "-c", command], cwd=folder, env=environment, input=answer, capture_output=True, text=True, check=False
    )


def succeeded(done: "subprocess.CompletedProcess[str]", *same: Command, code: int = 0) -> str:
    """Assert how a line ended which `run` has run, record it if a remedy gives it, and return its output.

    Args:
        done: how it ended.
        same: the same line of other remedies that are printed for the same state.
        code: the exit code that it must have.
    """
    command = done.args[-1]
    assert done.returncode == code, f"{command}: {done.stderr}{done.stdout}"
    assert {command, *same} == {command}
    ran.extend(Ran(each, each.remedy) for each in (command, *same) if isinstance(each, Command))
    return done.stdout

"""The commands that a remedy gives, and how they are run."""

import re
import subprocess
from collections.abc import Mapping
from pathlib import Path

COMMAND = re.compile(
    r"""
    \(umask\ 077\ .*?\)(?:\ &&\ [^;]+)?             # saves a file, and may go on
    | (?:[A-Z_0-9]+=\S+\ )?pulumi\ up(?:\ --refresh)?  # in the middle of a sentence
    | (?:kubectl|helm|openssl|pulumi|secure-tiller)\ [a-z-](?:[^;`]*?)(?=\.\ [A-Z]|\.$|[;`]|$)
    """,
    re.VERBOSE,
)


def commands(remedy: str) -> list[str]:
    """Return the commands of a remedy, in their order, each as a line for a shell."""
    return [found[0].strip() for found in COMMAND.finditer(remedy)]


def run(
    command: str, folder: Path, environment: Mapping[str, str] | None = None, answer: str = ""
) -> "subprocess.CompletedProcess[str]":
    """Run a line in a POSIX shell.

    Args:
        command: the line.
        folder: where it runs.
        environment: the variables; None: those of the tests.
        answer: what stands on its standard input.
    """
    return subprocess.run(
        ["sh", "-c", command], cwd=folder, env=environment, input=answer, capture_output=True, text=True, check=False
    )

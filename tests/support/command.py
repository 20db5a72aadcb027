"""Runs the command `secure-tiller` in the project of a stack, in this process or as one of its own."""

import contextlib
import io
import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest import mock

import pytest

from secure_tiller_cli.commands import main
from testbed.pulumi_stack import PROJECT, Stack
from tests.support.projects import TestStack

PROGRAM = str(Path(sys.executable).parent / "secure-tiller")


@dataclass(frozen=True)
class Ended:
    """The exit code and the output of a run."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


def run_here(stack: Stack, *arguments: str, **environment: str) -> Ended:
    """Run the command in this process: a new one takes a second to begin."""
    out, err = io.StringIO(), io.StringIO()
    with (
        contextlib.chdir(stack.project),
        mock.patch.dict(os.environ, {**stack.environment, **environment}, clear=True),
        mock.patch.object(sys, "argv", ["secure-tiller", *arguments]),
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
        pytest.raises(SystemExit) as ended,
    ):
        main()
    return Ended(int(ended.value.code or 0), out.getvalue(), err.getvalue())


def with_our_command(stack: TestStack, **environment: str) -> dict[str, str]:
    """Return the variables of a shell in which `secure-tiller` can be typed."""
    path = f"{Path(PROGRAM).parent}:{stack.environment['PATH']}"
    return {**stack.environment, "PATH": path, "PYTHONPATH": str(PROJECT / "components"), **environment}


def run_process(stack: TestStack, *arguments: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    """Run the command as its user does."""
    return subprocess.run(
        [PROGRAM, *arguments],
        cwd=stack.project,
        env={**stack.environment, "PYTHONPATH": str(PROJECT / "components"), **environment},
        capture_output=True,
        text=True,
        check=False,
    )

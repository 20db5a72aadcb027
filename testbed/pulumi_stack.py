"""Runs the real Pulumi command on a stack of this project."""

import json
import signal
import subprocess
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from secure_tiller_cli.diagnosis import Credentials

PROJECT = Path(__file__).parents[1]
UPDATES = ("up", "destroy", "refresh", "import")
"""Commands that change resources."""


@dataclass(frozen=True)
class Stack:
    """A stack, with everything the command needs to find it.

    Attributes:
        name: of the stack; its settings are in `stacks/Pulumi.<name>.yaml` of the project.
        environment: with the toolchain on PATH, the backend, and what gives the key of its secrets.
        project: the folder with Pulumi.yaml.
    """

    name: str
    environment: Mapping[str, str]
    project: Path = PROJECT

    def run(
        self, *arguments: str, check: bool = True, seconds: float = 600, stdin: str = ""
    ) -> "subprocess.CompletedProcess[str]":
        """Run `pulumi` with arguments and return its output.

        Args:
            arguments: of the command.
            check: whether a failure is an error.
            seconds: how long it may take; `finish` says what then.
            stdin: its standard input.

        Raises:
            PulumiError: it failed and `check` is set, or took too long; the output is in the error.
        """
        command = ["pulumi", "--non-interactive", "--color=never", *arguments]
        with subprocess.Popen(
            command,
            cwd=self.project,
            env=dict(self.environment),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as process:
            done, in_time = finish(process, seconds, is_update=arguments[0] in UPDATES, stdin=stdin)
        if not in_time:
            raise PulumiError(done, seconds)
        if check and done.returncode:
            raise PulumiError(done)
        return done

    def create(self) -> None:
        """Make sure that the stack exists."""
        self.run("stack", "select", "--create", self.name)

    def up(self, *arguments: str, check: bool = True) -> "subprocess.CompletedProcess[str]":
        """`pulumi up` without asking."""
        return self.run("up", "--yes", "--skip-preview", "--stack", self.name, *arguments, check=check)

    def preview(self, *arguments: str, check: bool = True) -> "subprocess.CompletedProcess[str]":
        """`pulumi preview`."""
        return self.run("preview", "--stack", self.name, *arguments, check=check)

    def destroy(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        """`pulumi destroy` without asking; the stack itself stays."""
        return self.run("destroy", "--yes", "--skip-preview", "--stack", self.name, *arguments)

    def export(self, *, secrets: bool = False) -> str:
        """The stack's state as JSON text."""
        return self.run("stack", "export", "--stack", self.name, *(["--show-secrets"] if secrets else [])).stdout

    def import_state(self, state: str) -> None:
        """Replace the stack's state by one that `export` gave."""
        self.run("stack", "import", "--stack", self.name, stdin=state)

    def outputs(self) -> Any:
        """The stack's outputs, secrets in clear."""
        return json.loads(self.run("stack", "output", "--json", "--show-secrets", "--stack", self.name).stdout)

    def bundle(self, team: str, client: str) -> Credentials:
        """A client's bundle as the stack's outputs give it."""
        return Credentials(**self.outputs()[team]["bundles"][client])


GIVEN_UP_SECONDS = 60.0
"""Until an update that nobody waits for is killed."""


def finish(
    process: "subprocess.Popen[str]", seconds: float, *, is_update: bool, stdin: str | None = None
) -> tuple["subprocess.CompletedProcess[str]", bool]:
    """Wait until Pulumi has ended, and return how, and whether it ended in time.

    Args:
        process: Pulumi's.
        seconds: how long it may take.
        is_update: whether it changes resources: then it is interrupted when the time is up, and waited for. One that
            is killed leaves operations in the state of which nobody knows how they ended. Others are killed.
        stdin: its standard input, if that is a pipe.
    """
    in_time = True
    try:
        out, err = process.communicate(stdin, timeout=seconds)
    except subprocess.TimeoutExpired:
        in_time = False
        process.send_signal(signal.SIGINT if is_update else signal.SIGKILL)
        out, err = process.communicate()
    except KeyboardInterrupt:  # the terminal has interrupted Pulumi too, which ends what it has begun
        process.wait()
        raise
    except BaseException:  # whoever waits gives up, as a test whose time is up
        process.send_signal(signal.SIGINT if is_update else signal.SIGKILL)
        with suppress(subprocess.TimeoutExpired):
            process.wait(GIVEN_UP_SECONDS)
        process.kill()
        raise
    return subprocess.CompletedProcess(process.args, process.returncode, out, err), in_time


class PulumiError(Exception):
    """A Pulumi command failed; the text is its whole output."""

    def __init__(self, done: "subprocess.CompletedProcess[str]", seconds: float | None = None) -> None:
        """Keep the output, and after how many seconds the command was ended, if it was."""
        how = f"exit {done.returncode}" if seconds is None else f"ended after {seconds:g} s; run the same again"
        super().__init__(f"{' '.join(done.args)}: {how}\n{done.stdout}{done.stderr}")

"""A Pulumi command has a limit of time, at which an update is interrupted and any other command is killed."""

import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from threading import Thread

import pytest

from testbed.pulumi_stack import PulumiError, Stack
from testbed.waiting import until

SLOW = f"""#!{sys.executable}
import pathlib, signal, sys

def interrupted(*_):
    print("saved the state")
    pathlib.Path("saved").touch()
    sys.exit(1)

signal.signal(signal.SIGINT, interrupted)  # as Go does, also where whoever started it ignores the signal
pathlib.Path("started").touch()
while True:
    signal.pause()
"""


@pytest.fixture
def stack(tmp_path: Path) -> Stack:
    """A stack whose Pulumi never ends by itself, and saves the state when it is interrupted."""
    (tmp_path / "pulumi").write_text(SLOW)
    (tmp_path / "pulumi").chmod(0o755)
    return Stack("test", os.environ | {"PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}"}, tmp_path)


@pytest.mark.parametrize("command", ["up", "destroy", "refresh", "import"])
def test_an_update_is_interrupted_and_waited_for(stack: Stack, command: str) -> None:
    with pytest.raises(PulumiError, match="run the same again\nsaved the state"):
        stack.run(command, seconds=1)
    assert (stack.project / "saved").exists()


@pytest.mark.parametrize("command", ["preview", "stack"])
def test_another_command_is_killed(stack: Stack, command: str) -> None:
    with pytest.raises(PulumiError, match="ended after 1 s"):
        stack.run(command, seconds=1)
    assert (stack.project / "started").exists()
    assert not (stack.project / "saved").exists()


class GivenUpError(Exception):
    """Stands for the end of a test whose time is up, which pytest-timeout raises in a signal's handler."""


@pytest.fixture
def giving_up(stack: Stack) -> Iterator[None]:
    """Give up what this process waits for, as soon as Pulumi has started."""

    def give_up(*_: object) -> None:
        raise GivenUpError

    def after_the_start() -> None:
        until((stack.project / "started").exists, "Pulumi has started")
        os.kill(os.getpid(), signal.SIGUSR1)

    before = signal.signal(signal.SIGUSR1, give_up)
    waiting = Thread(target=after_the_start)
    waiting.start()
    yield
    waiting.join()
    signal.signal(signal.SIGUSR1, before)


@pytest.mark.parametrize(("command", "saved"), [("up", True), ("preview", False)])
@pytest.mark.usefixtures("giving_up")
def test_a_command_for_which_nobody_waits_any_more_is_ended(stack: Stack, command: str, saved: bool) -> None:
    with pytest.raises(GivenUpError):
        stack.run(command, seconds=20)
    assert (stack.project / "saved").exists() is saved

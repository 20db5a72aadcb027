"""Other programs, run by name with limits of time and size: Pulumi, Helm 2's client and kubectl.

Each is in a session of its own, and is ended with all that it started. So a login program that a kubeconfig or a
backend names cannot ask on the terminal: it fails instead of waiting.
"""

import os
import selectors
import signal
import subprocess
import time
from collections.abc import Generator, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from threading import Event, Timer
from typing import TypeAlias

from secure_tiller.problems import Problem, RefusedError

LARGEST_OUTPUT = 512 * 2**20
"""Bytes, of each standard output and standard error. The state of 200 teams takes some tens of MiB."""
GRACE_SECONDS = 5.0
"""Until a program that was asked to end is killed: Pulumi first undoes what it holds."""
_PIECE = 2**16

REMEDIES = {
    "helm": "install Helm 2's client, the version of Tiller, and put it on PATH",
    "kubectl": "install kubectl, and put it on PATH",
    "pulumi": "install the Pulumi CLI, and put it on PATH",
}
"""By program, what to do where it cannot be run."""

Running: TypeAlias = "subprocess.Popen[bytes]"

_running: set[Running] = set()
"""The programs that run now, of all threads."""
_interrupted = Event()
"""Whether nothing more is to be started."""


class ProgramError(RefusedError):
    """A program cannot be run, or does not end within its limits."""

    headline = "A program fails"

    def __init__(self, program: str, why: str, remedy: str) -> None:
        """Keep the one problem."""
        super().__init__([Problem("", program, "", why, remedy)])


@dataclass(frozen=True)
class Ended:
    """A program that has ended."""

    code: int
    """Its exit code; negative: the number of the signal that ended it."""
    out: str
    """Its standard output. What is no UTF-8 is replaced."""
    err: str
    """Its standard error, likewise."""


@contextmanager
def threads(number: int) -> Iterator[ThreadPoolExecutor]:
    """Give a pool of threads that run programs: an interrupt of this one ends them all, and starts none that waits."""
    try:
        with ThreadPoolExecutor(number) as pool:
            try:
                yield pool
            except KeyboardInterrupt:
                _interrupted.set()
                pool.shutdown(wait=False, cancel_futures=True)
                for process in tuple(_running):
                    _signal(process, signal.SIGTERM)
                raise
    finally:
        _interrupted.clear()


def run(command: Sequence[str], *, seconds: float) -> Ended:
    """Run a program until it ends; its standard input is empty.

    Args:
        command: its name, looked up on PATH, and its arguments.
        seconds: how long it may take.

    Raises:
        ProgramError: it cannot be run, takes too long, or writes too much.
    """
    last = time.monotonic() + seconds
    with started(command) as process:
        out, err = _outputs(process, command, last, seconds)
        try:
            code = process.wait(max(0, last - time.monotonic()))
        except subprocess.TimeoutExpired as error:
            raise _too_long(command, seconds) from error
    return Ended(code, out.decode(errors="replace"), err.decode(errors="replace"))


@contextmanager
def started(
    command: Sequence[str], environment: Mapping[str, str] | None = None, *, one_output: bool = False
) -> Iterator[Running]:
    """Start a program, and end it with all that it started.

    Args:
        command: its name, looked up on PATH, and its arguments.
        environment: the program's; None: this one.
        one_output: whether its standard error goes where its standard output does.

    Raises:
        ProgramError: it cannot be run.
    """
    program = command[0]
    if _interrupted.is_set():
        raise ProgramError(program, "was not started: somebody interrupted the command", "run it again")
    try:
        process = subprocess.Popen(
            command,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT if one_output else subprocess.PIPE,
            start_new_session=True,
        )
    except OSError as error:
        why = f"cannot be run: {error.strerror or type(error).__name__}"
        raise ProgramError(program, why, REMEDIES.get(program, f"install {program}")) from error
    with process:
        _running.add(process)
        try:
            yield process
        finally:
            _running.discard(process)
            _end(process)


def lines(process: Running, seconds: float) -> Generator[str, None, None]:
    """Yield the lines that a program writes, until it ends; when the time is up, it is killed."""
    limit = Timer(seconds, _signal, (process, signal.SIGKILL))
    limit.start()
    try:
        for line in process.stdout or ():
            yield line.decode(errors="replace")
    finally:
        limit.cancel()


def _outputs(process: Running, command: Sequence[str], last: float, seconds: float) -> tuple[bytes, bytes]:
    """Read both outputs at once, until both are closed."""
    outputs = {stream: bytearray() for stream in (process.stdout, process.stderr) if stream}
    with selectors.DefaultSelector() as selector:
        for stream in outputs:
            selector.register(stream, selectors.EVENT_READ, outputs[stream])
        while selector.get_map():
            ready = selector.select(max(0, last - time.monotonic()))
            if not ready:
                raise _too_long(command, seconds)
            for key, _ in ready:
                piece = os.read(key.fd, _PIECE)
                key.data.extend(piece)
                if not piece:
                    selector.unregister(key.fileobj)
                if len(key.data) > LARGEST_OUTPUT:
                    why = f"writes more than {LARGEST_OUTPUT // 2**20} MiB"
                    raise ProgramError(_shown(command), why, "run it by hand and look what it writes")
    out, err = outputs.values()
    return bytes(out), bytes(err)


def _too_long(command: Sequence[str], seconds: float) -> ProgramError:
    why = f"has not ended within {seconds:g} s"
    return ProgramError(_shown(command), why, "run it by hand and look what it waits for")


def _shown(command: Sequence[str]) -> str:
    """Return program and subcommand: values that follow can be secret."""
    return " ".join(command[:2])


def _end(process: Running) -> None:
    _signal(process, signal.SIGTERM)
    with suppress(subprocess.TimeoutExpired):
        process.wait(GRACE_SECONDS)
    _signal(process, signal.SIGKILL)


def _signal(process: Running, number: int) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, number)

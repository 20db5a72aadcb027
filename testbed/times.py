"""`python -m testbed.times [NAME...]`: measure the demo, the tests and the command, and compare with the goals.

The demos run in a clone with empty caches, so that nothing on this machine makes them faster. The local demo has a
cluster of its own. Measure on an idle machine with two cores: the goals are for such a machine. How fast its cores are
stands below the table, because the same commands can take twice as long on another day or another machine.
"""

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import timeit
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

from testbed.command import complain, output
from testbed.pulumi_stack import PROJECT

_COMMAND = str(PROJECT / ".venv" / "bin" / "secure-tiller")
_CLUSTER_OF_ITS_OWN = "cold:250"


class NotMeasuredError(Exception):
    """A command failed, or a program that it needs is missing. The message is the reason."""


@dataclass(frozen=True)
class Goal:
    """One row of the table.

    Attributes:
        what: the name in the table.
        seconds: the goal: it may take this long.
        measure: runs it and returns the seconds that it took.
    """

    what: str
    seconds: float
    measure: Callable[[], float]


def main() -> int:
    """Return the exit code: 0 if all goals are reached; 1 if one is not, or is not measured; 2 for a wrong name."""
    parser = argparse.ArgumentParser(prog="python -m testbed.times", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"what to measure: {', '.join(GOALS)}; default: all")
    names = parser.parse_args().names or list(GOALS)
    if unknown := [name for name in names if name not in GOALS]:
        complain(f"unknown: {', '.join(unknown)}; choose from: {', '.join(GOALS)}")
        return 2
    return report(output(), [GOALS[name] for name in names])


def report(console: Console, goals: Iterable[Goal]) -> int:
    """Measure and print the table; return the exit code of `main`."""
    table = Table("what", "goal", "measured", "reached")
    missed = False
    for goal in goals:
        console.print(f"times: measuring {goal.what}; goal: at most {_readable(goal.seconds)}")
        try:
            seconds = goal.measure()
        except NotMeasuredError as error:
            measured, reached = f"not measured: {error}", False
        else:
            measured, reached = _readable(seconds), seconds <= goal.seconds
        missed |= not reached
        table.add_row(goal.what, _readable(goal.seconds), measured, "yes" if reached else "no")
    console.print(table)
    console.print(f"this machine: {os.cpu_count()} cores, of which one adds a million numbers in {_additions():.3f} s")
    return int(missed)


def _additions() -> float:
    """Return the CPU seconds of the same work on every machine, a million additions in Python: the best of five."""
    return min(timeit.repeat("total += 1", "total = 0", number=1_000_000, timer=time.process_time))


def _readable(seconds: float) -> str:
    if seconds < 10:
        return f"{seconds:.2f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


def taken(command: Sequence[str], folder: Path = PROJECT, extra: Mapping[str, str] | None = None) -> float:
    """Run a command and return the seconds that it took.

    Raises:
        NotMeasuredError: it failed; the end of its output is in the error.
    """
    begin = time.monotonic()
    environment = {**os.environ, **(extra or {})}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        end = "\n".join((done.stdout + done.stderr).splitlines()[-20:])
        raise NotMeasuredError(f"{' '.join(command)}: exit {done.returncode}\n{end}")
    return time.monotonic() - begin


def _median(command: Sequence[str], extra: Mapping[str, str] | None = None) -> float:
    return statistics.median(taken(command, extra=extra) for _ in range(5))


def _completion() -> float:
    words = {"COMP_WORDS": "secure-tiller ch", "COMP_CWORD": "1", "_SECURE_TILLER_COMPLETE": "complete_bash"}
    return _median([_COMMAND], words)


@contextmanager
def _fresh_clone() -> Iterator[tuple[Path, dict[str, str]]]:
    """A clone without an environment, and the variables for a machine on which nothing is cached."""
    folder = Path(tempfile.mkdtemp(prefix="secure-tiller-cold-"))
    clone = folder / "secure-tiller"
    variables = {
        "SECURE_TILLER_CLUSTER": _CLUSTER_OF_ITS_OWN,
        "XDG_CACHE_HOME": str(folder / "cache"),
        "XDG_STATE_HOME": str(folder / "state"),
        "GOMODCACHE": str(folder / "modules"),
        "PIP_CACHE_DIR": str(folder / "pip"),
    }
    try:
        taken(["git", "clone", "--quiet", str(PROJECT), str(clone)])
        yield clone, variables
    finally:
        subprocess.run(["chmod", "--recursive", "u+w", folder], check=False)  # Go's modules are read-only
        shutil.rmtree(folder)


def _cold_demo() -> float:
    with _fresh_clone() as (clone, variables):
        try:
            return taken(["make", "demo"], clone, variables)
        finally:
            taken(["make", "down"], clone, variables)


def _existing_demo() -> float:
    if not shutil.which("pulumi"):
        raise NotMeasuredError("the Pulumi CLI is not on PATH; install it: https://www.pulumi.com/docs/install/")
    with _fresh_clone() as (clone, variables):
        del variables["SECURE_TILLER_CLUSTER"]
        return taken(["make", "demo", "CLUSTER=existing"], clone, variables)


GOALS = {
    "help": Goal("secure-tiller --help", 0.4, lambda: _median([_COMMAND, "--help"])),
    "tab": Goal("completion of secure-tiller ch", 0.4, _completion),
    "unit": Goal("make test-unit", 40, lambda: taken(["make", "test-unit"])),
    "test": Goal("make test, with the toolchain built", 12 * 60, lambda: taken(["make", "test"])),
    "demo": Goal("make demo, nothing cached", 12 * 60, _cold_demo),
    "existing": Goal("make demo CLUSTER=existing, with the Pulumi CLI, nothing cached", 2 * 60, _existing_demo),
}
"""The goals are for two cores."""


if __name__ == "__main__":
    sys.exit(main())

"""`python -m testbed.cluster up|down|status|during COMMAND...`: the local cluster by hand, or while a command runs."""

import argparse
import subprocess
import sys
from collections.abc import Sequence

from rich.console import Console

from testbed.cluster import LOCAL, ClusterError, down, is_running, require_machine, up
from testbed.command import complain, guarded, output
from testbed.toolchain import prepare
from testbed.toolchain.pins import CLUSTER_PARTS


def main() -> int:
    """Exit 0 when done (status: when running), 1 when it failed (status: not running), 2 when it cannot run here."""
    parser = argparse.ArgumentParser(prog="python -m testbed.cluster", description=__doc__)
    parser.add_argument("command", choices=("up", "down", "status", "during"))
    parser.add_argument("program", nargs=argparse.REMAINDER, help="for `during`: what to run, with its arguments")
    words = parser.parse_args()
    if bool(words.program) is not (words.command == "during"):
        parser.error("`during` takes a command to run, and nothing else does")
    try:
        require_machine()
    except ClusterError as error:
        complain(error)
        return 2
    console = output()
    if words.command == "during":
        return guarded(lambda: _during(console, words.program))
    return guarded(lambda: {"up": _up, "down": _down, "status": _status}[words.command](console))


def _up(console: Console) -> int:
    if not up(LOCAL, prepare(console, CLUSTER_PARTS), console):
        console.print(f"cluster: {LOCAL.context} is running already")
    return 0


def _down(console: Console) -> int:
    removed = down(LOCAL)
    console.print(f"cluster: {LOCAL.context} removed" if removed else "cluster: there was nothing to remove")
    return 0


def _during(console: Console, program: Sequence[str]) -> int:
    """Run a program while the cluster is up, and return its exit code; a cluster that this started goes with it."""
    started = up(LOCAL, prepare(console), console)
    try:
        return subprocess.run(program, check=False).returncode
    finally:
        if started:
            down(LOCAL)


def _status(console: Console) -> int:
    running = is_running(LOCAL)
    state = f"runs at {LOCAL.server}" if running else "does not run; `make cluster` starts it"
    console.print(f"cluster: {LOCAL.context} {state}")
    return 0 if running else 1


if __name__ == "__main__":
    sys.exit(main())

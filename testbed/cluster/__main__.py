"""`python -m testbed.cluster up|down|status`: the local cluster by hand."""

import argparse
import sys

from rich.console import Console

from testbed.cluster import LOCAL, ClusterError, down, is_running, require_machine, up
from testbed.command import complain, guarded, output
from testbed.toolchain import prepare


def main() -> int:
    """Exit 0 when done (status: when running), 1 when it failed (status: not running), 2 when it cannot run here."""
    parser = argparse.ArgumentParser(prog="python -m testbed.cluster", description=__doc__)
    parser.add_argument("command", choices=("up", "down", "status"))
    command = parser.parse_args().command
    try:
        require_machine()
    except ClusterError as error:
        complain(error)
        return 2
    console = output()
    return guarded(lambda: {"up": _up, "down": _down, "status": _status}[command](console))


def _up(console: Console) -> int:
    if not up(LOCAL, prepare(console), console):
        console.print(f"cluster: {LOCAL.context} is running already")
    return 0


def _down(console: Console) -> int:
    removed = down(LOCAL)
    console.print(f"cluster: {LOCAL.context} removed" if removed else "cluster: there was nothing to remove")
    return 0


def _status(console: Console) -> int:
    running = is_running(LOCAL)
    state = f"runs at {LOCAL.server}" if running else "does not run; `make cluster` starts it"
    console.print(f"cluster: {LOCAL.context} {state}")
    return 0 if running else 1


if __name__ == "__main__":
    sys.exit(main())

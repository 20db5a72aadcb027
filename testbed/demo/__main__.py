"""`python -m testbed.demo [--existing]`: deploy the local stack and show what its Tillers do and refuse."""

import argparse
import shlex
import subprocess
import sys
import time
from collections.abc import Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

from testbed.cluster import LOCAL, ClusterError, require_machine, up
from testbed.command import complain, guarded, output
from testbed.demo import checks, place
from testbed.demo.checks import Attempt, Attempts, attempt
from testbed.demo.place import Place
from testbed.pulumi_stack import Stack, finish
from testbed.toolchain import Toolchain, load, prepare
from testbed.toolchain.pins import DEMO_PARTS, NODE_PARTS
from testbed.toolchain.progress import clock

UPDATE_SECONDS = 1200
"""For the update of the demo's stack, whose images come out of the cluster's own store."""


def main() -> int:
    """Exit 0 when every line of the table is as it should be, 1 when not, 2 when there can be no cluster here."""
    parser = argparse.ArgumentParser(prog="python -m testbed.demo", description=__doc__)
    parser.add_argument("--existing", action="store_true", help="use the cluster of the current kubeconfig context")
    parser.add_argument("--env", action="store_true", help="print the demo's environment for a shell, and do nothing")
    arguments = parser.parse_args()
    if arguments.env:
        return guarded(lambda: _print_environment(place.existing() if arguments.existing else place.local()))
    try:
        if not arguments.existing:
            require_machine()
    except ClusterError as error:
        complain(error)
        return 2
    return guarded(lambda: _demo(output(), existing=arguments.existing))


def _print_environment(where: Place) -> int:
    toolchain = load()
    for name, value in sorted(where.variables(toolchain).items()):
        print(f"export {name}={shlex.quote(value)}")
    ours = f"{toolchain.bin}:{Path(sys.prefix) / 'bin'}"  # the second has secure-tiller
    print(f'export PATH={shlex.quote(ours)}:"$PATH"')
    return 0


def _demo(console: Console, *, existing: bool) -> int:
    started = time.monotonic()
    if existing:
        with _Heading(console, "1/4 toolchain"):
            toolchain = prepare(console, DEMO_PARTS)
        with _Heading(console, "2/4 cluster"):
            where = place.existing()
    else:
        with _Heading(console, "1/4 toolchain and 2/4 cluster"):
            toolchain = _with_local_cluster(console)
        where = place.local()
    console.print(f"cluster: using context {where.context} at {where.server}", markup=False)
    stack = where.stack(toolchain)
    with _Heading(console, "3/4 pulumi up"):
        _deploy(stack, live=console.is_terminal)
    with _Heading(console, "4/4 what the Tillers do and refuse"), checks.folder() as folder:
        failed = show(console, Attempts(stack, where, Path(folder)).table())
    took = clock(time.monotonic() - started)
    if failed:
        console.print(f"demo: {failed} lines are NOT as they should be, after {took}", style="bold red")
        return 1
    console.print(f"demo: everything is as it should be, after {took}", style="bold green")
    say_what_next(console, where, existing=existing)
    return 0


class _Heading:
    """A step of the demo: a line before it and the time it took after it."""

    def __init__(self, console: Console, title: str) -> None:
        self._console, self._title, self._started = console, title, time.monotonic()

    def __enter__(self) -> None:
        self._console.print(f"\n== {self._title}", style="bold")

    def __exit__(self, kind: object, *_: object) -> None:
        outcome = "failed" if kind else "done"
        self._console.print(
            f"== {self._title}: {outcome} in {clock(time.monotonic() - self._started)}", style="dim", highlight=False
        )


def _with_local_cluster(console: Console) -> Toolchain:
    """Build everything, and start the local cluster as soon as its own parts are built."""

    def start(toolchain: Toolchain) -> None:
        if not up(LOCAL, toolchain, console):
            console.print(f"cluster: {LOCAL.context} is running already")

    with ThreadPoolExecutor(max_workers=1) as background:
        starting: list[Future[None]] = []
        toolchain = prepare(
            console,
            (*NODE_PARTS, *DEMO_PARTS),
            early=NODE_PARTS,
            when_early=lambda node: starting.append(background.submit(start, node)),
        )
        starting[0].result()
    return toolchain


def _deploy(stack: Stack, *, live: bool) -> None:
    """Show the engine's own output: a live tree on a terminal, a line per resource elsewhere."""
    stack.create()
    command = ["pulumi", "up", "--yes", "--skip-preview", "--stack", stack.name]
    command += [] if live else ["--suppress-progress"]
    with subprocess.Popen(command, cwd=stack.project, env=dict(stack.environment), text=True) as process:
        done, in_time = finish(process, UPDATE_SECONDS, is_update=True)
    if not in_time:
        raise ClusterError(f"{' '.join(command)}: interrupted after {UPDATE_SECONDS} s; run the same again")
    if done.returncode:
        raise ClusterError(f"{' '.join(command)}: exit {done.returncode}; its output is above")


def show(console: Console, attempts: Iterable[Attempt]) -> int:
    """Make the attempts one by one, show the table and return how many are not as they should be."""
    table = Table("what is tried", "what should be seen", "what is seen", "")
    failed = 0
    with console.status("") as status:
        for wanted in attempts:
            status.update(wanted.what)
            seen = attempt(wanted)
            failed += not seen.as_expected
            verdict = Text("as it should be", "green") if seen.as_expected else Text("WRONG", "bold red")
            table.add_row(wanted.what, wanted.expected, Text(seen.text), verdict)
    console.print(table)
    return failed


def say_what_next(console: Console, where: Place, *, existing: bool) -> None:
    """Write the commands to try after the demo."""
    suffix = " CLUSTER=existing" if existing else ""
    lines = [
        (f'eval "$(make -s env{suffix})"', "the tools, the cluster and the stack for this shell"),
        ("secure-tiller check", "check that the Tillers are what the stack says"),
        ("secure-tiller audit", "list every Tiller in the cluster, whoever installed it"),
        ("secure-tiller report --out report.html", "write a page: who can reach what, and until when"),
        ("pulumi preview --diff", "change stacks/Pulumi.local.yaml first, and see what it means"),
        ("pulumi destroy" if existing else "make down", "take it all away again"),
    ]
    console.print("The cluster stays up. Next:")
    width = max(len(command) for command, _ in lines)
    for command, purpose in lines:
        console.print(f"  {command:<{width}}  # {purpose}", markup=False, soft_wrap=True)
    if existing:
        console.print(f"These Tillers are for trying out: the passphrase of their keys in {where.state} is public.")


if __name__ == "__main__":
    sys.exit(main())

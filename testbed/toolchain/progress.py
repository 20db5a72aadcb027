"""Shows long work: a live line on a terminal, plain lines anywhere else."""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn


def clock(seconds: float) -> str:
    """A duration as a person reads it: `8 s`, `3 min 05 s`."""
    whole = round(seconds)
    return f"{whole} s" if whole < 60 else f"{whole // 60} min {whole % 60:02d} s"


class Steps:
    """Announces steps one after the other, each with its number, the time it took, and what is left."""

    def __init__(self, console: Console, names: Sequence[str]) -> None:
        self._console, self._total, self._left = console, len(names), list(names)

    @contextmanager
    def step(self, what: str, detail: str = "") -> Iterator[None]:
        """Run one step; its line stays on the screen as done, or as failed when it raises."""
        self._left.remove(what)
        label = f"[{self._total - len(self._left)}/{self._total}] {what}"
        started = time.monotonic()
        outcome = "failed"
        try:
            with self._running(label, detail):
                yield
            outcome = "done"
        finally:
            style = "green" if outcome == "done" else "red"
            took = clock(time.monotonic() - started)
            left = f"; left: {', '.join(self._left)}" if self._left else ""
            self._console.print(f"{label}: {outcome} in {took}{left}", style=style, markup=False, highlight=False)

    @contextmanager
    def _running(self, label: str, detail: str) -> Iterator[None]:
        if not self._console.is_terminal:
            suffix = f" ({detail})" if detail else ""
            self._console.print(f"{label} ...{suffix}", markup=False, highlight=False)
            yield
            return
        columns = (SpinnerColumn(), TextColumn("{task.description}", markup=False), TimeElapsedColumn())
        with Progress(*columns, TextColumn("{task.fields[detail]}"), console=self._console, transient=True) as progress:
            progress.add_task(label, total=None, detail=detail)
            yield

"""How far a migration is."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial

from rich.progress import Progress

from secure_tiller_cli import output


@contextmanager
def steps(title: str, number: int) -> Iterator[Callable[[], None]]:
    """Show progress on a terminal."""
    console = output.console(err=True)
    with Progress(console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task(title, total=number)
        yield partial(progress.advance, task)

"""The source of a preview, which is a file, standard input, or Pulumi itself; and the output about it."""

import sys
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path

import typer
from rich.console import Console

from secure_tiller_cli.commands.options import PreviewFormat
from secure_tiller_cli.exit_codes import PROBLEM
from secure_tiller_cli.foreign_text import lines
from secure_tiller_cli.output import console, line
from secure_tiller_cli.preview import digest
from secure_tiller_cli.preview.digest import Digest, UnreadableError
from secure_tiller_cli.programs import LARGEST_OUTPUT, ProgramError, run
from secure_tiller_stack import foreign_data
from secure_tiller_stack.foreign_data import decode, read_bounded

PREVIEW = ("pulumi", "preview", "--json", "--show-sames", "--non-interactive", "--color=never")
"""The preview that is run. With unchanged resources: some changes are only in what is kept about them."""

PREVIEW_SECONDS = 3600.0
"""A preview of many teams takes minutes, and those of a slow cluster more."""

STDIN = "-"


@dataclass(frozen=True)
class Preview:
    """A preview, whole or failed."""

    digest: Digest
    failures: tuple[str, ...] = ()
    """Reasons why it failed, in addition to its own diagnostics."""


def get(file: str | None, stack: str | None) -> Preview:
    """Return the preview that a file holds, or that Pulumi gives; one that cannot be had is a failed one."""
    try:
        return _run(stack) if file is None else Preview(digest.read(_text(file)))
    except (UnreadableError, foreign_data.UnreadableError) as error:
        return failed(f"{'standard input' if file == STDIN else file}: {error}")
    except ProgramError as error:
        return failed(f"{line(*error.problems)}, or give a FILE")
    except OSError as error:
        return failed(f"{error.filename or 'standard input'}: {error.strerror or error}; give the output of a preview")


def failed(why: object) -> Preview:
    """Return a failed preview."""
    return Preview(Digest(changeSummary={}), (str(why),))


def write(
    form: PreviewFormat | None,
    failures: tuple[str, ...],
    *,
    text: Callable[[Console], None],
    markdown: Callable[[], str],
    machine: Callable[[], str],
) -> None:
    """Write what a preview shows in a format, and on standard error why the preview failed.

    Args:
        form: the format. None: text on a terminal, Markdown elsewhere.
        failures: the reasons why the preview failed; empty: it did not.
        text: writes it for a terminal.
        markdown: returns it as Markdown.
        machine: returns it as JSON.

    Raises:
        Exit: the preview failed.
    """
    match form or (PreviewFormat.TEXT if sys.stdout.isatty() else PreviewFormat.MARKDOWN):
        case PreviewFormat.TEXT:
            text(console())
        case PreviewFormat.MARKDOWN:
            typer.echo(markdown(), nl=False)
        case PreviewFormat.JSON:
            typer.echo(machine(), nl=False)
    if failures:
        complain(failures)
        raise typer.Exit(PROBLEM)


def complain(failures: tuple[str, ...]) -> None:
    """Write on standard error why the preview failed."""
    for why in failures:
        typer.echo("secure-tiller: " + "\n".join(lines(why)), err=True)


def _text(file: str) -> str:
    with nullcontext(sys.stdin.buffer) if file == STDIN else Path(file).open("rb") as opened:
        return decode(read_bounded(opened, LARGEST_OUTPUT))


def _run(stack: str | None) -> Preview:
    """Run Pulumi in this folder. Its exit code counts too: a policy's refusal is in no JSON."""
    command = [*PREVIEW, *(["--stack", stack] if stack else [])]
    done = run(command, seconds=PREVIEW_SECONDS)
    failures = (f"{' '.join(command)}: exit {done.code}\n{done.err.strip()}".strip(),) if done.code else ()
    try:
        return Preview(digest.read(done.out), failures)
    except UnreadableError as error:
        return Preview(Digest(changeSummary={}), failures or (f"{' '.join(command)}: {error}",))

"""Where a preview comes from: a file, standard input, or Pulumi itself."""

import sys
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path

import typer

from secure_tiller_cli.commands.options import PreviewFormat
from secure_tiller_cli.foreign_text import lines
from secure_tiller_cli.output import line
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


def default_format() -> PreviewFormat:
    """Return the format that applies without --format: text on a terminal, Markdown elsewhere."""
    return PreviewFormat.TEXT if sys.stdout.isatty() else PreviewFormat.MARKDOWN


def failed(why: object) -> Preview:
    """Return a failed preview."""
    return Preview(Digest(changeSummary={}), (str(why),))


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

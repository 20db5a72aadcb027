"""Where a preview comes from: a file, standard input, or Pulumi itself."""

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import typer

from secure_tiller_cli.foreign_text import lines
from secure_tiller_cli.preview import digest
from secure_tiller_cli.preview.digest import Digest, UnreadableError

PREVIEW = ("pulumi", "preview", "--json", "--show-sames", "--non-interactive", "--color=never")
"""The preview that is run. With unchanged resources: some changes are only in what is kept about them."""

STDIN = "-"


@dataclass(frozen=True)
class Preview:
    """A preview, whole or failed."""

    digest: Digest
    failures: tuple[str, ...] = ()
    """Why it failed, beside what it says itself."""


def get(file: str | None, stack: str | None) -> Preview:
    """Return the preview that a file holds, or that Pulumi gives; one that cannot be had is a failed one."""
    try:
        return _run(stack) if file is None else Preview(digest.read(_text(file)))
    except UnreadableError as error:
        return failed(f"{'standard input' if file == STDIN else file}: {error}")
    except OSError as error:
        remedy = "install the Pulumi CLI, or give a FILE" if file is None else "give the output of a preview"
        return failed(f"{error.filename or 'standard input'}: {error.strerror or error}; {remedy}")


def failed(why: object) -> Preview:
    """Return a failed preview."""
    return Preview(Digest(changeSummary={}), (str(why),))


def complain(failures: tuple[str, ...]) -> None:
    """Say on standard error why the preview failed."""
    for why in failures:
        typer.echo("secure-tiller: " + "\n".join(lines(why)), err=True)


def _text(file: str) -> str:
    content = sys.stdin.buffer.read() if file == STDIN else Path(file).read_bytes()
    return content.decode("utf-8-sig", errors="replace")


def _run(stack: str | None) -> Preview:
    """Run Pulumi in this folder. Its exit code counts besides what it says: a policy's refusal is in no JSON."""
    command = [*PREVIEW, *(["--stack", stack] if stack else [])]
    done = subprocess.run(command, capture_output=True, check=False)
    said = done.stderr.decode(errors="replace").strip()
    failures = (f"{' '.join(command)}: exit {done.returncode}\n{said}".strip(),) if done.returncode else ()
    try:
        return Preview(digest.read(done.stdout.decode(errors="replace")), failures)
    except UnreadableError as error:
        return Preview(Digest(changeSummary={}), failures or (f"{' '.join(command)}: {error}",))

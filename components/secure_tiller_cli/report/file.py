"""The files of a report: the check that it shows, and the page."""

import os
from contextlib import suppress
from pathlib import Path
from secrets import token_hex

from secure_tiller.problems import Problem
from secure_tiller_cli.output import fail
from secure_tiller_cli.report import check
from secure_tiller_cli.report.build import GENERATOR
from secure_tiller_cli.report.model import Level, Report
from secure_tiller_cli.results.result import CheckReport

_HEAD = 4096
"""Bytes of a file in which a report says that it is one."""
_MARKS = (f'<meta name="generator" content="{GENERATOR}">', f'{{\n  "generator": "{GENERATOR}",')
"""By what it says so; the words alone are in many a script that calls this command."""


def read_check(file: Path, stack: str) -> CheckReport:
    """Return the check that a file holds; end if there is none of this stack."""
    try:
        return check.read(file, stack)
    except OSError as error:
        fail(_unusable(file, error, "write one with: secure-tiller check --format json"))


def write(file: Path, text: str) -> None:
    """Write a file whole or not at all, and over nothing but a report."""
    try:
        if file.is_symlink() and not file.is_file():
            why = "is a link that leads to no file"
            fail(Problem("", str(file), "", why, "give another --out, or remove it"))
        if file.exists() and not _is_report(file):
            why = "is there already and is no report"
            fail(Problem("", str(file), "", why, "give another --out, or remove it"))
        _replace(file, text)
    except OSError as error:
        fail(_unusable(file, error, "give another --out"))


def _replace(file: Path, text: str) -> None:
    file = Path(os.path.realpath(file))  # a link stays one
    partial = file.with_name(f".{token_hex(8)}.partial")
    try:
        with partial.open("x", encoding="utf-8") as opened:  # over nothing, and through no link that somebody put there
            opened.write(text)
        partial.replace(file)
    finally:
        with suppress(OSError):
            partial.unlink()


def _is_report(file: Path) -> bool:
    if not file.is_file():
        return False
    with file.open("rb") as opened:
        head = opened.read(_HEAD)
    return any(mark.encode() in head for mark in _MARKS)


def _unusable(file: Path, error: OSError, remedy: str) -> Problem:
    return Problem("", str(file), "", f"cannot be used: {error.strerror or error}", remedy)


def sentence(out: str, report: Report) -> str:
    """Return what was written, in words."""
    levels = [finding.level for finding in report.findings]
    return (
        f"{out}: teams {len(report.teams)}, to fix {levels.count(Level.BAD)}, to look at {levels.count(Level.WARNING)}"
    )

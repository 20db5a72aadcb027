"""The last check, as the page takes it: of this stack, and whole."""

from datetime import datetime
from pathlib import Path
from typing import BinaryIO

from secure_tiller.problems import Problem
from secure_tiller_cli.results.document import UnreadableProofError, from_json
from secure_tiller_cli.results.result import CheckReport
from secure_tiller_stack.foreign_data import UnreadableError, decode, read_bounded

LARGEST = 64 * 2**20
"""Bytes of a saved check: that of 200 teams has less than 2 MiB."""


def read(file: Path, stack: str) -> CheckReport:
    """Return the check that a file holds.

    Args:
        file: what `secure-tiller check --format json` wrote.
        stack: the name that it must be of.

    Raises:
        UnreadableProofError: it is no check, or of another stack.
        OSError: it cannot be read.
    """
    with file.open("rb") as opened:
        content = _bounded(opened, file)
    proof = from_json(decode(content), str(file))
    if proof.stack != stack:
        raise _refused(file, f"is a check of the stack {proof.stack or '(without a name)'}, not of {stack}")
    if not _is_time(proof.checked_at):
        raise _refused(file, "is no check: checkedAt is no time with a zone (RFC 3339)")
    return proof


def _bounded(opened: BinaryIO, file: Path) -> bytes:
    try:
        return read_bounded(opened, LARGEST)
    except UnreadableError as error:
        raise _refused(file, str(error)) from error


def _is_time(text: str) -> bool:
    try:
        return datetime.fromisoformat(text).tzinfo is not None
    except ValueError:
        return False


def _refused(file: Path, why: str) -> UnreadableProofError:
    remedy = "write one of the same stack with: secure-tiller check --format json"
    return UnreadableProofError([Problem("", str(file), "", why, remedy)])

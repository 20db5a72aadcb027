"""What a check found."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from pydantic import ConfigDict
from pydantic.alias_generators import to_camel


class Status(StrEnum):
    """How a check ended, the worst last."""

    PASSED = "passed"
    WARNING = "warning"
    NOT_CHECKED = "not checked"
    FAILED = "failed"


@dataclass(frozen=True)
class Result:
    """One check of one team."""

    team: str
    check: str
    """Which: `endpoint refuses plaintext`. The same words for every team."""
    status: Status
    text: str
    """What was seen."""
    remedy: str = ""
    """What to do about it; empty where all is well."""


@dataclass(frozen=True)
class CheckReport:
    """A whole run: what `check --format json` writes, and the report shows."""

    __pydantic_config__ = ConfigDict(alias_generator=to_camel)  # the keys of its JSON: results/document.py

    stack: str
    checked_at: str
    """RFC 3339, UTC."""
    server: str
    """Address of the API server."""
    results: tuple[Result, ...]


def join_limited(items: Iterable[object], most: int = 3, *, keep_order: bool = False) -> str:
    """Return a list for a cell of a table: the first few, and how many more; sorted unless told otherwise."""
    unique = dict.fromkeys(str(item) for item in items)
    shown = list(unique) if keep_order else sorted(unique)
    more = f" and {len(shown) - most} more" if len(shown) > most else ""
    return ", ".join(shown[:most]) + more

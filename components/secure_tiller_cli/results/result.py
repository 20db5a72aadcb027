"""The results of a check."""

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
    """Its name: `port refuses plaintext`. The same for every team."""
    status: Status
    text: str
    """The observation."""
    remedy: str = ""
    """Empty where all is well."""


@dataclass(frozen=True)
class CheckReport:
    """A whole run, as `check --format json` writes it and the report shows it."""

    __pydantic_config__ = ConfigDict(alias_generator=to_camel)  # the keys of its JSON: results/document.py

    stack: str
    checked_at: str
    """RFC 3339, UTC."""
    server: str
    """Address of the API server."""
    state: str
    """Digest of the stack's state (`state.digest`), from which the report sees whether it has changed since."""
    results: tuple[Result, ...]


def join_limited(items: Iterable[object], most: int = 3, *, keep_order: bool = False) -> str:
    """Return a list for a cell of a table: the first few, and how many more; by default sorted."""
    unique = dict.fromkeys(str(item) for item in items)
    shown = list(unique) if keep_order else sorted(unique)
    more = f" and {len(shown) - most} more" if len(shown) > most else ""
    return ", ".join(shown[:most]) + more

"""A line of the tables."""

import json
from dataclasses import dataclass

from secure_tiller.plan.validation.settings import Check


@dataclass(frozen=True)
class Refused:
    """Settings of a team `green` with which one thing is wrong."""

    rule: Check
    """The one that must find it."""
    args: object
    key: str
    value: str
    """As it is shown."""
    words: str
    """A part of what a person reads."""


def quoted(value: object) -> str:
    """Return a value as it is shown: JSON of at most 80 characters."""
    text = json.dumps(value)
    return text if len(text) <= 80 else f"{text[:77]}..."


@dataclass(frozen=True)
class Accepted:
    """Settings that a rule looks at and that are right."""

    rule: Check
    args: object

"""Durations as people write them: a whole number and one unit."""

import re
from collections.abc import Mapping

HOURS: Mapping[str, int] = {"h": 1, "d": 24}
"""Units of the life of a certificate, in hours: the tls provider counts in whole hours."""

SECONDS: Mapping[str, int] = {"s": 1, "m": 60, "h": 3600}
"""Units of a time to wait, in seconds."""

_FORM = re.compile(r"([1-9][0-9]{0,8})([a-z])", re.ASCII)


def read(text: str, units: Mapping[str, int]) -> int | None:
    """Return a duration counted in the smallest of the units; None when the text is no duration in these units.

    Args:
        text: `90d`, `36h`.
        units: by letter, its length: `HOURS` or `SECONDS`.
    """
    match = _FORM.fullmatch(text)
    return int(match[1]) * units[match[2]] if match and match[2] in units else None


def written(hours: int) -> str:
    """Return hours as people write them: in days where they are whole days."""
    return f"{hours // 24}d" if hours % 24 == 0 else f"{hours}h"

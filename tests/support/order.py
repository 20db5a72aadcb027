"""The order in which pytest-xdist gives out the files of tests."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pytest


def longest_first(items: Sequence[pytest.Item]) -> list[pytest.Item]:
    """Return tests file by file: those that say they take long, by a `timeout`, then the files with most tests.

    A long file that begins last runs alone at the end, while all other processes have nothing to do.
    """
    seconds: dict[Path, float] = {}
    for item in items:
        mark = item.get_closest_marker("timeout")
        seconds[item.path] = max(seconds.get(item.path, 0.0), _seconds(mark))
    numbers = Counter(item.path for item in items)
    return sorted(items, key=lambda item: (-seconds[item.path], -numbers[item.path], item.path))


def _seconds(mark: pytest.Mark | None) -> float:
    """Return the time of pytest-timeout's mark, which may be named; 0: there is none."""
    return float((mark.args or (mark.kwargs.get("timeout", 0),))[0]) if mark else 0.0

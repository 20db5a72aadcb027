"""The places of a value made of maps and lists, and the value with something else at one of them."""

import copy
from collections.abc import Iterator
from typing import Any

Place = tuple[int | str, ...]
"""Keys and indices, from the outermost on."""


def places(value: object, at: Place = ()) -> Iterator[Place]:
    """Yield where something stands, the whole first."""
    yield at
    parts = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, part in parts:
        yield from places(part, (*at, key))


def replaced(whole: Any, at: Place, odd: object) -> Any:
    """Return the whole with something else at a place; the rest is shared with it."""
    if not at:
        return odd
    first, *rest = at
    changed = copy.copy(whole)
    changed[first] = replaced(whole[first], tuple(rest), odd)
    return changed

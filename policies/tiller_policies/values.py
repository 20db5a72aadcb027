"""Values of resources that may be unknown: in a preview, what follows from a resource that does not exist yet."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, TypeVar

T = TypeVar("T")


class NotKnownError(Exception):
    """Something was asked that only the update can tell."""


class _Unknown:
    """The type of UNKNOWN."""

    def __repr__(self) -> str:
        return "UNKNOWN"


UNKNOWN: Final = _Unknown()
"""Stands in place of an unknown value."""


def at(value: Any, *path: str) -> Any:
    """Return what stands at a path of keys; None if nothing does.

    Raises:
        NotKnownError: it, or what it stands in, is unknown.
    """
    for key in path:
        value = _known(value).get(key) if isinstance(_known(value), Mapping) else None
    return _known(value)


def each(value: Any, *path: str) -> Iterator[Any]:
    """Go through the list at a path of keys; nothing there is an empty list.

    Raises:
        NotKnownError: the list is unknown, or, after all others, one of its items.
    """
    found = at(value, *path)
    items = found if isinstance(found, Sequence) and not isinstance(found, str) else ()
    yield from (item for item in items if item is not UNKNOWN)
    for item in items:
        _known(item)


def text(value: Any, *path: str) -> str:
    """Return the text at a path of keys; empty if there is none. Raises NotKnownError as `at`."""
    found = at(value, *path)
    return found if isinstance(found, str) else ""


def texts(value: Any, *path: str) -> Iterator[str]:
    """Go through the texts of the list at a path of keys. Raises NotKnownError as `each`."""
    return (item for item in each(value, *path) if isinstance(item, str))


def maybe(value: Any, *path: str) -> Any:
    """Return what stands at a path of keys; None if nothing does or it is unknown."""
    try:
        return at(value, *path)
    except NotKnownError:
        return None


def as_far_as_known(found: Iterator[T]) -> Iterator[T]:
    """Go through what a search finds, up to where it meets an unknown value: that is no violation."""
    try:
        yield from found
    except NotKnownError:
        return


def _known(value: Any) -> Any:
    if value is UNKNOWN:
        raise NotKnownError
    return value

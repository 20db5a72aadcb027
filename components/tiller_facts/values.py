"""Values that may not be known, and readers of plain objects that hold such values anywhere.

Two kinds of ignorance differ: a preview's unknown is settled by the update, so it is no violation; what a script or a
Secret hides stays hidden, so it is a finding.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeAlias, TypeGuard, TypeVar

T = TypeVar("T")
S = TypeVar("S")
U = TypeVar("U")


class NotKnown:
    """A value that is not known: `Hidden` or `Unknown`."""


@dataclass(frozen=True)
class Hidden(NotKnown):
    """A value that cannot be seen.

    Attributes:
        reason: where it stands instead, in words that quote nothing: `a script decides it`.
    """

    reason: str


@dataclass(frozen=True)
class Unknown(NotKnown):
    """A value that only the update of a program decides."""


UNKNOWN: Final = Unknown()
"""Stands in plain objects in place of a value that a preview does not know."""

Value: TypeAlias = T | NotKnown


class NotKnownError(Exception):
    """A check needs a value that is not known.

    Attributes:
        value: why.
    """

    def __init__(self, value: NotKnown) -> None:
        """Carry the value."""
        super().__init__(repr(value))
        self.value = value


def is_known(value: T | NotKnown) -> TypeGuard[T]:
    """Return whether a value is known."""
    return not isinstance(value, NotKnown)


def known(value: T | NotKnown) -> T:
    """Return a value.

    Raises:
        NotKnownError: it is not known.
    """
    if isinstance(value, NotKnown):
        raise NotKnownError(value)
    return value


def settle(value: T | NotKnown, *, hidden: S, unknown: U) -> T | S | U:
    """Return a value, or what the caller takes in place of one that is hidden or unknown."""
    if isinstance(value, Hidden):
        return hidden
    return unknown if isinstance(value, NotKnown) else value


def at(value: Any, *path: str) -> Any:
    """Return what stands at a path of keys; None if nothing does.

    Raises:
        NotKnownError: it, or what it stands in, is not known.
    """
    for key in path:
        # A dict is recognized without the abstract class, whose check takes ten times as long.
        if not isinstance(value, (dict, Mapping)):
            known(value)
            return None
        value = value.get(key)
    return known(value)


def each(value: Any, *path: str) -> Iterator[Any]:
    """Yield the items of the list at a path of keys; nothing there is an empty list.

    Raises:
        NotKnownError: the list is not known, or, after all others, one of its items.
    """
    found = at(value, *path)
    items = found if isinstance(found, (list, Sequence)) and not isinstance(found, str) else ()
    yield from (item for item in items if is_known(item))
    for item in items:
        known(item)


def text(value: Any, *path: str) -> str:
    """Return the text at a path of keys; empty if there is none. Raises NotKnownError as `at`."""
    found = at(value, *path)
    return found if isinstance(found, str) else ""


def texts(value: Any, *path: str) -> Iterator[str]:
    """Yield the texts of the list at a path of keys. Raises NotKnownError as `each`."""
    return (item for item in each(value, *path) if isinstance(item, str))


def maybe(value: Any, *path: str) -> Any:
    """Return what stands at a path of keys; None if nothing does or it is not known."""
    try:
        return at(value, *path)
    except NotKnownError:
        return None


def word(value: Any, *path: str) -> str:
    """Return the text at a path of keys; empty if there is none or it is not known."""
    found = maybe(value, *path)
    return found if isinstance(found, str) else ""


def as_far_as_known(found: Iterator[T]) -> Iterator[T]:
    """Yield what a search finds, up to where it meets a value that is not known."""
    try:
        yield from found
    except NotKnownError:
        return

"""Words that several rules need."""

from collections.abc import Sequence


def of(several: Sequence[object], one: str, many: str) -> str:
    """Return the word for one, or for several."""
    return one if len(several) == 1 else many

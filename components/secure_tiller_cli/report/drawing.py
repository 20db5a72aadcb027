"""What the drawings have in common: they are laid out here, in pixels of their own, and written by the templates."""

from dataclasses import dataclass

from secure_tiller_cli.foreign_text import plain

MONOSPACE = 7.3
"""Width of a character of the names, which are 12 px high: 0.6 of that in most monospaced fonts, 0.61 at the most."""

ELLIPSIS = "…"


@dataclass(frozen=True)
class Name:
    """A name as it is drawn."""

    shown: str
    full: str


def fit(name: str, width: float) -> Name:
    """Return a name that fits into a width; a longer one loses its middle, because names differ at both ends."""
    name = plain(name)  # before it is cut: a key of which half is left would no longer be known as one
    most = max(3, int(width / MONOSPACE))
    if len(name) <= most:
        return Name(name, name)
    end = (most - 1) // 2
    return Name(f"{name[: most - 1 - end]}{ELLIPSIS}{name[-end:]}", name)

"""The one writer of words that others chose, into Markdown, a terminal and a shell's command: shown, never obeyed.

In GitHub's Markdown a name stands in a code span, where neither Markdown, HTML, mention nor link is read (GitHub
Flavored Markdown 0.29, 6.3), and a text of several lines in a fenced block (4.5), each with more backticks around it
than it holds. On a terminal no character draws, and rich reads no markup. In a command a name is one word.
"""

import os
import re
import shlex
from collections.abc import Iterable, Sequence
from urllib.parse import quote

from rich.text import Text

from secure_tiller.problems import HIDDEN, plain

__all__ = ["block", "cell", "code", "codes", "comment", "fence", "lines", "plain", "terminal", "word"]

LONGEST_NAME = 120
"""Characters of a name; a longer one is cut."""
LONGEST_COMMENT = 400
"""Characters in an HTML comment: a name of a stack with its organization and project is shorter."""
MOST_NAMES = 12
"""Of a list of names; the rest is counted."""
MOST_TICKS = 20
"""Backticks of a run that are shown."""

_LONG_RUN = re.compile(f"`{{{MOST_TICKS + 1},}}")
_KEY = re.compile(r"-----BEGIN [^-\n]*PRIVATE KEY-----.*?(-----END [^-\n]*-----|\Z)", re.DOTALL)


def terminal(text: str, style: str = "") -> Text:
    """Return a text as one line for a terminal.

    Args:
        text: in which control characters are escaped.
        style: rich's, for all of it; empty: none.
    """
    return Text(plain(text), style)


def lines(text: str) -> list[str]:
    """Return the lines of a text, each fit for a terminal; a private key in it is left out as a whole."""
    return [plain(each) for each in _KEY.sub(HIDDEN, text).strip().splitlines()]


def word(text: str) -> str:
    """Return a text as one word for a POSIX shell, on one line.

    What holds control characters is written as `$'...'` (POSIX.1-2024, 2.2.4). A shell that does not know this form
    yet reads another word, but one word too: no quote stands in it.
    """
    if text.isprintable():
        return shlex.quote(text)
    safe = (c if c.isprintable() and c not in "\\'" else "".join(f"\\{b:03o}" for b in _bytes(c)) for c in text)
    return f"$'{''.join(safe)}'"


def _bytes(character: str) -> bytes:
    """Return the bytes of a character in a file name, or of an unpaired surrogate, which JSON can hold."""
    try:
        return os.fsencode(character)
    except UnicodeEncodeError:
        return character.encode(errors="surrogatepass")


def code(text: str, longest: int = LONGEST_NAME) -> str:
    """Return a text as a code span on one line.

    Args:
        text: in which control characters are escaped; an empty one is named so.
        longest: how many characters are shown.
    """
    text = _few_ticks(plain(text))
    text = text if len(text) <= longest else f"{text[: longest - 1]}…"
    if not text.strip():
        return "`(empty)`"
    ticks = _ticks(text, 1)
    pad = " " if text[0] in "` " or text[-1] in "` " else ""
    return f"{ticks}{pad}{text}{pad}{ticks}"


def codes(names: Sequence[str]) -> str:
    """Return names as code spans with commas between them; those beyond a bound are counted."""
    shown = ", ".join(map(code, names[:MOST_NAMES]))
    return f"{shown} and {len(names) - MOST_NAMES} more" if len(names) > MOST_NAMES else shown or "nothing"


def cell(markdown: str) -> str:
    """Return inline Markdown for a cell of a table, whose form takes each `|` for a border, in code too (4.10)."""
    return markdown.replace("|", "\\|")


def block(text: str, longest: int) -> str:
    """Return a text of several lines as a fenced block; what is longer is cut, and the block says so."""
    shown = _few_ticks("\n".join(lines(text)))
    if len(shown) > longest:
        shown = f"{shown[:longest]}\n… cut, {len(shown) - longest} characters more"
    return fence([shown], "text")


def fence(content: Iterable[str], language: str) -> str:
    """Return lines, whose words of others are written already, as a fenced block."""
    text = "\n".join(content)
    ticks = _ticks(text, 3)
    return f"{ticks}{language}\n{text}\n{ticks}"


def comment(text: str) -> str:
    """Return a text that can stand in an HTML comment and does not end it; a very long one is cut."""
    return quote(text[:LONGEST_COMMENT], safe="/._- ", errors="surrogatepass").replace("--", "-%2D")


def _few_ticks(text: str) -> str:
    """Return a text with its long runs of backticks cut: the two fences around it must be longer than any run."""
    return _LONG_RUN.sub(f"{'`' * MOST_TICKS}…", text)


def _ticks(text: str, least: int) -> str:
    """Return more backticks than stand together in a text."""
    return "`" * max(least, 1 + max((len(run) for run in re.findall(r"`+", text)), default=0))

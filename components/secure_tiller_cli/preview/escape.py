"""Names and texts of others in GitHub's Markdown: shown as they are, never read as Markdown, HTML, mention or link.

A name stands in a code span, where nothing of that is read (GitHub Flavored Markdown 0.29, 6.3 Code spans); a text of
several lines in a fenced block (4.5). Both are fenced with more backticks than they hold.
"""

import json
import re
from collections.abc import Sequence
from urllib.parse import quote

from secure_tiller.problems import plain
from secure_tiller_cli.preview.digest import UNKNOWN

LONGEST_NAME = 120
MOST_NAMES = 12
"""Of a list of names; the rest is counted."""


def code(name: str) -> str:
    """Return a name as a code span on one line; control characters are escaped, a long one is cut."""
    text = plain(name)
    if not text.isprintable():
        text = json.dumps(text)
    text = text.replace(UNKNOWN, "unknown")
    text = text if len(text) <= LONGEST_NAME else f"{text[: LONGEST_NAME - 1]}…"
    if not text.strip():
        return "`(empty)`"
    fence = "`" * (_longest_run(text) + 1)
    pad = " " if text[0] in "` " or text[-1] in "` " else ""
    return f"{fence}{pad}{text}{pad}{fence}"


def codes(names: Sequence[str]) -> str:
    """Return names as code spans with commas between them; those beyond a bound are counted."""
    shown = ", ".join(map(code, names[:MOST_NAMES]))
    return f"{shown} and {len(names) - MOST_NAMES} more" if len(names) > MOST_NAMES else shown or "nothing"


def cell(text: str) -> str:
    """Return inline Markdown for a cell of a table, whose form takes each `|` for a border, in code too (4.10)."""
    return text.replace("|", "\\|")


def block(text: str, longest: int) -> str:
    """Return a text of several lines as a fenced block; what is longer is cut, and said to be."""
    lines = [plain(line) if line.isprintable() else json.dumps(line) for line in text.strip().splitlines()]
    shown = "\n".join(lines)
    if len(shown) > longest:
        shown = f"{shown[:longest]}\n… cut, {len(shown) - longest} characters more"
    fence = "`" * max(3, _longest_run(shown) + 1)
    return f"{fence}text\n{shown}\n{fence}"


def comment(word: str) -> str:
    """Return a word that can stand in an HTML comment and ends it in no way."""
    return quote(word, safe="/._- ").replace("--", "-%2D")


def _longest_run(text: str) -> int:
    return max((len(run) for run in re.findall(r"`+", text)), default=0)

"""Count the lines of code of a checkout: `python tests/repository/lines.py [CHECKOUT]`; `make count` counts this one.

Blank lines, comments and docstrings are no code. Files that git ignores are not counted.
"""

import ast
import io
import re
import subprocess
import sys
import tokenize
from collections import Counter
from pathlib import Path

ROOMS = {
    "product": ("components/", "policies/", ".github/scripts/", "__main__.py"),
    "testbed": ("testbed/",),
    "tests": ("tests/",),
}
"""The first words of the paths of each room."""

LANGUAGES = {"py": "Python", "html": "web", "css": "web", "svg": "web", "go": "Go", "sh": "shell"}
"""The languages that are counted, by suffix."""

_LAYOUT = {tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER}
_COMMENTS = {
    "web": re.compile(r"<!--.*?-->|\{#.*?#\}|/\*.*?\*/", re.DOTALL),
    "Go": re.compile(r"^\s*//.*?$|/\*.*?\*/", re.DOTALL | re.MULTILINE),
    "shell": re.compile(r"^\s*#.*?$", re.MULTILINE),
}


def python(text: str) -> int:
    """Count the lines of Python; any text that is a statement of its own is a docstring."""
    lines: set[int] = set()
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type not in _LAYOUT:
            lines.update(range(token.start[0], token.end[0] + 1))
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            lines.difference_update(range(node.lineno, (node.end_lineno or 0) + 1))
    written = text.split("\n")
    return sum(bool(written[line - 1].strip()) for line in lines)


def code(text: str, language: str) -> int:
    """Count the lines of a file."""
    if language == "Python":
        return python(text)
    return sum(bool(line.strip()) for line in _COMMENTS[language].sub("", text).split("\n"))


def count(checkout: Path) -> Counter[tuple[str, str]]:
    """Count the lines of a checkout, by room and language."""
    listed = ("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard")
    names = subprocess.run(listed, cwd=checkout, capture_output=True, text=True, check=True).stdout
    counted: Counter[tuple[str, str]] = Counter()
    for name in filter(None, names.split("\0")):
        language = LANGUAGES.get(name.rpartition(".")[2])
        room = next((room for room, begins in ROOMS.items() if name.startswith(begins)), None)
        if language and room and (file := checkout / name).is_file():
            counted[room, language] += code(file.read_text(), language)
    return counted


def table(counted: Counter[tuple[str, str]]) -> str:
    """Return what was counted, with a row for each room."""
    columns = tuple(dict.fromkeys(LANGUAGES.values()))
    rows = [("", *columns), *((room, *(counted[room, column] for column in columns)) for room in ROOMS)]
    return "\n".join(f"{row[0]:10}" + "".join(f"{cell!s:>8}" for cell in row[1:]) for row in rows)


if __name__ == "__main__":
    print(table(count(Path(*sys.argv[1:]))))

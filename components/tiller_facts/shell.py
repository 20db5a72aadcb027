"""Commands of a shell's script, as far as they can be read without running it.

Source: POSIX.1-2017, Shell Command Language, 2.3 Token Recognition and 2.9 Shell Commands. `&>` is not read: bash
redirects there, and a POSIX shell ends the command, so it is unknown which command the next words belong to.
"""

import re
from collections.abc import Iterator

SCRIPTED = "\0script\0"
"""Stands in a word in place of what only the shell puts in; no word of a command line can hold it."""

UNREADABLE = "\0unreadable\0"
"""Stands in place of a program: a part of a script that cannot be read."""

_TOKEN = re.compile(
    r"""
      (?P<blank>[ \t]+|\\\n|\#[^\n]*)
    | (?P<unreadable><<|[<>]\(|\([ \t]*\)|&>)                  # a document, a program's output, a function, `&>`
    | (?P<redirection>[0-9]*(?:>>|>[&|]?|<[&>]?))
    | (?P<operator>[\n;&|()]+)
    | (?P<word>(?:'[^']*'|"(?:\\.|[^"\\])*"|\\.|[^\s'"\\;&|()<>])+)
    """,
    re.VERBOSE | re.DOTALL,
)
_PART = re.compile(
    r"""'(?P<literal>[^']*)'|"(?P<quoted>(?:\\.|[^"\\])*)"|\\(?P<escaped>.)|(?P<plain>[^'"\\]+)""", re.DOTALL
)
_PUT_IN = re.compile(r"[$`]|\{(?=[^{}]*(,|\.\.)[^{}]*\})")
"""Begins what the shell puts in: variables, output of commands, and in some shells each of several texts."""
_KEYWORDS = frozenset(("if", "then", "elif", "else", "while", "until", "do", "!", "{", "time"))
"""Words after which a command begins."""


def simple_commands(script: str) -> Iterator[tuple[str, ...]]:
    """Yield the words of each command of a script, without where its input and output go."""
    words: list[str] = []
    skipped = False
    for kind, token in _tokens(script):
        if kind == "word" and skipped:
            skipped = False
        elif kind == "word" and (words or token not in _KEYWORDS):
            words.append(_unquoted(token))
        elif kind == "redirection":
            skipped = True
        elif kind == "unreadable":
            yield (UNREADABLE,)
        if kind != "word" and kind != "redirection" and words:
            yield tuple(words)
            words = []
    if words:
        yield tuple(words)


def _tokens(script: str) -> Iterator[tuple[str, str]]:
    position = 0
    while position < len(script):
        found = _TOKEN.match(script, position)
        if found is None or found.lastgroup is None:  # its quotes do not match
            yield "unreadable", script[position:]
            return
        position = found.end()
        if found.lastgroup != "blank":
            yield found.lastgroup, found[0]


def _unquoted(word: str) -> str:
    """Return what a word stands for."""
    return "".join(map(_part, _PART.finditer(word)))


def _part(found: re.Match[str]) -> str:
    kind, text = str(found.lastgroup), found[str(found.lastgroup)]
    if kind == "plain":
        return _PUT_IN.sub(SCRIPTED, text)
    if kind == "quoted":
        # A backslash escapes these alone; what is escaped is not put in.
        pieces = re.split(r"\\([$`\"\\\n])", text)
        return "".join(piece if at % 2 else re.sub(r"[$`]", SCRIPTED, piece) for at, piece in enumerate(pieces))
    return "" if kind == "escaped" and text == "\n" else text

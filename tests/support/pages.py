"""Pages of the docs: their blocks of code, and the same with words of a test's own."""

import re


def fenced(language: str, text: str) -> list[str]:
    """Return the blocks of code in a language."""
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


def changed(text: str, *changes: tuple[str, str]) -> str:
    """Return a text with other words, each of which must stand there."""
    for old, new in changes:
        assert old in text, f"{old} is not in {text}"
        text = text.replace(old, new)
    return text

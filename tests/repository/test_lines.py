"""The count of lines: code alone, of the files that belong to the checkout."""

import subprocess
from pathlib import Path

import pytest

from tests.repository.lines import code, count, table

PYTHON = '''"""A module.

More of it."""
import os  # why

# a comment
LIMIT = 1
"""Unit."""


def text() -> str:
    """Return it."""
    return """one

three"""
'''


@pytest.mark.parametrize(
    ("text", "language", "lines"),
    [
        (PYTHON, "Python", 5),
        ("<p>\n<!-- a\nb -->\n{# c #}\n\n</p> <!-- d -->\n", "web", 2),
        ("a { }\n/* b\n   c */\n", "web", 1),
        ("package x\n\n// comment\n/* a\n b */\nvar y = 1 // why\n", "Go", 2),
        ("#!/bin/sh\n# comment\necho '#'\n", "shell", 1),
    ],
)
def test_only_code_is_counted(text: str, language: str, lines: int) -> None:
    assert code(text, language) == lines


def test_the_files_of_a_checkout_are_counted_by_room(tmp_path: Path) -> None:
    files = {
        "components/a/b.py": "x = 1\ny = 2\n",
        "components/a/page.html": "<p>\n",
        "policies/.venv/c.py": "x = 1\n",
        "tests/test_a.py": "z = 3\n",
        "other.py": "x = 1\n",
        ".gitignore": ".venv\n",
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    subprocess.run(("git", "init", "--quiet"), cwd=tmp_path, check=True)
    counted = count(tmp_path)
    assert counted == {("product", "Python"): 2, ("product", "web"): 1, ("tests", "Python"): 1}
    assert table(counted).splitlines()[1].split() == ["product", "2", "1", "0", "0"]

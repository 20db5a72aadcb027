"""docs/audit.md is true: its findings and practices are those of the command."""

import re
from pathlib import Path

from secure_tiller_cli import audit
from secure_tiller_cli.audit import PRACTICES, Level
from tests.repository.test_docs import PROJECT, table
from tests.unit.secure_tiller_cli.audit import test_findings

TEXT = (PROJECT / "docs" / "audit.md").read_text()
SOURCE = "".join(file.read_text() for file in sorted(Path(audit.__file__).parent.rglob("*.py")))


def levels() -> dict[str, set[str]]:
    """The levels that the page names, by code."""
    named = {row[0]: set(re.findall(rf"\b({'|'.join(Level)})\b", row[1])) for row in table("code |", TEXT)}
    assert all(named.values())
    return named


def test_the_findings_are_those_of_the_code() -> None:
    assert set(levels()) == set(re.findall(r'Finding\([^"]*"([a-z-]+)"', SOURCE))


def test_the_levels_are_those_that_the_tests_see() -> None:
    """Of the tables of test_findings.py, in which each finding is written with its level."""
    written = Path(test_findings.__file__).read_text()
    seen = {(code, level) for level, code in re.findall(rf'"({"|".join(Level)}) ([a-z-]+)"', written)}
    assert {(code, level) for code, level in seen if level not in levels()[code]} == set()


def test_the_practices_are_those_of_the_command() -> None:
    assert [row[0] for row in table("practice |", TEXT)] == [f"{number} {word}" for number, word in PRACTICES.items()]

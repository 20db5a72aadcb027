"""docs/audit.md is true: its practices are those of Helm's guide as the catalogue has them."""

from tests.repository.test_docs import PROJECT, table
from tiller_facts.practices import GUIDE

TEXT = (PROJECT / "docs" / "audit.md").read_text()


def test_the_practices_are_those_of_the_command() -> None:
    assert [row[0] for row in table("practice |", TEXT)] == [f"{number} {word}" for number, word in GUIDE.items()]

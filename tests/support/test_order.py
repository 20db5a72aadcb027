"""The order in which the files of tests begin."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

from tests.support.order import longest_first


def item(file: str, name: str, timeout: int | None = None) -> Any:
    mark = SimpleNamespace(args=(timeout,), kwargs={}) if timeout is not None else None
    return SimpleNamespace(path=Path(file), name=name, get_closest_marker=lambda word: word == "timeout" and mark)


def test_a_file_with_a_test_that_takes_long_begins_first_and_then_those_with_most_tests() -> None:
    items = [
        *(item("one.py", f"one {i}") for i in range(1)),
        *(item("two.py", f"two {i}") for i in range(2)),
        item("long.py", "short"),
        item("long.py", "long", 900),
        item("longer.py", "longer", 1500),
    ]
    assert [each.name for each in longest_first(items)] == ["longer", "short", "long", "two 0", "two 1", "one 0"]


def test_files_of_the_same_length_stay_apart() -> None:
    items = [item(file, f"{file} {i}") for i in range(2) for file in ("a", "b")]
    assert [each.name for each in longest_first(items)] == ["a 0", "a 1", "b 0", "b 1"]

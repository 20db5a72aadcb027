"""Readers of objects in which something may not be known."""

from collections.abc import Callable
from typing import Any

import pytest

from tiller_facts.values import (
    UNKNOWN,
    Hidden,
    NotKnownError,
    as_far_as_known,
    at,
    each,
    known,
    maybe,
    settle,
    text,
    texts,
    word,
)


def test_readers_find_what_is_there_and_nothing_else() -> None:
    thing = {"a": {"b": "text", "c": [1, "x"]}, "n": None}
    assert (at(thing, "a", "b"), at(thing, "a", "z"), at(thing, "n", "b"), at(thing, "a", "b", "d")) == (
        "text",
        *[None] * 3,
    )
    assert (text(thing, "a", "b"), text(thing, "a", "c"), text(None)) == ("text", "", "")
    assert (list(each(thing, "a", "c")), list(each(thing, "a", "b")), list(texts(thing, "a", "c"))) == (
        [1, "x"],
        [],
        ["x"],
    )


@pytest.mark.parametrize("value", [0, "", False, [], 1, "text", [1]])
def test_nothing_stands_in_what_is_no_map(value: object) -> None:
    assert (at({"a": value}, "a", "b"), at(value, "a", "b")) == (None, None)


@pytest.mark.parametrize("not_known", [UNKNOWN, Hidden("a script decides it")])
@pytest.mark.parametrize(
    "read",
    [
        lambda thing: at(thing, "a"),
        lambda thing: at(thing, "a", "b"),
        lambda thing: text(thing, "a"),
        lambda thing: list(each(thing, "a")),
        lambda thing: known(thing["a"]),
    ],
)
def test_a_value_that_is_not_known_is_carried_by_the_error(read: Callable[[Any], Any], not_known: Any) -> None:
    with pytest.raises(NotKnownError) as error:
        read({"a": not_known})
    assert error.value.value is not_known
    assert maybe({"a": not_known}, "a", "b") is None


def test_an_unknown_item_hides_none_that_is_known() -> None:
    assert list(as_far_as_known(each([1, UNKNOWN, 2]))) == [1, 2]
    with pytest.raises(NotKnownError):
        list(each([1, UNKNOWN, 2]))


def test_who_asks_says_what_stands_in_place_of_a_value() -> None:
    assert [settle(value, hidden="h", unknown="u") for value in ("v", Hidden(""), UNKNOWN)] == ["v", "h", "u"]


def test_a_word_is_a_text_that_is_known() -> None:
    assert [word({"a": value}, "a") for value in ("text", 7, ["x"], None, UNKNOWN, Hidden("a script"))] == [
        "text",
        *[""] * 5,
    ]
    assert word(UNKNOWN, "a") == ""

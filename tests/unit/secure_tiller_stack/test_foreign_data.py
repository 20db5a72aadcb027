"""JSON and YAML of others are read within bounds, and what exceeds one is refused in one line that quotes nothing."""

import io
import json

import pytest

from secure_tiller_stack import foreign_data
from secure_tiller_stack.foreign_data import UnreadableError, decode, json_prefix, json_value, read_bounded, yaml_value


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "is broken or cut off"),
        ("{", "is broken or cut off"),
        ('{"a": sesame}', "is broken or cut off"),
        ("{} sesame", "more text follows"),
        ("[" * 200 + "]" * 200, "nested too deeply: more than 100 levels"),
        ("[" * 100_000, "nested too deeply"),
        ('{"a":' * 100_000, "nested too deeply"),
        (f'{{"a": {"1" * 5_000}}}', "a number of more than 1000 digits"),
        (f'{{"a": -{"1" * 5_000_000}}}', "a number of more than 1000 digits"),
        (f"[0.{'1' * 5_000}]", "a number of more than 1000 digits"),
        ("[1e999]", "a number that is too large"),
        ("[NaN]", "is no JSON: it holds NaN"),
        ("[-Infinity]", "is no JSON: it holds -Infinity"),
    ],
)
def test_json_beyond_a_bound_is_refused(text: str, why: str) -> None:
    for content in (text, text.encode()):
        with pytest.raises(UnreadableError, match=why) as refused:
            json_value(content)
        assert str(refused.value).isprintable()
        assert "sesame" not in str(refused.value)


@pytest.mark.parametrize(
    "text", ["[" * 100 + "]" * 100, '{"a": {"b": [1, -2.5, 1e300, true, null, "\\ud800"]}}', "12345678901234567890"]
)
def test_json_within_the_bounds_is_read_as_it_is(text: str) -> None:
    assert json_value(text) == json_value(f" {text}\r\n") == json.loads(text)


@pytest.mark.parametrize(
    "item", ["0", "[]", "{}", '""', '{"a": 0}', '"a": 0', '"\\\\"', '"\\""'], ids=lambda item: item.replace('"', "'")
)
def test_json_of_too_many_values_is_refused_before_it_is_parsed(item: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(foreign_data, "MOST_PARTS", 1_000)
    monkeypatch.setattr(foreign_data, "_DECODER", None)
    with pytest.raises(UnreadableError, match="holds too many values"):
        json_value(f"[{f'{item},' * 1_000}0]")
    with pytest.raises(UnreadableError, match="holds too many values"):
        json_prefix(f'a "\n[{f"{item}," * 1_000}0]', 4)


@pytest.mark.parametrize("text", ["a,[{", '\\"[', "\\\\", '\\\\\\",'])
def test_what_stands_in_strings_of_json_is_not_counted(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(foreign_data, "MOST_PARTS", 4)
    assert json_value(f'["{text * 1_000}", 0]') == json.loads(f'["{text * 1_000}", 0]')


def test_json_within_a_text_is_read_to_its_end() -> None:
    assert json_prefix("a\n{}\nb", 2) == ({}, 4)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_json_is_read_in_each_encoding_that_powershell_writes(encoding: str) -> None:
    assert decode('{"a": "é"}\r\n'.encode(encoding)) == '{"a": "é"}\r\n'
    assert json_value('{"a": "é"}\r\n'.encode(encoding)) == {"a": "é"}


def test_a_file_beyond_its_size_is_not_read_to_its_end() -> None:
    with open("/dev/zero", "rb") as endless, pytest.raises(UnreadableError, match="is larger than 1 MiB"):  # noqa: PTH123
        read_bounded(endless, 2**20)
    assert read_bounded(io.BytesIO(b"a"), 1) == b"a"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("{a: ", "is no YAML: line 2: "),
        ("a: !sesame b", "is no YAML: line 1: could not determine a constructor for the tag"),
        ("a: *sesame", "is no YAML: line 1: found undefined alias"),
        ("a: !!int ''", "a value does not match its tag or format"),
        ("[" * 30_000 + "]" * 30_000, "is nested too deeply"),
        ("&a [*a]", "a value contains itself"),
        ("? &a [b]\n: *a\n? [c]\n: d", "unhashable key"),
        ("a: 1\n--- \nb: 1", "found another document"),
    ],
)
def test_yaml_beyond_a_bound_is_refused(text: str, why: str) -> None:
    with pytest.raises(UnreadableError, match=why) as refused:
        yaml_value(text)
    assert str(refused.value).isprintable()
    assert "sesame" not in str(refused.value)


def test_yaml_is_read_with_its_aliases_and_merges() -> None:
    text = "a: &a {b: 1, c: &c [2]}\nd: {<<: *a, b: 3}\ne: *c\nf: *c"
    assert yaml_value(text) == {"a": {"b": 1, "c": [2]}, "d": {"b": 3, "c": [2]}, "e": [2], "f": [2]}

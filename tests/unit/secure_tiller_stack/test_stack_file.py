"""Values within an encrypted map that are not encrypted."""

from pathlib import Path

import pytest

from secure_tiller_stack.stack_file import plain_values

KEY = "secure-tiller:serverKeys"
FILES = {
    "all encrypted": ("{blue: {secure: v1}, green: {secure: v1}}", set()),
    "one plain": ("{blue: {secure: v1}, green: sesame}", {"green"}),
    "a map that is plain": ("{blue: {secure: v1}, green: {secure: v1, note: sesame}}", {"green"}),
    "no text within": ("{blue: {secure: [sesame]}}", {"blue"}),
    "encrypted as a whole": ("{secure: v1}", set()),
    "a team named as the sign": ("{secure: {secure: v1}, green: sesame}", {"green"}),
    "a number for a name": ("{7: sesame}", {"7"}),
    "no map": ("sesame", set()),
    "nothing": ("", set()),
}


@pytest.mark.parametrize("folder", [".", "stacks"])
@pytest.mark.parametrize("what", FILES)
def test_each_name_whose_value_is_plain_is_found(what: str, folder: str, tmp_path: Path) -> None:
    text, plain = FILES[what]
    (tmp_path / "Pulumi.yaml").write_text(f"name: p\nruntime: python\nstackConfigDir: {folder}\n")
    (tmp_path / folder).mkdir(exist_ok=True)
    (tmp_path / folder / "Pulumi.production.yaml").write_text(f"config:\n  {KEY}: {text}\n")
    assert plain_values(tmp_path, "production", KEY) == plain


@pytest.mark.parametrize("content", [None, b"config: {", b"config: []", b"[]", b"\xff"], ids=repr)
def test_a_file_that_is_missing_or_cannot_be_read_says_nothing(content: bytes | None, tmp_path: Path) -> None:
    if content is not None:
        (tmp_path / "Pulumi.production.yaml").write_bytes(content)
    assert plain_values(tmp_path, "production", KEY) == frozenset()

"""Names and texts of others never become Markdown, HTML, mentions or links."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from secure_tiller_cli.preview.escape import block, cell, code, codes, comment

PARSER = MarkdownIt("gfm-like", {"linkify": False})
"""GitHub's Markdown but for its own links, which are none in code either."""

NASTY = (
    "@security-team",
    "#1",
    "GH-1",
    "a|b",
    "`",
    "``a`",
    "a\nb",
    "a\r\n\r\n# b",
    "<script>alert(1)</script>",
    "<!--",
    "-->",
    "[a](https://example.org)",
    "![a](https://example.org/a.png)",
    "https://example.org",
    "\\",
    "a\\|b",
    "***",
    "$`x`$",
    "\u202eabc",
    "\u2028",
    " ",
    "",
    "x" * 5000,
    "</details>",
    "&lt;",
)
names = st.one_of(st.sampled_from(NASTY), st.text(), st.text("`|\\<>@#[]()!-\n \t*_~&$:"))


@given(names)
def test_a_name_is_one_code_span_and_nothing_else(name: str) -> None:
    tokens = PARSER.parse(f"- before {code(name)} after")
    (inline,) = [token for token in tokens if token.type == "inline"]
    assert inline.children is not None
    assert [token.type for token in inline.children] == ["text", "code_inline", "text"]
    assert {token.type for token in tokens} <= {
        "bullet_list_open", "list_item_open", "paragraph_open", "inline", "paragraph_close", "list_item_close",
        "bullet_list_close",
    }  # fmt: skip


@given(st.lists(names, min_size=1, max_size=20))
def test_names_in_a_table_stay_in_their_cell(many: list[str]) -> None:
    tokens = PARSER.parse(f"| a | b |\n|---|---|\n| {cell(codes(many))} | end |")
    cells = [tokens[i + 1] for i, token in enumerate(tokens) if token.type == "td_open"]
    assert len(cells) == 2
    assert {child.type for child in cells[0].children or ()} <= {"text", "code_inline"}
    assert cells[1].content == "end"


def test_control_without_escape_a_name_becomes_a_heading_a_link_and_html() -> None:
    (raw,) = [PARSER.render(f"- before {name} after") for name in ("a\n\n# b [c](https://example.org) <b>",)]
    assert {"h1", "a", "b"} <= set(re.findall(r"<(\w+)", raw))


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("ci", "`ci`"),
        ("a`b", "``a`b``"),
        ("`a", "`` `a ``"),
        (" a", "`  a `"),
        ("a\nb", '`"a\\nb"`'),
        ("", "`(empty)`"),
        ("x" * 200, f"`{'x' * 119}…`"),
        ("04da6b54-80e4-46f7-96ec-b56ff0331ba9", "`unknown`"),
    ],
)
def test_a_name_is_shown_as_it_is(name: str, shown: str) -> None:
    assert code(name) == shown


def test_of_many_names_those_beyond_a_bound_are_counted() -> None:
    assert codes([str(i) for i in range(15)]).endswith("`11` and 3 more")


@given(st.one_of(names, st.lists(names).map("\n".join)))
def test_a_text_is_one_fenced_block_and_nothing_else(text: str) -> None:
    tokens = PARSER.parse(f"{block(text, 500)}\n\nafter")
    assert [token.type for token in tokens] == ["fence", "paragraph_open", "inline", "paragraph_close"]


def test_a_long_text_is_cut_and_said_to_be() -> None:
    assert "… cut, 500 characters more" in block("x" * 1000, 500)


def test_a_private_key_is_not_shown() -> None:
    assert "PRIVATE KEY" not in block("-----BEGIN PRIVATE KEY-----\nabc", 500)
    assert "PRIVATE KEY" not in code("-----BEGIN PRIVATE KEY-----")


@given(names)
def test_a_word_does_not_end_the_hidden_line(word: str) -> None:
    line = f"<!-- secure-tiller preview-summary: {comment(word)} -->"
    assert line.count("-->") == 1
    assert line.count("\n") == 0
    assert PARSER.parse(line + "\n\nafter")[0].type == "html_block"

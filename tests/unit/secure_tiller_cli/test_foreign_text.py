"""Words of others never become Markdown, HTML, mentions, links, drawings on a terminal, or a shell's commands."""

import re
import shlex
import subprocess
from collections.abc import Callable
from io import StringIO
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from rich.console import Console

import secure_tiller_cli
from secure_tiller.problems import HIDDEN
from secure_tiller_cli.foreign_text import block, cell, code, codes, comment, lines, terminal, word

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
    "\ud800",
    "\udcff",
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
        ("\x1b[2J\u202e", '`"\\u001b[2J\\u202e"`'),
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


KEY = "-----BEGIN EC PRIVATE KEY-----\nMHcCAQEEIA==\n-----END EC PRIVATE KEY-----"


@pytest.mark.parametrize(
    "text", [KEY, f"a\n{KEY}\nb", KEY.replace("\n", "\\n"), KEY.partition("-----END")[0], f"\x1b{KEY}"]
)
@pytest.mark.parametrize("write", [lambda text: block(text, 500), code, lambda text: str(terminal(text))])
def test_no_line_of_a_private_key_is_shown(text: str, write: Callable[[str], str]) -> None:
    assert not re.search("PRIVATE KEY|MHcCAQEEIA", write(text))


def test_what_stands_around_a_private_key_is_shown() -> None:
    assert lines(f"before\n{KEY}\nafter") == ["before", HIDDEN, "after"]


@given(names)
def test_a_terminal_gets_one_line_that_draws_nothing(name: str) -> None:
    assert terminal(name).plain.isprintable()
    assert terminal(name).spans == []


@pytest.mark.parametrize("name", ["[bold red]a[/]", "[link=https://example.org]a[/link]", ":warning:"])
def test_rich_reads_no_markup_in_a_name(name: str) -> None:
    out = Console(file=StringIO(), force_terminal=True, highlight=False)
    out.print(terminal(name), end="")
    assert out.file.getvalue() == name  # type: ignore[attr-defined]


@given(names.filter(lambda name: "\0" not in name))
def test_a_word_is_one_line_and_one_word_to_every_shell(name: str) -> None:
    assert word(name).isprintable()
    assert len(shlex.split(word(name))) == 1


@pytest.mark.parametrize(
    "name", ["web", "it's", "$(touch a)", "`touch a`", "a\nb", "it's\n\\n", "\x1b[2J", "\u202eabc", "a\x1b1"]
)
def test_bash_reads_the_word_back_as_it_was(name: str) -> None:
    done = subprocess.run(["bash", "-c", f"printf %s {word(name)}"], capture_output=True, check=True)
    assert done.stdout.decode() == name


@given(names)
def test_a_word_does_not_end_the_hidden_line(word: str) -> None:
    line = f"<!-- secure-tiller preview-summary: {comment(word)} -->"
    assert line.count("-->") == 1
    assert line.count("\n") == 0
    assert PARSER.parse(line + "\n\nafter")[0].type == "html_block"


ROOM = Path(secure_tiller_cli.__file__).parent
ELSEWHERE = re.compile(
    r"shlex\.quote|from secure_tiller\.problems import [^\n]*\b(plain|shown)\b|from (html|markupsafe) import escape"
)
ENV = "a shell that does not know $'...' sources `env`"
MAY = {"foreign_text.py": "is the room", "bundle/model.py": ENV, "bundle/writer.py": ENV}


def test_words_of_others_are_written_in_this_room_alone() -> None:
    found = {str(file.relative_to(ROOM)) for file in ROOM.rglob("*.py") if ELSEWHERE.search(file.read_text())}
    assert found == set(MAY)


@pytest.mark.parametrize("line", ["from secure_tiller.problems import Problem, plain", "x = shlex.quote(name)"])
def test_control_a_writer_elsewhere_is_found(line: str) -> None:
    assert ELSEWHERE.search(f"import shlex\n{line}\n")

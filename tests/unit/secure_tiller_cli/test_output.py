"""Tables: in columns in a pipe, with a box on a terminal."""

import contextlib
import io

import pytest
from rich.console import Console
from rich.text import Text

from secure_tiller_cli.output import console, write_table

COLUMNS = ("object", "seen")
ROWS: list[tuple[str, str | Text]] = [("Pod web", Text("a\nb", "red")), ("世界", "c"), ("Job", "")]


def written(*, columns: int | None = None) -> str:
    file = io.StringIO()
    out = Console(file=file, width=columns, force_terminal=columns is not None, soft_wrap=columns is None)
    write_table(out, "a title", COLUMNS, ROWS, "a caption")
    return file.getvalue()


def test_in_a_pipe_a_row_is_one_line_in_columns_without_blanks_at_the_end() -> None:
    assert written().splitlines() == ["a title", "OBJECT    SEEN", "Pod web   a; b", "世界      c", "Job", ""]


def test_who_forces_colours_in_a_pipe_gets_no_box(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    with contextlib.redirect_stdout(io.StringIO()) as file:
        write_table(console(), "", COLUMNS, ROWS)
    assert file.getvalue().splitlines()[0] == "OBJECT    SEEN"


def test_on_a_terminal_a_table_has_a_box_a_title_and_a_caption() -> None:
    text = Text.from_ansi(written(columns=40)).plain
    assert text.splitlines()[0].strip() == "a title"
    assert "│ Pod web │ a    │" in text
    assert text.splitlines()[-1].strip() == "a caption"


def test_on_a_narrow_terminal_a_long_name_goes_on_in_the_next_line() -> None:
    lines = Text.from_ansi(written(columns=14)).plain.splitlines()
    assert [len(line) <= 14 for line in lines] == [True] * len(lines)
    assert "".join(line.split("│")[1].strip() for line in lines if line.startswith("│ P") or "web" in line) == "Podweb"

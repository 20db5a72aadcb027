"""The help of the command: plain, with examples that are valid, and the same short options everywhere."""

import re
import shlex
from pathlib import Path

import pytest
import typer
from typer.core import TyperCommand, TyperGroup
from typer.testing import CliRunner

from secure_tiller_cli.commands import app
from tests.unit.secure_tiller_cli.preview.test_golden import KEPT

GROUP = typer.main.get_command(app)
assert isinstance(GROUP, TyperGroup)
COMMANDS = {name: command for name, command in GROUP.commands.items() if isinstance(command, TyperCommand)}
EVERY = [[], *([name] for name in COMMANDS)]


def help_of(*arguments: str, columns: int = 80) -> str:
    ended = CliRunner(env={"COLUMNS": str(columns)}).invoke(app, [*arguments, "--help"], prog_name="secure-tiller")
    assert ended.exit_code == 0
    return ended.stdout


def examples(*arguments: str) -> list[str]:
    """Return the lines of the last section of a help."""
    _, section = help_of(*arguments).split("\nExamples:\n")
    return [line.removeprefix("  ") for line in section.splitlines() if line]


@pytest.mark.parametrize("arguments", EVERY)
def test_every_help_has_examples_with_a_comment_for_each(arguments: list[str]) -> None:
    lines = examples(*arguments)
    assert lines
    for before, line in zip(["", *lines], lines, strict=False):
        assert line.startswith(("# ", "secure-tiller "))
        assert before or line.startswith("# ")
    assert any(line.startswith(" ".join(["secure-tiller", *arguments])) for line in lines)


CALLS = sorted({line for arguments in EVERY for line in examples(*arguments) if not line.startswith("#")})


def parsed(line: str) -> dict[str, object]:
    """Return the parameters of a line as the command reads them; a wrong one ends with an error."""
    program, name, *arguments = shlex.split(re.split(r" [|>] ", line)[0])
    assert program == "secure-tiller"
    return dict(COMMANDS[name].make_context(name, arguments).params)


@pytest.mark.parametrize("line", CALLS)
def test_each_example_is_a_valid_call(line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for file in ("shop.yaml", "keys.gpg"):
        Path(file).touch()
    assert parsed(line)


@pytest.mark.parametrize("wrong", ["secure-tiller check --every", "secure-tiller bundle blue", "secure-tiller vet ."])
def test_control_a_wrong_example_is_refused(wrong: str) -> None:
    with pytest.raises(Exception, match=r"No such option|Missing"):
        parsed(wrong)


@pytest.mark.parametrize("arguments", EVERY)
def test_h_is_help(arguments: list[str]) -> None:
    ended = CliRunner(env={"COLUMNS": "80"}).invoke(app, [*arguments, "-h"], prog_name="secure-tiller")
    assert (ended.exit_code, ended.stdout) == (0, help_of(*arguments))


@pytest.mark.parametrize("name", COMMANDS)
def test_o_is_the_format_of_every_command_that_has_one(name: str) -> None:
    formats = [parameter.opts for parameter in COMMANDS[name].params if "--format" in parameter.opts]
    assert formats == [["--format", "-o"]]


def test_o_json_writes_what_format_json_writes() -> None:
    kept = str(KEPT / "exposed.json")
    short, long = (CliRunner().invoke(app, ["preview-summary", kept, option, "json"]) for option in ("-o", "--format"))
    assert (short.exit_code, short.stdout) == (0, long.stdout)


@pytest.mark.parametrize("arguments", EVERY)
@pytest.mark.parametrize("columns", [80, 140])
def test_the_help_fits_and_has_neither_a_box_nor_blanks_at_the_end_of_lines(arguments: list[str], columns: int) -> None:
    lines = help_of(*arguments, columns=columns).splitlines()
    assert [line for line in lines if len(line) > 100 or line != line.rstrip() or re.search("[╭│╰─\x1b]", line)] == []


@pytest.mark.parametrize("arguments", EVERY)
def test_a_value_is_named_by_what_it_is_and_not_by_its_type(arguments: list[str]) -> None:
    assert re.findall(r"<[^|>]+>", help_of(*arguments).replace("<risk>", "")) == []

"""docs/migration.md is true: its options and JSON are those of the commands."""

import re
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from secure_tiller.problems import Problem
from secure_tiller_cli.commands import app
from secure_tiller_cli.migration.exit_document import to_json as plan_to_json
from secure_tiller_cli.migration.history import State
from secure_tiller_cli.migration.report import to_json
from tests.unit.secure_tiller_cli.migration.test_exit_plan import WEB, plan
from tests.unit.secure_tiller_cli.migration.test_report import GONE, report

PAGE = (Path(__file__).parents[2] / "docs" / "migration.md").read_text()


def keys(value: Any) -> set[str]:
    """Return the keys of a JSON value, at any depth; those of `leftAlone` are namespaces."""
    if isinstance(value, list):
        return {key for item in value for key in keys(item)}
    if isinstance(value, dict):
        return set(value) | {key for name, item in value.items() if name != "leftAlone" for key in keys(item)}
    return set()


@pytest.mark.parametrize(
    ("written", "heading"),
    [
        (to_json(report(findings={"half": (GONE,)}, problems=(Problem("", "", "", "", ""),))), "`migrate --format"),
        (plan_to_json(plan(WEB)), "`exit-plan --format"),
    ],
)
def test_every_key_of_the_json_is_named(written: dict[str, Any], heading: str) -> None:
    (text,) = re.findall(rf"^{re.escape(heading)} json`.*?(?=^`exit-plan --|^## )", PAGE, re.MULTILINE | re.DOTALL)
    assert keys(written) <= set(re.findall(r"`(\w+)`", text))


def test_every_state_is_named() -> None:
    assert all(f"`{state}`" in PAGE for state in State)


def test_every_option_of_the_page_is_one_of_the_command() -> None:
    help_text = CliRunner().invoke(app, ["migrate", "--help"], env={"COLUMNS": "200"}).stdout
    used = set(re.findall(r"secure-tiller migrate blue((?: --[a-z-]+)+)", PAGE))
    options = {option for line in used for option in line.split()} | {"--release", "--from", "--storage"}
    assert {option for option in options if option not in help_text} == set()

"""docs/fields.md is the schema of the plugin."""

import json
import re
import subprocess
from typing import Any

import pytest

from secure_tiller_stack.fields_page import page
from testbed.pulumi_stack import PROJECT

SCHEMA: Any = json.loads((PROJECT / "plugin" / "schema.json").read_text())
PAGE = "docs/fields.md"


def test_the_page_is_written_from_the_schema() -> None:
    assert (PROJECT / PAGE).read_text() == f"{page(SCHEMA)}\n", "run `make schema`"
    recipe = subprocess.run(["make", "-n", "schema"], cwd=PROJECT, capture_output=True, text=True, check=True)
    assert f"-m secure_tiller_stack.fields_page < plugin/schema.json > {PAGE}" in recipe.stdout


def test_every_input_and_output_is_one_row_of_its_type() -> None:
    (component,) = SCHEMA["resources"].values()
    types = {token.rpartition(":")[2]: one["properties"] for token, one in SCHEMA["types"].items()}
    wanted = {"SecureTiller": component["inputProperties"], **types, "Outputs": component["properties"]}
    sections = re.findall(r"^## (\w+)$(.*?)(?=^## |\Z)", page(SCHEMA), re.MULTILINE | re.DOTALL)
    rows = {name: re.findall(r"^\| `(\w+)`", text, re.MULTILINE) for name, text in sections}
    assert rows == {name: list(properties) for name, properties in wanted.items()}


def test_every_link_to_a_type_leads_to_its_section() -> None:
    headings = {heading.lower() for heading in re.findall(r"^## (\w+)$", page(SCHEMA), re.MULTILINE)}
    linked = set(re.findall(r"\]\(#(\w+)\)", page(SCHEMA)))
    assert linked <= headings
    assert {token.rpartition(":")[2].lower() for token in SCHEMA["types"]} == linked


@pytest.mark.parametrize(
    ("property_", "required", "row"),
    [
        ({"type": "string", "plain": True}, False, "| `oneKey` (`one_key`) | text | A b. |"),
        ({"type": "string", "plain": True}, True, "| `oneKey` (`one_key`) | text | A b. Required. |"),
        ({"type": "string"}, False, "| `oneKey` (`one_key`) | text, or an output | A b. |"),
        (
            {"type": "array", "plain": True, "items": {"type": "integer", "plain": True}},
            False,
            "| `oneKey` (`one_key`) | list of number | A b. |",
        ),
        (
            {"type": "object", "plain": True, "additionalProperties": {"type": "string"}},
            False,
            "| `oneKey` (`one_key`) | text by name, or an output | A b. |",
        ),
        (
            {"plain": True, "$ref": "#/types/x:index:OtherArgs"},
            False,
            "| `oneKey` (`one_key`) | [OtherArgs](#otherargs) | A b. |",
        ),
    ],
)
def test_a_row_has_both_names_the_type_and_the_meaning(property_: dict[str, Any], required: bool, row: str) -> None:
    one = {"properties": {"oneKey": {"description": "A\n    b.", **property_}}, "description": "One."}
    component: dict[str, Any] = {"inputProperties": {}, "requiredInputs": [], "properties": {}}
    types = {"x:index:OneArgs": one | {"required": ["oneKey"] if required else []}}
    assert row in page({"resources": {"x:index:X": component}, "types": types}).splitlines()


def test_a_bar_ends_no_cell() -> None:
    properties = {"key": {"type": "string", "plain": True, "description": "a|b"}}
    component = {"inputProperties": properties, "requiredInputs": [], "properties": {}}
    assert r"| `key` | text | a\|b |" in page({"resources": {"x": component}, "types": {}})

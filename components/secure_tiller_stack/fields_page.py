"""The page that describes every input: `python -m secure_tiller_stack.fields_page < plugin/schema.json` prints it."""

import json
import re
import sys
from collections.abc import Iterator, Mapping
from typing import Any

HEAD = """# Inputs and outputs of a Tiller

Every input of the component, type by type, as [`plugin/schema.json`](../plugin/schema.json) has it. `make schema`
writes that file from the types of the package, and this page from that file. [component.md](component.md) explains the
inputs by examples.

Names are those of the schema, for [programs in other languages than Python](plugin.md). Where Python and
[stack files](stacks.md) write a name otherwise, it stands in brackets, and the meanings use that one. An input
may be an output of another resource only where its type says so. `cluster`, `providerName`, `protect` and `formerly`
are [of the plugin](plugin.md#inputs): the component of the Python package does not have them."""

BAR = r"\|"
"""A vertical bar that ends no cell."""
Json = Mapping[str, Any]


def page(schema: Json) -> str:
    """Return the page in Markdown.

    Args:
        schema: of the package, as Pulumi defines package schemas.
    """
    (component,) = schema["resources"].values()
    inputs = _section("SecureTiller", "One team's Tiller.", component["inputProperties"], component["requiredInputs"])
    types = (
        _section(_name(token), one["description"], one["properties"], one.get("required", ()))
        for token, one in schema["types"].items()
    )
    outputs = ("", "## Outputs", "", "| output | type | meaning |", "|---|---|---|")
    rows = (_row([_names(name), _type(one), one["description"]]) for name, one in component["properties"].items())
    return "\n".join([HEAD, *inputs, *(line for one in types for line in one), *outputs, *rows])


def _section(name: str, description: str, properties: Json, required: Any) -> Iterator[str]:
    yield from ("", f"## {name}", "", _line(description), "")
    yield from ("| input | type | meaning |", "|---|---|---|")
    for key, one in properties.items():
        type_ = _type(one) if _is_plain(one) else f"{_type(one)}, or an output"
        needed = " Required." if key in required else ""
        yield _row([_names(key), type_, f"{_line(one['description'])}{needed}"])


def _row(cells: list[str]) -> str:
    return " ".join(("|", *(f"{_line(cell).replace('|', BAR)} |" for cell in cells)))


def _line(text: str) -> str:
    return " ".join(text.split())


def _names(key: str) -> str:
    """Return a name, and in brackets as Python writes it, if that differs."""
    in_python = re.sub(r"[A-Z]", lambda found: f"_{found[0].lower()}", key)
    return f"`{key}`" if in_python == key else f"`{key}` (`{in_python}`)"


def _type(one: Json) -> str:
    """Return a type in words; a type of the package as a link to its section."""
    if "$ref" in one:
        name = _name(one["$ref"])
        return f"[{name}](#{name.lower()})"
    if "items" in one:
        return f"list of {_type(one['items'])}"
    if "additionalProperties" in one:
        return f"{_type(one['additionalProperties'])} by name"
    return {"string": "text", "integer": "number"}.get(one["type"]) or str(one["type"])


def _is_plain(one: Json) -> bool:
    inner = one.get("items") or one.get("additionalProperties") or one
    return bool(inner.get("plain"))


def _name(token: str) -> str:
    return token.rpartition(":")[2]


if __name__ == "__main__":
    print(page(json.load(sys.stdin)))

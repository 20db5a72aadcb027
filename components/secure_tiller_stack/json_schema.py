"""The JSON Schema of stack files, by which editors complete and check them; made of the types and their docstrings.

`make schema` writes it into their folder; the files name it in their first line.
"""

import json
from collections.abc import Mapping
from typing import Any

from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import PydanticOmit, core_schema

from secure_tiller.plan.schema import SETTINGS, SettingsSchema
from secure_tiller.plan.validation.namespaces import POD_SECURITY_LEVELS
from secure_tiller.plan.validation.pod import EFFECTS, OPERATORS
from secure_tiller.plan.validation.rights import PRESETS, VERBS
from secure_tiller_stack.args import REMOVED, StackArgs
from secure_tiller_stack.configuration import NAMESPACE

WORDS: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "ManagedNamespaceArgs": {"pod_security": POD_SECURITY_LEVELS},
    "DefaultsArgs": {"pod_security": tuple(level for level in POD_SECURITY_LEVELS if level != "privileged")},
    "RightsArgs": {"preset": PRESETS},
    "TeamArgs": {"expose": ("cluster",)},
    "RuleArgs": {"verbs": VERBS},
    "TolerationArgs": {"operator": OPERATORS, "effect": EFFECTS},
}
"""By type and field, the words that a text, or each of a list of them, takes where it takes no other."""


class _Plain(GenerateJsonSchema):
    """Leaves out what no file can hold: the outputs of other resources."""

    def is_instance_schema(self, schema: core_schema.IsInstanceSchema) -> JsonSchemaValue:  # noqa: ARG002
        raise PydanticOmit


def schema() -> dict[str, Any]:
    """Return the schema of a whole stack file: our settings, and room for those of others."""
    made = _made(SettingsSchema(StackArgs))
    definitions = made.pop("$defs")
    # What a type inherits, pydantic leaves undescribed.
    definitions["TeamArgs"]["properties"] |= _made(SETTINGS)["properties"]
    for part, fields in WORDS.items():
        for field, words in fields.items():
            text = definitions[part]["properties"][field]
            text.get("items", text)["enum"] = list(words)
    made["properties"]["removed"]["additionalProperties"]["enum"] = [REMOVED]
    for item in (*definitions.values(), made):
        _tidy(item)
    keys = {f"{NAMESPACE}:{key}": value for key, value in made["properties"].items()}
    config = {
        "type": "object",
        "properties": keys,
        "patternProperties": {f"^{NAMESPACE}:(?!({'|'.join(made['properties'])})$)": False},
        "required": [f"{NAMESPACE}:{key}" for key in made["required"]],
    }
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",  # the newest that every editor's YAML support reads
        "title": "A stack file of secure-tiller",
        "type": "object",
        "properties": {"config": config},
        "required": ["config"],
        "definitions": definitions,
    }


def _made(form: SettingsSchema[Any]) -> dict[str, Any]:
    return form.adapter.json_schema(ref_template="#/definitions/{model}", schema_generator=_Plain)


def _tidy(part: dict[str, Any]) -> None:
    """Put each description on one line, and take away the titles, which say the field's name again."""
    part.pop("title", None)
    for item in (part, *part.get("properties", {}).values()):
        item.pop("title", None)
        if "description" in item:
            item["description"] = " ".join(item["description"].split())


if __name__ == "__main__":
    print(json.dumps(schema(), indent=2))

"""The settings: described field by field, and read by Pulumi's component analyzer for the other languages."""

import ast
import inspect
from typing import Any

import pytest
from pulumi.provider.experimental.analyzer import Analyzer
from typing_extensions import get_annotations, is_typeddict

import secure_tiller
from secure_tiller import SecureTiller, args

ANALYZED = Analyzer("secure-tiller").analyze([SecureTiller])
COMPONENT = ANALYZED["component_definitions"]["SecureTiller"]
TYPES: dict[str, Any] = dict(inspect.getmembers(args, is_typeddict))


def camel(name: str) -> str:
    first, *words = name.split("_")
    return first + "".join(word.title() for word in words)


def analyzed(name: str) -> dict[str, Any]:
    found: dict[str, Any] = COMPONENT.inputs
    return found if name == "SecureTillerArgs" else ANALYZED["type_definitions"][name].properties


@pytest.mark.parametrize("name", TYPES)
def test_the_analyzer_finds_every_input_and_which_are_required(name: str) -> None:
    fields = get_annotations(TYPES[name])
    expected = {camel(field): field in TYPES[name].__optional_keys__ for field in fields}
    assert {field: found.optional for field, found in analyzed(name).items()} == expected


def test_the_analyzer_finds_every_output() -> None:
    outputs = {"namespace", "serviceAccount", "deployment", "caCertificate", "expirations", "bundles"}
    assert set(COMPONENT.outputs) == outputs


def test_every_input_and_output_is_described() -> None:
    described = [*COMPONENT.inputs.values(), *COMPONENT.outputs.values()]
    for definition in ANALYZED["type_definitions"].values():
        described += definition.properties.values()
    assert len(described) > 50
    assert all(one.description for one in described)


def test_every_optional_input_states_its_default() -> None:
    optional = {
        f"{name}.{field}": found.description
        for name in TYPES
        for field, found in analyzed(name).items()
        if found.optional
    }
    undocumented = {field for field, text in optional.items() if "Default:" not in text}
    # Optional for the form alone: in a stack's file it stands elsewhere.
    assert undocumented == {"ServerCertificateArgs.key"}
    assert "required" in optional["ServerCertificateArgs.key"]


def undescribed(source: str) -> list[str]:
    """Return the fields of classes that no text follows."""
    return [
        f"{part.name}.{field.target.id}"
        for part in ast.walk(ast.parse(source))
        if isinstance(part, ast.ClassDef)
        for field, after in zip(part.body, [*part.body[1:], None], strict=True)
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name) and not is_text(after)
    ]


def is_text(statement: ast.stmt | None) -> bool:
    return (
        isinstance(statement, ast.Expr)
        and isinstance(statement.value, ast.Constant)
        and isinstance(statement.value.value, str)
    )


def test_every_field_of_every_type_is_described() -> None:
    assert undescribed(inspect.getsource(args)) == []


@pytest.mark.parametrize(
    "source",
    ['class A:\n    """About it."""\n    b: int\n    c: int\n    """About c."""', "class A:\n    b: int"],
    ids=["followed by another", "last"],
)
def test_control_a_field_without_a_text_is_found(source: str) -> None:
    assert undescribed(source) == ["A.b"]


def test_every_type_of_the_settings_is_public() -> None:
    assert set(TYPES) <= set(secure_tiller.__all__)

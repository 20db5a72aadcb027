"""One lister of the API server, one way to a cluster and one runner of other programs: nobody has another."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

COMPONENTS = Path(__file__).parents[2] / "components"
CLUSTER = "secure_tiller_stack/cluster"

ONLY = {
    # A login program is run as kubectl runs it: it may have the terminal.
    "subprocess": {"secure_tiller_cli/programs.py", f"{CLUSTER}/login.py"},
    "kubernetes": {f"{CLUSTER}/connection.py"},
    "clients.ApiClient": {f"{CLUSTER}/connection.py"},
    "clients.Configuration": {f"{CLUSTER}/connection.py"},
    "param_serialize": {f"{CLUSTER}/api.py"},
    "call_api": {f"{CLUSTER}/api.py"},
    # Others wrote what is read: within bounds, or not at all.
    "raw_decode": {"secure_tiller_stack/foreign_data.py"},
    "yaml.load": set(),
    "json.loads": set(),
    "yaml.safe_load": set(),
}
"""By what is imported or called, the modules that may."""


CLASS = re.compile(r"clients\.[A-Z][a-z]\w*")
"""A class of the Kubernetes client, as `connection` gives it."""


def names(tree: ast.AST) -> Iterator[str]:
    """Yield the modules that a module imports, and the attributes that it uses, alone and after a name."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            yield str(node.module).partition(".")[0]
        elif isinstance(node, ast.Attribute):
            yield node.attr
            if isinstance(node.value, ast.Name):
                yield f"{node.value.id}.{node.attr}"


@cache
def uses() -> dict[str, set[str]]:
    """Return what each module imports and uses."""
    files = COMPONENTS.rglob("*.py")
    return {str(file.relative_to(COMPONENTS)): set(names(ast.parse(file.read_text()))) for file in files}


@pytest.mark.parametrize("name", ONLY)
def test_a_thing_that_is_one_is_used_in_its_place_alone(name: str) -> None:
    assert {file for file, used in uses().items() if name in used} == ONLY[name]


def test_of_the_kubernetes_client_the_features_know_its_error_alone() -> None:
    for file, used in uses().items():
        if not file.startswith(CLUSTER):
            assert {name for name in used if CLASS.fullmatch(name)} <= {"clients.ApiException"}, file


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("import subprocess", "subprocess"),
        ("from subprocess import run", "subprocess"),
        ("def f():\n    import kubernetes.client", "kubernetes"),
        ("clients.CoreV1Api(client)", "clients.CoreV1Api"),
        ("self.client.call_api('/')", "call_api"),
    ],
)
def test_control_another_use_is_found(text: str, name: str) -> None:
    assert name in set(names(ast.parse(text)))


def test_control_a_class_of_the_client_is_distinguished_from_other_words() -> None:
    assert CLASS.fullmatch("clients.CoreV1Api")
    assert not CLASS.fullmatch("clients.CHECKS")

"""Every remedy with a command names a test that runs it as it is printed."""

import ast
from pathlib import Path

import pytest

from tests.support.remedies import Command, Ran, commands, ran, run, succeeded
from tests.support.remedy_tests import CANNOT_BE_RUN, NAMED, RUN, claims, commands_in, given, not_run, texts

TESTS = Path(__file__).parents[1]
LOOK = "kubectl --namespace blue-tiller describe networkpolicies"
REMEDY = f"look whether it must: {LOOK}"
LISTED = ("secure_tiller_cli/check/namespaces.py", "kubectl --namespace {} describe networkpolicies")


def test_every_command_that_a_text_gives_has_a_test_that_runs_it() -> None:
    listed = {(module, command) for module, tests in RUN.items() for command in tests}
    others = NAMED.keys() | CANNOT_BE_RUN.keys()
    assert listed.isdisjoint(others)
    assert listed | others == given().keys()


@pytest.mark.parametrize("test", sorted({test for tests in RUN.values() for test in tests.values()}))
def test_the_test_exists(test: str) -> None:
    file, _, name = test.partition("::")
    name, _, case = name.partition("[")
    tree = ast.parse((TESTS / file).read_text())
    assert name in {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
    words = {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant)}
    assert not case or case.removesuffix("]") in words
    assert claims(test)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('x = "see why: kubectl --namespace {} get pods"', ["kubectl --namespace {} get pods"]),
        (
            'x = f"stop it: kubectl --namespace {a} scale deployment {b} --replicas=0; then pulumi up --refresh"',
            ["kubectl --namespace {} scale deployment {} --replicas=0", "pulumi up --refresh"],
        ),
        ('x = f"`pulumi up` from {a} on; wait. And kubectl get pods."', ["pulumi up", "kubectl get pods"]),
        ('"""Docstring: kubectl get pods."""', []),
        ('x = "install kubectl, and put it on PATH"', []),
        ('x = "helm3 2to3 convert"', ["helm3 2to3 convert"]),
    ],
)
def test_control_a_command_is_found_in_a_text_and_not_in_a_docstring(text: str, found: list[str]) -> None:
    assert [each for part in texts(ast.parse(text)) for each in commands_in(part)] == found


@pytest.mark.parametrize(
    ("done", "missing"),
    [
        (Ran(LOOK, REMEDY), []),
        (Ran(LOOK.replace("blue", "red"), REMEDY.replace("blue", "red")), []),
        (Ran(LOOK.replace("describe", "get"), REMEDY), [LISTED]),
        (Ran(LOOK, f"see why: {LOOK}"), [LISTED]),
        (Ran("kubectl get pods", f"{REMEDY}; kubectl get pods"), [LISTED]),
    ],
    ids=["it", "for another object", "with another word", "of another remedy", "the remedy's other command"],
)
def test_control_a_test_that_does_not_run_the_command_of_the_remedy_is_found(
    done: Ran, missing: list[tuple[str, str]]
) -> None:
    assert not_run([LISTED], [done]) == missing


def test_control_no_more_is_recorded_than_what_a_remedy_gives_and_ended_as_it_must(tmp_path: Path) -> None:
    with pytest.raises(AssertionError):
        succeeded(run(Command("false"), tmp_path))
    succeeded(run("true", tmp_path))
    assert ran == []
    (command,) = commands("see: openssl version; and go on")
    succeeded(run(command, tmp_path))
    assert ran == [Ran("openssl version", "see: openssl version; and go on")]

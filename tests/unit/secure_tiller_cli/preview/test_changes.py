"""The team of a resource, its part of a Tiller, and the operation on it."""

from typing import Any

import pytest

from secure_tiller_cli.preview import paths
from secure_tiller_cli.preview.changes import Stack, sort
from secure_tiller_cli.preview.digest import Digest
from tests.unit.secure_tiller_cli.preview.previews import STACK, TYPES, step, urn_of

SECRET = "kubernetes:core/v1:Secret"
TEAM = f"{TYPES}::blue"
NESTED = TYPES.replace("::secure-tiller:index", "::company:index:Platform$secure-tiller:index") + "::blue"


def sorted_(*steps: dict[str, Any]) -> Stack:
    return sort(Digest.model_validate({"steps": steps, "changeSummary": {}}))


def state(type_: str = SECRET, parent: str = TEAM, **more: Any) -> dict[str, Any]:
    return {"type": type_, "parent": parent, "inputs": {}, **more}


def test_a_resource_belongs_to_the_tiller_that_is_its_parent() -> None:
    (team,) = sorted_(step("create", urn_of("blue", SECRET, "tls"), None, state())).teams
    assert (team.name, [change.part for change in team.changes]) == ("blue", ["tls"])


def test_a_tiller_within_another_component_is_a_team_too() -> None:
    urn = f"{NESTED.rsplit('::', 1)[0]}${SECRET}::blue-tls"
    (team,) = sorted_(step("create", urn, None, state(parent=NESTED))).teams
    assert (team.name, team.changes[0].part) == ("blue", "tls")


def test_what_has_another_parent_is_no_teams() -> None:
    found = sorted_(step("create", f"urn:pulumi:test::p::{SECRET}::blue-tls", None, state(parent=STACK)))
    assert (found.teams, [change.name for change in found.others]) == ((), ["blue-tls"])


def test_the_names_of_stack_and_project_are_those_of_the_resources() -> None:
    found = sorted_(step("same", STACK, state("pulumi:pulumi:Stack", ""), state("pulumi:pulumi:Stack", "")))
    assert (found.name, found.project, found.others) == ("test", "secure-tiller", ())


@pytest.mark.parametrize(
    ("name", "part", "generation"),
    [
        ("server", "server", ""),
        ("server-ca:2@3", "server-ca:2", "@3"),
        ("client-ca:alice@1.2", "client-ca:alice", "@1.2"),
        ("client-ca:dora#0a1b", "client-ca:dora", "#0a1b"),
        ("client-ca:dora@2#0a1b", "client-ca:dora", "@2#0a1b"),
    ],
)
def test_the_name_of_a_key_says_its_generation(name: str, part: str, generation: str) -> None:
    kind = "tls:index/privateKey:PrivateKey"
    (team,) = sorted_(step("create", urn_of("blue", kind, name), None, state(kind))).teams
    assert (team.changes[0].part, team.changes[0].generation) == (part, generation)


@pytest.mark.parametrize(
    ("ops", "operations"),
    [
        (["replace"], ["replace"]),
        (["create-replacement", "replace", "delete-replaced"], ["replace"]),
        (["create-replacement"], ["replace"]),
        (["import"], ["create"]),
        (["same"], ["same"]),
        (["some-new-word"], ["some-new-word"]),
    ],
)
def test_the_engines_words_become_plain_ones(ops: list[str], operations: list[str]) -> None:
    urn = urn_of("blue", SECRET, "tls")
    (team,) = sorted_(*(step(op, urn, state(), state()) for op in ops)).teams
    assert [change.operation for change in team.changes] == operations


def test_a_team_that_is_renamed_is_known_by_the_parents_of_before() -> None:
    moved = step("update", urn_of("gold", SECRET, "tls"), None, state(parent=f"{TYPES}::gold"))
    moved["oldState"] = {"urn": urn_of("blue", SECRET, "tls"), **state()}
    (team,) = sorted_(moved).teams
    assert (team.name, team.former) == ("gold", "blue")


def test_an_object_that_the_refresh_did_not_find_is_drift() -> None:
    urn, stack = urn_of("blue", SECRET, "tls"), state("pulumi:pulumi:Stack", "")
    refreshed = [step("refresh", STACK, stack, stack), step("refresh", urn, state(), state())]
    found = sorted_(*refreshed, step("same", STACK, stack, stack), step("create", urn, None, state()))
    assert [(change.name, change.operation) for change in found.drift] == [("blue-tls", "delete")]
    assert [change.operation for change in found.teams[0].changes] == ["create"]


def test_control_what_the_refresh_found_as_it_was_is_no_drift() -> None:
    urn, stack = urn_of("blue", SECRET, "tls"), state("pulumi:pulumi:Stack", "")
    refreshed = [step("refresh", STACK, stack, stack), step("refresh", urn, state(), state())]
    assert sorted_(*refreshed, step("same", STACK, stack, stack)).drift == ()


@pytest.mark.parametrize(
    ("old", "new", "where"),
    [
        ({"a": 1}, {"a": 1}, []),
        ({"a": 1}, {"a": 2}, ["a"]),
        ({"a": {"b.c/d": 1}}, {"a": {}}, ['a["b.c/d"]']),
        ({}, {"a": {"b": 1, "c": 2}}, ["a.b", "a.c"]),
        ({"a": {}}, {}, ["a"]),
        ({"a": [1, 2]}, {"a": [1]}, ["a[1]"]),
        ({"a": [{"b": 1}]}, {"a": [{"b": 2}]}, ["a[0].b"]),
        ({"a": [1]}, {"a": {"b": 1}}, ["a"]),
        ({"a": True}, {"a": None}, ["a"]),
    ],
)
def test_differences_are_paths(old: Any, new: Any, where: list[str]) -> None:
    assert [paths.written(path) for path in paths.differing(old, new)] == where

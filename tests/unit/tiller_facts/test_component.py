"""Changes to the component that a transform can make."""

from typing import Any

import pytest

from tests.unit.tiller_facts.samples import container, found, item, template
from tiller_facts.facts import Facts
from tiller_facts.identity import POD_SECURITY, REASON_ANNOTATION
from tiller_facts.kinds import NAMESPACES
from tiller_facts.practices import Status, evaluate
from tiller_facts.values import UNKNOWN

CLOSED = {"podSelector": {}, "policyTypes": ["Ingress"]}
READS = {"apiGroups": [""], "verbs": ["get"]}


def namespace(**labels: Any) -> dict[str, Any]:
    return {"metadata": {"labels": {f"{POD_SECURITY}/{mode}": level for mode, level in labels.items()}}}


def pods(token: object, read_only: object) -> dict[str, Any]:
    one = container(securityContext={"readOnlyRootFilesystem": read_only})
    return {"spec": {"template": template(one, automountServiceAccountToken=token)}}


def changed(kind: str, part: str, content: dict[str, Any]) -> list[Status]:
    judged = evaluate(Facts((found(item(kind, "a", **content), part=part),)))
    return [finding.status for finding in judged.every if finding.practice == "component-intact"]


CASES: list[tuple[str, str, dict[str, Any], dict[str, Any]]] = [
    ("Namespace", "namespace", namespace(enforce="restricted"), namespace(enforce="baseline")),
    ("Namespace", "namespace", namespace(enforce="restricted"), namespace(audit="restricted")),
    ("Namespace", "namespace:", namespace(enforce="baseline"), namespace(enforce="privileged")),
    ("Namespace", "namespace:", namespace(enforce="restricted"), namespace()),
    ("NetworkPolicy", "deny-ingress", {"spec": CLOSED}, {"spec": {"podSelector": {}}}),
    (
        "NetworkPolicy",
        "deny-ingress",
        {"spec": {**CLOSED, "ingress": []}},
        {"spec": {**CLOSED, "podSelector": {"matchLabels": {"app": "web"}}}},
    ),
    ("NetworkPolicy", "deny-ingress", {"spec": CLOSED}, {"spec": {**CLOSED, "ingress": [{}]}}),
    ("Secret", "tls", {"immutable": True}, {"immutable": False}),
    ("Secret", "tls", {"immutable": True}, {}),
    (
        "Role",
        "people",
        {"rules": [{**READS, "resources": ["pods"]}]},
        {"rules": [{**READS, "resources": ["pods", "secrets"]}]},
    ),
    ("Deployment", "deployment", pods(False, True), pods(None, True)),
    ("Deployment", "deployment", pods(False, True), pods(False, False)),
]


@pytest.mark.parametrize(("kind", "part", "whole", "undone"), CASES)
def test_what_is_undone_is_found_on_the_component_alone(kind: str, part: str, whole: Any, undone: Any) -> None:
    assert changed(kind, part, whole) == []
    assert changed(kind, part, undone) == [Status.VIOLATED]
    assert changed(kind, "", undone) == [], "of anybody else"


def test_a_namespace_may_be_open_to_privileged_pods_with_a_reason() -> None:
    content = namespace(enforce="privileged")
    content["metadata"]["annotations"] = {REASON_ANNOTATION: "node agents"}
    assert changed("Namespace", "namespace:", content) == []


def test_what_only_the_update_decides_is_no_violation() -> None:
    assert changed("NetworkPolicy", "deny-ingress", {"spec": UNKNOWN}) == [Status.UNKNOWN]
    assert changed("Namespace", "namespace", namespace(enforce=UNKNOWN)) == [Status.UNKNOWN]


@pytest.mark.parametrize(("part", "hidden"), [("deployment", True), ("", False)])
def test_what_could_not_be_listed_of_the_component_is_hidden(part: str, hidden: bool) -> None:
    made = found(item("Deployment", "a", **pods(False, True)), part=part)
    judged = evaluate(Facts((made,), refused=frozenset((NAMESPACES,))))
    assert [one.status for one in judged.every if one.code == "component-unknown"] == [Status.HIDDEN] * hidden

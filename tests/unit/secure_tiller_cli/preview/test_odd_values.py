"""Odd values at every place of a preview: the state is words of others, and the summary is written without an error."""

from typing import Any

import pytest

from secure_tiller_cli.preview import markdown
from secure_tiller_cli.preview.digest import Digest
from secure_tiller_cli.preview.summary import summarize
from tests.support.places import places, replaced
from tests.support.samples import FULL, smallest
from tests.unit.secure_tiller_cli.preview.previews import STACK, Resources, preview, resources, step

LESS, MORE = (resources("blue", settings) for settings in (smallest(subjects={"groups": ["people"]}), FULL))
UNCHANGED = preview(LESS, LESS).model_dump(exclude_none=True)
ODD: list[Any] = [True, 0, "a", "", [], {}, [[]], [True], {"a": {}}, None, 1.5]

RBAC = "rbac.authorization.k8s.io/v1"
OF_NO_TEAM: list[dict[str, Any]] = [
    {
        "kind": f"{RBAC}:RoleBinding",
        "metadata": {"name": "b", "namespace": "blue-tiller", "labels": {"a": "b"}, "annotations": {"a": "b"}},
        "subjects": [{"kind": "Group", "name": "people", "apiGroup": "rbac.authorization.k8s.io"}],
        "roleRef": {"kind": "ClusterRole", "name": "edit", "apiGroup": "rbac.authorization.k8s.io"},
    },
    {
        "kind": f"{RBAC}:ClusterRole",
        "metadata": {"name": "r", "labels": {"rbac.authorization.k8s.io/aggregate-to-edit": "true"}},
        "rules": [{"apiGroups": [""], "resources": ["secrets"], "verbs": ["get"], "resourceNames": ["a"]}],
        "aggregationRule": {"clusterRoleSelectors": [{"matchLabels": {"a": "b"}}]},
    },
    {
        "kind": "core/v1:Pod",
        "metadata": {"name": "p", "namespace": "blue-tiller", "labels": {"app": "helm", "name": "tiller"}},
        "spec": {"serviceAccountName": "tiller", "containers": [{"name": "c", "image": "i", "args": ["a"]}]},
    },
    {
        "kind": "networking.k8s.io/v1:NetworkPolicy",
        "metadata": {"name": "n", "namespace": "blue-tiller"},
        "spec": {
            "podSelector": {},
            "ingress": [{"from": [{"ipBlock": {"cidr": "0.0.0.0/0"}}], "ports": [{"port": 1}]}],
        },
    },
    {
        "kind": "admissionregistration.k8s.io/v1:MutatingWebhookConfiguration",
        "metadata": {"name": "w"},
        "webhooks": [{"name": "w", "rules": [{"apiGroups": ["*"], "resources": ["*"], "operations": ["*"]}]}],
    },
]


def written(found: Digest) -> str:
    return markdown.write(summarize(found))


def walks(objects: Resources, odd: Any) -> list[Resources]:
    """Return resources with an odd value at a place of the inputs of each, until every place has had it."""
    left = {urn: list(places(each["inputs"]))[1:] for urn, each in objects.items()}
    return [
        {
            urn: {**each, "inputs": replaced(each["inputs"], left[urn][number], odd)}
            for urn, each in objects.items()
            if number < len(left[urn])
        }
        for number in range(max(map(len, left.values())))
    ]


WORST = pytest.mark.parametrize("odd", [True, [[]]], ids=["no container", "no key of a map"])
"""A value that has no length, no items and no keys, and one that cannot be hashed."""


@WORST
def test_an_odd_value_at_any_place_of_the_old_state_is_summarized(odd: Any) -> None:
    for changed in walks(LESS, odd):
        assert written(preview({**LESS, **changed}, MORE))


@WORST
def test_an_odd_value_at_any_place_of_the_new_state_is_summarized(odd: Any) -> None:
    for changed in walks(MORE, odd):
        assert written(preview(LESS, {**MORE, **changed}))


@pytest.mark.parametrize("odd", ODD, ids=repr)
@pytest.mark.parametrize("found", OF_NO_TEAM, ids=lambda found: found["kind"])
@pytest.mark.parametrize("op", ["create", "update"])
def test_a_value_at_any_place_of_an_object_of_no_team_is_summarized(op: str, found: dict[str, Any], odd: Any) -> None:
    inputs = {key: value for key, value in found.items() if key != "kind"}
    type_ = f"kubernetes:{found['kind']}"
    state = {"type": type_, "parent": STACK, "inputs": inputs}
    old = state if op == "update" else None
    steps = [
        step(op, f"urn:pulumi:test::secure-tiller::{type_}::{at}", old, {**state, "inputs": replaced(inputs, at, odd)})
        for at in list(places(inputs))[1:]
    ]
    assert written(Digest.model_validate({**UNCHANGED, "steps": [*UNCHANGED["steps"], *steps]}))

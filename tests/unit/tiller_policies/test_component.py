"""What a transform can undo of the component."""

from typing import Any

import pytest

from tests.unit.tiller_policies.samples import broken, container, pod, resource, violations
from tiller_policies.component import ENFORCE, REASON
from tiller_policies.values import UNKNOWN

PARENT = "secure-tiller:index:SecureTiller$"
CLOSED = {"podSelector": {}, "policyTypes": ["Ingress"]}
READS = {"apiGroups": [""], "verbs": ["get"]}


def namespace(**labels: Any) -> dict[str, Any]:
    return {"metadata": {"labels": {ENFORCE.replace("enforce", key): value for key, value in labels.items()}}}


def deployment(token: object, read_only: object) -> dict[str, Any]:
    one = container(securityContext={"readOnlyRootFilesystem": read_only})
    return {"spec": {"template": {"spec": pod(one, automountServiceAccountToken=token)}}}


@pytest.mark.parametrize(
    ("kind", "name", "whole", "undone"),
    [
        ("core/v1:Namespace", "blue-namespace", namespace(enforce="restricted"), namespace(enforce="baseline")),
        ("core/v1:Namespace", "blue-namespace", namespace(enforce=UNKNOWN), namespace(audit="restricted")),
        ("core/v1:Namespace", "blue-namespace:a", namespace(enforce="baseline"), namespace(enforce="privileged")),
        ("core/v1:Namespace", "blue-namespace:a", namespace(enforce="restricted"), namespace()),
        ("networking.k8s.io/v1:NetworkPolicy", "blue-deny-ingress", {"spec": CLOSED}, {"spec": {"podSelector": {}}}),
        (
            "networking.k8s.io/v1:NetworkPolicy",
            "blue-deny-ingress",
            {"spec": UNKNOWN},
            {"spec": {**CLOSED, "podSelector": {"matchLabels": {"app": "web"}}}},
        ),
        (
            "networking.k8s.io/v1:NetworkPolicy",
            "blue-deny-ingress",
            {"spec": {**CLOSED, "ingress": []}},
            {"spec": {**CLOSED, "ingress": [{}]}},
        ),
        ("core/v1:Secret", "blue-tls", {"immutable": True}, {"immutable": False}),
        ("core/v1:Secret", "blue-tls", {"immutable": True}, {}),
        (
            "rbac.authorization.k8s.io/v1:Role",
            "blue-people",
            {"rules": [{**READS, "resources": ["pods"]}]},
            {"rules": [{**READS, "resources": ["pods", "secrets"]}]},
        ),
        ("apps/v1:Deployment", "blue-deployment", deployment(False, True), deployment(None, True)),
        ("apps/v1:Deployment", "blue-deployment", deployment(False, True), deployment(False, False)),
    ],
)
def test_what_is_undone_is_noticed_on_the_component_alone(kind: str, name: str, whole: Any, undone: Any) -> None:
    assert "component-intact" not in broken(resource(kind, name, whole, parents=PARENT))
    assert "component-intact" in broken(resource(kind, name, undone, parents=PARENT))
    assert "component-intact" not in broken(resource(kind, name, undone)), "of anybody else"


def test_a_namespace_may_be_open_to_privileged_pods_with_a_reason() -> None:
    props = namespace(enforce="privileged")
    props["metadata"]["annotations"] = {REASON: "node agents"}
    assert broken(resource("core/v1:Namespace", "blue-namespace:a", props, parents=PARENT)) == set()


def test_the_message_says_what_is_lost() -> None:
    secret = resource("core/v1:Secret", "blue-tls", {}, parents=PARENT)
    ((_, message),) = violations("component-intact", secret)
    assert message.startswith("Secret blue-tls lets a key be swapped in place: take back the transform that changed it")

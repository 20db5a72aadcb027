"""Objects that a transform makes otherwise: each property that no other rule judges is held to what is made."""

from typing import Any

import pytest

from secure_tiller_cli.preview.findings import Meaning
from secure_tiller_cli.preview.summary import summarize
from tests.support.samples import FULL, SMALLEST, smallest
from tests.unit.secure_tiller_cli.preview.previews import Resources, preview, resources, urn_of
from tests.unit.secure_tiller_cli.preview.test_rules import (
    ADMITS,
    BINDING,
    DEPLOYMENT,
    FENCE,
    OWN,
    PEOPLE,
    RBAC,
    ROLE,
    SERVICE,
    TLS,
    Careless,
    add,
    put,
    transformed,
)

TEAM = resources(
    "green",
    smallest(
        clients={"bob": {"secret": {"namespace": "green-apps", "name": "bob"}}},
        expose="cluster",
        subjects={"groups": ["devs"]},
    ),
)
ACCOUNT = urn_of("green", "kubernetes:core/v1:ServiceAccount", "service-account")
BUNDLE = urn_of("green", "kubernetes:core/v1:Secret", "secret:bob")
APPS = urn_of("green", "kubernetes:core/v1:Namespace", "namespace:green-apps")
STORAGE = urn_of("green", f"{RBAC}:RoleBinding", "storage")
PORTS = ("spec", "ingress", 0, "ports")

OTHERWISE: list[tuple[str, Careless, str]] = [
    (ROLE, put("kube-system", "metadata", "namespace"), 'namespace is "kube-system"'),
    (ROLE, put("other", "metadata", "name"), 'name is "other"'),
    (ROLE, put({"clusterRoleSelectors": []}, "aggregationRule"), "aggregationRule"),
    (BINDING, put("kube-system", "metadata", "namespace"), 'namespace is "kube-system"'),
    (BINDING, put("other", "roleRef", "name"), 'roleRef.name is "other"'),
    (STORAGE, put("tiller-green", "roleRef", "name"), 'roleRef.name is "tiller-green"'),
    (PEOPLE, put("tiller-storage", "roleRef", "name"), 'roleRef.name is "tiller-storage"'),
    (DEPLOYMENT, put("kube-system", "metadata", "namespace"), 'namespace is "kube-system"'),
    (DEPLOYMENT, put([{"kind": "Pod"}], "metadata", "ownerReferences"), "ownerReferences"),
    (ACCOUNT, put(True, "automountServiceAccountToken"), "automountServiceAccountToken is true"),
    (ACCOUNT, put([{"name": "x"}], "imagePullSecrets"), "imagePullSecrets"),
    (ACCOUNT, put([{"name": "x"}], "secrets"), "secrets is"),
    (TLS, put("Opaque", "type"), 'type is "Opaque"'),
    (TLS, put("green-apps", "metadata", "namespace"), 'namespace is "green-apps"'),
    (BUNDLE, put("Opaque", "type"), 'type is "Opaque"'),
    (FENCE, put("green-apps", "metadata", "namespace"), 'namespace is "green-apps"'),
    (ADMITS, put(44135, *PORTS, 0, "port"), "port is 44135"),
    (ADMITS, add({"port": 1}, *PORTS), "ports[1]"),
    (ADMITS, put({}, "spec", "podSelector"), "podSelector"),
    (ADMITS, put(["Egress"], "spec", "policyTypes"), "policyTypes"),
    (SERVICE, put({}, "spec", "selector"), "selector"),
    (SERVICE, put(44135, "spec", "ports", 0, "targetPort"), "targetPort is 44135"),
    (SERVICE, put(["192.0.2.1"], "spec", "loadBalancerSourceRanges"), "loadBalancerSourceRanges"),
    (OWN, put({"finalizers": ["x"]}, "spec"), "spec.finalizers"),
    (APPS, put("kube-system", "metadata", "name"), 'name is "kube-system"'),
]
"""The transforms of each object, and what must be reported."""

NAMES = [f"{urn.rsplit('::', 1)[1]}: {said}" for urn, _, said in OTHERWISE]


def found(before: Resources, after: Resources) -> list[Meaning]:
    return [finding for part in summarize(preview(before, after)).parts for finding in part.findings]


def otherwise(before: Resources, after: Resources) -> list[str]:
    return [finding.plain() for finding in found(before, after) if finding.code == "object" and finding.risk]


@pytest.mark.parametrize(("urn", "careless", "said"), OTHERWISE, ids=NAMES)
@pytest.mark.parametrize("before", [TEAM, {}], ids=["changed", "new"])
def test_an_object_that_is_made_otherwise_is_a_risk(before: Resources, urn: str, careless: Careless, said: str) -> None:
    assert [text for text in otherwise(before, transformed(TEAM, urn, careless)) if said in text]


@pytest.mark.parametrize(("urn", "careless"), [case[:2] for case in OTHERWISE], ids=NAMES)
def test_control_what_was_otherwise_before_is_not_reported_again(urn: str, careless: Careless) -> None:
    bad = transformed(TEAM, urn, careless)
    assert otherwise(bad, transformed(bad, urn, put("1", "metadata", "labels", "cost-center"))) == []


@pytest.mark.parametrize("args", [SMALLEST, FULL, smallest(namespace="helm")])
def test_control_what_the_component_makes_is_no_risk(args: Any) -> None:
    assert otherwise({}, resources("green", args)) == []
    assert otherwise(resources("green", SMALLEST), resources("green", args)) == []


def test_the_tls_secret_is_replaced_by_one_of_another_type_with_a_risk() -> None:
    after = transformed(transformed(TEAM, TLS, put("new", "stringData")), TLS, put("Opaque", "type"))
    assert otherwise(TEAM, after)


def test_a_binding_that_stays_when_its_role_goes_has_no_words() -> None:
    rebound = transformed(TEAM, BINDING, put("other", "roleRef", "name"))
    without_role = {urn: state for urn, state in rebound.items() if urn != ROLE}
    codes = {finding.code for finding in found(TEAM, without_role) if finding.risk}
    assert codes & {"object", "not-understood"}

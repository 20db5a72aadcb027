"""Objects of no team that come to where a Tiller is: what acts there acts as Tiller."""

from collections.abc import Mapping
from typing import Any

import pytest

from secure_tiller_cli.preview.digest import UNKNOWN, Digest
from secure_tiller_cli.preview.summary import summarize
from tests.unit.secure_tiller_cli.preview.previews import preview
from tests.unit.secure_tiller_cli.preview.test_foreign import (
    ELSEWHERE,
    GREEN,
    HOME,
    MANAGED,
    RBAC,
    Made,
    created,
    findings,
    kept,
    steps,
    updated,
)

CORE, ADMISSION = "kubernetes:core/v1", "kubernetes:admissionregistration.k8s.io/v1"


def placed(namespace: object) -> dict[str, Any]:
    return {"metadata": {"name": "x", "namespace": namespace}}


NAMED: dict[str, Any] = {"metadata": {"name": "m"}}


def webhook(resource: str) -> dict[str, Any]:
    return {**NAMED, "webhooks": [{"rules": [{"resources": ["pods", resource]}]}]}


INSIDE: Mapping[str, Made] = {
    "a pod": created(f"{CORE}:Pod", placed(HOME)),
    "a job": created("kubernetes:batch/v1:Job", placed(HOME)),
    "a Secret with a token": created(f"{CORE}:Secret", placed(HOME)),
    "a Service": created(f"{CORE}:Service", placed(HOME)),
    "a NetworkPolicy": created("kubernetes:networking.k8s.io/v1:NetworkPolicy", placed(HOME)),
    "an object of a kind of others": created("kubernetes:acme.example/v1:Widget", placed(HOME)),
    "a Helm release": created("kubernetes:helm.sh/v3:Release", {"namespace": HOME}),
    "a patch": created("kubernetes:apps/v1:DeploymentPatch", placed(HOME)),
    "an update": updated(f"{CORE}:ConfigMap", {**placed(HOME), "data": {}}, {**placed(HOME), "data": {"a": "b"}}),
    "the namespace itself": created(f"{CORE}:NamespacePatch", {"metadata": {"name": HOME}}),
    "a namespace that is not known": created(f"{CORE}:Pod", placed(UNKNOWN)),
    "an item of a list": created(f"{CORE}:PodList", {"items": [placed(ELSEWHERE), placed(HOME)]}),
    "a list that is not known": created(f"{CORE}:SecretList", {"items": UNKNOWN}),
    "an item that is not known": created(f"{CORE}:SecretList", {"items": [UNKNOWN]}),
    "a Role of another API": created("kubernetes:iam.example.org/v1:Role", placed(HOME)),
    "a pod by the name of a Role": created(f"{RBAC}:Role", {**placed(HOME), "kind": "Pod", "apiVersion": "v1"}),
    "metadata that are not known": created(f"{CORE}:Pod", {"metadata": UNKNOWN}),
}
NOT_INSIDE: Mapping[str, Made] = {
    "elsewhere": created(f"{CORE}:Pod", placed(ELSEWHERE)),
    "where the team installs": created(f"{CORE}:ConfigMap", placed(MANAGED)),
    "without a namespace": created(f"{CORE}:Node", {"metadata": {"name": "n"}}),
    "as it was": kept(f"{CORE}:Pod", placed(HOME)),
    "of another provider": created("acme:index:Pod", placed(HOME)),
    "a webhook that refuses": created(f"{ADMISSION}:ValidatingWebhookConfiguration", webhook("pods")),
    "a policy of a namespace": created("kubernetes:kyverno.io/v1:Policy", placed(ELSEWHERE)),
    "another namespace": created(f"{CORE}:Namespace", {"metadata": {"name": ELSEWHERE}}),
}


@pytest.mark.parametrize("made", INSIDE.values(), ids=INSIDE.keys())
def test_an_object_in_the_namespace_of_a_tiller_is_a_risk(made: Made) -> None:
    assert findings(made).keys() == {"other-inside"}


@pytest.mark.parametrize("made", NOT_INSIDE.values(), ids=NOT_INSIDE.keys())
def test_control_an_object_of_another_place_is_none(made: Made) -> None:
    assert findings(made) == {}


EVERYWHERE: Mapping[str, tuple[Made, str]] = {
    **{
        kind: (created(f"{ADMISSION}:{kind}", NAMED), "other-admission")
        for kind in (
            *("MutatingWebhookConfiguration", "MutatingAdmissionPolicy", "MutatingAdmissionPolicyBinding"),
            "MutatingWebhookConfigurationPatch",
        )
    },
    "a kind that only the object says": (
        created(f"{CORE}:ConfigMap", {**NAMED, "kind": "MutatingWebhookConfiguration"}),
        "other-admission",
    ),
    "a policy of Kyverno": (created("kubernetes:kyverno.io/v1:ClusterPolicy", NAMED), "other-admission"),
    "a mutation of Gatekeeper": (created("kubernetes:mutations.gatekeeper.sh/v1:Assign", NAMED), "other-admission"),
    **{
        f"a webhook that is sent {each}": (
            created(f"{ADMISSION}:ValidatingWebhookConfiguration", webhook(each)),
            "other-admission",
        )
        for each in ("secrets", "*", "*/*", UNKNOWN)
    },
    **{
        kind: (created(f"kubernetes:{group}/v1:{kind}", NAMED), "other-network")
        for group, kind in (
            ("policy.networking.k8s.io", "AdminNetworkPolicy"),
            ("cilium.io", "CiliumClusterwideNetworkPolicy"),
            ("crd.projectcalico.org", "GlobalNetworkPolicy"),
        )
    },
}


@pytest.mark.parametrize(("made", "code"), EVERYWHERE.values(), ids=EVERYWHERE.keys())
def test_what_acts_in_the_whole_cluster_is_a_risk(made: Made, code: str) -> None:
    assert findings(made).keys() == {code}


def test_where_unchanged_resources_are_hidden_every_namespace_may_be_a_tillers() -> None:
    assert findings(INSIDE["a pod"], hidden=True).keys() == {"other-inside"}
    assert findings(NOT_INSIDE["elsewhere"], hidden=True).keys() == {"other-inside"}
    assert findings(NOT_INSIDE["without a namespace"], hidden=True) == {}


def test_what_is_already_where_a_tiller_is_new_is_a_risk() -> None:
    there = steps(kept(f"{CORE}:Pod", placed(HOME)), kept(f"{CORE}:Pod", placed(ELSEWHERE), "y"))
    new = preview({}, GREEN).model_dump(exclude_none=True)
    found = summarize(Digest.model_validate(new | {"steps": [*new["steps"], *there]})).others.findings
    assert [(finding.code, finding.names["resource"]) for finding in found] == [("other-inside", "Pod x")]

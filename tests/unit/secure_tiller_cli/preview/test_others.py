"""Objects of no team that come to where a Tiller is: what acts there acts as Tiller."""

from collections.abc import Mapping

import pytest

from secure_tiller_cli.preview.digest import UNKNOWN
from tests.unit.secure_tiller_cli.preview.test_foreign import (
    ELSEWHERE,
    HOME,
    MANAGED,
    Made,
    created,
    findings,
    kept,
    updated,
)

CORE, ADMISSION = "kubernetes:core/v1", "kubernetes:admissionregistration.k8s.io/v1"


def placed(namespace: object) -> dict[str, object]:
    return {"metadata": {"name": "x", "namespace": namespace}}


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
    "metadata that are not known": created(f"{CORE}:Pod", {"metadata": UNKNOWN}),
}
NOT_INSIDE: Mapping[str, Made] = {
    "elsewhere": created(f"{CORE}:Pod", placed(ELSEWHERE)),
    "where the team installs": created(f"{CORE}:ConfigMap", placed(MANAGED)),
    "without a namespace": created(f"{CORE}:Node", {"metadata": {"name": "n"}}),
    "as it was": kept(f"{CORE}:Pod", placed(HOME)),
    "of another provider": created("acme:index:Pod", placed(HOME)),
    "an object that refuses": created(f"{ADMISSION}:ValidatingWebhookConfiguration", {"metadata": {"name": "v"}}),
    "another namespace": created(f"{CORE}:Namespace", {"metadata": {"name": ELSEWHERE}}),
}


@pytest.mark.parametrize("made", INSIDE.values(), ids=INSIDE.keys())
def test_an_object_in_the_namespace_of_a_tiller_is_a_risk(made: Made) -> None:
    assert findings(made).keys() == {"other-inside"}


@pytest.mark.parametrize("made", NOT_INSIDE.values(), ids=NOT_INSIDE.keys())
def test_control_an_object_of_another_place_is_none(made: Made) -> None:
    assert findings(made) == {}


@pytest.mark.parametrize(
    "kind", ["MutatingWebhookConfiguration", "MutatingAdmissionPolicy", "MutatingWebhookConfigurationPatch"]
)
def test_what_changes_objects_before_they_are_kept_is_a_risk(kind: str) -> None:
    assert findings(created(f"{ADMISSION}:{kind}", {"metadata": {"name": "m"}})).keys() == {"other-admission"}

"""Labels and annotations that others act on: what no settings write, or what is known to loosen a fence, is a risk."""

from typing import Any

import pytest

from secure_tiller_cli.preview.digest import Digest
from secure_tiller_cli.preview.findings import Meaning
from secure_tiller_cli.preview.summary import summarize
from tests.support.samples import FULL, SMALLEST, own_certificate, smallest
from tests.unit.secure_tiller_cli.preview.previews import Resources, preview, resources
from tests.unit.secure_tiller_cli.preview.test_objects import ACCOUNT, APPS, BUNDLE, TEAM
from tests.unit.secure_tiller_cli.preview.test_rules import (
    BINDING,
    DEPLOYMENT,
    FENCE,
    OWN,
    PEOPLE,
    ROLE,
    SERVICE,
    TLS,
    put,
    transformed,
)

OBJECT = ("metadata",)
POD = ("spec", "template", "metadata")

THEIRS: dict[str, list[tuple[str, str]]] = {
    "pod": [
        ("container.apparmor.security.beta.kubernetes.io/tiller", "unconfined"),
        ("seccomp.security.alpha.kubernetes.io/pod", "unconfined"),
        ("container.seccomp.security.alpha.kubernetes.io/tiller", "unconfined"),
        ("io.kubernetes.cri-o.userns-mode", "auto"),
        ("sidecar.istio.io/inject", "true"),
        ("inject.istio.io/templates", "gateway"),
        ("linkerd.io/inject", "enabled"),
        ("vault.hashicorp.com/agent-inject", "true"),
        ("consul.hashicorp.com/connect-inject", "true"),
        ("dapr.io/enabled", "true"),
        ("instrumentation.opentelemetry.io/inject-java", "true"),
        ("k8s.v1.cni.cncf.io/networks", "flat"),
        ("cni.projectcalico.org/floatingIPs", "[]"),
        ("iam.amazonaws.com/role", "admin"),
        ("aadpodidbinding", "admin"),
        ("keel.sh/policy", "force"),
        ("pre.hook.backup.velero.io/command", "sh"),
        ("k8up.io/backupcommand", "sh"),
        ("janitor/ttl", "1m"),
        ("example.org/anything", "1"),
    ],
    ACCOUNT: [
        ("eks.amazonaws.com/role-arn", "arn:aws:iam::1:role/admin"),
        ("iam.gke.io/gcp-service-account", "admin@example.iam.gserviceaccount.com"),
        ("azure.workload.identity/client-id", "1"),
        ("example.org/anything", "1"),
    ],
    OWN: [
        ("pod-security.kubernetes.io/enforce-version", "v1.0"),
        ("istio-injection", "enabled"),
        ("field.cattle.io/projectId", "c:p"),
        ("capsule.clastix.io/tenant", "others"),
        ("admission.gatekeeper.sh/ignore", "true"),
        ("scheduler.alpha.kubernetes.io/node-selector", "x=y"),
        ("example.org/anything", "1"),
    ],
    APPS: [("pod-security.kubernetes.io/enforce-version", "v1.0"), ("openshift.io/sa.scc.uid-range", "0/1")],
    SERVICE: [
        ("service.beta.kubernetes.io/aws-load-balancer-scheme", "internet-facing"),
        ("cloud.google.com/load-balancer-type", "External"),
        ("external-dns.alpha.kubernetes.io/hostname", "tiller.example.org"),
        ("metallb.universe.tf/address-pool", "public"),
        ("tailscale.com/expose", "true"),
        ("example.org/anything", "1"),
    ],
    TLS: [("reflector.v1.k8s.emberstack.com/reflection-allowed", "true"), ("example.org/anything", "1")],
    BUNDLE: [("replicator.v1.mittwald.de/replicate-to", "*")],
    DEPLOYMENT: [("pulumi.com/skipAwait", "true"), ("keel.sh/policy", "force")],
    FENCE: [("argocd.argoproj.io/sync-options", "Prune=true")],
    ROLE: [("rbac.authorization.kubernetes.io/autoupdate", "true")],
}
"""By resource, or Tiller's pod, what a transform writes there."""

CASES = [
    (of, section, *mark) for of, marks in THEIRS.items() for mark in marks for section in ("labels", "annotations")
]


def written(of: str, section: str, key: str, value: Any, before: Resources = TEAM) -> Resources:
    urn, where = (DEPLOYMENT, POD) if of == "pod" else (of, OBJECT)
    return transformed(before, urn, put(value, *where, section, key))


def found(before: Resources, after: Resources) -> list[Meaning]:
    return [finding for part in summarize(preview(before, after)).parts for finding in part.findings]


def risks(before: Resources, after: Resources) -> list[str]:
    codes = ("metadata-foreign", "metadata-acts", "metadata-lost")
    return [finding.plain() for finding in found(before, after) if finding.risk and finding.code in codes]


@pytest.mark.parametrize(("of", "section", "key", "value"), CASES)
@pytest.mark.parametrize("before", [TEAM, {}], ids=["changed", "new"])
def test_what_no_settings_write_or_what_loosens_a_fence_is_a_risk(
    before: Resources, of: str, section: str, key: str, value: str
) -> None:
    said = risks(before, written(of, section, key, value))
    assert len(said) == 1
    assert f'["{key}"] is "{value}"' in said[0] or f'{section}.{key} is "{value}"' in said[0]


@pytest.mark.parametrize(("of", "section", "key", "value"), CASES)
def test_control_what_was_written_before_is_not_reported_again(of: str, section: str, key: str, value: str) -> None:
    bad = written(of, section, key, value)
    assert risks(bad, transformed(bad, DEPLOYMENT, put(2, "spec", "progressDeadlineSeconds"))) == []
    assert risks(bad, TEAM) == []
    assert len(risks(bad, written(of, section, key, f"{value}-other"))) == 1


def everywhere(**changes: Any) -> Resources:
    expose = {"bob": {"secret": {"namespace": "green-apps", "name": "bob"}}}
    return resources("green", smallest(clients=expose, expose="cluster", subjects={"groups": ["devs"]}, **changes))


def test_a_known_annotation_that_the_settings_write_is_a_risk_with_its_effect() -> None:
    for before in (TEAM, {}):
        said = risks(before, everywhere(annotations={"sidecar.istio.io/inject": "true"}))
        assert said
        assert all("by which a controller can put containers of its own into a pod" in text for text in said)
        assert not any("no team's file can ask for it" in text for text in said)


@pytest.mark.parametrize("value", ["false", "disabled"])
def test_control_a_known_annotation_that_is_off_is_no_risk(value: str) -> None:
    assert risks(TEAM, everywhere(annotations={"sidecar.istio.io/inject": value})) == []


@pytest.mark.parametrize("section", ["labels", "annotations"])
def test_a_known_annotation_that_was_off_and_goes_is_a_risk(section: str) -> None:
    off = everywhere(**{section: {"sidecar.istio.io/inject": "false"}})
    assert risks(off, TEAM)
    assert risks(TEAM, off) == []


@pytest.mark.parametrize(
    "key",
    [
        *("example.org/ingress-team", "example.org/injection-tests", "policy.example.org/admission-owner"),
        *("tags.datadoghq.com/env", "argocd.argoproj.io/instance", "kustomize.toolkit.fluxcd.io/name"),
    ],
)
def test_control_a_key_that_only_sounds_like_a_known_one_is_no_risk(key: str) -> None:
    assert risks(TEAM, everywhere(labels={key: "us"})) == risks({}, everywhere(labels={key: "us"})) == []


def test_what_stands_on_many_objects_is_one_risk_that_names_them() -> None:
    of_objects, of_pod = sorted(risks(TEAM, everywhere(labels={"linkerd.io/inject": "enabled"})), key=len, reverse=True)
    assert "ServiceAccount green-service-account" in of_objects
    assert "Namespace green-namespace" in of_objects
    assert of_pod.startswith("Deployment green-deployment: spec.template")


@pytest.mark.parametrize("section", ["labels", "annotations"])
def test_control_what_the_settings_write_on_every_object_is_named_and_no_risk(section: str) -> None:
    owned = everywhere(**{section: {"example.org/owner": "us"}})
    assert risks({}, owned) == risks(TEAM, owned) == risks(owned, TEAM) == []
    assert "labels" in {finding.code for finding in found(TEAM, owned)}


@pytest.mark.parametrize("of", ["pod", ACCOUNT, OWN, SERVICE, TLS])
def test_another_value_than_that_of_the_settings_is_a_risk(of: str) -> None:
    owned = everywhere(annotations={"example.org/owner": "us"})
    assert len(risks(owned, written(of, "annotations", "example.org/owner", "them", owned))) == 1
    assert len(risks({}, written(of, "annotations", "example.org/owner", "them", owned))) >= 1


def test_control_a_label_of_an_object_that_nobody_acts_on_is_named() -> None:
    assert risks(TEAM, written(PEOPLE, "labels", "example.org/anything", "1")) == []
    assert "labels" in {finding.code for finding in found(TEAM, written(PEOPLE, "labels", "example.org/x", "1"))}


def test_control_a_namespace_that_joins_an_otherwise_hidden_team_is_no_risk() -> None:
    before = resources("green", smallest(labels={"example.org/owner": "us"}))
    after = resources("green", smallest(namespaces={"green-apps": {}, "web": {}}, labels={"example.org/owner": "us"}))
    digest = preview(before, after).model_dump(exclude_none=True)
    shown = [step for step in digest["steps"] if step["op"] != "same" or step["urn"].endswith("::green")]
    summary = summarize(Digest.model_validate(digest | {"steps": shown}))
    assert "metadata-foreign" not in {finding.code for part in summary.parts for finding in part.findings}


LOST: list[tuple[str, str, str, str]] = [
    (DEPLOYMENT, "pod", "annotations", "secure-tiller/trusts"),
    (DEPLOYMENT, "pod", "labels", "secure-tiller/team"),
    (OWN, "", "labels", "secure-tiller/team"),
    (OWN, "", "labels", "app.kubernetes.io/managed-by"),
    (OWN, "", "annotations", "secure-tiller/stack"),
    (OWN, "", "annotations", "pulumi.com/patchForce"),
    (OWN, "", "labels", "pod-security.kubernetes.io/audit"),
    (APPS, "", "labels", "pod-security.kubernetes.io/warn"),
    (BINDING, "", "labels", "secure-tiller/team"),
    (TLS, "", "annotations", "secure-tiller/stack"),
]


@pytest.mark.parametrize(("urn", "where", "section", "key"), LOST)
@pytest.mark.parametrize("before", [TEAM, {}], ids=["changed", "new"])
@pytest.mark.parametrize("value", [None, "", "x"])
def test_what_the_component_writes_and_is_lost_is_a_risk(
    before: Resources, urn: str, where: str, section: str, key: str, value: str | None
) -> None:
    bad = written(where or urn, section, key, value)
    lost = [finding for finding in found(before, bad) if finding.code == "metadata-lost" and finding.risk]
    assert len(lost) == (0 if key == "secure-tiller/trusts" and value == "x" else 1)
    assert "metadata-lost" not in {f.code for f in found(bad, written(ROLE, "labels", "x", "1", bad))}


@pytest.mark.parametrize(
    "args",
    [SMALLEST, FULL, smallest(namespace="helm"), smallest(certificates={"server_certificate": own_certificate()})],
)
def test_control_what_the_component_writes_is_no_risk(args: Any) -> None:
    made = resources("green", args)
    assert risks({}, made) == []
    assert risks(resources("green", SMALLEST), made) == []
    assert risks(made, resources("green", SMALLEST)) == []

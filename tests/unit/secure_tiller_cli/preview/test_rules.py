"""The findings of the rules about changes that no golden preview has: mostly of a transform or an accident."""

import copy
from collections.abc import Callable
from typing import Any

import pytest
from cryptography.hazmat.primitives.hashes import SHA256

from secure_tiller_cli.preview.changes import PARTS
from secure_tiller_cli.preview.digest import UNKNOWN, Digest
from secure_tiller_cli.preview.findings import Meaning
from secure_tiller_cli.preview.summary import summarize
from tests.support import pki
from tests.support.samples import FULL, OWN_CA, SMALLEST, own_certificate, smallest
from tests.unit.secure_tiller_cli.preview.previews import Resources, preview, resources, step, urn_of
from tiller_facts.identity import SERVER_CAS_ANNOTATION

RBAC = "kubernetes:rbac.authorization.k8s.io/v1"
DEPLOYMENT = urn_of("green", "kubernetes:apps/v1:Deployment", "deployment")
ROLE = urn_of("green", f"{RBAC}:Role", "manage:green-apps")
BINDING = urn_of("green", f"{RBAC}:RoleBinding", "manage:green-apps")
PEOPLE = urn_of("green", f"{RBAC}:RoleBinding", "people")
FENCE = urn_of("green", "kubernetes:networking.k8s.io/v1:NetworkPolicy", "deny-ingress")
TLS = urn_of("green", "kubernetes:core/v1:Secret", "tls")
OWN = urn_of("green", "kubernetes:core/v1:Namespace", "namespace")
EXPOSED = smallest(clients={"bob": {"secret": {"namespace": "green-apps", "name": "bob"}}}, expose="cluster")
SERVICE = urn_of("green", "kubernetes:core/v1:Service", "service")
ADMITS = urn_of("green", "kubernetes:networking.k8s.io/v1:NetworkPolicy", "admit-clients")

GREEN, OPEN = resources("green", SMALLEST), resources("green", EXPOSED)

Careless = Callable[[Any], None]
"""A transform of the inputs of a resource."""


def transformed(before: Resources, urn: str, careless: Careless) -> Resources:
    changed = copy.deepcopy(before[urn])
    careless(changed["inputs"])
    return {**before, urn: changed}


def findings(before: Resources, after: Resources) -> dict[str, Meaning]:
    summary = summarize(preview(before, after))
    return {finding.code: finding for part in summary.parts for finding in part.findings}


def pod(inputs: Any) -> Any:
    return inputs["spec"]["template"]["spec"]


def container(inputs: Any) -> Any:
    return pod(inputs)["containers"][0]


def argument(old: str, *new: str) -> Careless:
    def careless(inputs: Any) -> None:
        arguments = container(inputs)["args"]
        at = arguments.index(old)
        arguments[at : at + 1] = new

    return careless


def put(value: Any, *path: Any) -> Careless:
    def careless(inputs: Any) -> None:
        for key in path[:-1]:
            inputs = inputs[key]
        inputs[path[-1]] = value

    return careless


CONTAINER = ("spec", "template", "spec", "containers", 0)
POD = CONTAINER[:3]

SECURITY = (*CONTAINER, "securityContext")
TOKEN = (*POD, "volumes", 1, "projected", "sources", 0, "serviceAccountToken")
STAR = {"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]}
EVERYBODY = {"kind": "Group", "name": "all"}
ANOTHER = {"kind": "ServiceAccount", "name": "tiller", "namespace": "elsewhere"}
ENFORCES = ("metadata", "labels", "pod-security.kubernetes.io/enforce")


def add(value: Any, *path: Any) -> Careless:
    def careless(inputs: Any) -> None:
        for key in path:
            inputs = inputs[key]
        inputs.append(value)

    return careless


VERIFY, LISTEN = "--tls-verify=true", "--listen=127.0.0.1:44134"

BROKEN_BY_RESOURCE: dict[str, list[tuple[str, Careless, str]]] = {
    DEPLOYMENT: [
        ("argument", argument(VERIFY), "without --tls-verify=true"),
        ("argument", argument(VERIFY, "--tls-verify=false"), "with --tls-verify=false"),
        ("argument", argument(VERIFY, VERIFY, "--tls-verify=false"), "with --tls-verify=false"),
        ("argument", argument("--tls=true", "--tls=false"), "with --tls=false"),
        ("argument", argument("--storage=secret", "--storage=configmap"), "with --storage=configmap"),
        ("argument", argument(LISTEN, "--listen=:44134"), "with --listen=:44134"),
        ("argument", argument("--tls=true", "--tls=true", "--experimental-release"), "--experimental-release"),
        ("promise", put(True, *SECURITY, "privileged"), "securityContext.privileged is true"),
        ("promise", put(False, *SECURITY, "runAsNonRoot"), "runAsNonRoot is false"),
        ("promise", put(["/bin/sh"], *CONTAINER, "command"), "it sets command"),
        ("promise", put(True, *POD, "hostPID"), "it sets hostPID"),
        ("promise", put([{"name": "x"}], *POD, "initContainers"), "it sets initContainers"),
        ("promise", put("default", *POD, "serviceAccountName"), 'serviceAccountName is "default"'),
        ("promise", add({"name": "x"}, *POD, "containers"), "it has not exactly one container"),
        ("promise", add({"name": "x", "hostPath": {}}, *POD, "volumes"), "a volume of kind hostPath"),
        ("promise", put({}, *CONTAINER, "resources", "limits"), "it has no limits"),
        ("promise", put(2, "spec", "replicas"), "replicas is 2"),
        ("promise", put("Recreate", "spec", "strategy", "type"), 'strategy.type is "Recreate"'),
        ("promise", put("TILLER_X", *CONTAINER, "env", 0, "name"), "its environment is another one"),
        ("promise", add({"name": "TILLER_TLS", "value": "x"}, *CONTAINER, "env"), "its environment is another one"),
        ("promise", put([], *POD, "containers"), "it has not exactly one container"),
        ("promise", put(True, *CONTAINER, "volumeMounts", 0, "subPath"), "volumeMounts[0].subPath is true"),
        ("promise", add({"name": "x", "secret": {"secretName": "y"}}, *POD, "volumes"), "a volume of kind secret"),
        ("promise", put(None, *POD, "volumes", 0, "secret", "secretName"), "secret.secretName is not set"),
        ("promise", put(86400, *TOKEN, "expirationSeconds"), "expirationSeconds is 86400"),
        ("promise", put(None, *CONTAINER, "livenessProbe"), "livenessProbe"),
    ],
    ROLE: [
        ("rights-gained", add(STAR, "rules"), "Tiller gains * on * in green-apps"),
        ("rights-gained", add("watch", "rules", 1, "verbs"), "gains watch on configmaps"),
        ("rights-unknown", put(UNKNOWN, "rules", 1, "verbs", 0), "unknown"),
    ],
    BINDING: [
        ("binding-foreign", add(EVERYBODY, "subjects"), "Group all receives Tiller's rights in green-apps"),
        ("binding-foreign", add(ANOTHER, "subjects"), "ServiceAccount elsewhere/tiller receives"),
        ("binding-role", put("ClusterRole", "roleRef", "kind"), "is to the ClusterRole"),
    ],
    FENCE: [("fence", put([{}], "spec", "ingress"), "lets some through")],
    TLS: [("mutable", put(False, "immutable"), "can be changed in place")],
    OWN: [("pod-security", put("baseline", *ENFORCES), "weaker than restricted")],
}
"""The transforms of each resource: the finding's code, the deed, and what must be said."""

BROKEN = [(urn, *case) for urn, cases in BROKEN_BY_RESOURCE.items() for case in cases]
NAMES = [f"{code}: {said}" for _, code, _, said in BROKEN]


@pytest.mark.parametrize(("urn", "code", "careless", "said"), BROKEN, ids=NAMES)
def test_what_undoes_a_promise_is_a_risk(urn: str, code: str, careless: Careless, said: str) -> None:
    found = findings(GREEN, transformed(GREEN, urn, careless))
    assert found[code].risk
    assert said in found[code].plain()


def test_another_secret_in_place_of_tillers_own_is_no_renewal() -> None:
    theirs = put("theirs", *POD, "volumes", 0, "secret", "secretName")
    found = findings(GREEN, transformed(GREEN, DEPLOYMENT, theirs))
    assert found["not-understood"].risk
    assert "secretName" in found["not-understood"].plain()


@pytest.mark.parametrize(("urn", "code", "careless", "said"), BROKEN, ids=NAMES)
def test_what_undoes_a_promise_is_a_risk_of_a_new_team_too(urn: str, code: str, careless: Careless, said: str) -> None:
    found = findings({}, transformed(GREEN, urn, careless))
    assert found[code].risk
    assert code == "argument" or said in found[code].plain()


@pytest.mark.parametrize(("urn", "code", "careless"), [case[:3] for case in BROKEN], ids=NAMES)
def test_control_what_was_undone_before_is_not_said_again(urn: str, code: str, careless: Careless) -> None:
    bad = transformed(GREEN, urn, careless)
    labelled = transformed(bad, urn, put("1", "metadata", "labels", "cost-center"))
    found = findings(bad, labelled)
    assert "labels" in found
    assert code not in found or code == "rights-unknown"


WITHOUT_WORDS = [
    (DEPLOYMENT, put("x", *POD, "volumes", 0, "secret", "secretName"), "secretName"),
    (TLS, put("other", "metadata", "name"), "metadata.name"),
]


@pytest.mark.parametrize(("urn", "careless", "said"), WITHOUT_WORDS, ids=[case[2] for case in WITHOUT_WORDS])
def test_what_no_rule_has_words_for_is_said_and_a_risk(urn: str, careless: Careless, said: str) -> None:
    found = findings(GREEN, transformed(GREEN, urn, careless))["not-understood"]
    assert found.risk
    assert said in found.plain()


@pytest.mark.parametrize("args", [SMALLEST, FULL, EXPOSED])
def test_control_a_team_that_nobody_tampered_with_breaks_no_promise(args: Any) -> None:
    found = findings({}, resources("green", args))
    assert {"promise", "argument", "binding-foreign", "binding-role", "fence", "mutable", "not-understood"} & {
        *found
    } == set()


def test_every_part_of_a_tiller_is_known() -> None:
    summary = summarize(
        preview({}, resources("green", {**FULL, "certificates": {**FULL["certificates"], "generation": 2}}))
    )
    kinds = {change.kind for part in summary.parts for change in part.changes if not change.known}
    assert kinds == {"SecureTiller"}
    assert {change.kind for part in summary.parts for change in part.changes} - {"SecureTiller"} == {*PARTS}


def test_a_service_reachable_from_outside_is_a_risk() -> None:
    found = findings(OPEN, transformed(OPEN, SERVICE, put("LoadBalancer", "spec", "type")))
    assert "its type is LoadBalancer" in found["service-outside"].plain()


def test_pods_of_another_namespace_that_are_admitted_are_a_risk() -> None:
    def careless(inputs: Any) -> None:
        inputs["spec"]["ingress"][0]["from"].append({"namespaceSelector": {}})

    found = findings(OPEN, transformed(OPEN, ADMITS, careless))
    assert "pods that this summary cannot tell" in found["admitted"].plain()
    assert found["admitted"].risk


def test_a_namespace_that_is_not_admitted_any_more_is_said() -> None:
    moved = smallest(clients={"bob": {"secret": {"namespace": "robots", "name": "bob"}}}, expose="cluster")
    found = findings(OPEN, resources("green", moved))
    assert "pods of robots may" in found["admitted"].plain()
    assert "pods of green-apps may not" in found["not-admitted"].plain()
    assert "moves from green-apps/bob to robots/bob" in found["client-secret-moves"].plain()
    assert found["client-secret-moves"].risk


def test_an_exposed_tiller_is_closed_again_without_a_risk() -> None:
    closed = smallest(clients={"bob": {"secret": {"namespace": "green-apps", "name": "bob"}}})
    found = findings(OPEN, resources("green", closed))
    assert "unexposed" in found
    assert [finding.code for finding in found.values() if finding.risk] == []


def test_another_namespace_of_its_own_loses_the_release_records() -> None:
    found = findings(GREEN, resources("green", smallest(namespace="helm")))
    assert "green-tiller is deleted with all release records" in found["tiller-moves"].plain()
    assert found["tiller-moves"].risk


def test_other_lives_of_certificates_are_said() -> None:
    found = findings(GREEN, resources("green", smallest(certificates={"client": {"validity": "30d"}})))
    assert found["lives"].plain() == (
        "the lifetimes of certificates change: "
        "client:bob 90d (renewed 30d before the end) → 30d (renewed 10d before the end)"
    )


def test_another_reason_for_the_same_pod_security_is_said() -> None:
    privileged = [
        resources(
            "green", smallest(namespaces={"green-apps": {"pod_security": "privileged", "pod_security_reason": why}})
        )
        for why in ("mounts devices", "mounts disks")
    ]
    found = findings(*privileged)
    assert found["pod-security-reason"].plain().endswith("mounts disks")


def test_an_existing_namespace_that_a_new_team_takes_up_is_a_risk_and_a_created_one_is_not() -> None:
    existing = resources("green", smallest(namespaces={"green-apps": {}, "tools": {"existing": True}}))

    assert findings({}, existing)["namespace-joins"].names == {"name": "tools"}
    assert findings({}, existing)["namespace-joins"].risk
    assert "namespace-joins" not in findings({}, GREEN)


def test_an_existing_namespace_that_is_taken_up_is_a_risk_and_a_created_one_is_not() -> None:
    existing = resources("green", smallest(namespaces={"green-apps": {}, "tools": {"existing": True}}))
    created = resources("green", smallest(namespaces={"green-apps": {}, "tools": {}}))
    assert findings(GREEN, existing)["namespace-joins"].risk
    assert not findings(GREEN, created)["namespace-comes"].risk


def test_rules_written_in_another_way_give_the_same_rights() -> None:
    def split(inputs: Any) -> None:
        rule = inputs["rules"].pop(1)
        inputs["rules"] += [{**rule, "verbs": [verb]} for verb in rule["verbs"]]

    found = findings(GREEN, transformed(GREEN, ROLE, split))
    assert set(found) == {"rights-same"}


def test_what_a_star_covered_before_is_no_gain() -> None:
    wide = transformed(GREEN, ROLE, put([{"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]}], "rules"))
    found = findings(wide, GREEN)
    assert "rights-gained" not in found
    assert "* on *" in found["rights-lost"].plain()


def test_another_image_than_the_default_is_a_risk_in_a_new_team_too() -> None:
    other = resources("green", smallest(pod={"image": "registry.example.org/tiller:v2.17.0"}))
    assert findings(GREEN, other)["image"].risk
    assert findings({}, other)["image"].plain().startswith("Tiller's image is registry.example.org/tiller:v2.17.0")
    assert "image" not in findings({}, GREEN)


def test_unknown_values_are_said_to_be_unknown() -> None:
    image = findings(GREEN, transformed(GREEN, DEPLOYMENT, put(UNKNOWN, *CONTAINER, "image")))["image"]
    assert image.plain().endswith("to unknown")
    annotation = ("spec", "template", "metadata", "annotations", "secure-tiller/trusts")
    trust = findings(GREEN, transformed(GREEN, DEPLOYMENT, put(UNKNOWN, *annotation)))["trust-unknown"]
    assert trust.risk


def test_people_that_kubernetes_reserves_are_a_risk() -> None:
    people = resources("green", smallest(subjects={"groups": ["devs"]}))
    found = findings(people, transformed(people, PEOPLE, put("system:authenticated", "subjects", 0, "name")))
    assert found["people-gained"].risk


def test_unknown_people_are_said_to_be_unknown() -> None:
    people = resources("green", smallest(subjects={"groups": ["devs"]}))
    assert "people-unknown" in findings(people, transformed(people, PEOPLE, put(UNKNOWN, "subjects", 0, "name")))


def test_a_policy_that_goes_is_a_risk() -> None:
    found = findings(GREEN, {urn: state for urn, state in GREEN.items() if urn != FENCE})
    assert found["fence"].risk


def test_rights_in_the_whole_cluster_are_a_risk() -> None:
    urn = urn_of("green", f"{RBAC}:ClusterRoleBinding", "admin")
    extra = {**GREEN[BINDING], "type": f"{RBAC}:ClusterRoleBinding"}
    assert findings(GREEN, {**GREEN, urn: extra})["cluster-wide"].risk


def test_a_resource_of_a_team_that_is_no_part_of_a_tiller_has_no_words() -> None:
    urn = urn_of("green", "kubernetes:core/v1:ConfigMap", "extra")
    extra = {**GREEN[BINDING], "type": "kubernetes:core/v1:ConfigMap"}
    for before in (GREEN, {}):
        found = findings(before, {**GREEN, urn: extra})
        assert "ConfigMap green-extra changes in a way" in found["not-understood"].plain()


def test_what_an_interrupted_update_left_is_no_loss_of_access() -> None:
    urn = urn_of("green", "tls:index/locallySignedCert:LocallySignedCert", "client:bob")
    left = step("delete", urn, {**GREEN[urn], "delete": True}, None)
    summary = summarize(Digest.model_validate({"steps": [left], "changeSummary": {}}))
    assert [finding.code for finding in summary.teams[0].findings] == ["remains"]


def test_another_binding_to_tillers_account_outside_of_the_team_is_a_risk() -> None:
    binding = {
        "type": f"{RBAC}:ClusterRoleBinding",
        "inputs": {"subjects": [{"kind": "ServiceAccount", "name": "tiller"}]},
    }
    urn = f"urn:pulumi:test::secure-tiller::{RBAC}:ClusterRoleBinding::admin"
    summary = summarize(Digest.model_validate({"steps": [step("create", urn, None, binding)], "changeSummary": {}}))
    assert summary.others.risks[0].code == "other-binding"


PROVIDER: dict[str, Any] = {"context": "production", "kubeconfig": "/a", "clusterIdentifier": "6f2d7a3e"}


@pytest.mark.parametrize(
    ("operation", "new", "reasons", "said"),
    [
        ("update", {"context": "evil"}, ["context"], "changes context:"),
        ("update", {"context": "evil", "kubeconfig": "/b"}, [], "changes context, kubeconfig:"),
        ("update", {"cluster": "evil"}, None, "changes cluster:"),
        ("update", {}, ["kubeconfig"], "changes kubeconfig:"),  # a secret is not shown
        ("update", {}, None, "changes its inputs:"),
        ("update", {"enablePatchForce": "true"}, None, "changes enablePatchForce:"),  # and perhaps a secret
        ("update", {"version": "4.25.1"}, ["version"], ""),
        ("same", {}, None, ""),
        ("create", {}, None, ""),
    ],
)
def test_a_provider_that_is_changed_may_lead_to_another_cluster(
    operation: str, new: dict[str, Any], reasons: list[str] | None, said: str
) -> None:
    kind = "pulumi:providers:kubernetes"
    before = None if operation == "create" else {"type": kind, "inputs": PROVIDER}
    changed = step(
        operation, f"urn:pulumi:test::secure-tiller::{kind}::cluster", before, {"type": kind, "inputs": PROVIDER | new}
    )
    summary = summarize(Digest.model_validate({"steps": [changed | {"diffReasons": reasons}], "changeSummary": {}}))
    found = [each for each in summary.others.findings if each.code == "other-provider"]
    assert [each.risk for each in found] == ([True] if said else [])
    assert not found or said in found[0].plain()


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ({}, {"enablePatchForce": "true"}, "turns on enablePatchForce:"),
        ({}, {"upsertExistingObjects": "true"}, "turns on upsertExistingObjects:"),
        ({"enablePatchForce": "false"}, {"enablePatchForce": "[unknown]"}, "turns on enablePatchForce:"),
        ({"enablePatchForce": "true"}, {}, ""),
        ({"enablePatchForce": "true"}, {"enablePatchForce": "false"}, ""),
        ({"upsertExistingObjects": "true"}, {"upsertExistingObjects": "true"}, ""),
    ],
)
def test_a_provider_that_begins_to_write_over_others_is_a_risk_and_leads_to_no_other_cluster(
    before: dict[str, str], after: dict[str, str], said: str
) -> None:
    kind = "pulumi:providers:kubernetes"
    states = [
        {"type": kind, "inputs": PROVIDER | version | {"version": name}}
        for name, version in (("1", before), ("2", after))
    ]
    changed = step("update", f"urn:pulumi:test::secure-tiller::{kind}::cluster", *states)
    reasons = [*({*before} ^ {*after}), "version"]
    summary = summarize(Digest.model_validate({"steps": [changed | {"diffReasons": reasons}], "changeSummary": {}}))
    found = {each.code: each.plain() for each in summary.others.findings if each.risk}
    assert set(found) == ({"other-overwrites"} if said else set())
    assert said in "".join(found.values())


ACCOUNT = urn_of("green", "kubernetes:core/v1:ServiceAccount", "service-account")
OTHER_CA = pki.authority("an attacker's")


def verified_by(*authorities: pki.Pair) -> Resources:
    """Green with a server certificate of its user's PKI, verified by these CAs."""
    given = own_certificate(ca="".join(authority.pem for authority in authorities))
    return resources("green", smallest(certificates={"server_certificate": given}))


def fingerprint(authority: pki.Pair) -> str:
    digest = authority.certificate.fingerprint(SHA256()).hex().upper()
    return ":".join(digest[at : at + 2] for at in range(0, len(digest), 2))


def test_a_further_ca_of_the_server_certificate_is_a_risk_and_restarts_nothing() -> None:
    found = findings(verified_by(OWN_CA), verified_by(OWN_CA, OTHER_CA))
    assert found.keys() == {"server-ca-trusted"}
    assert found["server-ca-trusted"].risk
    assert fingerprint(OTHER_CA) in found["server-ca-trusted"].plain()
    assert fingerprint(OWN_CA) not in found["server-ca-trusted"].plain()


def test_a_ca_of_the_server_certificate_that_goes_is_a_risk() -> None:
    found = findings(verified_by(OWN_CA, OTHER_CA), verified_by(OWN_CA))
    assert found.keys() == {"server-ca-not-trusted"}
    assert found["server-ca-not-trusted"].risk
    assert fingerprint(OTHER_CA) in found["server-ca-not-trusted"].plain()


def test_another_order_of_the_cas_of_the_server_certificate_is_no_change() -> None:
    assert findings(verified_by(OWN_CA, OTHER_CA), verified_by(OTHER_CA, OWN_CA)) == {}


def test_the_cas_of_a_server_certificate_are_a_risk_of_a_new_team_too() -> None:
    assert findings({}, verified_by(OWN_CA))["server-ca-trusted"].risk


def test_the_cas_of_a_server_certificate_are_named_when_it_replaces_the_stacks_own() -> None:
    assert {"server-given", "server-ca-trusted"} <= findings(GREEN, verified_by(OWN_CA)).keys()


def test_cas_of_a_server_certificate_that_only_the_update_knows_are_a_risk() -> None:
    hidden = transformed(verified_by(OWN_CA), ACCOUNT, put(UNKNOWN, "metadata", "annotations", SERVER_CAS_ANNOTATION))
    assert findings(verified_by(OWN_CA), hidden)["server-trust-unknown"].risk


def test_a_trusted_ca_that_goes_or_changes_is_said() -> None:
    partner = resources(
        "green", smallest(certificates={"trusted_client_cas": FULL["certificates"]["trusted_client_cas"]})
    )
    assert "CA partner any more" in findings(partner, GREEN)["ca-not-trusted"].plain()
    annotation = ("spec", "template", "metadata", "annotations", "secure-tiller/trusts")
    other = transformed(partner, DEPLOYMENT, put("bob ca:partner#000000000000", *annotation))
    assert findings(partner, other)["ca-trusted"].risk


@pytest.mark.parametrize("before", [{}, GREEN], ids=["new team", "new namespace"])
def test_a_new_namespace_that_will_be_deleted_is_a_risk(before: Resources) -> None:
    namespaces = {"green-apps": {}, "tools": {"retain_on_delete": False}}
    found = findings(before, resources("green", smallest(namespaces=namespaces)))["not-retained"]
    assert found.risk
    assert found.names == {"name": "tools"}


def test_control_a_new_namespace_that_stays_is_no_risk() -> None:
    kept = resources("green", smallest(namespaces={"green-apps": {}, "tools": {}}))
    assert "not-retained" not in {*findings(GREEN, kept), *findings({}, kept)}


def with_option(word: str, value: Any, urn: str) -> Resources:
    return {**GREEN, urn: {**GREEN[urn], word: value}}


def test_rights_that_stay_in_the_cluster_are_a_risk() -> None:
    kept = with_option("retainOnDelete", True, BINDING)
    assert all(findings(before, kept)["stays"].risk for before in ({}, GREEN))
    assert findings(kept, {})["stays"].names == {"resources": ("green-manage:green-apps",)}
    assert "stays" not in {*findings(kept, kept), *findings(kept, GREEN), *findings(GREEN, {}), *findings({}, GREEN)}


KUBERNETES = "urn:pulumi:test::secure-tiller::pulumi:providers:kubernetes::"


def of_provider(name: str, *urns: str) -> Resources:
    """Return the team, some objects of which another provider makes than the rest."""
    made = {urn: f"{KUBERNETES}{name if urn in urns else 'cluster'}::an-id" for urn in GREEN if "$kubernetes:" in urn}
    return {urn: {**state, "provider": made.get(urn, "")} for urn, state in GREEN.items()}


def test_another_provider_of_objects_is_a_risk() -> None:
    found = findings(of_provider("cluster"), of_provider("another", ROLE))["provider"]
    assert found.risk
    assert found.names == {"resources": ("green-manage:green-apps",)}
    assert findings({}, of_provider("another", ROLE))["provider"].names == {"providers": ("another", "cluster")}


def test_control_the_same_provider_or_another_version_of_the_default_one_is_no_risk() -> None:
    every = [urn for urn in GREEN if "$kubernetes:" in urn]
    versions = [of_provider(f"default_4_{minor}_0", *every) for minor in (28, 29)]
    assert "provider" not in {*findings(*versions), *findings({}, of_provider("cluster"))}

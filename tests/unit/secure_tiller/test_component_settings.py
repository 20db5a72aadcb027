"""The change that each further setting makes to the component's registrations."""

import re
from datetime import timedelta
from typing import Any

import pulumi
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256

from secure_tiller import SecureTiller
from secure_tiller.plan import pem
from secure_tiller.plan.pod import DRAIN, STARTS, STAYS_READY
from tests.support import pki
from tests.support.recording import Recording, Registered, is_secret, revealed, run, unknown
from tests.support.samples import (
    DORAS_KEY,
    DORAS_REQUEST,
    FULL,
    OWN_CA,
    OWN_SERVER,
    PARTNER,
    SMALLEST,
    own_certificate,
    smallest,
)


def deploy(args: Any) -> Recording:
    return run(lambda: SecureTiller("green", args))


@pytest.fixture(scope="module")
def plain() -> Recording:
    return deploy(SMALLEST)


@pytest.fixture(scope="module")
def full() -> Recording:
    return run(lambda: SecureTiller("blue", FULL))


@pytest.fixture(scope="module")
def given() -> Recording:
    def program() -> None:
        own = own_certificate(key=pulumi.Output.secret(OWN_SERVER.key_pem))
        SecureTiller("green", smallest(certificates={"server_certificate": own}))

    return run(program)


def kinds(recording: Recording) -> set[tuple[str, str]]:
    return {(resource.type.rsplit(":", 1)[-1], resource.name) for resource in recording.resources}


def one_secret(recording: Recording, name: str) -> dict[str, Any]:
    inputs = recording.one("Secret", name).inputs
    assert is_secret(inputs["stringData"])
    return dict(revealed(inputs))


def objects(recording: Recording) -> list[Registered]:
    return [resource for resource in recording.resources if resource.type.startswith("kubernetes:")]


# The list of resources.

PLACEHOLDERS = {
    "server-ca": "<number>",
    "client": "<client>",
    "client-ca": "<client>",
    "secret": "<client>",
    "namespace": "<namespace>",
    "manage": "<namespace>",
}


def registered(recording: Recording, team: str) -> set[tuple[str, str]]:
    """Return type and part of each resource, with placeholders in place of names."""
    found = set()
    for resource in recording.resources[1:]:
        part, _, variable = resource.name.removeprefix(f"{team}-").partition(":")
        found.add((resource.type, f"{part}:{PLACEHOLDERS[part]}" if variable else part))
    return found


def documented() -> set[tuple[str, str]]:
    return set(re.findall(r"- `([^`]+)` `<name>-([^`]+)`", SecureTiller.__doc__ or ""))


def test_the_docstring_lists_exactly_what_settings_that_use_everything_register(full: Recording) -> None:
    assert registered(full, "blue") == documented()


def test_control_settings_that_use_less_register_less_than_the_docstring_lists(plain: Recording) -> None:
    assert registered(plain, "green") < documented()


# Requests of clients that make their own key.


def test_a_client_with_a_request_has_neither_key_nor_request_of_the_stacks(full: Recording) -> None:
    about_dora = {(kind, name) for kind, name in kinds(full) if ":dora" in name}
    assert about_dora == {
        ("PrivateKey", f"blue-client-ca:dora#{pem.key_of_request(DORAS_REQUEST)}"),
        ("SelfSignedCert", "blue-client-ca:dora"),
        ("LocallySignedCert", "blue-client:dora"),
    }


def test_its_certificate_is_for_the_key_that_it_made(full: Recording) -> None:
    certificate = x509.load_pem_x509_certificate(full.certificate("blue-client:dora").encode())
    assert certificate.public_key() == DORAS_KEY.public_key()
    inputs = full.one("LocallySignedCert", "blue-client:dora").inputs
    assert inputs["certRequestPem"] == FULL["clients"]["dora"]["csr"]
    assert inputs["allowedUses"] == ["digital_signature", "client_auth"]


def test_its_bundle_holds_no_key_and_those_of_the_others_do(full: Recording) -> None:
    bundles = full.outputs_of("SecureTiller")["bundles"]
    assert is_secret(bundles)
    assert {client: sorted(bundle) for client, bundle in revealed(bundles).items()} == {
        "alice": ["ca", "cert", "key"],
        "ci": ["ca", "cert", "key"],
        "dora": ["ca", "cert"],
    }


# Secrets of clients in the cluster.


def test_the_secret_of_a_client_holds_its_bundle_under_the_names_of_kubernetes(full: Recording) -> None:
    secret = one_secret(full, "blue-secret:ci")
    assert secret["type"] == "kubernetes.io/tls"
    assert (secret["metadata"]["name"], secret["metadata"]["namespace"]) == ("tiller-ci", "pipelines")
    bundle = revealed(full.outputs_of("SecureTiller")["bundles"])["ci"]
    assert secret["stringData"] == {"tls.crt": bundle["cert"], "tls.key": bundle["key"], "ca.crt": bundle["ca"]}


def test_the_secret_of_a_client_can_change_because_its_name_stays_through_renewals(full: Recording) -> None:
    assert "immutable" not in full.one("Secret", "blue-secret:ci").inputs


def test_a_secret_in_a_namespace_that_is_created_waits_for_it() -> None:
    secret = {"namespace": "green-apps", "name": "tiller"}
    recording = deploy(smallest(clients={"ci": {"secret": secret}}))
    (waits_for,) = [urn for urn in recording.one("Secret", "green-secret:ci").depends_on if "Namespace" in urn]
    assert waits_for.endswith("::green-namespace:green-apps")


# CAs and generations.


def test_the_first_ca_signs_the_servers_certificate_and_clients_are_given_all(full: Recording) -> None:
    first, second = (full.certificate(f"blue-{part}") for part in ("server-ca:2", "server-ca"))
    signed = full.one("LocallySignedCert", "blue-server").inputs
    assert signed["caCertPem"] == first
    assert revealed(signed["caPrivateKeyPem"]) == full.key("blue-server-ca:2")
    assert full.outputs_of("SecureTiller")["caCertificate"] == first + second
    assert revealed(full.outputs_of("SecureTiller")["bundles"])["alice"]["ca"] == first + second


def test_a_generation_is_in_the_names_of_keys_and_in_no_other(plain: Recording) -> None:
    second = kinds(deploy(smallest(certificates={"generation": 2})))
    keys = {(kind, name) for kind, name in kinds(plain) if kind == "PrivateKey"}
    assert len(keys) == 4
    assert kinds(plain) - second == keys
    assert second - kinds(plain) == {(kind, f"{name}@2") for kind, name in keys}


def test_the_generation_of_a_client_is_in_the_names_of_its_two_keys_and_in_no_other() -> None:
    first, second = (deploy(smallest(clients={"al": {}, "bob": {"generation": n}})) for n in (1, 2))
    assert kinds(first) - kinds(second) == {("PrivateKey", "green-client:bob"), ("PrivateKey", "green-client-ca:bob")}
    assert kinds(second) - kinds(first) == {
        ("PrivateKey", "green-client:bob@1.2"),
        ("PrivateKey", "green-client-ca:bob@1.2"),
    }


def test_a_request_for_another_key_changes_the_name_of_the_cas_key_and_a_renewed_one_does_not() -> None:
    def names(key: pki.Key, organization: str) -> set[tuple[str, str]]:
        request = pki.request("bob", key=key, organization=organization)
        return kinds(deploy(smallest(clients={"bob": {"csr": request}})))

    first, another = pki.new_key(), pki.new_key()
    assert names(first, "one") == names(first, "two")
    ((kind, name),) = names(another, "one") - names(first, "one")
    assert kind == "PrivateKey"
    assert name.startswith("green-client-ca:bob#")


def test_the_first_generation_is_the_default(plain: Recording) -> None:
    assert kinds(deploy(smallest(certificates={"generation": 1}))) == kinds(plain)


def test_lives_reach_the_provider_in_hours(full: Recording) -> None:
    lives = {
        resource.name: (resource.inputs["validityPeriodHours"], resource.inputs["earlyRenewalHours"])
        for resource in full.resources
        if "validityPeriodHours" in resource.inputs
    }
    assert lives == {
        "blue-server": (1440, 240),
        **dict.fromkeys(("blue-client:alice", "blue-client:ci", "blue-client:dora"), (36, 12)),
        **dict.fromkeys(
            (
                "blue-server-ca",
                "blue-server-ca:2",
                "blue-client-ca:alice",
                "blue-client-ca:ci",
                "blue-client-ca:dora",
            ),
            (7200, 1464),
        ),
    }


def test_further_cas_of_clients_stand_behind_the_clients_own(full: Recording) -> None:
    own = [full.certificate(f"blue-client-ca:{client}") for client in ("alice", "ci", "dora")]
    assert one_secret(full, "blue-tls")["stringData"]["ca.crt"] == "".join((*own, PARTNER.pem))


# A server certificate of one's own.


def test_with_a_certificate_of_ones_own_the_stack_makes_none_for_the_server(plain: Recording, given: Recording) -> None:
    assert {name for _, name in kinds(plain) - kinds(given)} == {"green-server-ca", "green-server"}
    assert kinds(given) < kinds(plain)


def test_tiller_serves_with_it_and_clients_verify_by_its_ca(given: Recording) -> None:
    secret = one_secret(given, "green-tls")["stringData"]
    assert (secret["tls.crt"], secret["tls.key"]) == (OWN_SERVER.pem, OWN_SERVER.key_pem)
    outputs = given.outputs_of("SecureTiller")
    assert outputs["caCertificate"] == revealed(outputs["bundles"])["bob"]["ca"] == OWN_CA.pem


def test_its_key_is_secret_and_its_certificates_are_not(given: Recording) -> None:
    outputs = given.outputs_of("SecureTiller")
    assert [name for name, value in outputs.items() if is_secret(value)] == ["bundles"]
    open_inputs = [r.inputs for r in given.resources if not is_secret(r.inputs.get("stringData"))]
    assert OWN_SERVER.key_pem.splitlines()[1] not in str(open_inputs)


def test_its_key_is_secret_from_here_on_even_if_it_was_not(given: Recording) -> None:
    own = deploy(smallest(certificates={"server_certificate": own_certificate()}))
    assert one_secret(own, "green-tls")["stringData"] == {
        **one_secret(given, "green-tls")["stringData"],
        "ca.crt": own.certificate("green-client-ca:bob"),
    }


def test_its_end_is_exported_and_no_renewal(given: Recording) -> None:
    ends = given.outputs_of("SecureTiller")["expirations"]
    for part, pair in (("server", OWN_SERVER), ("server-ca", OWN_CA)):
        assert ends[part] == {
            "serial": f"{pair.certificate.serial_number:X}",
            "notAfter": pair.certificate.not_valid_after_utc.isoformat(),
        }
    bob = x509.load_pem_x509_certificate(given.certificate("green-client:bob").encode())
    renewal = bob.not_valid_after_utc - timedelta(days=30)
    assert ends["client:bob"]["renewalBegins"] == renewal.isoformat()


def test_the_fingerprints_of_its_cas_stand_on_tillers_account_and_on_nothing_that_rolls(given: Recording) -> None:
    account = given.one("ServiceAccount", "green-service-account").inputs["metadata"]["annotations"]
    assert account["secure-tiller/server-cas"] == OWN_CA.certificate.fingerprint(SHA256()).hex(":").upper()
    others = [r.name for r in objects(given) if "secure-tiller/server-cas" in str(revealed(r.inputs))]
    assert others == ["green-service-account"]


def test_a_tiller_whose_certificate_the_stack_issues_has_no_such_annotation(plain: Recording) -> None:
    assert "secure-tiller/server-cas" not in str([revealed(one.inputs) for one in objects(plain)])


ROTATION = pki.authority("the next CA of the user's PKI")


@pytest.mark.parametrize(
    ("ca", "server"),
    [
        (OWN_CA.pem, OWN_SERVER),
        (OWN_CA.pem + ROTATION.pem, OWN_SERVER),
        (ROTATION.pem + OWN_CA.pem, pki.server(ROTATION)),
        (ROTATION.pem, pki.server(ROTATION)),
    ],
    ids=["old", "old and new", "new and old", "new"],
)
def test_the_ca_of_ones_own_can_be_changed_while_all_clients_go_on(ca: str, server: pki.Pair) -> None:
    given = own_certificate(certificate=server.pem, key=server.key_pem, ca=ca)
    outputs = deploy(smallest(certificates={"server_certificate": given})).outputs_of("SecureTiller")
    assert revealed(outputs["bundles"])["bob"]["ca"] == ca


# Exposure in the cluster.


def test_exposed_there_is_a_service_under_the_name_that_the_certificate_holds(full: Recording) -> None:
    service = full.one("Service", "blue-service").inputs
    assert (service["metadata"]["name"], service["metadata"]["namespace"]) == ("tiller-deploy", "helm-blue")
    assert service["spec"] == {
        "type": "ClusterIP",
        "selector": {"app": "helm", "name": "tiller"},
        "ports": [{"name": "tiller", "port": 44134, "targetPort": "tiller", "protocol": "TCP"}],
    }
    assert "tiller-deploy.helm-blue.svc" in full.one("CertRequest", "blue-server").inputs["dnsNames"]


def test_exposed_it_admits_the_clients_namespaces_to_the_grpc_port_alone(full: Recording) -> None:
    policy = full.one("NetworkPolicy", "blue-admit-clients").inputs
    assert policy["metadata"]["namespace"] == "helm-blue"
    assert policy["spec"] == {
        "podSelector": {"matchLabels": {"app": "helm", "name": "tiller"}},
        "policyTypes": ["Ingress"],
        "ingress": [
            {
                "from": [{"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "pipelines"}}}],
                "ports": [{"port": 44134, "protocol": "TCP"}],
            }
        ],
    }


def test_exposed_the_policy_that_closes_everything_stays(full: Recording) -> None:
    closed = full.one("NetworkPolicy", "blue-deny-ingress").inputs["spec"]
    assert closed == {"podSelector": {}, "policyTypes": ["Ingress"]}


def test_not_exposed_there_is_no_way_in(plain: Recording) -> None:
    assert {name for kind, name in kinds(plain) if kind in ("Service", "NetworkPolicy")} == {"green-deny-ingress"}


def test_to_expose_tiller_one_day_does_not_reissue_its_certificate() -> None:
    client = {"secret": {"namespace": "pipelines", "name": "tiller"}}
    requests = [
        {key: value for key, value in recording.one("CertRequest", "green-server").inputs.items() if "Pem" not in key}
        for recording in (
            deploy(smallest(clients={"bob": client})),
            deploy(smallest(clients={"bob": client}, expose="cluster")),
        )
    ]
    assert requests[0] == requests[1]


# The pod.


def pod_of(recording: Recording, team: str) -> dict[str, Any]:
    spec: dict[str, Any] = recording.one("Deployment", f"{team}-deployment").inputs["spec"]["template"]["spec"]
    return spec


def test_the_pod_is_that_of_the_settings(full: Recording) -> None:
    spec = pod_of(full, "blue")
    (container,) = spec["containers"]
    assert container["image"] == "registry.example.org/helm/tiller:v2.16.12"
    assert container["resources"] == {
        "requests": {"cpu": "50m", "memory": "64Mi", "ephemeral-storage": "16Mi"},
        "limits": {"cpu": "1", "memory": "1Gi", "ephemeral-storage": "256Mi"},
    }
    assert spec["nodeSelector"] == {"kubernetes.io/os": "linux"}
    assert spec["tolerations"] == [
        {"key": "dedicated", "value": "helm", "effect": "NoExecute", "tolerationSeconds": 60}
    ]
    assert spec["priorityClassName"] == "high"


def test_what_is_not_set_is_left_to_the_cluster(plain: Recording) -> None:
    assert {"nodeSelector", "tolerations", "priorityClassName"}.isdisjoint(pod_of(plain, "green"))


@pytest.mark.parametrize(("team", "seconds"), [("blue", 90), ("green", 300)])
def test_a_rollout_ends_at_its_timeout_for_kubernetes_and_for_pulumi(
    full: Recording, plain: Recording, team: str, seconds: int
) -> None:
    deployment = (full if team == "blue" else plain).one("Deployment", f"{team}-deployment")
    assert deployment.timeouts == (f"{seconds}s", f"{seconds}s")
    assert deployment.inputs["spec"]["progressDeadlineSeconds"] == seconds
    (container,) = deployment.inputs["spec"]["template"]["spec"]["containers"]
    assert container["startupProbe"]["failureThreshold"] == seconds


def test_a_pod_that_was_asked_to_stop_is_not_ready_and_waits_for_its_calls(plain: Recording) -> None:
    (container,) = pod_of(plain, "green")["containers"]
    probe = container["readinessProbe"]
    assert probe.pop("exec") == {"command": list(STAYS_READY)}
    assert probe == {"periodSeconds": 5, "timeoutSeconds": 5, "failureThreshold": 1}
    assert container["lifecycle"]["preStop"] == {"exec": {"command": list(DRAIN)}}
    assert pod_of(plain, "green")["terminationGracePeriodSeconds"] == 330


def test_a_container_that_starts_again_is_ready_again(plain: Recording) -> None:
    (container,) = pod_of(plain, "green")["containers"]
    assert container["lifecycle"]["postStart"] == {"exec": {"command": list(STARTS)}}


def test_the_pod_says_whom_it_answers(full: Recording, plain: Recording) -> None:
    words = []
    for recording, team in ((full, "blue"), (plain, "green")):
        template = recording.one("Deployment", f"{team}-deployment").inputs["spec"]["template"]
        words.append(template["metadata"]["annotations"]["secure-tiller/trusts"].split())
    assert words[1] == ["bob"]
    assert words[0] == [
        "alice",
        f"ca:partner#{pem.fingerprint(PARTNER.pem)}",
        "ci",
        f"dora#{pem.key_of_request(DORAS_REQUEST)}",
    ]


# Labels and annotations.


def test_every_object_carries_the_labels_and_annotations_of_the_settings(full: Recording) -> None:
    for resource in objects(full):
        metadata = resource.inputs["metadata"]
        assert metadata["labels"]["example.org/cost-centre"] == "42", resource.name
        assert metadata["annotations"]["example.org/owner"] == "the blue team", resource.name


def test_annotations_may_be_outputs() -> None:
    def program() -> None:
        SecureTiller("green", smallest(annotations={"example.org/run": pulumi.Output.from_input("7")}))

    assert {r.inputs["metadata"]["annotations"]["example.org/run"] for r in objects(run(program))} == {"7"}


def test_a_preview_knows_the_names_of_objects_of_which_it_does_not_know_an_annotation() -> None:
    def program() -> None:
        SecureTiller("green", smallest(annotations={"example.org/run": unknown()}))

    seen = run(program, preview=True)
    outputs = seen.outputs_of("SecureTiller")
    names = {"namespace": "green-tiller", "serviceAccount": "tiller", "deployment": "tiller-deploy"}
    assert {name: outputs[name] for name in names} == names
    volumes = seen.one("Deployment", "green-deployment").inputs["spec"]["template"]["spec"]["volumes"]
    assert volumes[0]["secret"]["secretName"] == "green-tls-0a1b2c3d"


# Rights.


def test_the_rights_asked_for_are_in_the_roles_of_the_managed_namespaces_alone(full: Recording) -> None:
    holders = {
        resource.name
        for resource in full.resources
        for rule in resource.inputs.get("rules", [])
        if {"networkpolicies", "roles", "leases"} & set(rule["resources"])
    }
    assert holders == {f"blue-manage:{name}" for name in ("blue-apps", "blue-devices", "shared-tools")}


# Protection.

KEPT = {"SecureTiller", "Namespace", "Deployment"}


def test_the_protection_of_a_team_covers_what_no_ordinary_update_replaces_and_nothing_else() -> None:
    recording = run(lambda: SecureTiller("blue", FULL, pulumi.ResourceOptions(protect=True)))
    protected = {resource.type.rsplit(":", 1)[-1] for resource in recording.resources if resource.protect}
    unprotected = {resource.type.rsplit(":", 1)[-1] for resource in recording.resources if not resource.protect}
    assert protected == KEPT
    assert unprotected == {kind for kind, _ in kinds(recording)} - KEPT


def test_nothing_is_protected_unless_asked_for(full: Recording) -> None:
    assert not any(resource.protect for resource in full.resources)


# Keys.


def test_no_key_shows_in_an_input_that_is_not_secret(full: Recording) -> None:
    keys = [r.state["privateKeyPem"].splitlines()[1] for r in full.resources if r.type.endswith(":PrivateKey")]
    assert len(keys) == 8
    text = str([_hidden(resource.inputs) for resource in full.resources])
    assert [key for key in keys if key in text] == []
    whole = str([resource.inputs for resource in full.resources])
    assert any(key in whole for key in keys), "the control: without hiding they are found"
    assert pki.key_pem(DORAS_KEY).splitlines()[1] not in whole


def _hidden(value: Any) -> Any:
    """Return a value without what is marked as secret."""
    if is_secret(value):
        return "[secret]"
    if isinstance(value, dict):
        return {key: _hidden(item) for key, item in value.items()}
    return [_hidden(item) for item in value] if isinstance(value, list) else value

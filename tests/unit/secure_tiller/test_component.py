"""The registrations of the component, seen from the engine's side."""

import re
from collections import Counter
from datetime import timedelta
from typing import Any

import pulumi
import pulumi_kubernetes as kubernetes
import pytest
from cryptography import x509
from pulumi.resource import DependencyProviderResource

from secure_tiller import ConfigurationError, SecureTiller
from secure_tiller.plan.pem import opaque_name
from secure_tiller.problems import LateConfigurationError, Problem
from tests.support.recording import Recording, is_secret, revealed, run
from tests.support.samples import BLUE, OWN_CA, PARTNER, SMALLEST, STACK, smallest

COMPONENT = "secure-tiller:index:SecureTiller"
ANNOTATIONS = {"secure-tiller/stack": STACK}
LABELS = {"app.kubernetes.io/managed-by": "secure-tiller", "secure-tiller/team": "blue"}
RBAC = "kubernetes:rbac.authorization.k8s.io/v1"


def team(*namespaces: str, **changes: Any) -> Any:
    return smallest(namespaces={name: {} for name in namespaces}, **changes)


@pytest.fixture(scope="module")
def blue() -> Recording:
    return run(lambda: SecureTiller("blue", BLUE))


def names(urns: frozenset[str]) -> set[str]:
    """Return what URNs name, as kind and name: `Secret blue-tls`."""
    parts = [urn.split("::", 3) for urn in urns]
    return {f"{kind.rsplit(':', 1)[-1]} {name}" for _, _, kind, name in parts}


def test_exactly_these_resources_are_registered(blue: Recording) -> None:
    certificates = [
        (f"tls:index/{kind[0].lower()}{kind[1:]}:{kind}", f"blue-{part}")
        for part, kinds in {
            "server-ca": ("PrivateKey", "SelfSignedCert"),
            "server": ("PrivateKey", "CertRequest", "LocallySignedCert"),
            "client-ca:alice": ("PrivateKey", "SelfSignedCert"),
            "client:alice": ("PrivateKey", "CertRequest", "LocallySignedCert"),
            "client-ca:ci": ("PrivateKey", "SelfSignedCert"),
            "client:ci": ("PrivateKey", "CertRequest", "LocallySignedCert"),
        }.items()
        for kind in kinds
    ]
    parts = ("storage", "people", "manage:blue-apps", "manage:blue-jobs", "manage:shared-tools")
    assert Counter((r.type, r.name) for r in blue.resources) == Counter(
        [
            (COMPONENT, "blue"),
            *certificates,
            ("kubernetes:core/v1:Namespace", "blue-namespace"),
            ("kubernetes:core/v1:Namespace", "blue-namespace:blue-apps"),
            ("kubernetes:core/v1:Namespace", "blue-namespace:blue-jobs"),
            ("kubernetes:core/v1:ServiceAccount", "blue-service-account"),
            *((f"{RBAC}:{kind}", f"blue-{part}") for kind in ("Role", "RoleBinding") for part in parts),
            ("kubernetes:networking.k8s.io/v1:NetworkPolicy", "blue-deny-ingress"),
            ("kubernetes:core/v1:Secret", "blue-tls"),
            ("kubernetes:apps/v1:Deployment", "blue-deployment"),
        ]
    )


def test_every_resource_is_a_child_of_the_component(blue: Recording) -> None:
    component, *children = blue.resources
    assert component.type == COMPONENT
    assert {child.parent.rsplit("::", 1)[-1] for child in children} == {"blue"}


def test_the_component_keeps_no_inputs_in_the_state(blue: Recording) -> None:
    assert blue.resources[0].inputs == {}


def test_keys_are_ecdsa_on_the_curve_p256(blue: Recording) -> None:
    keys = [r.inputs for r in blue.resources if r.type.endswith(":PrivateKey")]
    assert keys == [{"algorithm": "ECDSA", "ecdsaCurve": "P256"}] * 6


@pytest.mark.parametrize("part", ["server-ca", "client-ca:alice", "client-ca:ci"])
def test_a_ca_signs_and_does_nothing_else_and_its_name_says_nothing(blue: Recording, part: str) -> None:
    assert revealed(blue.one("SelfSignedCert", f"blue-{part}").inputs) == {
        "privateKeyPem": blue.key(f"blue-{part}"),
        "subject": {"commonName": opaque_name(blue.one("PrivateKey", f"blue-{part}").state["publicKeyPem"])},
        "isCaCertificate": True,
        "allowedUses": ["cert_signing", "crl_signing"],
        "setSubjectKeyId": True,
        "setAuthorityKeyId": True,
        "validityPeriodHours": 8760,
        "earlyRenewalHours": 2880,
    }


@pytest.mark.parametrize(
    ("part", "ca", "use"),
    [
        ("server", "server-ca", "server_auth"),
        ("client:alice", "client-ca:alice", "client_auth"),
        ("client:ci", "client-ca:ci", "client_auth"),
    ],
)
def test_a_certificate_is_signed_by_its_own_ca_for_one_use(blue: Recording, part: str, ca: str, use: str) -> None:
    assert revealed(blue.one("LocallySignedCert", f"blue-{part}").inputs) == {
        "certRequestPem": blue.one("CertRequest", f"blue-{part}").state["certRequestPem"],
        "caPrivateKeyPem": blue.key(f"blue-{ca}"),
        "caCertPem": blue.certificate(f"blue-{ca}"),
        "allowedUses": ["digital_signature", use],
        "setSubjectKeyId": True,
        "validityPeriodHours": 2160,
        "earlyRenewalHours": 720,
    }


def test_keys_reach_the_provider_as_secrets(blue: Recording) -> None:
    for resource in blue.resources:
        for key in ("privateKeyPem", "caPrivateKeyPem"):
            assert is_secret(resource.inputs.get(key)) == (key in resource.inputs)


def test_the_secret_holds_the_server_certificate_and_one_ca_per_client_and_cannot_change(blue: Recording) -> None:
    secret = blue.one("Secret", "blue-tls").inputs
    server = blue.certificate("blue-server")
    trusted = blue.certificate("blue-client-ca:alice") + blue.certificate("blue-client-ca:ci")
    assert is_secret(secret["stringData"])
    assert revealed(secret) == {
        "apiVersion": "v1",
        "kind": "Secret",
        "type": "kubernetes.io/tls",
        "immutable": True,
        "metadata": {"namespace": "blue-tiller", "labels": LABELS, "annotations": ANNOTATIONS},
        "stringData": {
            "tls.crt": server,
            "tls.key": blue.key("blue-server"),
            "ca.crt": trusted,
        },
    }


def test_no_key_of_a_ca_enters_the_cluster(blue: Recording) -> None:
    to_cluster = str([revealed(r.inputs) for r in blue.resources if r.type.startswith("kubernetes:")])
    keys = {r.name: r.state["privateKeyPem"].splitlines()[1] for r in blue.resources if r.type.endswith(":PrivateKey")}
    assert len(keys) == 6
    assert [name for name, line in keys.items() if line in to_cluster] == ["blue-server"]


def test_nothing_is_cluster_scoped_but_namespaces(blue: Recording) -> None:
    objects = [r for r in blue.resources if r.type.startswith("kubernetes:")]
    unscoped = {r.type for r in objects if "namespace" not in r.inputs["metadata"]}
    assert unscoped == {"kubernetes:core/v1:Namespace"}


def test_only_the_managed_namespaces_of_the_settings_stay_on_delete(blue: Recording) -> None:
    assert [r.name for r in blue.resources if r.retain_on_delete] == ["blue-namespace:blue-apps"]


def test_the_service_account_lends_its_token_to_no_pod(blue: Recording) -> None:
    account = blue.one("ServiceAccount", "blue-service-account").inputs
    assert account["automountServiceAccountToken"] is False


def test_every_role_is_bound_to_whom_it_is_for(blue: Recording) -> None:
    tiller = [{"kind": "ServiceAccount", "name": "tiller", "namespace": "blue-tiller"}]
    group = "rbac.authorization.k8s.io"
    people = [
        {"kind": "Group", "name": "blue-developers", "apiGroup": group},
        {"kind": "User", "name": "carol@example.org", "apiGroup": group},
        {"kind": "ServiceAccount", "name": "deployer", "namespace": "pipelines"},
    ]
    for binding in (r for r in blue.resources if r.type.endswith(":RoleBinding")):
        role = blue.one("Role", binding.name).inputs
        assert role["metadata"] == binding.inputs["metadata"]
        assert binding.inputs["roleRef"] == {"apiGroup": group, "kind": "Role", "name": role["metadata"]["name"]}
        assert binding.inputs["subjects"] == (people if binding.name == "blue-people" else tiller)


def test_without_subjects_the_role_of_the_people_is_bound_to_nobody() -> None:
    recording = run(lambda: SecureTiller("green", SMALLEST))
    bindings = {r.name for r in recording.resources if r.type.endswith(":RoleBinding")}
    assert bindings == {"green-storage", "green-manage:green-apps"}


def test_the_rules_are_those_of_the_plan(blue: Recording) -> None:
    assert blue.one("Role", "blue-people").inputs["rules"] == [
        {"apiGroups": [""], "resources": ["pods"], "verbs": ["get", "list"]},
        {"apiGroups": ["apps"], "resources": ["deployments"], "resourceNames": ["tiller-deploy"], "verbs": ["get"]},
        {"apiGroups": [""], "resources": ["pods/portforward"], "verbs": ["create"]},
    ]


def test_all_pods_of_tillers_namespace_are_closed_to_pods(blue: Recording) -> None:
    policy = blue.one("NetworkPolicy", "blue-deny-ingress").inputs
    assert policy["metadata"]["namespace"] == "blue-tiller"
    assert policy["spec"] == {"podSelector": {}, "policyTypes": ["Ingress"]}


def test_tiller_is_found_where_helm_looks_for_it(blue: Recording) -> None:
    deployment = blue.one("Deployment", "blue-deployment").inputs
    labels = {"app": "helm", "name": "tiller"}
    assert deployment["metadata"] == {
        "name": "tiller-deploy",
        "namespace": "blue-tiller",
        "labels": {**LABELS, **labels},
        "annotations": ANNOTATIONS,
    }
    assert deployment["spec"]["selector"] == {"matchLabels": labels}
    assert deployment["spec"]["template"]["metadata"]["labels"] == {**LABELS, **labels}
    assert [container["name"] for container in pod(blue)["containers"]] == ["tiller"]


def pod(recording: Recording) -> dict[str, Any]:
    spec: dict[str, Any] = recording.one("Deployment", "blue-deployment").inputs["spec"]["template"]["spec"]
    return spec


def test_a_rollout_keeps_the_old_pod_until_the_new_one_is_ready(blue: Recording) -> None:
    spec = blue.one("Deployment", "blue-deployment").inputs["spec"]
    assert spec["replicas"] == 1
    assert spec["strategy"] == {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1, "maxUnavailable": 0}}


def test_the_pod_passes_the_restricted_standard(blue: Recording) -> None:
    assert pod(blue)["securityContext"] == {
        "runAsNonRoot": True,
        "runAsUser": 65534,
        "runAsGroup": 65534,
        "fsGroup": 65534,
        "seccompProfile": {"type": "RuntimeDefault"},
    }
    assert pod(blue)["containers"][0]["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "runAsNonRoot": True,
        "capabilities": {"drop": ["ALL"]},
    }


def test_the_pod_has_its_token_for_an_hour_and_nothing_mounts_another(blue: Recording) -> None:
    (token,) = [volume["projected"] for volume in pod(blue)["volumes"] if volume["name"] == "token"]
    assert pod(blue)["automountServiceAccountToken"] is False
    assert token["sources"] == [
        {"serviceAccountToken": {"path": "token", "expirationSeconds": 3600}},
        {"configMap": {"name": "kube-root-ca.crt", "items": [{"key": "ca.crt", "path": "ca.crt"}]}},
        {"downwardAPI": {"items": [{"path": "namespace", "fieldRef": {"fieldPath": "metadata.namespace"}}]}},
    ]


def test_the_pod_mounts_the_secret_by_the_name_that_pulumi_gave_it(blue: Recording) -> None:
    (secret,) = [volume["secret"] for volume in pod(blue)["volumes"] if volume["name"] == "certificates"]
    assert "name" not in blue.one("Secret", "blue-tls").inputs["metadata"]
    assert secret == {"secretName": blue.one("Secret", "blue-tls").state["metadata"]["name"], "defaultMode": 0o440}


def test_everything_else_in_the_cluster_has_a_name_that_people_can_expect(blue: Recording) -> None:
    objects = [r for r in blue.resources if r.type.startswith("kubernetes:")]
    assert [r.name for r in objects if "name" not in r.inputs["metadata"]] == ["blue-tls"]


def test_the_container_is_limited_in_cpu_memory_and_disk(blue: Recording) -> None:
    resources = pod(blue)["containers"][0]["resources"]
    assert set(resources["requests"]) == set(resources["limits"]) == {"cpu", "memory", "ephemeral-storage"}


def test_the_probes_ask_the_probe_port_and_name_no_host(blue: Recording) -> None:
    container = pod(blue)["containers"][0]
    assert container["livenessProbe"] == {
        "httpGet": {"path": "/liveness", "port": 44135},
        "periodSeconds": 10,
        "timeoutSeconds": 5,
        "failureThreshold": 3,
        "terminationGracePeriodSeconds": 10,
    }
    assert container["startupProbe"] == {
        "httpGet": {"path": "/readiness", "port": 44135},
        "periodSeconds": 1,
        "failureThreshold": 300,
        "terminationGracePeriodSeconds": 10,
    }


def test_a_hung_tiller_is_killed_long_before_one_that_was_asked_to_stop(blue: Recording) -> None:
    (container,) = pod(blue)["containers"]
    hung = {container[probe]["terminationGracePeriodSeconds"] for probe in ("livenessProbe", "startupProbe")}
    assert max(hung) < pod(blue)["terminationGracePeriodSeconds"]
    assert "terminationGracePeriodSeconds" not in container["readinessProbe"]


CLIENTS_CERTIFICATES = {"LocallySignedCert blue-client:alice", "LocallySignedCert blue-client:ci"}


def test_tiller_starts_after_its_rights_and_its_fence_and_stops_before_them(blue: Recording) -> None:
    assert names(blue.one("Deployment", "blue-deployment").depends_on) - CLIENTS_CERTIFICATES == {
        "NetworkPolicy blue-deny-ingress",
        "RoleBinding blue-manage:blue-apps",
        "RoleBinding blue-manage:blue-jobs",
        "RoleBinding blue-manage:shared-tools",
        "RoleBinding blue-people",
        "RoleBinding blue-storage",
        "Secret blue-tls",
        "ServiceAccount blue-service-account",
    }


def test_tiller_starts_after_its_clients_have_certificates_and_stops_before_those_go(blue: Recording) -> None:
    assert names(blue.one("Deployment", "blue-deployment").depends_on) >= CLIENTS_CERTIFICATES


def test_a_role_waits_for_its_namespace_alone(blue: Recording) -> None:
    waits = {part: names(blue.one("Role", f"blue-{part}").depends_on) for part in ("storage", "manage:blue-apps")}
    assert waits == {
        "storage": {"Namespace blue-namespace"},
        "manage:blue-apps": {"Namespace blue-namespace:blue-apps"},
    }
    assert names(blue.one("Role", "blue-manage:shared-tools").depends_on) == set()


def test_the_outputs_are_registered_and_the_bundles_are_secret(blue: Recording) -> None:
    outputs = blue.outputs_of("SecureTiller")
    assert is_secret(outputs["bundles"])
    assert [name for name, value in outputs.items() if is_secret(value)] == ["bundles"]
    ca = blue.certificate("blue-server-ca")
    assert {key: value for key, value in revealed(outputs).items() if key != "expirations"} == {
        "namespace": "blue-tiller",
        "serviceAccount": "tiller",
        "deployment": "tiller-deploy",
        "caCertificate": ca,
        "bundles": {
            client: {
                "ca": ca,
                "cert": blue.certificate(f"blue-client:{client}"),
                "key": blue.key(f"blue-client:{client}"),
            }
            for client in ("alice", "ci")
        },
    }


@pytest.mark.parametrize(
    ("part", "renew_before"),
    [
        ("server", 720),
        ("server-ca", 2880),
        ("client:alice", 720),
        ("client-ca:alice", 2880),
        ("client:ci", 720),
        ("client-ca:ci", 2880),
    ],
)
def test_each_certificate_tells_its_serial_number_its_end_and_when_its_renewal_begins(
    blue: Recording, part: str, renew_before: int
) -> None:
    certificate = x509.load_pem_x509_certificate(blue.certificate(f"blue-{part}").encode())
    end = certificate.not_valid_after_utc
    assert blue.outputs_of("SecureTiller")["expirations"][part] == {
        "serial": f"{certificate.serial_number:X}",
        "notAfter": end.isoformat(),
        "renewalBegins": (end - timedelta(hours=renew_before)).isoformat(),
    }


def test_nothing_but_the_six_certificates_has_an_expiration(blue: Recording) -> None:
    assert len(blue.outputs_of("SecureTiller")["expirations"]) == 6


def test_refused_settings_register_nothing() -> None:
    def program() -> None:
        with pytest.raises(ConfigurationError):
            SecureTiller("blue", smallest(clients={}))

    assert run(program).resources == []


def refused_after(*before: Any, name: str = "second", args: Any) -> tuple[Problem, ...]:
    """Return why a Tiller is refused after those that a program has made before."""
    found: list[Problem] = []

    def program() -> None:
        for i, one in enumerate(before):
            SecureTiller(f"first-{i}", one)
        with pytest.raises(ConfigurationError) as refused:
            SecureTiller(name, args)
        found.extend(refused.value.problems)

    assert not [r for r in run(program).resources if r.name.startswith(name)], "nothing of it is registered"
    return tuple(found)


def test_two_tillers_of_one_program_may_not_claim_one_namespace() -> None:
    (problem,) = refused_after(team("apps"), args=team("apps"))
    assert (problem.team, problem.key, problem.value) == ("second", "namespaces", '"apps"')
    assert "is managed by team first-0 too" in problem.why


def test_what_two_tillers_of_one_program_claim_is_refused_as_between_the_teams_of_a_stack() -> None:
    (problem,) = refused_after(team("one"), args=team("first-0-tiller"))
    assert "is the Tiller namespace of team first-0" in problem.why


def test_the_last_of_three_is_compared_with_each_before_it() -> None:
    (problem,) = refused_after(team("one"), team("two"), args=team("one", "three"))
    assert problem.value == '"one"'


def test_a_tiller_that_was_refused_claims_nothing() -> None:
    def program() -> None:
        SecureTiller("one", team("one"))
        for attempt in (team("one", "two"), smallest(namespaces={"two": {}}, clients={})):
            with pytest.raises(ConfigurationError):
                SecureTiller("two", attempt)
        SecureTiller("three", team("two"))

    assert run(program).one("SecureTiller", "three")


def test_tillers_that_claim_nothing_of_each_other_are_accepted() -> None:
    def program() -> None:
        SecureTiller("one", team("one"))
        SecureTiller("two", team("two"))

    assert len([r for r in run(program).resources if r.type == COMPONENT]) == 2


def cluster(name: str) -> kubernetes.Provider:
    return kubernetes.Provider(name, kubeconfig="/config", context=name)


def on(provider: pulumi.ProviderResource) -> dict[str, pulumi.ResourceOptions]:
    """Return each way to give a component a provider."""
    parent = pulumi.ComponentResource("test:index:Cluster", "parent", {}, pulumi.ResourceOptions(providers=[provider]))
    return {
        "provider": pulumi.ResourceOptions(provider=provider),
        "a list": pulumi.ResourceOptions(providers=[provider]),
        "a map": pulumi.ResourceOptions(providers={"kubernetes": provider}),
        "its parent": pulumi.ResourceOptions(parent=parent),
    }


WAYS = ("provider", "a list", "a map", "its parent")


@pytest.mark.parametrize("way", WAYS)
def test_tillers_on_two_clusters_of_one_program_may_have_equal_names(way: str) -> None:
    def program() -> None:
        SecureTiller("west", team("apps", namespace="tiller"), pulumi.ResourceOptions(provider=cluster("west")))
        SecureTiller("east", team("apps", namespace="tiller"), on(cluster("east"))[way])

    assert run(program).one("SecureTiller", "east")


@pytest.mark.parametrize("way", WAYS)
def test_tillers_of_one_provider_may_not_claim_one_namespace(way: str) -> None:
    def program() -> None:
        west = cluster("west")
        SecureTiller("one", team("apps"), pulumi.ResourceOptions(provider=west))
        with pytest.raises(ConfigurationError, match="is managed by team one too"):
            SecureTiller("two", team("apps"), on(west)[way])

    run(program)


def stand_in() -> pulumi.ResourceOptions:
    """Return the options of a component in a plugin, whose provider is elsewhere."""
    urn = "urn:pulumi:test::test::pulumi:providers:kubernetes::west"
    return pulumi.ResourceOptions(providers=[DependencyProviderResource(f"{urn}::0a1b2c3d")])


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (lambda: None, lambda: pulumi.ResourceOptions(provider=cluster("east"))),
        (lambda: pulumi.ResourceOptions(provider=cluster("west")), lambda: None),
        (stand_in, stand_in),
        (stand_in, lambda: pulumi.ResourceOptions(provider=cluster("east"))),
    ],
    ids=["the default first", "the default last", "stand-ins", "a stand-in"],
)
def test_tillers_whose_clusters_are_not_known_to_differ_are_compared(first: Any, second: Any) -> None:
    def program() -> None:
        SecureTiller("one", team("apps"), first())
        with pytest.raises(ConfigurationError, match="is managed by team one too"):
            SecureTiller("two", team("apps"), second())

    run(program)


def test_a_ca_that_tillers_on_two_clusters_trust_is_refused() -> None:
    trusting = {"certificates": {"trusted_client_cas": {"partner": PARTNER.pem}}}

    def program() -> None:
        SecureTiller("one", team("one", **trusting), pulumi.ResourceOptions(provider=cluster("west")))
        with pytest.raises(ConfigurationError, match="is trusted by team one too"):
            SecureTiller("two", team("two", **trusting), pulumi.ResourceOptions(provider=cluster("east")))

    run(program)


def test_settings_that_a_program_changes_after_the_call_stay_claimed_as_they_were() -> None:
    def program() -> None:
        args = team("apps", certificates={"trusted_client_cas": {"partner": PARTNER.pem}})
        SecureTiller("one", args)
        args["namespaces"].clear()
        args["namespaces"]["more"] = {}
        args["certificates"]["trusted_client_cas"]["partner"] = OWN_CA.pem
        with pytest.raises(ConfigurationError) as refused:
            SecureTiller("two", team("apps", certificates={"trusted_client_cas": {"partner": PARTNER.pem}}))
        assert len(refused.value.problems) == 2
        SecureTiller("three", args)  # the control

    run(program)


def output(text: str) -> pulumi.Output[str]:
    return pulumi.Output.from_input(text)


@pytest.mark.parametrize(
    ("first", "second"), [(str, output), (output, str), (output, output)], ids=["second", "first", "both"]
)
def test_a_ca_that_becomes_known_during_the_update_is_refused_if_another_team_trusts_it(
    first: Any, second: Any
) -> None:
    def program() -> None:
        for name, read in (("one", first), ("two", second)):
            trusting = {"certificates": {"trusted_client_cas": {"partner": read(PARTNER.pem)}}}
            SecureTiller(name, team(name, **trusting), pulumi.ResourceOptions(provider=cluster(name)))

    with pytest.raises(LateConfigurationError) as refused:
        run(program)
    (problem,) = refused.value.problems
    assert "trusted_client_cas.partner" in problem.key
    assert re.search("is trusted by team (one|two) too", problem.why)


def test_control_cas_of_two_teams_that_become_known_during_the_update_and_differ() -> None:
    def program() -> None:
        for name, ca in (("one", PARTNER), ("two", OWN_CA)):
            SecureTiller(name, team(name, certificates={"trusted_client_cas": {"partner": output(ca.pem)}}))

    assert run(program).one("Secret", "two-tls")


def test_two_programs_after_each_other_in_one_process_claim_nothing_of_each_other() -> None:
    for _ in range(2):
        assert run(lambda: SecureTiller("one", team("apps"))).one("SecureTiller", "one")


def test_an_explicit_provider_reaches_every_kubernetes_resource() -> None:
    def program() -> None:
        cluster = kubernetes.Provider("cluster", kubeconfig="/config", context="here")
        SecureTiller("green", SMALLEST, pulumi.ResourceOptions(providers=[cluster]))

    objects = [r for r in run(program).resources if r.type.startswith("kubernetes:")]
    assert len(objects) == 11
    assert all("::cluster::" in r.provider for r in objects)


def test_two_teams_with_names_that_begin_alike_share_no_logical_name() -> None:
    def program() -> None:
        SecureTiller("a", team("a1", clients={"server": {}, "b": {}}))
        SecureTiller("a-client", team("b1", clients={"b": {}}))

    registered = Counter((r.type, r.name) for r in run(program).resources)
    assert max(registered.values()) == 1

"""A stack's state, read: the state of the component as the engine keeps it, with and without its secrets."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from secure_tiller_cli.state import digest, read, unfinished
from secure_tiller_cli.state.read import SECRET, SECRET_MARK
from tiller_facts.identity import COMPONENT
from tiller_facts.rbac import Rule, Subject

PROGRAM = "urn:pulumi:production::shop::"
PROVIDER = f"{PROGRAM}pulumi:providers:kubernetes::cluster"
ENDS = {"serial": "2A", "notAfter": "2027-01-01T00:00:00+00:00", "renewalBegins": "2026-12-01T00:00:00+00:00"}
UID = "6f2d7a3e-0c5b-4f0e-9d53-7d0f2f0a1b7c"


def secret(value: object, *, shown: bool) -> dict[str, str]:
    return {SECRET_MARK: SECRET, **({"plaintext": json.dumps(value)} if shown else {"ciphertext": "v1:abc"})}


def resource(kind: str, name: str, parent: str = "", **parts: Any) -> dict[str, Any]:
    return {"urn": f"{PROGRAM}{kind}::{name}", "type": kind, "parent": parent, "inputs": {}, "outputs": {}, **parts}


def named(name: str, **spec: str) -> dict[str, Any]:
    return {"metadata": {"name": name}, "spec": spec}


def state(*, shown: bool = True, parent: str = "", **provider: Any) -> dict[str, Any]:
    """The state of team blue, with a client alice."""
    component = resource(
        COMPONENT,
        "blue",
        parent,
        outputs={
            "namespace": "blue-tiller",
            "serviceAccount": "tiller",
            "deployment": "tiller-deploy",
            "caCertificate": "a CA",
            "expirations": {"server": ENDS, "client:alice": ENDS, "client-ca:alice": ENDS},
            "bundles": secret({"alice": {"ca": "a CA", "cert": "a certificate", "key": "a key"}}, shown=shown),
        },
    )
    urn = component["urn"]
    metadata = {"annotations": {"secure-tiller/stack": "acme/shop/production"}, "labels": {"a": "label"}}
    apps = {"metadata": {**metadata, "name": "blue-apps"}}
    role = {"metadata": {"name": "tiller-blue", "namespace": "blue-apps"}}
    rules = [{"apiGroups": [""], "resources": ["pods"], "verbs": ["get"], "resourceNames": ["one"]}]
    subjects = [{"kind": "ServiceAccount", "name": "tiller", "namespace": "blue-tiller"}]
    pod = {"spec": {"containers": [{"name": "tiller"}]}}
    rbac = "kubernetes:rbac.authorization.k8s.io/v1:"
    made = [
        component,
        resource("kubernetes:core/v1:Namespace", "blue-namespace:blue-apps", urn, inputs=apps),
        resource(f"{rbac}Role", "blue-manage:blue-apps", urn, inputs={**role, "rules": rules}),
        resource(f"{rbac}RoleBinding", "blue-manage:blue-apps", urn, inputs={**role, "subjects": subjects}),
        resource(
            f"{rbac}Role", "blue-people", urn, inputs={"metadata": {"name": "people", "namespace": "blue-tiller"}}
        ),
        resource(
            "tls:index/locallySignedCert:LocallySignedCert", "blue-client:alice", urn, outputs={"certPem": "leaf"}
        ),
        resource("tls:index/selfSignedCert:SelfSignedCert", "blue-server-ca", urn, outputs={"certPem": "a CA"}),
        resource("kubernetes:core/v1:Secret", "blue-tls", urn, outputs={"metadata": {"name": "blue-tls-1a2b"}}),
        resource(
            "kubernetes:apps/v1:Deployment",
            "blue-deployment",
            urn,
            inputs={"spec": {"template": pod}},
            provider=f"{PROVIDER}::some-id",
        ),
        resource(
            "kubernetes:core/v1:Secret",
            "blue-secret:alice",
            urn,
            inputs={"metadata": {"name": "tiller-client", "namespace": "blue-apps"}},
        ),
        resource("kubernetes:core/v1:Service", "blue-service", urn, inputs=named("tiller-deploy", type="ClusterIP")),
        resource(
            "kubernetes:networking.k8s.io/v1:NetworkPolicy", "blue-admit-clients", urn, inputs=named("admit", a="b")
        ),
        resource("pulumi:providers:kubernetes", "cluster", inputs=provider),
    ]
    return {"manifest": {"time": "2026-11-05T13:00:00.123456789+01:00"}, "resources": made}


def test_a_tiller_with_all_that_the_commands_ask_for() -> None:
    (blue,) = read(state(kubeconfig="/etc/kubeconfig", context="production", clusterIdentifier=UID))
    assert (blue.name, blue.stack, blue.namespace) == ("blue", "acme/shop/production", "blue-tiller")
    assert (blue.service_account, blue.deployment, blue.ca_certificate) == ("tiller", "tiller-deploy", "a CA")
    assert (blue.clients, blue.managed, blue.exposed) == (("alice",), ("blue-apps",), True)
    assert blue.certificates == {"client:alice": "leaf", "server-ca": "a CA"}
    assert blue.created == {"blue-apps": {"a": "label"}}
    assert blue.pod == {"spec": {"containers": [{"name": "tiller"}]}}
    assert blue.tls_secret == "blue-tls-1a2b"
    assert blue.client_secrets == {"alice": ("blue-apps", "tiller-client")}
    assert (blue.services, blue.policies) == ({"tiller-deploy": {"type": "ClusterIP"}}, {"admit": {"a": "b"}})
    cluster = blue.cluster
    assert (cluster.kubeconfig, cluster.context, cluster.identifier) == ("/etc/kubeconfig", "production", UID)


def test_roles_with_whom_they_are_bound_to() -> None:
    (blue,) = read(state())
    (manage,) = [role for role in blue.roles if role.part == "manage:blue-apps"]
    assert manage.rules == (Rule(("",), ("pods",), ("get",), ("one",)),)
    assert manage.subjects == (Subject("ServiceAccount", "tiller", "blue-tiller"),)
    assert blue.people
    assert blue.people.subjects == ()


@pytest.mark.parametrize(("shown", "bundles"), [(True, {"alice"}), (False, set())])
def test_bundles_are_there_only_in_a_state_that_shows_its_secrets(shown: bool, bundles: set[str]) -> None:
    (blue,) = read(state(shown=shown))
    assert set(blue.bundles or {}) == bundles
    assert "a key" not in repr(blue)


@pytest.mark.parametrize("content", ["apiVersion: v1\nclusters: []\n", '{"apiVersion": "v1"}'])
def test_a_kubeconfig_in_the_state_is_distinguished_from_a_path_and_never_printed(content: str) -> None:
    (blue,) = read(state(kubeconfig=secret(content, shown=True)))
    assert (blue.cluster.content, blue.cluster.kubeconfig, blue.cluster.hidden_in) == (content, "", "")
    assert content not in repr(blue)


@pytest.mark.parametrize("key", ["kubeconfig", "context", "cluster", "clusterIdentifier"])
def test_of_a_cluster_whose_secret_is_not_shown_the_provider_is_known(key: str) -> None:
    given: Any = {key: secret("apiVersion: v1\n", shown=False)}
    (blue,) = read(state(**given))
    assert blue.cluster.hidden_in == PROVIDER
    (shown,) = read(state(**given | {key: secret("apiVersion: v1\n", shown=True)}))
    assert "apiVersion: v1\n" in vars(shown.cluster).values()


def test_a_tiller_inside_another_component() -> None:
    (blue,) = read(state(parent=f"{PROGRAM}acme:index:Platform::platform"))
    assert blue.managed == ("blue-apps",)


@pytest.mark.parametrize("deployment", [{}, {"resources": None}, {"resources": []}])
def test_a_stack_without_resources_has_no_tiller(deployment: dict[str, Any]) -> None:
    assert read(deployment) == ()


def test_what_is_to_be_deleted_or_was_never_finished_is_left_out() -> None:
    deployment = state()
    old = {**deployment["resources"][1], "delete": True}
    half = resource(COMPONENT, "green")
    deployment["resources"] = [old, half, *deployment["resources"]]
    assert [tiller.name for tiller in read(deployment)] == ["blue"]
    assert unfinished(deployment) == ("green",)


CHANGES: dict[str, Callable[[list[Any]], object]] = {
    "a resource is deleted": lambda resources: resources.pop(),
    "a resource is imported": lambda resources: resources.append(resource("acme:index:Other", "other")),
    "an input changes": lambda resources: resources[1]["inputs"].update(a="b"),
    "an output changes": lambda resources: resources[0]["outputs"].update(namespace="green-tiller"),
    "changed and changed back": lambda resources: resources[1].update(modified="2026-11-06T00:00:00Z"),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES.keys())
def test_the_digest_of_a_state_differs_after_each_change(change: Callable[[list[Any]], object]) -> None:
    changed = state()
    change(changed["resources"])
    assert digest(changed) != digest(state())


def test_the_digest_is_the_same_whenever_the_state_was_written() -> None:
    assert digest({**state(), "manifest": {"time": "2030-01-01T00:00:00Z"}}) == digest(state())


def test_another_secret_gives_another_digest() -> None:
    one, other = (state(kubeconfig={SECRET_MARK: SECRET, "ciphertext": text}) for text in ("v1:a", "v1:b"))
    assert digest(one) != digest(other)


def test_an_operation_that_never_ended_gives_another_digest() -> None:
    assert digest({**state(), "pending_operations": [{"type": "creating"}]}) != digest(state())


UNREADABLE: dict[str, list[Any]] = {
    "namespace": ["", None, 7, secret("blue-tiller", shown=False)],
    "serviceAccount": [None],
    "deployment": [None],
    "caCertificate": [secret("a CA", shown=False)],
    "expirations": [None, {}, [], secret({"server": ENDS}, shown=False), {"client:a": ENDS}, {"server": "soon"}],
}


@pytest.mark.parametrize(
    ("output", "value"), [(output, value) for output, values in UNREADABLE.items() for value in values]
)
def test_an_output_that_cannot_be_read_is_refused(output: str, value: Any) -> None:
    deployed = state()
    (component,) = (each for each in deployed["resources"] if each["type"] == COMPONENT)
    component["outputs"][output] = value
    with pytest.raises((KeyError, TypeError, ValueError)):
        read(deployed)

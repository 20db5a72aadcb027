"""Each setting shows in a preview: what it changes is more than the outputs, of which a preview shows nothing."""

from collections.abc import Iterator
from typing import Any, get_args

import pytest
from typing_extensions import is_typeddict

from secure_tiller.args import SecureTillerArgs
from tests.golden import registered
from tests.support import pki
from tests.support.samples import LEASES, OWN_CA, OWN_SERVER, PARTNER, own_certificate, smallest

OTHER_SERVER, RENEWED_SERVER = pki.server(OWN_CA), pki.server(OWN_CA, key=OWN_SERVER.key)
OTHER_KEY = pki.new_key()


def settings(**changes: Any) -> Any:
    return smallest(**changes)


def managed(**args: Any) -> Any:
    return settings(namespaces={"green-apps": args})


def client(**args: Any) -> Any:
    return settings(clients={"bob": args})


def secret(**args: Any) -> Any:
    return client(secret={"namespace": "pipelines", "name": "tiller"} | args)


def subjects(**args: Any) -> Any:
    return settings(subjects=args)


def account(**args: Any) -> Any:
    return subjects(service_accounts=[{"namespace": "ci", "name": "robot"} | args])


def rights(**args: Any) -> Any:
    return settings(rights=args)


def rule(**args: Any) -> Any:
    return rights(rules=[{**LEASES, **args}])


def certificates(**args: Any) -> Any:
    return settings(certificates=args)


def given(**args: Any) -> Any:
    return certificates(server_certificate=own_certificate(**args))


def pod(**args: Any) -> Any:
    return settings(pod=args)


def toleration(**args: Any) -> Any:
    return pod(tolerations=[{"key": "dedicated", "operator": "Equal", "value": "helm", "effect": "NoExecute"} | args])


PRIVILEGED = {"pod_security": "privileged", "pod_security_reason": "mounts devices"}
SMALLEST = settings()

CHANGES: dict[str, tuple[Any, Any]] = {
    "namespaces.existing": (SMALLEST, managed(existing=True)),
    "namespaces.pod_security": (SMALLEST, managed(pod_security="restricted")),
    "namespaces.pod_security_reason": (managed(**PRIVILEGED), managed(**{**PRIVILEGED, "pod_security_reason": "b"})),
    "namespaces.retain_on_delete": (SMALLEST, managed(retain_on_delete=False)),
    "clients.csr": (client(csr=pki.request("bob")), client(csr=pki.request("bob", key=OTHER_KEY))),
    "clients.generation": (SMALLEST, client(generation=2)),
    "clients.secret.namespace": (secret(), secret(namespace="robots")),
    "clients.secret.name": (secret(), secret(name="other")),
    "namespace": (SMALLEST, settings(namespace="helm-green")),
    "subjects.groups": (subjects(groups=["a"]), subjects(groups=["b"])),
    "subjects.users": (SMALLEST, subjects(users=["ann"])),
    "subjects.service_accounts.namespace": (account(), account(namespace="robots")),
    "subjects.service_accounts.name": (account(), account(name="other")),
    "rights.preset": (rule(), rights(preset="none", rules=[LEASES])),
    "rights.network_policies": (SMALLEST, rights(network_policies=True)),
    "rights.roles": (SMALLEST, rights(roles=True)),
    "rights.rules.api_groups": (rule(), rule(api_groups=["example.org"])),
    "rights.rules.resources": (rule(), rule(resources=["leases", "others"])),
    "rights.rules.verbs": (rule(), rule(verbs=["get"])),
    "rights.rules.resource_names": (rule(), rule(resource_names=["one"])),
    "certificates.server.validity": (SMALLEST, certificates(server={"validity": "80d"})),
    "certificates.server.renew_before": (SMALLEST, certificates(server={"renew_before": "20d"})),
    "certificates.client.validity": (SMALLEST, certificates(client={"validity": "80d"})),
    "certificates.client.renew_before": (SMALLEST, certificates(client={"renew_before": "20d"})),
    "certificates.ca.validity": (SMALLEST, certificates(ca={"validity": "400d", "renew_before": "120d"})),
    "certificates.ca.renew_before": (SMALLEST, certificates(ca={"renew_before": "110d"})),
    "certificates.server_cas": (SMALLEST, certificates(server_cas=[1, 2])),
    "certificates.generation": (SMALLEST, certificates(generation=2)),
    "certificates.server_certificate.certificate": (given(), given(certificate=RENEWED_SERVER.pem)),
    "certificates.server_certificate.key": (given(), given(certificate=OTHER_SERVER.pem, key=OTHER_SERVER.key_pem)),
    "certificates.server_certificate.ca": (given(), given(ca=OWN_CA.pem + PARTNER.pem)),
    "certificates.trusted_client_cas": (SMALLEST, certificates(trusted_client_cas={"partner": PARTNER.pem})),
    "expose": (secret(), secret() | {"expose": "cluster"}),
    "pod.image": (SMALLEST, pod(image="registry.example.org/tiller:v2.17.0")),
    "pod.history_max": (SMALLEST, pod(history_max=5)),
    "pod.resources.requests": (SMALLEST, pod(resources={"requests": {"cpu": "30m"}})),
    "pod.resources.limits": (SMALLEST, pod(resources={"limits": {"cpu": "2"}})),
    "pod.node_selector": (SMALLEST, pod(node_selector={"kubernetes.io/os": "linux"})),
    "pod.tolerations.key": (toleration(), toleration(key="other")),
    "pod.tolerations.operator": (toleration(), pod(tolerations=[{"key": "dedicated", "operator": "Exists"}])),
    "pod.tolerations.value": (toleration(), toleration(value="other")),
    "pod.tolerations.effect": (toleration(), toleration(effect="NoSchedule")),
    "pod.tolerations.toleration_seconds": (toleration(), toleration(toleration_seconds=60)),
    "pod.priority_class": (SMALLEST, pod(priority_class="high")),
    "pod.rollout_timeout": (SMALLEST, pod(rollout_timeout="2m")),
    "labels": (SMALLEST, settings(labels={"example.org/unit": "a"})),
    "annotations": (SMALLEST, settings(annotations={"example.org/owner": "a"})),
}
"""Of each setting two values, with what else each needs."""

NO_EFFECT = {"namespaces.shared": (managed(existing=True), managed(existing=True, shared=True))}
"""Settings that change neither a resource nor an output: they only allow something."""


def leaves(kind: Any, path: str = "") -> Iterator[str]:
    """Yield the path of each setting below a type that holds no further ones."""
    inside = next(typed_dicts(kind), None)
    for name, below in inside.__annotations__.items() if inside else ():
        yield from leaves(below, f"{path}.{name}" if path else name)
    if not inside:
        yield path


def typed_dicts(kind: Any) -> Iterator[Any]:
    """Yield the TypedDicts in a type: `X` of `NotRequired[Mapping[str, X]]`."""
    if is_typeddict(kind):
        yield kind
    for part in get_args(kind):
        yield from typed_dicts(part)


def test_the_table_has_every_setting() -> None:
    assert {*CHANGES, *NO_EFFECT} == set(leaves(SecureTillerArgs))


@pytest.mark.parametrize("setting", CHANGES)
def test_a_setting_changes_what_is_registered_and_not_outputs_alone(setting: str) -> None:
    before, after = CHANGES[setting]
    assert registered.of(before) != registered.of(after)


@pytest.mark.parametrize("setting", NO_EFFECT)
def test_control_what_is_registered_is_the_same_for_settings_without_effect(setting: str) -> None:
    before, after = NO_EFFECT[setting]
    assert registered.of(before) == registered.of(after)

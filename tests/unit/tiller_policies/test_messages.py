"""What the rules say: enough to act on, nothing secret, and an answer to whatever they are asked."""

import copy
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from tests.support import pki
from tests.unit.tiller_policies.samples import IMAGE, LABELS, MOUNT, RBAC, container, pod, resource, workload
from tiller_policies.resources import Resource
from tiller_policies.rule import Rule
from tiller_policies.rules import RULES
from tiller_policies.values import UNKNOWN

SECRET = "hunter2"


def _worst(name: str, pem: str) -> list[Resource]:
    """A Tiller that breaks every rule it can; whatever may be a secret is one."""
    command = ["/tiller", "--listen=:1", f"--sql-connection-string={SECRET}", "--tls-verify", "--tls-cert=/certs/crt"]
    environment = [{"name": "HELM_HOST", "value": SECRET}]
    one = container([f"--storage={SECRET}", "--tls-ca-cert=/certs/ca"], command=command, env=environment)
    one |= {"resources": {"limits": {"cpu": "", "memory": ""}}, "securityContext": {"readOnlyRootFilesystem": SECRET}}
    volume = {"name": "certificates", "secret": {"secretName": SECRET}}
    spec = pod(one | {"volumeMounts": [MOUNT]}, volumes=[volume], serviceAccountName="")
    spec |= {"hostNetwork": False, "automountServiceAccountToken": SECRET}
    place = {"namespace": SECRET, "name": SECRET}
    subject = {"kind": "ServiceAccount", "name": "default", "namespace": SECRET}
    everybody = {"kind": "Group", "name": "system:serviceaccounts"}
    parents = "secure-tiller:index:SecureTiller$"
    tiller = resource("apps/v1:Deployment", f"{name}-deployment", {}, parents=parents)
    template = {"metadata": {"labels": {**LABELS, "token": SECRET}}, "spec": spec}
    tiller = Resource(tiller.urn, tiller.type, {"metadata": place, "spec": {"template": template}}, SECRET)
    rule = {"apiGroups": [SECRET], "resources": ["*"], "verbs": ["*", "escalate"], "resourceNames": [SECRET]}
    reference = {"kind": "ClusterRole", "name": SECRET}
    return [
        tiller,
        resource(
            "core/v1:Secret", name, {"metadata": place, "stringData": {"crt": pem, "ca": pem, "x": SECRET}}, SECRET
        ),
        resource(f"{RBAC}:ClusterRole", name, {"metadata": {"name": SECRET}, "rules": [rule]}),
        resource(f"{RBAC}:ClusterRoleBinding", name, {"roleRef": reference, "subjects": [subject, everybody]}),
    ]


@pytest.fixture(scope="module")
def worst() -> list[Resource]:
    pem = pki.authority().pem
    return [*_worst("blue", pem), *_worst("green", pem)]


# `clients-verified` has two messages; this is the one for a Tiller that asks nobody.
ALONE = workload("red", pod(container([SECRET])))


def said(rule: Rule, resources: list[Resource]) -> list[str]:
    return [rule.message(violation) for violation in rule.check(resources)]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_every_message_names_resources_by_logical_names_and_shows_no_value(rule: Rule, worst: list[Resource]) -> None:
    messages = said(rule, [*worst, ALONE])
    assert messages, "the worst program breaks every rule"
    for message in messages:
        assert SECRET not in message
        assert "MII" not in message, "no certificate"
        assert any(name in message for name in ("blue", "green", "red"))
        assert message.endswith(f": {rule.remedy} (docs/policies.md#{rule.name})")


def test_a_resource_shows_none_of_its_properties() -> None:
    assert SECRET not in repr(resource("core/v1:Secret", "blue", {"data": SECRET}, SECRET))


def test_no_rule_finds_a_violation_where_nothing_is_known(worst: list[Resource]) -> None:
    hidden = [Resource(one.urn, one.type, _hidden(one.props), one.cluster) for one in worst]
    assert {rule.name for rule in RULES if said(rule, hidden)} == set()


def _hidden(value: Any) -> Any:
    """The same form, with every value unknown but the image by which it is a Tiller."""
    if isinstance(value, Mapping):
        return {key: _hidden(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_hidden(item) for item in value]
    return value if value == IMAGE else UNKNOWN


def _replaced(value: Any, into: Any) -> Iterator[Any]:
    """The value with something else in each of its places in turn."""
    yield into
    places = value.items() if isinstance(value, Mapping) else enumerate(value) if isinstance(value, list) else ()
    for key, item in places:
        for changed in _replaced(item, into):
            other = copy.copy(value)
            other[key] = changed
            yield other


ODD: list[Any] = [
    UNKNOWN,
    None,
    7,
    True,
    "",
    "*",
    [],
    {},
    [None],
    [UNKNOWN],
    [[]],
    [{}],
    {"a": {}},
    {"name": {}},
    {"a": [7]},
]


@pytest.mark.parametrize("into", ODD, ids=repr)
def test_whatever_stands_in_a_place_every_rule_answers(worst: list[Resource], into: Any) -> None:
    for position, one in enumerate(worst[:4]):
        for props in _replaced(one.props, into):
            program = list(worst)
            program[position] = Resource(one.urn, one.type, props, one.cluster)
            assert all(isinstance(said(rule, program), list) for rule in RULES)

"""Messages of the policies: enough to act on, nothing secret, and an answer to whatever they are asked."""

import copy
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from tests.support.cluster_objects import IMAGE, binding, container, item, secret, template, workload
from tests.unit.tiller_policies.samples import resource, violations
from tiller_facts.identity import COMPONENT
from tiller_facts.values import UNKNOWN
from tiller_policies.policies import POLICIES
from tiller_policies.resources import Resource

SECRET = "hunter2"
PLACE = {"namespace": SECRET, "name": SECRET}


def _worst(name: str, *args: str) -> list[Resource]:
    """Return a Tiller that breaks what it can; whatever may be a secret is one."""
    one = container(
        args=["--listen=:1", f"--sql-connection-string={SECRET}", f"--storage={SECRET}", *args],
        env=[{"name": "HELM_HOST", "value": SECRET}],
        image=f"{SECRET}/tiller:v2.1.0",
        resources={"limits": {"cpu": "", "memory": ""}},
        securityContext={"privileged": True, "runAsUser": 0, "readOnlyRootFilesystem": SECRET},
    )
    spec: dict[str, Any] = {"serviceAccountName": "", "automountServiceAccountToken": SECRET}
    made = {**workload("Deployment", template(one, **spec)), "metadata": PLACE}
    wild = {"apiGroups": [SECRET], "resources": ["*", "serviceaccounts/token"], "verbs": ["*"]}
    everybody = binding("ClusterRole cluster-admin", "Group system:serviceaccounts", name=SECRET)
    return [
        resource(made, f"{name}-deployment", SECRET, f"{COMPONENT}$"),
        resource({**secret(), "metadata": {**PLACE, "name": "tiller-tls"}}, name, SECRET),
        resource(item("ClusterRole", SECRET, "", rules=[wild]), name, SECRET),
        resource(binding(f"ClusterRole {SECRET}", f"ServiceAccount {SECRET}/default", SECRET, SECRET), name, SECRET),
        resource(everybody, name, SECRET),
    ]


@pytest.fixture(scope="module")
def worst() -> list[Resource]:
    return [*_worst("blue", "--tls-verify"), *_worst("green", "--tls-verify"), *_worst("red")]


def test_every_message_names_a_resource_the_remedy_and_the_page_and_shows_no_value(worst: list[Resource]) -> None:
    found = violations(worst)
    assert len({name for name, _ in found}) > 12
    pages = {policy.name: policy.practice.page for policy in POLICIES}
    for name, message in found:
        assert SECRET not in message
        assert "MII" not in message, "no certificate"
        assert any(team in message for team in ("blue", "green", "red"))
        assert message.endswith(f" ({pages[name]})")


def test_the_message_says_what_is_wrong_and_what_to_do() -> None:
    bare = workload("Deployment", template(container(resources={"limits": {"cpu": "1"}})))
    ((_, message),) = ((name, message) for name, message in violations([resource(bare, "blue")]) if name == "limits")
    assert message == (
        "Deployment blue: has no limit of memory: it can starve the other pods of its node. Set resources.limits of "
        "Tiller's container (docs/practices.md#limits)"
    )


def test_no_policy_finds_a_violation_where_nothing_is_known(worst: list[Resource]) -> None:
    unknown = [Resource(one.urn, one.type, _unknown(one.props), one.cluster) for one in worst]
    assert {name for name, _ in violations(unknown)} == set()


def _unknown(value: Any) -> Any:
    """Return the same form, with every value unknown but the image by which it is a Tiller."""
    if isinstance(value, Mapping):
        return {key: _unknown(inside) for key, inside in value.items()}
    if isinstance(value, list):
        return [_unknown(inside) for inside in value]
    return IMAGE if str(value).startswith(f"{SECRET}/tiller") else UNKNOWN


def _replaced(value: Any, into: Any) -> Iterator[Any]:
    """Yield the value with something else in each of its places in turn."""
    yield into
    places = value.items() if isinstance(value, Mapping) else enumerate(value) if isinstance(value, list) else ()
    for key, inside in places:
        for changed in _replaced(inside, into):
            other = copy.copy(value)
            other[key] = changed
            yield other


ODD: list[Any] = [UNKNOWN, None, 7, True, "", "*", [], {}, [None], [UNKNOWN], [[]], [{}], {"a": {}}, {"a": [7]}]


@pytest.mark.parametrize("into", ODD, ids=repr)
def test_whatever_stands_in_a_place_every_policy_answers(worst: list[Resource], into: Any) -> None:
    for position, one in enumerate(worst[:5]):
        for props in _replaced(one.props, into):
            program = list(worst[:10])
            program[position] = Resource(one.urn, one.type, props, one.cluster)
            assert isinstance(violations(program, alone=[program[position]]), list)

"""What a plan creates under a fixed name: just what the component registers under one."""

from dataclasses import replace
from typing import Any

import pytest

from secure_tiller import SecureTiller
from secure_tiller.plan.build import plan
from secure_tiller.plan.objects import Kind, Object, objects
from tests.support.recording import Registered, run
from tests.support.samples import BLUE, FULL, SMALLEST, STACK, own_certificate, smallest

OWN = smallest(certificates={"server_certificate": own_certificate()})
SHARED = smallest(
    namespaces={"green-apps": {}, "pipelines": {"existing": True}},
    clients={"ci": {"secret": {"namespace": "green-apps", "name": "tiller-ci"}}, "bob": {}},
)
SETTINGS = {"smallest": SMALLEST, "blue": BLUE, "full": FULL, "own certificate": OWN, "a client's Secret": SHARED}


def kind(registered: Registered) -> Kind:
    """Return the kind of an object in the words of the API's addresses, from its type in the words of Pulumi."""
    _, group, word = registered.type.split(":")
    plural = f"{word[:-1]}ies" if word.endswith("y") else f"{word}s"
    return Kind(group.partition("/")[0].replace("core", ""), plural.lower())


def registered(settings: Any) -> list[Object]:
    """Return the objects in namespaces that the component registers under a name of ours."""
    named = [
        (kind(one), one.inputs["metadata"])
        for one in run(lambda: SecureTiller("team", settings)).resources
        if one.type.startswith("kubernetes:") and not one.type.endswith(":Namespace")
    ]
    return [Object(kind, at["namespace"], at["name"]) for kind, at in named if "name" in at]


@pytest.mark.parametrize("settings", SETTINGS.values(), ids=SETTINGS)
def test_they_are_what_the_component_registers_under_a_fixed_name(settings: Any) -> None:
    assert sorted(objects(plan("team", settings, STACK))) == sorted(registered(settings))


def test_control_a_plan_without_its_exposure_has_not_all_of_them() -> None:
    less = replace(plan("team", FULL, STACK), exposure=None)
    missing = set(registered(FULL)) - set(objects(less))
    assert {item.name for item in missing} == {"admit-clients", "tiller-deploy"}


def test_an_object_and_its_kind_are_said_as_the_api_names_them() -> None:
    role = Object(Kind("rbac.authorization.k8s.io", "roles"), "apps", "tiller-blue")
    assert (str(role), str(role.kind)) == ("roles apps/tiller-blue", "roles.rbac.authorization.k8s.io")
    assert str(Kind("", "secrets")) == "secrets"

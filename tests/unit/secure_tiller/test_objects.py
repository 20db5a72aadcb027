"""The Kubernetes objects of a plan, held against what the component registers and against the facts about it."""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pulumi
import pulumi_kubernetes as kubernetes
import pytest

from secure_tiller import SecureTiller
from secure_tiller.plan import places
from secure_tiller.plan.build import plan
from secure_tiller.plan.objects import named, objects
from secure_tiller.plan.places import Place
from secure_tiller.resources.objects import KubernetesObject, filled
from tests.golden import registered
from tests.support.recording import is_secret, revealed, run
from tests.support.samples import BLUE, FULL, SMALLEST, STACK, own_certificate, smallest
from tiller_facts import kinds
from tiller_facts.identity import PARTS, part
from tiller_facts.kinds import WORDS, Kind, Object

OWN = smallest(certificates={"server_certificate": own_certificate()})
SHARED = smallest(
    namespaces={"green-apps": {}, "pipelines": {"existing": True}},
    clients={"ci": {"secret": {"namespace": "green-apps", "name": "tiller-ci"}}, "bob": {}},
)
SETTINGS = {"smallest": SMALLEST, "blue": BLUE, "full": FULL, "own certificate": OWN, "a client's Secret": SHARED}


def planned(settings: Any) -> dict[tuple[str, str], Any]:
    """Return the objects of a plan by kind and logical name."""
    return {(WORDS[one.kind], f"team-{one.part}"): one for one in objects(plan("team", settings, STACK))}


def places_in(value: Any) -> Iterator[Place]:
    if isinstance(value, Place):
        yield value
    for item in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from places_in(item)


def fits(wanted: Any, found: Any) -> bool:
    """Return whether data is that of a plan, with any text in each place."""
    if isinstance(wanted, Place):
        return isinstance(found, str)
    if isinstance(wanted, dict) and isinstance(found, dict):
        return wanted.keys() == found.keys() and all(fits(wanted[key], found[key]) for key in wanted)
    if isinstance(wanted, list) and isinstance(found, list):
        return len(wanted) == len(found) and all(map(fits, wanted, found))
    return bool(wanted == found)


@pytest.mark.parametrize("settings", SETTINGS.values(), ids=SETTINGS)
def test_they_are_what_the_component_registers_with_any_text_in_each_place(settings: Any) -> None:
    found = {
        (one.type.rsplit(":", 1)[-1], one.name): revealed(one.inputs)
        for one in run(lambda: SecureTiller("team", settings)).resources
        if one.type.startswith("kubernetes:")
    }
    wanted = planned(settings)
    assert found.keys() == wanted.keys()
    assert [key for key in wanted if not fits(wanted[key].manifest, found[key])] == []


def test_what_the_component_registers_is_what_it_registered_in_the_version_before() -> None:
    assert registered.registered() == registered.kept()


def test_control_one_word_less_is_seen() -> None:
    less = {**FULL, "pod": {**FULL["pod"], "tolerations": []}}
    lines = registered.registered(full=less)["full"]
    assert [key.rsplit(":", 1)[-1] for key, line in registered.kept()["full"].items() if lines[key] != line] == [
        "Deployment blue-deployment"
    ]


@pytest.mark.parametrize("settings", SETTINGS.values(), ids=SETTINGS)
def test_they_are_plain_data_and_places(settings: Any) -> None:
    for one in planned(settings).values():
        data = filled(one.manifest, dict.fromkeys(places_in(one.manifest), "any text"))
        assert json.loads(json.dumps(data)) == data


def test_an_annotation_is_a_place_only_if_the_update_alone_knows_it() -> None:
    found: list[Any] = []

    def program() -> None:  # an Output needs a program that runs
        annotations = {"example.org/run": pulumi.Output.from_input("7"), "example.org/owner": "blue"}
        found.extend(planned(smallest(annotations=annotations)).values())

    run(program)
    for one in found:
        annotations = one.manifest["metadata"]["annotations"]
        assert annotations["example.org/run"] == places.annotation("example.org/run")
        assert annotations["example.org/owner"] == "blue"


def test_the_places_are_names_and_pems_that_the_update_makes() -> None:
    keys = {place.name for one in planned(FULL).values() for place in places_in(one.manifest)}
    server = {"server.certificate", "server.key", "server.ca"}
    assert keys == {"tls.name", "clients.cas", *server, "client:ci.certificate", "client:ci.key"}


def test_a_place_that_nothing_fills_is_an_error() -> None:
    with pytest.raises(KeyError, match=r"tls\.name"):
        filled([{"secretName": places.TLS_SECRET}], {places.CLIENT_CAS: ""})


# The facts about the component, by which other tools recognise its objects.


@pytest.mark.parametrize("settings", SETTINGS.values(), ids=SETTINGS)
def test_the_facts_name_the_part_and_the_name_of_every_object(settings: Any) -> None:
    for (kind, logical_name), one in planned(settings).items():
        begin, colon, _ = one.part.partition(":")
        assert part(kind, logical_name) == begin + colon
        assert dict(PARTS[begin + colon])[kind] in ("", one.name)


def test_the_facts_name_no_part_that_the_component_has_not() -> None:
    made = {(one.part.partition(":")[0], WORDS[one.kind]) for one in planned(FULL).values()}
    assert made == {(name.rstrip(":"), kind) for name, objects in PARTS.items() for kind, _ in objects}


CLASSES: dict[Kind, Callable[..., object]] = {
    kinds.DEPLOYMENTS: kubernetes.apps.v1.Deployment,
    kinds.NAMESPACES: kubernetes.core.v1.Namespace,
    kinds.NETWORK_POLICIES: kubernetes.networking.v1.NetworkPolicy,
    kinds.ROLES: kubernetes.rbac.v1.Role,
    kinds.ROLE_BINDINGS: kubernetes.rbac.v1.RoleBinding,
    kinds.SECRETS: kubernetes.core.v1.Secret,
    kinds.SERVICES: kubernetes.core.v1.Service,
    kinds.SERVICE_ACCOUNTS: kubernetes.core.v1.ServiceAccount,
}


@pytest.mark.parametrize("settings", [FULL, OWN], ids=["full", "own certificate"])
def test_an_object_is_registered_as_the_class_of_its_kind_registers_it(settings: Any) -> None:
    wanted = list(objects(plan("team", settings, STACK)))

    def program() -> None:
        opts = pulumi.ResourceOptions(protect=True)
        for number, one in enumerate(wanted):
            manifest = filled(one.manifest, {place: f"in the place {place}" for place in places_in(one.manifest)})
            KubernetesObject(f"ours-{number}", one.kind, manifest, opts)
            fields = {re.sub("([A-Z])", r"_\1", key).lower(): value for key, value in manifest.items()}
            CLASSES[one.kind](f"theirs-{number}", **fields, opts=opts)

    made = {one.name: one for one in run(program).resources}
    for number in range(len(wanted)):
        ours, theirs = made[f"ours-{number}"], made[f"theirs-{number}"]
        # Their aliases are for objects that were once registered under older API versions; ours never were.
        assert replace(ours, name="", state={}) == replace(theirs, name="", state={}, aliases=())
        assert ours.version
        assert is_secret(ours.inputs.get("stringData")) == (ours.type == "kubernetes:core/v1:Secret")


# What stands there already would be taken over.


@pytest.mark.parametrize("settings", SETTINGS.values(), ids=SETTINGS)
def test_named_are_all_but_namespaces_and_the_tls_secret(settings: Any) -> None:
    others = {key for key in planned(settings) if key[0] != "Namespace"} - {("Secret", "team-tls")}
    assert len(list(named(plan("team", settings, STACK)))) == len(others)


@pytest.mark.parametrize("exposed_to", [None, ()])
def test_control_a_plan_that_is_exposed_to_nobody_has_not_all_of_them(exposed_to: tuple[str, ...] | None) -> None:
    full = plan("team", FULL, STACK)
    missing = set(named(full)) - set(named(replace(full, exposed_to=exposed_to)))
    assert {item.name for item in missing} == {"admit-clients", "tiller-deploy"}


def test_an_object_and_its_kind_are_written_as_the_api_names_them() -> None:
    role = Object(Kind("rbac.authorization.k8s.io", "roles"), "apps", "tiller-blue")
    assert (str(role), str(role.kind)) == ("roles apps/tiller-blue", "roles.rbac.authorization.k8s.io")
    assert str(Kind("", "secrets")) == "secrets"

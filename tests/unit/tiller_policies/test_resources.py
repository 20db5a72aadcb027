"""Facts about a program, from its resources."""

from typing import Any

import pytest

from tests.support.cluster_objects import (
    ARGS,
    RED,
    Object,
    binding,
    container,
    item,
    policy,
    rule,
    secret,
    surroundings,
    template,
    without,
    workload,
)
from tests.unit.tiller_policies.samples import broken, resource
from tiller_facts.identity import COMPONENT
from tiller_facts.values import UNKNOWN
from tiller_facts.workloads import find
from tiller_policies.resources import Resource, facts

GOOD = workload("Deployment", template(container()))
LISTENING = workload("Deployment", template(container(args=[*ARGS, "--listen=:44134"])))


def made(*objects: Object, cluster: str = "one") -> list[Resource]:
    return [resource(one, cluster=cluster) for one in objects]


def of_type(kind: str, props: Any) -> Resource:
    return Resource(f"urn:pulumi:test::probe::{kind}::main", kind, props)


def test_a_good_program_breaks_no_policy() -> None:
    assert broken(*made(GOOD, *surroundings())) == set()


@pytest.mark.parametrize(
    ("kind", "props", "tillers"),
    [
        ("kubernetes:apps/v1:Deployment", GOOD, 1),
        ("kubernetes:extensions/v1beta1:Deployment", GOOD, 1),
        ("kubernetes:apps.openshift.io/v1:DeploymentConfig", GOOD, 1),
        ("kubernetes:apps/v1:DeploymentList", {"items": [UNKNOWN, GOOD, GOOD]}, 2),
        ("kubernetes:apps/v1:DeploymentList", {"items": UNKNOWN}, 0),
        ("kubernetes:apps/v1:DeploymentPatch", GOOD, 0),
        ("aws:ecs:Task", GOOD, 0),
    ],
)
def test_every_whole_kubernetes_object_counts(kind: str, props: Any, tillers: int) -> None:
    assert len(find(facts([of_type(kind, props)]))) == tillers


def test_another_api_group_has_other_kinds_of_the_same_name() -> None:
    fence = policy()
    assert broken(*made(LISTENING, *surroundings())) == {"endpoint-closed-advice"}
    others = {**fence, "apiVersion": "crd.projectcalico.org/v1"}
    assert "endpoint-closed" in broken(*made(LISTENING, *without(surroundings(), "NetworkPolicy"), others))


def test_a_policy_of_another_cluster_or_namespace_does_not_serve() -> None:
    own = made(LISTENING, *without(surroundings(), "NetworkPolicy"))
    assert "endpoint-closed" in broken(*own, *made(policy(), cluster="two"))
    assert "endpoint-closed" in broken(*own, *made(policy(namespace=RED)))


def test_rights_that_another_provider_gives_count() -> None:
    role = item("ClusterRole", "given", "", rules=[rule("*", "get")])
    given = binding("ClusterRole given", namespace="blue-apps")
    rights = [resource(given, cluster="two"), resource(role, cluster="three")]
    assert broken(*made(GOOD, *surroundings()), *rights) == {"rights-by-name"}


def test_two_tillers_in_a_namespace_are_found_on_one_cluster_only() -> None:
    again = workload("Deployment", template(container()), name="again")
    here = made(GOOD, *surroundings())
    assert "namespace-of-its-own" in broken(*here, *made(again))
    assert "namespace-of-its-own" not in broken(*here, *made(again, cluster="two"))


def test_a_client_ca_in_common_is_found_across_clusters() -> None:
    there = [*without(surroundings(), "Secret"), secret(keys="red")]
    assert broken(*made(GOOD, *surroundings()), *made(GOOD, *there, cluster="two")) == {"client-ca-of-its-own"}


def test_a_secret_outside_of_the_program_is_no_violation_and_the_same_one_twice_is() -> None:
    alone = made(GOOD, *without(surroundings(), "Secret"))
    red = made(workload("Deployment", template(container()), RED), *without(surroundings(RED), "Secret"))
    assert broken(*alone, *red) == set()
    again = workload("Deployment", template(container()), name="again")
    found = broken(*alone, *made(again))
    assert found == {"certificate-of-its-own", "client-ca-of-its-own", "namespace-of-its-own"}


@pytest.mark.parametrize(("value", "off"), [(True, True), (UNKNOWN, False)])
def test_a_cluster_that_does_not_decide_by_rbac_is_found(value: Any, off: bool) -> None:
    switch = of_type("gcp:container/cluster:Cluster", {"enableLegacyAbac": value})
    found = broken(*made(GOOD, *surroundings()), switch)
    assert found == ({"cluster-decides-by-rbac"} if off else set())
    assert broken(switch) == set(), "a program without a Tiller"


def test_only_what_the_component_made_is_held_to_its_promises() -> None:
    mutable = secret()
    assert broken(resource(mutable, "blue-tls", parents=f"{COMPONENT}$")) == {"component-intact"}
    assert broken(resource(mutable, "blue-tls")) == set()
    assert broken(resource({**mutable, "immutable": True}, "blue-tls", parents=f"{COMPONENT}$")) == set()


def test_a_resource_shows_none_of_its_properties() -> None:
    assert "hunter2" not in repr(resource(secret(further="hunter2")))

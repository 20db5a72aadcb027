"""The rights that the account that updates a stack needs, and the ClusterRole of them."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
import yaml

from secure_tiller.plan.build import plan
from secure_tiller.plan.model import TillerPlan
from secure_tiller.plan.objects import objects
from secure_tiller_stack.permissions import acts, escalate, grants
from tests.support.samples import BLUE, LEASES, SMALLEST, STACK, smallest
from tiller_facts.kinds import DEPLOYMENTS, ROLE_BINDINGS, ROLES, SECRETS, SERVICES, Kind
from tiller_facts.rbac import Right

ROLE = Path(__file__).parents[3] / "docs" / "deployer.yaml"
PODS, NAMESPACES, REPLICA_SETS = Kind("", "pods"), Kind("", "namespaces"), Kind("apps", "replicasets")
CLAIMS, EVENTS = Kind("", "persistentvolumeclaims"), Kind("", "events")
ACTS = {"create", "delete", "get", "list", "patch", "watch"}

EVERY_OPT_IN: Any = {
    **BLUE,
    "clients": {"ci": {"secret": {"namespace": "pipelines", "name": "tiller-ci"}}},
    "rights": {"network_policies": True, "roles": True},
    "expose": "cluster",
}
"""All that adds a right to those of the deployer, but `rights.rules`, which a platform adds itself."""


def green(**changes: Any) -> TillerPlan:
    return plan("green", smallest(**changes), STACK)


def verbs(rights: Iterable[Right], kind: Kind, namespace: str) -> set[str]:
    return {right.verb for right in rights if (right.kind, right.namespace) == (kind, namespace)}


# What it does itself.


def test_it_makes_changes_and_takes_away_each_object_where_it_is() -> None:
    every = plan("blue", EVERY_OPT_IN, STACK)
    for item in objects(every):
        assert verbs(acts(every), item.kind, item.namespace) >= ACTS


def test_it_does_so_to_the_tls_secret_too_whose_name_pulumi_gives() -> None:
    assert verbs(acts(green()), SECRETS, "green-tiller") == ACTS


def test_it_makes_namespaces_and_lists_them_all() -> None:
    assert verbs(acts(green()), NAMESPACES, "") == ACTS


@pytest.mark.parametrize("kind", [DEPLOYMENTS, REPLICA_SETS, PODS, CLAIMS])
def test_it_watches_what_tells_that_tiller_is_ready(kind: Kind) -> None:
    assert verbs(acts(green()), kind, "green-tiller") >= {"list", "watch"}


def test_it_looks_at_events_for_the_reason_why_something_is_not_ready() -> None:
    assert verbs(acts(green()), EVENTS, "") == {"list", "watch"}


def test_it_binds_each_role_that_has_subjects() -> None:
    binds = {right for right in acts(green()) if right.verb == "bind"}
    assert binds == {Right.on(ROLES, "bind", namespace) for namespace in ("green-tiller", "green-apps")}


def test_it_makes_no_object_in_a_managed_namespace_but_roles_and_their_bindings() -> None:
    assert {right.kind for right in acts(green()) if right.namespace == "green-apps"} == {ROLES, ROLE_BINDINGS}


def test_it_makes_a_service_only_of_an_exposed_tiller() -> None:
    every = plan("blue", EVERY_OPT_IN, STACK)
    assert verbs(acts(every), SERVICES, "blue-tiller") == ACTS
    assert not verbs(acts(green()), SERVICES, "green-tiller")


def test_it_acts_in_the_namespaces_of_the_plan_alone() -> None:
    every = plan("blue", EVERY_OPT_IN, STACK)
    assert {right.namespace for right in acts(every)} - {""} == {*every.all_namespaces, "pipelines"}


# What it grants.


def test_it_grants_what_the_roles_of_the_plan_hold() -> None:
    lease = green(rights={"preset": "none", "rules": [{**LEASES, "resource_names": ["leader", "other"]}]})
    leases = Kind("coordination.k8s.io", "leases")
    assert {right for right in grants(lease) if right.namespace == "green-apps"} == {
        Right.on(NAMESPACES, "get", "green-apps", "green-apps"),
        *(Right.on(leases, verb, "green-apps", name) for verb in ("get", "update") for name in ("leader", "other")),
    }


def test_what_a_role_holds_of_every_object_is_granted_of_every_object() -> None:
    storage = {right for right in grants(green()) if right.namespace == "green-tiller" and right.kind == SECRETS}
    assert storage == {
        Right.on(SECRETS, verb, "green-tiller") for verb in ("get", "list", "create", "update", "delete")
    }


@pytest.mark.parametrize(
    ("right", "words"),
    [
        (Right.on(NAMESPACES, "list", ""), "list namespaces in the whole cluster"),
        (Right.on(ROLES, "create", "apps"), "create roles.rbac.authorization.k8s.io in apps"),
        (Right.on(NAMESPACES, "get", "apps", "apps"), "get namespaces apps in apps"),
        (escalate("apps"), "escalate roles.rbac.authorization.k8s.io in apps"),
    ],
)
def test_a_right_is_said_in_words(right: Right, words: str) -> None:
    assert str(right) == words


# The ClusterRole of docs/deployer.yaml.

Allowed = set[tuple[str, str, str]]


def needed(settings: Any = EVERY_OPT_IN) -> Allowed:
    """Return API group, resource and verb of all that the deployer does and grants, and of the one question it asks."""
    tiller = plan("blue", settings, STACK)
    rights = (*acts(tiller), *grants(tiller))
    review = ("authorization.k8s.io", "subjectaccessreviews", "create")
    return {(right.kind.group, right.kind.resource, right.verb) for right in rights} | {review}


def allowed(text: str) -> Allowed:
    """Return API group, resource and verb of all that the rules of a ClusterRole allow."""
    return {
        (group, resource, verb)
        for rule in yaml.safe_load(text)["rules"]
        for group in rule["apiGroups"]
        for resource in rule["resources"]
        for verb in rule["verbs"]
    }


def test_the_cluster_role_holds_exactly_what_a_plan_with_every_opt_in_takes() -> None:
    assert allowed(ROLE.read_text()) == needed()


def test_control_a_plan_without_the_opt_ins_takes_less() -> None:
    assert needed(SMALLEST) < needed()


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        pytest.param("verbs: [get, list, watch, create, update, patch, delete]", "verbs: [get, list]", id="verbs less"),
        pytest.param("    verbs: [bind]\n", "    verbs: [bind, escalate]\n", id="a verb more"),
        pytest.param("resources: [roles, rolebindings]", "resources: [roles]", id="a kind less"),
        pytest.param("resources: [pods/log]", "resources: [pods/log, pods/exec]", id="a kind more"),
        pytest.param("resources: [subjectaccessreviews]", "resources: [localsubjectaccessreviews]", id="another kind"),
        pytest.param("apiGroups: [policy]", "apiGroups: [extensions]", id="another group"),
    ],
)
def test_control_a_right_too_many_or_too_few_is_seen(right: str, wrong: str) -> None:
    text = ROLE.read_text()
    assert right in text
    assert allowed(text.replace(right, wrong, 1)) != needed()


def test_the_file_is_one_cluster_role_and_binds_nobody() -> None:
    (role,) = yaml.safe_load_all(ROLE.read_text())
    assert (role["kind"], role["metadata"]) == ("ClusterRole", {"name": "secure-tiller-deployer"})


def test_no_rule_of_it_says_what_another_says() -> None:
    rules = yaml.safe_load(ROLE.read_text())["rules"]
    said = [len(rule["apiGroups"]) * len(rule["resources"]) * len(rule["verbs"]) for rule in rules]
    assert sum(said) == len(allowed(ROLE.read_text()))

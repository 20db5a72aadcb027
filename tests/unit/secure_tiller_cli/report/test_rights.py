"""Rights as a reviewer reads them."""

import pytest

from secure_tiller.plan import rights
from secure_tiller.plan.model import RolePlan
from secure_tiller.plan.rights import NETWORK_POLICIES, ROLES, STORAGE, SUBJECTS
from secure_tiller_cli.report.rights import beyond, has_preset, table, tables
from tests.support.samples import FULL
from tests.unit.secure_tiller_cli.report.samples import tiller
from tiller_facts.rbac import Rule


def role(*rules: Rule, part: str = "manage:apps") -> RolePlan:
    return RolePlan(part, "tiller-blue", "apps", rules, ())


PRESET = rights.manage("apps")


@pytest.mark.parametrize(
    ("rules", "kinds", "whole"),
    [
        (PRESET, (), True),
        ((*PRESET, NETWORK_POLICIES), ("networkpolicies",), True),
        ((*PRESET, ROLES), ("rolebindings", "roles"), True),
        (PRESET[1:], (), False),
        ((*PRESET, Rule(("",), ("secrets",), ("watch",))), ("secrets",), True),
        ((*PRESET, Rule(("apps",), ("pods",), ("get",))), ("pods",), True),
        ((*PRESET, Rule(("",), ("pods",), ("get",), ("one",))), (), True),
        ((*PRESET, Rule(("*",), ("*",), ("*",))), ("*",), True),
        ((), (), False),
    ],
)
def test_what_is_beyond_the_preset_and_whether_the_preset_is_whole(
    rules: tuple[Rule, ...], kinds: tuple[str, ...], whole: bool
) -> None:
    assert beyond(role(*rules)) == kinds
    assert has_preset(role(*rules)) is whole


@pytest.mark.parametrize(("part", "preset"), [("storage", STORAGE), ("people", SUBJECTS)])
def test_the_other_roles_are_compared_with_what_they_take(part: str, preset: tuple[Rule, ...]) -> None:
    assert beyond(role(*preset, part=part)) == ()
    assert beyond(role(*preset, Rule(("",), ("events",), ("get",)), part=part)) == ("events",)


def test_what_is_beyond_stands_first_and_kinds_with_the_same_verbs_stand_together() -> None:
    first, *rest = table(role(*PRESET, NETWORK_POLICIES))
    assert (first.kinds, first.beyond) == (("networkpolicies",), ("get", "list", "create", "patch", "delete"))
    assert ("daemonsets", "deployments", "replicasets", "statefulsets") in [right.kinds for right in rest]
    assert not any(right.beyond for right in rest)


def test_verbs_of_several_rules_are_one_and_stand_in_their_usual_order() -> None:
    (pods,) = [right for right in table(role(*PRESET)) if right.kinds == ("pods",)]
    assert pods.verbs == ("get", "list", "watch", "create", "patch", "delete")


def test_namespaces_with_the_same_rights_stand_together() -> None:
    managed, storage, people = tables(tiller())
    assert managed.namespaces == ("blue-apps", "blue-jobs", "shared-tools")
    assert (storage.who, storage.namespaces) == ("Tiller, to store releases", ("blue-tiller",))
    assert (people.who, people.namespaces) == ("the team's people", ("blue-tiller",))


def test_every_rule_of_a_plan_is_in_a_table() -> None:
    found = tiller("blue", FULL)
    shown = {
        (place, right.group, kind, verb)
        for each in tables(found)
        for place in each.namespaces
        for right in each.rights
        for kind in right.kinds
        for verb in right.verbs
    }
    planned = {
        (each.namespace, group, kind, verb)
        for each in found.roles
        for rule in each.rules
        for group in rule.api_groups
        for kind in rule.resources
        for verb in rule.verbs
    }
    assert shown == planned

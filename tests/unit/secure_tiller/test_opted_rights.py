"""The rights that settings opt into, and those that they leave out."""

import pytest

from secure_tiller.args import RightsArgs
from secure_tiller.plan import rights
from tiller_facts.rbac import Rule

OWN_NAMESPACE = Rule(("",), ("namespaces",), ("get",), resource_names=("apps",))


def kinds(wanted: RightsArgs) -> set[str]:
    return {kind for rule in rights.managed("apps", wanted) for kind in rule.resources}


def test_the_preset_edit_is_the_default() -> None:
    assert rights.managed("apps", {}) == rights.managed("apps", {"preset": "edit"}) == rights.manage("apps")


def test_the_preset_none_leaves_the_right_to_see_the_namespace_and_the_rules_asked_for() -> None:
    wanted: RightsArgs = {
        "preset": "none",
        "rules": [{"api_groups": [""], "resources": ["configmaps"], "verbs": ["get", "create"]}],
    }
    assert rights.managed("apps", wanted) == (OWN_NAMESPACE, Rule(("",), ("configmaps",), ("get", "create")))


@pytest.mark.parametrize(
    ("wanted", "opted"),
    [
        ({}, []),
        ({"network_policies": False, "roles": False}, []),
        ({"network_policies": True}, ["networkpolicies"]),
        ({"roles": True}, ["rolebindings", "roles"]),
        ({"network_policies": True, "roles": True}, ["networkpolicies", "rolebindings", "roles"]),
    ],
    ids=str,
)
def test_what_gives_rights_away_or_unfences_a_namespace_is_there_only_if_asked_for(
    wanted: RightsArgs, opted: list[str]
) -> None:
    assert sorted(kinds(wanted) - kinds({})) == opted


@pytest.mark.parametrize("rule", [rights.ROLES, rights.NETWORK_POLICIES])
def test_what_is_opted_into_is_edited_with_plain_verbs(rule: Rule) -> None:
    assert set(rule.verbs) == {"get", "list", "create", "patch", "delete"}
    assert "*" not in (*rule.api_groups, *rule.resources)


def test_a_rule_of_ones_own_is_taken_word_for_word() -> None:
    wanted: RightsArgs = {
        "rules": [
            {
                "api_groups": ["example.org"],
                "resources": ["widgets", "widgets/scale"],
                "verbs": ["get", "patch"],
                "resource_names": ["one"],
            }
        ]
    }
    assert rights.managed("apps", wanted) == (
        *rights.manage("apps"),
        Rule(("example.org",), ("widgets", "widgets/scale"), ("get", "patch"), resource_names=("one",)),
    )

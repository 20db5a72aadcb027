"""Tiller's rights."""

from typing import Any

from secure_tiller.checks import rights as rules
from tests.unit.checks.table import Accepted, Refused
from tests.unit.samples import LEASES, smallest


def rights(**settings: Any) -> Any:
    return smallest(rights=settings)


def rule(**changes: Any) -> Any:
    return rights(rules=[{**LEASES, **changes}])


REFUSED = [
    *(
        Refused(rules.preset_is_known, rights(preset=word), "rights.preset", f'"{word}"', "must be one of edit, none")
        for word in ("view", "admin", "cluster-admin", "Edit", "")
    ),
    Refused(rules.some_right_is_given, rights(preset="none"), "rights.preset", '"none"', "without the right"),
    Refused(rules.some_right_is_given, rights(preset="none", rules=[]), "rights.preset", '"none"', "without the right"),
    *(
        Refused(rules.rules_say_something, rule(**{key: []}), f"rights.rules[0].{key}", "[]", "at least one")
        for key in ("api_groups", "resources", "verbs")
    ),
    *(
        Refused(
            rules.rules_hold_no_wildcard, rule(**{key: [word]}), f"rights.rules[0].{key}", f'"{word}"', "name each one"
        )
        for key, word in (
            ("api_groups", "*"),
            ("api_groups", "*.k8s.io"),
            ("resources", "*"),
            ("resources", "pods/*"),
            ("resources", "*/scale"),
            ("verbs", "*"),
            ("resource_names", "*"),
        )
    ),
    *(
        Refused(rules.rules_hold_plain_verbs, rule(verbs=[verb]), "rights.rules[0].verbs", f'"{verb}"', "remove it")
        for verb in ("escalate", "bind", "impersonate", "use", "approve", "sign", "attest", "Get", "")
    ),
    *(
        Refused(
            rules.rules_stay_in_the_namespace,
            rule(resources=[kind]),
            "rights.rules[0].resources",
            f'"{kind}"',
            "is cluster-scoped",
        )
        for kind in (*sorted(rules.CLUSTER_SCOPED), "Nodes")
    ),
    *(
        Refused(rules.rules_hold_no_way_around, rule(resources=[kind]), "rights.rules[0].resources", f'"{kind}"', words)
        for kind, words in {
            "pods/exec": "subresource",
            "pods/attach": "subresource",
            "pods/portforward": "subresource",
            "pods/proxy": "subresource",
            "pods/ephemeralcontainers": "subresource",
            "pods/eviction": "subresource",
            "pods/Exec": "subresource",
            "services/proxy": "subresource",
            "services/status": "subresource",
            "serviceaccounts/token": "subresource",
            "resourcequotas": "limits the team",
            "limitranges": "limits the team",
            "endpoints": "past the NetworkPolicies",
            "endpointslices": "past the NetworkPolicies",
            "roles": "`rights.roles: true`",
            "rolebindings": "`rights.roles: true`",
            "RoleBindings": "`rights.roles: true`",
            "networkpolicies": "`rights.network_policies: true`",
        }.items()
    ),
]

ACCEPTED = [
    Accepted(rules.preset_is_known, rights(preset="edit")),
    Accepted(rules.some_right_is_given, rights(preset="none", rules=[LEASES])),
    Accepted(rules.rules_say_something, rights(rules=[])),
    Accepted(rules.rules_hold_no_wildcard, rule(resource_names=["leader"])),
    Accepted(rules.rules_hold_plain_verbs, rule(verbs=list(rules.VERBS))),
    Accepted(rules.rules_stay_in_the_namespace, rule(resources=["leases", "nodepools", "noded"])),
    Accepted(rules.rules_hold_no_way_around, rule(resources=["pods/log", "deployments/scale", "events"])),
    Accepted(rules.rules_hold_no_way_around, rights(roles=True, network_policies=True)),
]

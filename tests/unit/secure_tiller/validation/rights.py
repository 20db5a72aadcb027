"""Tiller's rights."""

from typing import Any

from secure_tiller.plan.validation import rights as rules
from tests.support.samples import LEASES, smallest
from tests.unit.secure_tiller.validation.table import Accepted, Refused, quoted

OTHERS = (
    ("iam.services.k8s.aws", "roles"),
    ("longhorn.io", "nodes"),
    ("longhorn.io", "nodes/scale"),
    ("example.org", "bindings"),
    ("example.org", "resourcequotas"),
    ("notk8s.io", "endpoints"),
)
"""Groups of others, and kinds of theirs that share a name with one of Kubernetes."""

OF_KUBERNETES = (
    ([""], "nodes"),
    (["longhorn.io", ""], "nodes"),
    (["metrics.k8s.io"], "nodes"),
    (["apps"], "nodes"),
    (["longhorn.io", "storage.k8s.io"], "storageclasses"),
)
"""Groups of Kubernetes, by themselves and with one of others, and cluster-scoped kinds."""


def rights(**settings: Any) -> Any:
    return smallest(rights=settings)


def rule(**changes: Any) -> Any:
    return rights(rules=[{**LEASES, **changes}])


FENCES = (
    ("networking.k8s.io", "networkpolicies"),
    ("crd.projectcalico.org", "networkpolicies"),
    ("cilium.io", "ciliumnetworkpolicies"),
)
"""Kinds that fence namespaces in; the first has its own word, which gives the right too."""

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
            rules.rules_name_their_objects,
            rule(resource_names=names),
            "rights.rules[0].resource_names",
            quoted(names),
            "must name at least one object: an empty list would cover all",
        )
        for names in ([], [""], ["leader", ""])
    ),
    *(
        Refused(
            rules.rules_stay_in_the_namespace,
            rule(api_groups=groups, resources=[kind]),
            "rights.rules[0].resources",
            f'"{kind}"',
            "is cluster-scoped",
        )
        for groups, kind in OF_KUBERNETES
    ),
    *(
        Refused(
            rules.rules_hold_no_way_around,
            rule(api_groups=["longhorn.io"], resources=[kind]),
            "rights.rules[0].resources",
            f'"{kind}"',
            "subresource",
        )
        for kind in ("volumes/exec", "nodes/proxy")
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
        Refused(
            rules.rules_are_spelt_as_by_the_api,
            rule(**{key: [word]}),
            f"rights.rules[0].{key}",
            f'"{word}"',
            "gives nothing",
        )
        for key, words in {
            "resources": ("Pods", "secrets ", "pods/Exec", "RoleBindings", "Nodes", "pods/", "", "networkPolicies"),
            "api_groups": ("apps/v1", "Apps", " ", "batch."),
        }.items()
        for word in words
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
        for kind in sorted(rules.CLUSTER_SCOPED)
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
            "services/proxy": "subresource",
            "services/status": "subresource",
            "serviceaccounts/token": "subresource",
            "bindings": "puts pods on nodes past the scheduler",
            "resourcequotas": "limits the team",
            "limitranges": "limits the team",
            "endpoints": "past the NetworkPolicies",
            "endpointslices": "past the NetworkPolicies",
            "roles": "`rights.roles: true`",
            "rolebindings": "`rights.roles: true`",
        }.items()
    ),
    *(
        Refused(
            rules.rules_unfence_nothing,
            rule(api_groups=[group], resources=[kind]),
            "rights.rules[0].resources",
            f'"{kind}"',
            "`rights.network_policies: true`",
        )
        for group, kind in FENCES
    ),
]

ACCEPTED = [
    Accepted(rules.preset_is_known, rights(preset="edit")),
    Accepted(rules.some_right_is_given, rights(preset="none", rules=[LEASES])),
    Accepted(rules.rules_say_something, rights(rules=[])),
    Accepted(rules.rules_hold_no_wildcard, rule(resource_names=["leader"])),
    Accepted(rules.rules_are_spelt_as_by_the_api, rule(api_groups=["", "apps", "crd.projectcalico.org"])),
    Accepted(rules.rules_hold_plain_verbs, rule(verbs=list(rules.VERBS))),
    Accepted(rules.rules_stay_in_the_namespace, rule(resources=["leases", "nodepools", "noded"])),
    Accepted(rules.rules_hold_no_way_around, rule(resources=["pods/log", "deployments/scale", "events"])),
    Accepted(rules.rules_name_their_objects, rule(resource_names=["leader"])),
    Accepted(rules.rules_name_their_objects, rule()),
    *(Accepted(rules.rules_hold_no_way_around, rule(api_groups=[group], resources=[kind])) for group, kind in OTHERS),
    *(
        Accepted(rules.rules_stay_in_the_namespace, rule(api_groups=[group], resources=[kind]))
        for group, kind in OTHERS
    ),
    Accepted(rules.rules_hold_no_way_around, rights(roles=True)),
    Accepted(rules.rules_unfence_nothing, rights(network_policies=True)),
    *(
        Accepted(
            rules.rules_unfence_nothing,
            rights(network_policies=True, rules=[{**LEASES, "api_groups": [group], "resources": [kind]}]),
        )
        for group, kind in FENCES[1:]
    ),
]

"""The rules for the settings of Tiller's rights."""

import re
from collections.abc import Iterator

from secure_tiller.args import RuleArgs
from secure_tiller.plan import names
from secure_tiller.plan.validation.settings import Check, Settings
from secure_tiller.problems import Problem

PRESETS = ("edit", "none")

VERBS = ("get", "list", "watch", "create", "update", "patch", "delete", "deletecollection")
"""The verbs of requests for objects (Kubernetes documentation, Authorization Overview). All others are refused:
escalate, bind and impersonate give away more than one holds (RBAC Good Practices), also in the forms that newer
releases add."""

SUBRESOURCES = ("log", "scale")
"""All others are refused: exec, attach, portforward, proxy, ephemeralcontainers and token are ways into pods and other
accounts, and a written status of a Service can draw traffic of others (CVE-2020-8554)."""

_RESOURCE = re.compile(r"[a-z0-9][a-z0-9.-]*(/[a-z0-9]+)?")

LIMITS = {"resourcequotas", "limitranges"}
"""Kinds that limit the team."""
ROUTES = {"endpoints", "endpointslices"}
"""Kinds that direct traffic past the NetworkPolicies of other namespaces (Kubernetes issue 103675)."""
ROLES = {"roles", "rolebindings"}
PLACEMENT = "bindings"
"""Puts a pod on a node of one's choice, past the scheduler (core/v1, Binding)."""

CLUSTER_SCOPED = frozenset(
    (
        "apiservices", "certificatesigningrequests", "clusterrolebindings", "clusterroles",
        "clustertrustbundles", "componentstatuses", "csidrivers", "csinodes", "customresourcedefinitions",
        "deviceclasses", "devicetaintrules", "flowschemas", "ingressclasses", "ipaddresses",
        "mutatingadmissionpolicies", "mutatingadmissionpolicybindings", "mutatingwebhookconfigurations",
        "namespaces", "nodes", "persistentvolumes", "priorityclasses", "prioritylevelconfigurations",
        "resourceslices", "runtimeclasses", "selfsubjectaccessreviews", "selfsubjectreviews",
        "selfsubjectrulesreviews", "servicecidrs", "storageclasses", "storageversionmigrations",
        "storageversions", "subjectaccessreviews", "tokenreviews", "validatingadmissionpolicies",
        "validatingadmissionpolicybindings", "validatingwebhookconfigurations", "volumeattachments",
        "volumeattributesclasses",
    )
)  # fmt: skip
"""Cluster-scoped kinds of Kubernetes itself. A test compares them with what the API server offers."""


def preset_is_known(s: Settings) -> Iterator[Problem]:
    if (preset := s.rights.get("preset", "edit")) not in PRESETS:
        yield s.problem("rights.preset", preset, f"must be one of {', '.join(PRESETS)}", "leave it out for edit")


def some_right_is_given(s: Settings) -> Iterator[Problem]:
    if s.rights.get("preset") == "none" and not s.rights.get("rules"):
        why = "leaves Tiller without the right to install anything"
        yield s.problem("rights.preset", "none", why, "write `rules` of your own, or leave it out for edit")


def rules_say_something(s: Settings) -> Iterator[Problem]:
    for at, rule in _rules(s):
        for key in ("api_groups", "resources", "verbs"):
            if not rule.get(key):
                yield s.problem(f"{at}.{key}", rule.get(key), "must name at least one", "add one, or remove the rule")


def rules_name_their_objects(s: Settings) -> Iterator[Problem]:
    for at, rule in _rules(s):
        if "resource_names" in rule and not all(rule["resource_names"] or [""]):
            why = "must name at least one object: an empty list would cover all of them"
            yield s.problem(f"{at}.resource_names", rule["resource_names"], why, "name one, or leave it out for all")


def rules_hold_no_wildcard(s: Settings) -> Iterator[Problem]:
    for at, rule in _rules(s):
        for key, words in rule.items():
            for word in words if isinstance(words, list | tuple) else ():
                if "*" in word:
                    why = "covers what nobody has looked at, subresources and the verbs escalate and impersonate too"
                    yield s.problem(f"{at}.{key}", word, why, "name each one")


def rules_are_spelt_as_by_the_api(s: Settings) -> Iterator[Problem]:
    for at, rule in _rules(s):
        wrong = [("api_groups", group) for group in rule["api_groups"] if group and not names.is_subdomain(group)]
        wrong += [("resources", kind) for kind in rule["resources"] if not _RESOURCE.fullmatch(kind)]
        for key, word in wrong:
            if "*" not in word:
                why = "gives nothing: the API has kinds, and groups without a version, in small letters"
                yield s.problem(f"{at}.{key}", word, why, "see: kubectl api-resources")


def rules_hold_plain_verbs(s: Settings) -> Iterator[Problem]:
    for at, rule in _rules(s):
        for verb in rule["verbs"]:
            if verb not in VERBS and "*" not in verb:
                why = f"must be one of {', '.join(VERBS)}; others give away more than Tiller holds, or nothing at all"
                yield s.problem(f"{at}.verbs", verb, why, "remove it")


def rules_stay_in_the_namespace(s: Settings) -> Iterator[Problem]:
    for at, rule in _rules(s):
        for resource in _resources(rule):
            if _is_built_in(rule) and _kind(resource) in CLUSTER_SCOPED:
                why = "is cluster-scoped: a Role cannot grant it, and a team must not hold it"
                yield s.problem(f"{at}.resources", resource, why, "remove it; a cluster administrator installs it")


def rules_unfence_nothing(s: Settings) -> Iterator[Problem]:
    for at, rule in _rules(s):
        for resource in _resources(rule):
            # In any group: network plugins have kinds of their own (crd.projectcalico.org, cilium.io).
            asked_for = not _is_built_in(rule) and s.rights.get("network_policies", False)
            if _kind(resource).endswith("networkpolicies") and not asked_for:
                why = "fences namespaces in: it has a word of its own, which a reviewer finds"
                yield s.problem(f"{at}.resources", resource, why, "set `rights.network_policies: true`")


def rules_hold_no_way_around(s: Settings) -> Iterator[Problem]:
    for at, rule in _rules(s):
        for resource in _resources(rule):
            for why, remedy in _ways_around(resource, built_in=_is_built_in(rule)):
                yield s.problem(f"{at}.resources", resource, why, remedy)


def _ways_around(resource: str, *, built_in: bool) -> Iterator[tuple[str, str]]:
    kind, subresource = _kind(resource), resource.partition("/")[2]
    if subresource and subresource not in SUBRESOURCES:
        yield (
            f"is a subresource other than {', '.join(SUBRESOURCES)}: most lead into pods or other accounts",
            "remove it",
        )
    if not built_in:
        return
    if kind in LIMITS:
        yield "limits the team: whoever may change it has no limit", "remove it; a cluster administrator sets it"
    if kind in ROUTES:
        yield "directs traffic past the NetworkPolicies of other namespaces", "remove it; Services make their own"
    if kind == PLACEMENT:
        yield "puts pods on nodes past the scheduler", "remove it"
    if kind in ROLES:
        yield "gives rights away: it has a word of its own, which a reviewer finds", "set `rights.roles: true`"


def _is_built_in(rule: RuleArgs) -> bool:
    """Return whether a rule is about Kubernetes' own groups too, not about custom resources of others alone."""
    return any("." not in group or group.endswith(".k8s.io") for group in rule["api_groups"])


def _resources(rule: RuleArgs) -> Iterator[str]:
    """Yield the resources that a rule names as the API does; others give nothing, and are refused as that."""
    return (resource for resource in rule["resources"] if _RESOURCE.fullmatch(resource))


def _kind(resource: str) -> str:
    return resource.partition("/")[0]


def _rules(s: Settings) -> Iterator[tuple[str, RuleArgs]]:
    yield from ((f"rights.rules[{i}]", rule) for i, rule in enumerate(s.rights.get("rules", ())))


CHECKS: tuple[Check, ...] = (
    preset_is_known,
    some_right_is_given,
    rules_say_something,
    rules_name_their_objects,
    rules_hold_no_wildcard,
    rules_are_spelt_as_by_the_api,
    rules_hold_plain_verbs,
    rules_stay_in_the_namespace,
    rules_hold_no_way_around,
    rules_unfence_nothing,
)

"""What a Tiller may do: the Roles that are bound to the account it runs as.

Clusters are not told apart here: whoever binds by another provider binds in the same cluster more often than not.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from tiller_policies.resources import Resource, of_kind
from tiller_policies.rule import Violation
from tiller_policies.tillers import Tiller, tillers
from tiller_policies.values import as_far_as_known, at, each, maybe, text, texts

EVERYBODY = frozenset(("system:authenticated", "system:serviceaccounts", "system:unauthenticated", "system:anonymous"))
"""Groups that the pods of every team belong to, and the user who says no name."""

ESCALATION = frozenset(("escalate", "bind", "impersonate"))
"""Verbs with which a Tiller gives itself rights (Kubernetes, RBAC Good Practices)."""

IMPERSONATING = frozenset(("admin", "edit"))
"""ClusterRoles of Kubernetes that let one act as every ServiceAccount of a namespace (bootstrappolicy/policy.go)."""

FIELDS = ("apiGroups", "resources", "verbs", "nonResourceURLs")


def none_cluster_wide(resources: Sequence[Resource]) -> Iterator[Violation]:
    """No ClusterRoleBinding reaches a Tiller's account."""
    for binding, tiller in _grants(resources, "ClusterRoleBinding"):
        yield Violation(binding, f"{binding} gives rights in the whole cluster to {tiller}")


def named(resources: Sequence[Resource]) -> Iterator[Violation]:
    """Every right of a Tiller is named."""
    roles = _roles(resources)
    for binding, tiller in _grants(resources, "ClusterRoleBinding", "RoleBinding"):
        yield from as_far_as_known(_unnamed(binding, tiller, roles))


def _unnamed(binding: Resource, tiller: Tiller, roles: Sequence[Resource]) -> Iterator[Violation]:
    if _cluster_role(binding) == "cluster-admin":
        yield Violation(binding, f"{binding} gives every right to {tiller}")
    for role in _given(binding, roles):
        for rule in each(role.props, "rules"):
            if fields := [name for name in FIELDS if any(map(_is_wildcard, texts(rule, name)))]:
                yield Violation(role, f"{role} gives {tiller} a right with `*` in its {' and '.join(fields)}")


def without_escalation(resources: Sequence[Resource]) -> Iterator[Violation]:
    """No right of a Tiller gets it more rights."""
    roles = _roles(resources)
    for binding, tiller in _grants(resources, "ClusterRoleBinding", "RoleBinding"):
        yield from as_far_as_known(_escalating(binding, tiller, roles))


def _escalating(binding: Resource, tiller: Tiller, roles: Sequence[Resource]) -> Iterator[Violation]:
    if _cluster_role(binding) in IMPERSONATING:
        yield Violation(binding, f"{binding} lets {tiller} act as every ServiceAccount of its namespace")
    for role in _given(binding, roles):
        for rule in each(role.props, "rules"):
            verbs, kinds = set(texts(rule, "verbs")), set(texts(rule, "resources"))
            if verbs & ESCALATION or ("create" in verbs and "serviceaccounts/token" in kinds):
                yield Violation(role, f"{role} lets {tiller} take rights that it does not have")


def enforced(resources: Sequence[Resource]) -> Iterator[Violation]:
    """The cluster decides by RBAC, and no binding takes that back: only of a program that has a Tiller."""
    if not any(tillers(resources)):
        return
    for resource in resources:
        yield from as_far_as_known(_without_rbac(resource))
    roles = _roles(resources)
    for binding in of_kind(resources, "ClusterRoleBinding"):
        yield from as_far_as_known(_permissive(binding, roles))


SWITCHES: Mapping[str, tuple[str, bool]] = {
    "gcp:container/cluster:Cluster": ("enableLegacyAbac", True),
    "azure:containerservice/kubernetesCluster:KubernetesCluster": ("roleBasedAccessControlEnabled", False),
    "azure-native:containerservice:ManagedCluster": ("enableRBAC", False),
}
"""Of managed clusters, the property that turns RBAC off, or something that grants beside it on, and the value."""


def _without_rbac(resource: Resource) -> Iterator[Violation]:
    name, off = SWITCHES.get(resource.type, ("", None))
    if off is not None and at(resource.props, name) is off:
        yield Violation(resource, f"{resource} does not decide by RBAC alone")


def _permissive(binding: Resource, roles: Sequence[Resource]) -> Iterator[Violation]:
    subjects = (one for one in each(binding.props, "subjects") if at(one, "kind") != "ServiceAccount")
    if EVERYBODY.isdisjoint(text(subject, "name") for subject in subjects):
        return
    rules = (rule for role in _given(binding, roles) for rule in each(role.props, "rules"))
    if _cluster_role(binding) == "cluster-admin" or any(_is_all(rule) for rule in rules):
        yield Violation(binding, f"{binding} gives every right to everybody, as if there were no RBAC")


def _is_all(rule: Any) -> bool:
    return "*" in each(rule, "resources") and "*" in each(rule, "verbs")


def _is_wildcard(item: str) -> bool:
    return item == "*" or item.startswith("*/") or item.endswith("/*")


def _grants(resources: Sequence[Resource], *kinds: str) -> Iterator[tuple[Resource, Tiller]]:
    """Every binding of some kinds that reaches a Tiller's account, with the first Tiller that it reaches."""
    every = list(tillers(resources))
    for binding in (found for kind in kinds for found in of_kind(resources, kind)):
        reached = (tiller for tiller in every if any(as_far_as_known(_reaches(binding, tiller))))
        if tiller := next(reached, None):
            yield binding, tiller


def _reaches(binding: Resource, tiller: Tiller) -> Iterator[bool]:
    """Whether each subject of a binding is, or includes, the account of a Tiller."""
    namespace = tiller.resource.namespace
    names = {
        "ServiceAccount": {tiller.account},
        "User": {f"system:serviceaccount:{namespace}:{tiller.account}"},
        "Group": {"system:authenticated", "system:serviceaccounts", f"system:serviceaccounts:{namespace}"},
    }
    for subject in each(binding.props, "subjects"):
        kind = text(subject, "kind")
        elsewhere = kind == "ServiceAccount" and at(subject, "namespace") != namespace
        yield not elsewhere and text(subject, "name") in names.get(kind, ())


def _cluster_role(binding: Resource) -> str:
    """Name of the ClusterRole that a binding gives, if it is one."""
    reference = at(binding.props, "roleRef")
    return text(reference, "name") if at(reference, "kind") == "ClusterRole" else ""


def _roles(resources: Sequence[Resource]) -> list[Resource]:
    return [*of_kind(resources, "Role"), *of_kind(resources, "ClusterRole")]


def _given(binding: Resource, roles: Sequence[Resource]) -> Iterator[Resource]:
    """The Role or ClusterRole that a binding gives, where the program makes it."""
    kind, name = (at(binding.props, "roleRef", part) for part in ("kind", "name"))
    for role in roles:
        if (role.kind, maybe(role.props, "metadata", "name")) != (kind, name):
            continue
        if kind == "ClusterRole" or role.namespace == binding.namespace:
            yield role

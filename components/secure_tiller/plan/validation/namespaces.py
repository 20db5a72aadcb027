"""The rules for the settings of namespaces."""

from collections.abc import Iterator

from secure_tiller.plan import names
from secure_tiller.plan.validation.settings import Check, Settings
from secure_tiller.problems import Problem

POD_SECURITY_LEVELS = ("baseline", "restricted", "privileged")
"""The Pod Security Standards (Kubernetes documentation)."""


def team_name_is_a_label(s: Settings) -> Iterator[Problem]:
    if not names.is_label(s.name):
        yield s.problem("(name of the team)", s.name, names.LABEL_RULE, "rename the team")


def tiller_namespace_is_a_label(s: Settings) -> Iterator[Problem]:
    if names.is_label(s.namespace):
        return
    if "namespace" in s.args:
        yield s.problem("namespace", s.namespace, names.LABEL_RULE, "choose another name")
    elif names.is_label(s.name):
        yield s.problem(
            "namespace", s.namespace, f"derived from the team's name, {names.LABEL_RULE}", "set a shorter `namespace`"
        )


def tiller_namespace_is_not_the_clusters(s: Settings) -> Iterator[Problem]:
    if names.is_cluster_namespace(s.namespace):
        why = "the namespaces default and kube-* belong to the cluster; Tiller has one of its own"
        yield s.problem("namespace", s.namespace, why, "leave it out for <team>-tiller, or choose another name")


def some_namespace_is_managed(s: Settings) -> Iterator[Problem]:
    if s.args.get("namespaces") == {}:
        yield s.problem("namespaces", {}, "must name at least one namespace to install into", "add one: blue-apps: {}")


def managed_namespaces_are_labels(s: Settings) -> Iterator[Problem]:
    for name in s.namespaces:
        if not names.is_label(name):
            yield s.problem("namespaces", name, names.LABEL_RULE, "choose another name")


def managed_namespaces_are_not_the_clusters(s: Settings) -> Iterator[Problem]:
    for name in s.namespaces:
        if names.is_cluster_namespace(name):
            why = "the namespaces default and kube-* belong to the cluster, not to a team"
            yield s.problem("namespaces", name, why, "give the team a namespace of its own")


def tiller_namespace_is_not_managed(s: Settings) -> Iterator[Problem]:
    if s.namespace in s.namespaces:
        why = "is Tiller's own namespace: whoever can create pods there can use its keys and its rights"
        yield s.problem("namespaces", s.namespace, why, "remove it, or set another `namespace`")


def pod_security_is_a_level(s: Settings) -> Iterator[Problem]:
    for name, namespace in s.namespaces.items():
        level = namespace.get("pod_security", "baseline")
        if level not in POD_SECURITY_LEVELS:
            why = f"must be a Pod Security Standard: {', '.join(POD_SECURITY_LEVELS)}"
            yield s.problem(f"namespaces.{name}.pod_security", level, why, "leave it out for baseline")


def privileged_has_a_reason(s: Settings) -> Iterator[Problem]:
    for name, namespace in s.namespaces.items():
        reason = namespace.get("pod_security_reason")
        privileged = namespace.get("pod_security") == "privileged"
        key = f"namespaces.{name}.pod_security_reason"
        if privileged and not (reason or "").strip():
            why = "a privileged chart owns the node, and with it the keys of every team: it needs a written reason"
            yield s.problem(key, reason, why, "write the reason, or choose baseline or restricted")
        elif reason is not None and not reason.isprintable():
            yield s.problem(key, reason, "must be one line, without control characters", "write it on one line")
        elif reason is not None and not privileged:
            yield s.problem(key, reason, "is the reason for `pod_security: privileged` only", "remove it")


def existing_namespaces_are_left_alone(s: Settings) -> Iterator[Problem]:
    for name, namespace in s.namespaces.items():
        if not namespace.get("existing", False):
            continue
        for key in ("pod_security", "pod_security_reason", "retain_on_delete"):
            if key in namespace:
                why = "has no effect with `existing: true`: the namespace is neither labelled nor deleted"
                yield s.problem(f"namespaces.{name}.{key}", namespace.get(key), why, "remove it, or `existing`")


def shared_namespaces_exist(s: Settings) -> Iterator[Problem]:
    for name, namespace in s.namespaces.items():
        if namespace.get("shared", False) and not namespace.get("existing", False):
            why = "is for a namespace that is there already: of two teams that create it, one would delete it"
            yield s.problem(f"namespaces.{name}.shared", True, why, "add `existing: true`, or remove it")


CHECKS: tuple[Check, ...] = (
    team_name_is_a_label,
    tiller_namespace_is_a_label,
    tiller_namespace_is_not_the_clusters,
    some_namespace_is_managed,
    managed_namespaces_are_labels,
    managed_namespaces_are_not_the_clusters,
    tiller_namespace_is_not_managed,
    pod_security_is_a_level,
    privileged_has_a_reason,
    existing_namespaces_are_left_alone,
    shared_namespaces_exist,
)

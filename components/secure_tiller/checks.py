"""What the settings of one team may say: a table of small checks. Nothing here asks the cluster.

What is about several teams is checked in `secure_tiller.teams`.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from secure_tiller import names, structure
from secure_tiller.args import ManagedNamespaceArgs, SecureTillerArgs, SubjectsArgs
from secure_tiller.problems import Problem, shown

POD_SECURITY_LEVELS = ("baseline", "restricted", "privileged")
"""The Pod Security Standards (Kubernetes documentation)."""


@dataclass(frozen=True)
class Settings:
    """The settings of one team, of the right form; required keys may still be missing."""

    name: str
    args: SecureTillerArgs

    @property
    def namespace(self) -> str:
        return self.args.get("namespace", names.tiller_namespace(self.name))

    @property
    def namespaces(self) -> dict[str, ManagedNamespaceArgs]:
        return dict(self.args.get("namespaces", {}))

    @property
    def subjects(self) -> SubjectsArgs:
        return self.args.get("subjects", {})

    def problem(self, key: str, value: object, why: str, remedy: str) -> Problem:
        return Problem(self.name, key, shown(value), why, remedy)


Check = Callable[[Settings], Iterator[Problem]]


def check(name: str, args: object) -> tuple[Problem, ...]:
    """Return everything that is wrong with the settings of one team: form first, then each rule of the table."""
    sound, malformed = structure.read(name, args)
    settings = Settings(name, sound)
    return (*malformed, *(problem for rule in CHECKS for problem in rule(settings)))


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


def some_client_is_named(s: Settings) -> Iterator[Problem]:
    if s.args.get("clients") == {}:
        why = "must name at least one client: Tiller does not start without a trusted certificate"
        yield s.problem("clients", {}, why, "add one: alice: {}")


def clients_are_labels(s: Settings) -> Iterator[Problem]:
    for name in s.args.get("clients", {}):
        if not names.is_label(name):
            yield s.problem("clients", name, names.LABEL_RULE, "choose another name")


def groups_and_users_are_not_reserved(s: Settings) -> Iterator[Problem]:
    for key, listed in (("groups", s.subjects.get("groups", ())), ("users", s.subjects.get("users", ()))):
        for i, name in enumerate(listed):
            if names.is_reserved_subject(name):
                why = "names with the prefix system: are reserved for Kubernetes; most of them are everybody"
                remedy = "name the team's own people; ServiceAccounts go under subjects.service_accounts"
                yield s.problem(f"subjects.{key}[{i}]", name, why, remedy)
            elif not name.strip():
                yield s.problem(f"subjects.{key}[{i}]", name, "must be a name", "remove it, or write the name")


def service_accounts_can_exist(s: Settings) -> Iterator[Problem]:
    for i, account in enumerate(s.subjects.get("service_accounts", ())):
        key = f"subjects.service_accounts[{i}]"
        if not names.is_label(account["namespace"]):
            yield s.problem(f"{key}.namespace", account["namespace"], names.LABEL_RULE, "correct the name")
        if not names.is_subdomain(account["name"]):
            yield s.problem(f"{key}.name", account["name"], names.SUBDOMAIN_RULE, "correct the name")


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
    some_client_is_named,
    clients_are_labels,
    groups_and_users_are_not_reserved,
    service_accounts_can_exist,
)

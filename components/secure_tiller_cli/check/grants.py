"""What RBAC's objects grant, and what of it goes beyond a plan."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

from tiller_facts.rbac import AUTHENTICATED, SERVICE_ACCOUNTS, Rule, Subject

ALL = "*"


EVERYBODY, EVERY_ACCOUNT = Subject("Group", AUTHENTICATED), Subject("Group", SERVICE_ACCOUNTS)
"""Everybody, and every ServiceAccount of the cluster."""


@dataclass(frozen=True, order=True)
class Right:
    """One thing that somebody wants to do, in the words of an access review."""

    verb: str
    group: str
    """Empty: the core group."""
    resource: str
    """With its subresource: `pods/exec`."""
    namespace: str = ""
    """Empty: everywhere, and what is in no namespace."""
    name: str = ""
    """Of the object; empty: any."""

    def __str__(self) -> str:
        kind = f"{self.resource}.{self.group}" if self.group else self.resource
        what = f"{self.verb} {kind}" + (f" {self.name}" if self.name else "")
        return f"{what} in {self.namespace}" if self.namespace else f"{what} in the whole cluster"


@dataclass(frozen=True)
class Grant:
    """A rule that holds in one namespace; with an empty one in all, and for what is in none."""

    namespace: str
    rule: Rule

    def covers(self, right: Right) -> bool:
        """Tell whether the grant allows something (Kubernetes documentation, Using RBAC Authorization)."""
        there = self.namespace in ("", right.namespace)
        return there and self.rule.covers(right.verb, right.group, right.resource, right.name)

    def rights(self) -> Iterator[Right]:
        """Yield everything that the grant allows, `*` as it stands."""
        names = self.rule.resource_names or ("",)
        for verb, group, resource, name in product(self.rule.verbs, self.rule.api_groups, self.rule.resources, names):
            yield Right(verb, group, resource, self.namespace, name)


@dataclass(frozen=True)
class Binding:
    """A RoleBinding or ClusterRoleBinding, with the rules of its role."""

    name: str
    """As kubectl takes it: `rolebinding/a-name`."""
    namespace: str
    """Empty: a ClusterRoleBinding."""
    role: str
    subjects: tuple[Subject, ...]
    rules: tuple[Rule, ...]

    def __str__(self) -> str:
        return f"{self.name} in {self.namespace}" if self.namespace else self.name

    def names(self, subject: Subject) -> bool:
        """Tell whether the binding is for a ServiceAccount: by its name, or with all accounts of its namespace."""
        every = Subject("Group", f"{SERVICE_ACCOUNTS}:{subject.namespace}")
        return subject in self.subjects or (subject.kind == "ServiceAccount" and every in self.subjects)

    def gives(self, subject: Subject, planned: Sequence[Grant]) -> tuple[Right, ...]:
        """Return what the binding gives to somebody beyond a plan; of what it gives to everybody, what matters."""
        if self.names(subject):
            return tuple(excess_rights(self.grants(), planned))
        accounts = subject.kind == "ServiceAccount"
        if any(other == EVERYBODY or (accounts and other == EVERY_ACCOUNT) for other in self.subjects):
            return tuple(right for right in excess_rights(self.grants(), planned) if not is_harmless(right))
        return ()

    def grants(self) -> Iterator[Grant]:
        """Yield what it grants to each of its subjects."""
        yield from (Grant(self.namespace, rule) for rule in self.rules)


Bindings = tuple[Binding, ...]


def bindings(
    roles: Iterable[Mapping[str, Any]],
    cluster_roles: Iterable[Mapping[str, Any]],
    role_bindings: Iterable[Mapping[str, Any]],
    cluster_role_bindings: Iterable[Mapping[str, Any]],
) -> Bindings:
    """Return the bindings of a cluster from the objects that it listed; a role that is not there grants nothing."""
    rules = {("Role", item["metadata"]["namespace"], item["metadata"]["name"]): _rules(item) for item in roles}
    rules |= {("ClusterRole", "", item["metadata"]["name"]): _rules(item) for item in cluster_roles}
    found = []
    for item in (*role_bindings, *cluster_role_bindings):
        metadata, role = item["metadata"], item["roleRef"]
        namespace = metadata.get("namespace", "")
        at = namespace if role["kind"] == "Role" else ""
        found.append(
            Binding(
                name=f"{'rolebinding' if namespace else 'clusterrolebinding'}/{metadata['name']}",
                namespace=namespace,
                role=role["name"],
                subjects=tuple(_subject(subject) for subject in item.get("subjects") or ()),
                rules=rules.get((role["kind"], at, role["name"]), ()),
            )
        )
    return tuple(found)


def excess_rights(granted: Iterable[Grant], planned: Sequence[Grant]) -> Iterator[Right]:
    """Yield what is granted and not planned."""
    for grant in granted:
        yield from (right for right in grant.rights() if not any(plan.covers(right) for plan in planned))


def is_harmless(right: Right) -> bool:
    """Tell whether a right is such as clusters give to everybody: paths of discovery, questions about oneself, reading.

    To read Secrets gives away, and so does every subresource that leads into a pod or node (`get nodes/proxy`).
    """
    if right.group in ("authentication.k8s.io", "authorization.k8s.io"):
        return right.resource.startswith("selfsubject")
    kind, _, subresource = right.resource.partition("/")
    leads_on = bool(kind) and subresource not in ("", "log", "scale", "status")  # a path begins with the slash
    return right.verb in ("get", "list", "watch") and kind not in ("secrets", ALL) and not leads_on


def _rules(role: Mapping[str, Any]) -> tuple[Rule, ...]:
    return tuple(_rule(rule) for rule in role.get("rules") or ())


def _rule(rule: Mapping[str, Any]) -> Rule:
    # A rule about paths that are no resources has no groups: it yields one right for each, under the path.
    if paths := rule.get("nonResourceURLs"):
        return Rule(("",), tuple(paths), tuple(rule["verbs"]))
    return Rule.read(rule)


def _subject(subject: Mapping[str, str]) -> Subject:
    user, account = subject["name"], "system:serviceaccount:"
    if subject["kind"] == "User" and user.startswith(account) and user.count(":") == 3:  # the same account, as a user
        namespace, name = user.removeprefix(account).split(":")
        return Subject("ServiceAccount", name, namespace)
    return Subject(subject["kind"], subject["name"], subject.get("namespace", ""))

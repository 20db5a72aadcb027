"""Rights that resources of no team give: to the account of a Tiller, or to others in a Tiller's namespace."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from secure_tiller_cli.preview.changes import Change, Stack
from secure_tiller_cli.preview.digest import UNKNOWN
from secure_tiller_cli.preview.findings import Meaning
from secure_tiller_cli.preview.paths import Path, at, holds_unknown, mapping
from tiller_facts import rbac
from tiller_facts.facts import Facts, FoundObject
from tiller_facts.identity import SERVICE_ACCOUNT
from tiller_facts.kinds import RBAC, RIGHTS, ROLES, WORDS
from tiller_facts.rbac import (
    AGGREGATE,
    AGGREGATES,
    ALL,
    CLUSTER_ADMIN,
    UNSEEN,
    Grant,
    Right,
    Rule,
    Subject,
    account_groups,
    beyond,
)
from tiller_facts.values import as_far_as_known, each, word

KINDS = frozenset(WORDS[kind] for kind in RIGHTS)
PATCH = "Patch"
"""End of the type of a resource that changes an object which the program did not create."""
LIST = "List"
"""End of the kind of a resource that creates several objects."""

PLACE: Path = ("metadata", "namespace")
DECIDING: tuple[Path, ...] = (("subjects",), ("roleRef",), ("rules",), ("items",), PLACE)
"""The properties that say who gets which rights where."""

ANYBODY = Subject("Group", "")
EVERYBODY = {"kind": "Group", "name": rbac.AUTHENTICATED}
EVERYTHING = {"apiGroups": [ALL], "resources": [ALL], "verbs": [ALL]}
NOT_SHOWN = dict.fromkeys(("metadata", "subjects", "roleRef", "rules"), UNKNOWN)
AGGREGATED = {f"{AGGREGATE}view": "true"}
AGGREGATING: tuple[Path, ...] = (("metadata", "labels"), ("aggregationRule",))
WHOLE_CLUSTER = "kube-system"
"""Whoever creates pods in this namespace can use the accounts of the control plane."""
HARMLESS = frozenset(
    (
        *(("create", "tokenreviews"), ("create", "subjectaccessreviews"), ("create", "events"), ("patch", "events")),
        ("get", "/metrics"),
    )
)
"""Rights besides reading that operators commonly have: verb and resource."""
HARMLESS_ROLES = ("ClusterRole view", "ClusterRole system:auth-delegator")
"""Of Kubernetes: one reads what holds no secret, the other asks for reviews."""
NAMELESS = "/"
"""The name of a role whose name is unknown: no binding refers to it."""

TO_TILLER = "{resource} gives further rights to the account of a Tiller"
TO_OTHERS = "{resource} gives {subjects} rights in the namespace of a Tiller: {kinds}"
TO_ANYBODY = "{resource} gives whoever is bound to it rights that may apply in the namespace of a Tiller: {kinds}"
ASSUMED = " (assumed, because parts of it are unknown until the update)"


@dataclass(frozen=True)
class Tillers:
    """The places of the Tillers, as far as a preview shows them.

    Attributes:
        namespaces: the namespaces of Tillers.
        all_seen: whether these are all; if not, every namespace may be a Tiller's.
        new: the namespaces that get a new Tiller: no Tiller was there to be affected by the rights that exist already.
    """

    namespaces: frozenset[str]
    all_seen: bool
    new: frozenset[str]

    @classmethod
    def of(cls, stack: Stack, *, hides_unchanged: bool) -> "Tillers":
        """Return the places of a stack's Tillers."""
        found = {team.namespace for team in stack.teams}
        moved = (t for t in stack.teams if t.operation == "create" or t.one("Namespace", "namespace"))
        new = {t.namespace for t in moved if t.namespace not in [at(c.old, PLACE) for c in t.changes]}
        return cls(frozenset(found), not hides_unchanged and not any(map(_unknown, found)), frozenset(new))

    def may_be_in(self, namespace: str) -> bool:
        """Return whether a namespace may be a Tiller's; the empty name stands for all namespaces."""
        return namespace in ("", *self.namespaces) or not self.all_seen or _unknown(namespace)

    def may_be(self, subject: Subject) -> bool:
        """Return whether a subject may be the account of a Tiller, of any stack, or a group with such an account."""
        if subject.kind == "ServiceAccount":
            return subject.name == SERVICE_ACCOUNT
        namespace = subject.name.removeprefix(f"{rbac.SERVICE_ACCOUNTS}:")
        in_group = subject.kind == "Group" and subject.name in account_groups(namespace)
        return in_group and (subject.is_everybody or self.may_be_in(namespace))


@dataclass(frozen=True)
class Rights:
    """The rights that the objects of a program give, before an update or after it.

    Attributes:
        objects: by URN of the resource, its roles and bindings.
        grants: by URN of the resource, the grants whose binding or role it holds.
    """

    objects: Mapping[str, Sequence[FoundObject]]
    grants: Mapping[str, Sequence[Grant]]

    @classmethod
    def of(cls, changes: Iterable[Change], *, new: bool) -> "Rights":
        """Return the rights that the resources of a preview give, before the update or after it."""
        objects: dict[str, list[FoundObject]] = {}
        for change in changes:  # a replacement can have several steps
            objects.setdefault(change.step.urn, []).extend(_objects(change, new=new))
        grants: dict[str, list[Grant]] = {}
        for grant in rbac.grants(Facts(tuple(one for found in objects.values() for one in found), of_program=True)):
            for urn in {grant.binding.origin, (grant.role or grant.binding).origin}:
                grants.setdefault(urn, []).append(grant)
        return cls(objects, grants)

    def subjects(self, urn: str) -> set[Subject]:
        """Return the subjects that the bindings of a resource name."""
        bindings = (one for one in self.objects.get(urn, ()) if one.kind.endswith("Binding"))
        found = (as_far_as_known(each(one.data, "subjects")) for one in bindings)
        return {Subject.read(one).as_account for every in found for one in every}

    def rules(self, urn: str) -> Iterator[tuple[FoundObject, str, Rule]]:
        """Yield the rules of a resource's roles: the role, the namespace in which the rule can apply, and the rule."""
        for one in self.objects.get(urn, ()):
            for rule in as_far_as_known(each(one.data, "rules")):
                yield one, one.namespace if one.is_a(ROLES) else "", Rule.read(rule)

    def beyond(self, grant: Grant) -> tuple[Right, ...]:
        """Return the rights of a grant of the other time that its binding does not give its subject at this time."""
        known = [one for one in self.grants.get(grant.binding.origin, ()) if _key(one) == _key(grant)]
        if grant.rule is UNSEEN and _role(grant) in HARMLESS_ROLES:
            return ()
        if grant.rule is UNSEEN:
            place = grant.namespace, _role(grant)
            alike = any(one.rule is UNSEEN and (one.namespace, _role(one)) == place for one in known)
            return () if alike else (Right(ALL, ALL, ALL, grant.namespace),)
        return tuple(beyond([(grant.namespace, grant.rule)], [(one.namespace, one.rule) for one in known]))


NOTHING = Rights({}, {})


class Foreign:
    """The rights that the resources of no team give."""

    def __init__(self, stack: Stack, tillers: Tillers) -> None:
        """Compare the rights before the update with those after it."""
        every = (*stack.others, *(change for team in stack.teams for change in team.changes))
        self._changed = {change.step.urn for change in stack.others if change.counts}
        self._tillers = tillers
        self._before, self._after = (Rights.of(every, new=new) for new in (False, True))

    def findings(self, change: Change) -> Iterator[Meaning]:
        """Report the subjects to which a resource gives rights that it did not give before."""
        urn, names = change.step.urn, {"resource": f"{change.kind} {change.name}"}
        assumed = ASSUMED if any(holds_unknown(at(change.new, path)) for path in DECIDING) else ""
        grants = (one for one in self._after.grants.get(urn, ()) if change.counts or not self._is_reported(one))
        given = [(one, gain) for one in grants if (gain := self._gain(one))]
        new = {Subject("Group", f"{rbac.SERVICE_ACCOUNTS}:{namespace}") for namespace in self._tillers.new}
        bound = self._after.subjects(urn) - (self._before.subjects(urn) - new)
        to_tiller = any(map(self._tillers.may_be, (*bound, *(one.subject.as_account for one, _ in given))))
        if to_tiller:
            yield Meaning("other-binding", f"{TO_TILLER}{assumed}", names, risk=True)
        there = [(one, rights) for one, gain in given if (rights := self._at_tillers(one.subject.as_account, gain))]
        if there:
            subjects = tuple(sorted({str(one.subject) for one, _ in there}))
            kinds = tuple(sorted({what for one, rights in there for what in _kinds(one, rights)}))
            about = {**names, "subjects": subjects, "kinds": kinds}
            yield Meaning("other-rights", f"{TO_OTHERS}{assumed}", about, risk=True)
        elif not to_tiller and (rights := self._unbound(change)):
            about = {**names, "kinds": tuple(sorted({str(right.kind) for right in rights}))}
            yield Meaning("other-rights", f"{TO_ANYBODY}{assumed}", about, risk=True)

    def _is_reported(self, grant: Grant) -> bool:
        """Return whether a changed resource gives it: the finding of that one reports it."""
        return grant.binding.origin in self._changed or (grant.role is not None and grant.role.origin in self._changed)

    def _gain(self, grant: Grant) -> tuple[Right, ...]:
        """Return the rights that a grant did not give before; all its rights in a namespace that gets a new Tiller."""
        return (NOTHING if grant.namespace in self._tillers.new else self._before).beyond(grant)

    def _at_tillers(self, subject: Subject, rights: Iterable[Right]) -> tuple[Right, ...]:
        """Return the rights of others in a Tiller's namespace, except reading of what holds no secret."""
        if self._tillers.may_be(subject) and not subject.is_everybody:
            return ()
        return tuple(one for one in rights if self._is_where_it_matters(one.namespace) and not _is_harmless(one))

    def _is_where_it_matters(self, namespace: str) -> bool:
        return self._tillers.may_be_in(namespace) or namespace == WHOLE_CLUSTER

    def _unbound(self, change: Change) -> tuple[Right, ...]:
        """Return such rights of a resource's roles, for bindings to them that the preview does not show."""
        kept = [one for one in self._before.rules(change.step.urn) if one[1] not in self._tillers.new]
        hidden = change.kind.endswith(PATCH) or (bool(kept) and not self._tillers.all_seen)
        before, given = (
            [(where, rule) for role, where, rule in rules if hidden or role.is_a(ROLES) or _is_bound(role, rule)]
            for rules in (kept, self._after.rules(change.step.urn))
        )
        return self._at_tillers(ANYBODY, beyond(given, before))


def _is_harmless(right: Right) -> bool:
    """Return whether a right lets nobody act as a Tiller, nor read its keys and releases."""
    return right.is_harmless or (right.verb, right.resource) in HARMLESS


def _is_bound(role: FoundObject, rule: Rule) -> bool:
    """Return whether clusters have bindings of a ClusterRole that no program shows.

    They bind those of Kubernetes, and so what labels add to these. Of what is added, kinds of other API groups do not
    count: every operator adds its own.
    """
    if role.name.startswith("system:") or role.name in (*AGGREGATES, CLUSTER_ADMIN):
        return True
    is_added = any(str(key).startswith(AGGREGATE) and value == "true" for key, value in role.labels.items())
    return is_added and any("." not in group or group.endswith(".k8s.io") for group in rule.api_groups)


def _unknown(value: object) -> bool:
    """Return whether a value is missing, or unknown as a whole."""
    return not value or (isinstance(value, str) and holds_unknown(value))


def _key(grant: Grant) -> tuple[str, Subject]:
    return grant.binding.origin, grant.subject.as_account


def _role(grant: Grant) -> str:
    return " ".join(word(grant.binding.data, "roleRef", key) for key in ("kind", "name")).strip()


def _kinds(grant: Grant, rights: Iterable[Right]) -> Iterator[str]:
    """Yield the kinds of rights; for a role that the preview does not show, its name."""
    if grant.rule is UNSEEN:
        yield f"whatever {_role(grant) or 'its role'} allows"
    else:
        yield from (str(right.kind) for right in rights)


def _objects(change: Change, *, new: bool) -> Iterator[FoundObject]:
    """Yield the roles and bindings of a resource."""
    properties = change.new if new else change.old
    kind = stated(properties, "kind", change.kind.removesuffix(PATCH))
    made = (
        change.state.type.startswith("kubernetes:") and change.operation != "read"
    )  # a resource that is only read shows no rules
    if not made or not properties or kind.removesuffix(LIST) not in KINDS or group_of(change, properties) != RBAC:
        return
    for data in items(properties.get("items")) if kind.endswith(LIST) else [properties]:
        found = _at_worst(data) if new or not change.counts else mapping(data)
        if change.kind.endswith(PATCH) and kind.endswith("Role") and "rules" not in found:
            if not any(at(found, path) for path in AGGREGATING):
                continue  # it changes neither the rules nor the roles that they are added to
            found = {**found, "rules": [EVERYTHING]}
        yield FoundObject(kind.removesuffix(LIST), found, shown="", group=RBAC, origin=change.step.urn)


def is_judged(change: Change) -> bool:
    """Return whether a resource is a role or binding, by its type and by its object."""
    kinds = (change.kind, stated(change.new, "kind", change.kind))
    groups = {change.state.type.split(":")[1].rpartition("/")[0], group_of(change, change.new)}
    return all(kind.removesuffix(PATCH).removesuffix(LIST) in KINDS for kind in kinds) and groups == {RBAC}


def group_of(change: Change, properties: Mapping[str, Any]) -> str:
    """Return the API group of an object."""
    return stated(properties, "apiVersion", change.state.type.split(":")[1]).rpartition("/")[0]


def stated(properties: Mapping[str, Any], key: str, otherwise: str) -> str:
    """Return a property of an object, which is what the cluster gets; otherwise what the resource's type implies."""
    found = properties.get(key)
    return found if isinstance(found, str) and not holds_unknown(found) else otherwise


def items(found: Any) -> list[Any]:
    """Return the items of a list; for an unknown list, one unknown item."""
    return found if isinstance(found, list) else [UNKNOWN] if holds_unknown(found) else []


def _at_worst(found: Any) -> Mapping[str, Any]:
    """Return an object whose unknown parts are assumed to give the most that they can."""
    data = NOT_SHOWN if _unknown(found) else mapping(found)
    worst: dict[str, Any] = {**data, "metadata": _metadata(data.get("metadata"))}
    if "subjects" in data:
        worst["subjects"] = [_subject(one) for one in items(data["subjects"])]
    if holds_unknown(data.get("roleRef")):
        worst["roleRef"] = {"kind": at(data, ("roleRef", "kind")) or UNKNOWN, "name": UNKNOWN}
    if "rules" in data:
        worst["rules"] = [_rule(one) for one in items(data["rules"])]
    return worst


def _metadata(found: Any) -> Mapping[str, Any]:
    """Return metadata in which an unknown label counts as one that adds a ClusterRole to those of Kubernetes."""
    if _unknown(found):
        return {"namespace": UNKNOWN, "name": NAMELESS, "labels": AGGREGATED}
    labels, name = at(found, ("labels",)), at(found, ("name",))
    known = {key: "true" if holds_unknown(value) else value for key, value in mapping(labels).items()}
    return {
        **mapping(found),
        "name": NAMELESS if _unknown(name) else name,
        "labels": known or (AGGREGATED if labels else {}),
    }


def _subject(found: Any) -> Mapping[str, Any]:
    """Return a subject; for an unknown one, everybody that it can be."""
    if not holds_unknown(found):
        return mapping(found)
    namespace, name = (at(found, (key,)) for key in ("namespace", "name"))
    if at(found, ("kind",)) != "ServiceAccount" or (_unknown(namespace) and _unknown(name)):
        return EVERYBODY
    return mapping(found) if _unknown(namespace) else {"kind": "Group", "name": f"{rbac.SERVICE_ACCOUNTS}:{namespace}"}


def _rule(found: Any) -> Mapping[str, Any]:
    """Return a rule whose unknown parts cover everything; unknown resource names do not limit it."""
    if _unknown(found):
        return EVERYTHING
    known = {key: value for key, value in mapping(found).items() if not holds_unknown(value)}
    return known | {key: [ALL] for key in mapping(found) if key not in (*known, "resourceNames")}

"""Rights that resources of no team give: to the account of a Tiller, or to somebody in a Tiller's namespace."""

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
from tiller_facts.rbac import AGGREGATE, ALL, UNSEEN, Grant, Right, Rule, Subject, account_groups, beyond
from tiller_facts.values import as_far_as_known, each, word

KINDS = frozenset(WORDS[kind] for kind in RIGHTS)
PATCH = "Patch"
"""Ends the type of a resource that changes an object which is not the program's."""
LIST = "List"
"""Ends the kind of a resource that makes several objects."""

PLACE: Path = ("metadata", "namespace")
DECIDING: tuple[Path, ...] = (("subjects",), ("roleRef",), ("rules",), ("items",), PLACE)
"""The properties that say who gets which rights where."""

ANYBODY = Subject("Group", "")
EVERYBODY = {"kind": "Group", "name": rbac.AUTHENTICATED}
EVERYTHING = {"apiGroups": [ALL], "resources": [ALL], "verbs": [ALL]}
NOT_SHOWN = dict.fromkeys(("metadata", "subjects", "roleRef", "rules"), UNKNOWN)
ADDED = {f"{AGGREGATE}view": "true"}
AGGREGATING: tuple[Path, ...] = (("metadata", "labels"), ("aggregationRule",))
NO_NAME = "/"
"""Stands in place of the name of a role that is not known: no binding refers to it."""

TO_TILLER = "{resource} gives further rights to the account of a Tiller"
TO_OTHERS = "{resource} gives {subjects} rights in the namespace of a Tiller: {kinds}"
TO_ANYBODY = "{resource} gives whoever is bound to it rights that may hold in the namespace of a Tiller: {kinds}"
DOUBT = " (assumed, because not everything in it is known before the update)"


@dataclass(frozen=True)
class Tillers:
    """The places of the Tillers, as far as a preview shows them.

    Attributes:
        namespaces: those of Tillers.
        all_seen: whether there are no others; if there may be, every namespace may be a Tiller's.
        new: namespaces to which a Tiller comes: what is there already was no matter before.
    """

    namespaces: frozenset[str]
    all_seen: bool
    new: frozenset[str]

    @classmethod
    def of(cls, stack: Stack, *, hides_unchanged: bool) -> "Tillers":
        """Return the places of a stack's Tillers."""
        found = {team.namespace for team in stack.teams}
        come = (t for t in stack.teams if t.operation == "create" or t.one("Namespace", "namespace"))
        new = {t.namespace for t in come if t.namespace not in {at(c.old, PLACE) for c in t.changes}}
        return cls(frozenset(found), not hides_unchanged and not any(map(_unknown, found)), frozenset(new))

    def may_be_in(self, namespace: str) -> bool:
        """Return whether a namespace may be a Tiller's; the empty one stands for all."""
        return namespace in ("", *self.namespaces) or not self.all_seen or _unknown(namespace)

    def may_be(self, subject: Subject) -> bool:
        """Return whether somebody may be a Tiller's account, or a group of it; of another stack's Tiller too."""
        if subject.kind == "ServiceAccount":
            return subject.name == SERVICE_ACCOUNT
        namespace = subject.name.removeprefix(f"{rbac.SERVICE_ACCOUNTS}:")
        in_group = subject.kind == "Group" and subject.name in account_groups(namespace)
        return in_group and (subject.is_everybody or self.may_be_in(namespace))


@dataclass(frozen=True)
class Rights:
    """What the objects of a program give, before an update or after it.

    Attributes:
        objects: by URN, the objects that rights are made of.
        grants: by URN, the grants that need its object, as the binding or as the role.
    """

    objects: Mapping[str, Sequence[FoundObject]]
    grants: Mapping[str, Sequence[Grant]]

    @classmethod
    def of(cls, changes: Iterable[Change], *, new: bool) -> "Rights":
        """Return the rights of everything in a preview, as it was or as it is to be."""
        objects: dict[str, list[FoundObject]] = {}
        for change in changes:  # a replacement can have several steps
            objects.setdefault(change.step.urn, []).extend(_objects(change, new=new))
        grants: dict[str, list[Grant]] = {}
        for grant in rbac.grants(Facts(tuple(one for found in objects.values() for one in found), of_program=True)):
            for urn in {grant.binding.origin, (grant.role or grant.binding).origin}:
                grants.setdefault(urn, []).append(grant)
        return cls(objects, grants)

    def subjects(self, urn: str) -> set[Subject]:
        """Return whom the bindings of a resource name."""
        bindings = (one for one in self.objects.get(urn, ()) if one.kind.endswith("Binding"))
        found = (as_far_as_known(each(one.data, "subjects")) for one in bindings)
        return {Subject.read(one).as_account for every in found for one in every}

    def rules(self, urn: str) -> Iterator[tuple[FoundObject, str, Rule]]:
        """Yield the rules of the roles of a resource, each with where it can hold."""
        for one in self.objects.get(urn, ()):
            for rule in as_far_as_known(each(one.data, "rules")):
                yield one, one.namespace if one.is_a(ROLES) else "", Rule.read(rule)

    def beyond(self, grant: Grant) -> tuple[Right, ...]:
        """Return what a grant of another time gives beyond what the same binding gives here to the same subject."""
        known = [one for one in self.grants.get(grant.binding.origin, ()) if _key(one) == _key(grant)]
        if grant.rule is UNSEEN:
            place = grant.namespace, _role(grant)
            alike = any(one.rule is UNSEEN and (one.namespace, _role(one)) == place for one in known)
            return () if alike else (Right(ALL, ALL, ALL, grant.namespace),)
        return tuple(beyond([(grant.namespace, grant.rule)], [(one.namespace, one.rule) for one in known]))


NOTHING = Rights({}, {})


class Foreign:
    """What the resources of no team give."""

    def __init__(self, stack: Stack, *, hides_unchanged: bool) -> None:
        """Compare everything in a preview with what was before."""
        every = (*stack.others, *(change for team in stack.teams for change in team.changes))
        self._changed = {change.step.urn for change in stack.others if change.counts}
        self._tillers = Tillers.of(stack, hides_unchanged=hides_unchanged)
        self._before, self._after = (Rights.of(every, new=new) for new in (False, True))

    def findings(self, change: Change) -> Iterator[Meaning]:
        """Say to whom a resource gives rights that it did not give before."""
        urn, names = change.step.urn, {"resource": f"{change.kind} {change.name}"}
        doubt = DOUBT if any(holds_unknown(at(change.new, path)) for path in DECIDING) else ""
        grants = (one for one in self._after.grants.get(urn, ()) if change.counts or not self._is_named(one))
        given = [(one, more) for one in grants if (more := self._more(one))]
        come = {Subject("Group", f"{rbac.SERVICE_ACCOUNTS}:{namespace}") for namespace in self._tillers.new}
        bound = self._after.subjects(urn) - (self._before.subjects(urn) - come)
        to_tiller = any(map(self._tillers.may_be, (*bound, *(one.subject.as_account for one, _ in given))))
        if to_tiller:
            yield Meaning("other-binding", f"{TO_TILLER}{doubt}", names, risk=True)
        there = [(one, rights) for one, more in given if (rights := self._at_tillers(one.subject.as_account, more))]
        if there:
            subjects = tuple(sorted({str(one.subject) for one, _ in there}))
            kinds = tuple(sorted({what for one, rights in there for what in _kinds(one, rights)}))
            about = {**names, "subjects": subjects, "kinds": kinds}
            yield Meaning("other-rights", f"{TO_OTHERS}{doubt}", about, risk=True)
        elif not to_tiller and (rights := self._unbound(change)):
            about = {**names, "kinds": tuple(sorted({str(right.kind) for right in rights}))}
            yield Meaning("other-rights", f"{TO_ANYBODY}{doubt}", about, risk=True)

    def _is_named(self, grant: Grant) -> bool:
        """Return whether a resource that changes is said to give it."""
        return grant.binding.origin in self._changed or (grant.role is not None and grant.role.origin in self._changed)

    def _more(self, grant: Grant) -> tuple[Right, ...]:
        """Return what a grant gives beyond what it gave before; all of it in a namespace to which a Tiller comes."""
        return (NOTHING if grant.namespace in self._tillers.new else self._before).beyond(grant)

    def _at_tillers(self, subject: Subject, rights: Iterable[Right]) -> tuple[Right, ...]:
        """Return what of rights lets somebody else do more where a Tiller is than read what holds no secret."""
        if self._tillers.may_be(subject) and not subject.is_everybody:
            return ()
        return tuple(one for one in rights if self._tillers.may_be_in(one.namespace) and not one.is_harmless)

    def _unbound(self, change: Change) -> tuple[Right, ...]:
        """Return the same of a resource's roles, to which bindings may refer that the preview does not show."""
        kept = self._before.rules(change.step.urn)
        before = [(where, rule) for _, where, rule in kept if where not in self._tillers.new]
        hidden = change.kind.endswith(PATCH) or (bool(before) and not self._tillers.all_seen)
        after = self._after.rules(change.step.urn)
        given = ((where, rule) for role, where, rule in after if hidden or role.is_a(ROLES))
        return self._at_tillers(ANYBODY, beyond(given, before))


def _unknown(value: object) -> bool:
    """Return whether a value is not there, or as a whole not known."""
    return not value or (isinstance(value, str) and holds_unknown(value))


def _key(grant: Grant) -> tuple[str, Subject]:
    return grant.binding.origin, grant.subject.as_account


def _role(grant: Grant) -> str:
    return " ".join(word(grant.binding.data, "roleRef", key) for key in ("kind", "name")).strip()


def _kinds(grant: Grant, rights: Iterable[Right]) -> Iterator[str]:
    """Yield the kinds of rights; of a role that the preview does not show, its name."""
    if grant.rule is UNSEEN:
        yield f"whatever {_role(grant) or 'its role'} allows"
    else:
        yield from (str(right.kind) for right in rights)


def _objects(change: Change, *, new: bool) -> Iterator[FoundObject]:
    """Yield the objects of a resource that rights are made of."""
    properties = change.new if new else change.old
    kind = _stated(properties, "kind", change.kind.removesuffix(PATCH))
    made = change.state.type.startswith("kubernetes:") and change.operation != "read"  # what is read shows no rules
    if not made or not properties or kind.removesuffix(LIST) not in KINDS or _group(change, properties) != RBAC:
        return
    for data in _listed(properties.get("items")) if kind.endswith(LIST) else [properties]:
        found = _at_worst(data) if new or not change.counts else mapping(data)
        if change.kind.endswith(PATCH) and kind.endswith("Role") and "rules" not in found:
            if not any(at(found, path) for path in AGGREGATING):
                continue  # it leaves the rules as they are, and what they are added to
            found = {**found, "rules": [EVERYTHING]}
        yield FoundObject(kind.removesuffix(LIST), found, shown="", group=RBAC, origin=change.step.urn)


def _group(change: Change, properties: Mapping[str, Any]) -> str:
    return _stated(properties, "apiVersion", change.state.type.split(":")[1]).rpartition("/")[0]


def _stated(properties: Mapping[str, Any], key: str, otherwise: str) -> str:
    """Return what the properties of an object say, which count for the cluster; else what its type says."""
    found = properties.get(key)
    return found if isinstance(found, str) and not holds_unknown(found) else otherwise


def _listed(found: Any) -> list[Any]:
    """Return the items of a list; one that is unknown in place of a list that is."""
    return found if isinstance(found, list) else [UNKNOWN] if holds_unknown(found) else []


def _at_worst(found: Any) -> Mapping[str, Any]:
    """Return an object that gives as much as it may, where it is not known before the update."""
    data = NOT_SHOWN if _unknown(found) else mapping(found)
    worst: dict[str, Any] = {**data, "metadata": _metadata(data.get("metadata"))}
    if "subjects" in data:
        worst["subjects"] = [_subject(one) for one in _listed(data["subjects"])]
    if holds_unknown(data.get("roleRef")):
        worst["roleRef"] = {"kind": at(data, ("roleRef", "kind")) or UNKNOWN, "name": UNKNOWN}
    if "rules" in data:
        worst["rules"] = [_rule(one) for one in _listed(data["rules"])]
    return worst


def _metadata(found: Any) -> Mapping[str, Any]:
    """Return metadata in which an unknown label may add a ClusterRole to those of Kubernetes."""
    if _unknown(found):
        return {"namespace": UNKNOWN, "name": NO_NAME, "labels": ADDED}
    labels, name = at(found, ("labels",)), at(found, ("name",))
    known = {key: "true" if holds_unknown(value) else value for key, value in mapping(labels).items()}
    return {**found, "name": NO_NAME if _unknown(name) else name, "labels": known or (ADDED if labels else {})}


def _subject(found: Any) -> Mapping[str, Any]:
    """Return a subject; everybody whom one may be that is not known."""
    if not holds_unknown(found):
        return mapping(found)
    namespace, name = (at(found, (key,)) for key in ("namespace", "name"))
    if at(found, ("kind",)) != "ServiceAccount" or (_unknown(namespace) and _unknown(name)):
        return EVERYBODY
    return mapping(found) if _unknown(namespace) else {"kind": "Group", "name": f"{rbac.SERVICE_ACCOUNTS}:{namespace}"}


def _rule(found: Any) -> Mapping[str, Any]:
    """Return a rule that covers everything where it is not known; the names of its objects do not limit it then."""
    if _unknown(found):
        return EVERYTHING
    known = {key: value for key, value in mapping(found).items() if not holds_unknown(value)}
    return known | {key: [ALL] for key in mapping(found) if key not in (*known, "resourceNames")}

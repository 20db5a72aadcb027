"""Rights in the form in which a reviewer reads them: kinds and verbs, and what of it is beyond the preset."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

from secure_tiller.plan import rights
from secure_tiller.plan.model import RolePlan
from secure_tiller_cli.report.model import KindRight, Rights
from secure_tiller_cli.state import DeployedTiller
from tiller_facts.rbac import Rule

MANAGE = "manage:"
"""How the part of a Role begins that is Tiller's in a managed namespace."""

_VERBS = ("get", "list", "watch", "create", "update", "patch", "delete", "deletecollection")
"""The usual verbs in the order in which they are read; any other comes after them."""

_Object = tuple[str, str, tuple[str, ...]]
"""API group, kind, and the names of the only objects."""


def tables(tiller: DeployedTiller) -> tuple[Rights, ...]:
    """Return everybody's rights; namespaces in which Tiller may do the same stand together."""
    together: dict[tuple[KindRight, ...], list[str]] = defaultdict(list)
    for role in (role for role in tiller.roles if role.part.startswith(MANAGE)):
        together[table(role)].append(role.namespace)
    managed = (Rights("Tiller", tuple(places), "the preset edit", found) for found, places in together.items())
    return (*managed, *_own(tiller))


def _own(tiller: DeployedTiller) -> Iterator[Rights]:
    """Yield the rights in Tiller's own namespace."""
    words = {
        "storage": ("Tiller, to store releases", "what storing takes"),
        "people": ("the team's people", "what reaching Tiller takes"),
    }
    for role in tiller.roles:
        if role.part in words:
            who, preset = words[role.part]
            yield Rights(who, (role.namespace,), preset, table(role))


def table(role: RolePlan) -> tuple[KindRight, ...]:
    """Return what a Role gives, kinds of one group and the same verbs together; what is beyond the preset stands first.

    The one right that every managed namespace has of its own, to read its Namespace object, reads the same for all.
    """
    given, preset = _verbs(role.rules), _verbs(_preset(role))
    together: dict[tuple[str, tuple[str, ...], tuple[str, ...], tuple[str, ...]], list[str]] = defaultdict(list)
    for (group, kind, names), verbs in given.items():
        beyond = verbs - preset.get((group, kind, names), set()) - preset.get((group, kind, ()), set())
        shown = tuple("itself" if (kind, name) == ("namespaces", role.namespace) else name for name in names)
        together[group, _sorted(verbs), shown, _sorted(beyond)].append(kind)
    found = (
        KindRight(group, tuple(kinds), verbs, names, beyond)
        for (group, verbs, names, beyond), kinds in together.items()
    )
    return tuple(sorted(found, key=lambda right: (not right.beyond, right.group, right.kinds)))


def beyond(role: RolePlan) -> tuple[str, ...]:
    """Return the kinds on which a Role gives more than the preset."""
    return tuple(sorted({kind for right in table(role) if right.beyond for kind in right.kinds}))


def has_preset(role: RolePlan) -> bool:
    """Return whether a Role gives all of the preset."""
    given = _verbs(role.rules)
    return all(verbs <= given.get(what, set()) for what, verbs in _verbs(_preset(role)).items())


def _preset(role: RolePlan) -> Sequence[Rule]:
    return {"storage": rights.STORAGE, "people": rights.SUBJECTS}.get(role.part) or rights.manage(role.namespace)


def _verbs(rules: Iterable[Rule]) -> Mapping[_Object, set[str]]:
    found: dict[_Object, set[str]] = defaultdict(set)
    for rule in rules:
        for group in rule.api_groups:
            for kind in rule.resources:
                found[group, kind, rule.resource_names] |= set(rule.verbs)
    return found


def _sorted(verbs: Iterable[str]) -> tuple[str, ...]:
    order = {verb: number for number, verb in enumerate(_VERBS)}
    return tuple(sorted(verbs, key=lambda verb: (order.get(verb, len(order)), verb)))

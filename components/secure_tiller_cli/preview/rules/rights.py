"""Rights: which verbs on which kinds somebody gains or loses, compared as sets and not as text."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from secure_tiller.plan import rights
from secure_tiller_cli.preview.changes import Change, Team
from secure_tiller_cli.preview.digest import UNKNOWN
from secure_tiller_cli.preview.findings import Finding
from secure_tiller_cli.preview.paths import Path, at, holds_unknown, items
from tiller_facts.rbac import Rule

RULES: Path = ("rules",)
MANAGED = "manage:"
WHO: Mapping[str, str] = {"storage": "Tiller", "people": "whoever may reach Tiller's port"}
"""By the part of a Role, whom it is for; every other is Tiller's in a namespace that it manages."""


@dataclass(frozen=True, order=True)
class Right:
    """One verb on one kind."""

    verb: str
    resource: str
    group: str
    name: str
    """The only object; empty: all of the namespace."""

    def covers(self, other: "Right") -> bool:
        """Tell whether who holds this one holds the other too."""
        return (
            self.verb in ("*", other.verb)
            and self.resource in ("*", other.resource)
            and self.group in ("*", other.group)
            and self.name in ("", other.name)
        )

    @property
    def what(self) -> str:
        """The kind, as kubectl writes it; a kind of Kubernetes itself without its group."""
        known = "." not in self.group or self.group.endswith(".k8s.io")
        kind = self.resource if known else f"{self.resource}.{self.group}"
        return f"{kind}/{self.name}" if self.name else kind


def change(team: Team) -> Iterator[Finding]:
    """Say who gains or loses which rights where; of a Role that comes, what it gives beyond the preset."""
    if team.operation == "delete":
        return
    roles = [role for role in team.of("Role") if role.operation != "delete"]
    gained, lost = _Said(), _Said()
    for role in roles:
        if holds_unknown(at(role.new, RULES)):
            sentence = "the rights in {namespace} are unknown until the update"
            yield Finding(
                "rights-unknown", sentence, {"namespace": role.namespace}, risk=True, explains=((role, RULES),)
            )
            continue
        before, after = _before(role), _read(at(role.new, RULES))
        gained.add(role, [right for right in after if not any(held.covers(right) for held in before)])
        if role.old:
            lost.add(role, [right for right in before if not any(held.covers(right) for held in after)])
    yield from gained.findings("rights-gained", "gains", risk=True)
    yield from lost.findings("rights-lost", "loses", risk=False)
    if said := [role for role in roles if any(path[:1] == RULES for path in role.paths)]:
        yield from _same(said, gained, lost)


def _same(roles: list[Change], gained: "_Said", lost: "_Said") -> Iterator[Finding]:
    """Say that the rules of Roles are only written in another way."""
    alike = [
        role for role in roles if role not in (*gained.roles, *lost.roles) and not holds_unknown(at(role.new, RULES))
    ]
    if alike:
        names = {"namespaces": tuple(role.namespace for role in alike)}
        sentence = "the rules in {namespaces} are written in another way and give the same rights"
        yield Finding("rights-same", sentence, names, explains=tuple((role, RULES) for role in alike))


class _Said:
    """Rights by whom they are for, collected so that each is said once for all namespaces."""

    def __init__(self) -> None:
        self.roles: list[Change] = []
        self._by: dict[tuple[str, frozenset[Right]], list[Change]] = {}

    def add(self, role: Change, found: list[Right]) -> None:
        if found:
            who = WHO.get(role.part, "Tiller")
            self.roles.append(role)
            self._by.setdefault((who, frozenset(found)), []).append(role)

    def findings(self, code: str, word: str, *, risk: bool) -> Iterator[Finding]:
        for (who, found), roles in self._by.items():
            for verbs, kinds in _grouped(found):
                names = {"verbs": verbs, "kinds": kinds, "namespaces": tuple(sorted(role.namespace for role in roles))}
                sentence = f"{who} {word} {{verbs}} on {{kinds}} in {{namespaces}}"
                yield Finding(code, sentence, names, risk=risk, explains=tuple((role, RULES) for role in roles))


def _grouped(found: frozenset[Right]) -> Iterator[tuple[tuple[str, ...], tuple[str, ...]]]:
    """Yield verbs and the kinds that are gained or lost with just these verbs."""
    verbs: dict[str, set[str]] = {}
    for right in found:
        verbs.setdefault(right.what, set()).add(right.verb)
    kinds: dict[tuple[str, ...], list[str]] = {}
    for what in sorted(verbs):
        kinds.setdefault(tuple(sorted(verbs[what])), []).append(what)
    yield from ((group, tuple(of)) for group, of in kinds.items())


def _before(role: Change) -> list[Right]:
    """Return the rights of a Role before; of one that comes, those that every Tiller or team has by default."""
    if role.old:
        return _read(at(role.old, RULES))
    default = {"storage": rights.STORAGE, "people": rights.PEOPLE}
    return [right for rule in default.get(role.part, rights.manage(role.namespace)) for right in _rights(rule)]


def _read(rules: Any) -> list[Right]:
    return [
        right
        for rule in items(rules)
        for right in _rights(
            Rule(
                tuple(_texts(rule.get("apiGroups"))),
                tuple(_texts(rule.get("resources"))),
                tuple(_texts(rule.get("verbs"))),
                tuple(_texts(rule.get("resourceNames"))),
            )
        )
    ]


def _rights(rule: Rule) -> Iterator[Right]:
    for group in rule.api_groups:
        for resource in rule.resources:
            for verb in rule.verbs:
                for name in rule.resource_names or ("",):
                    yield Right(verb, resource, group, name)


def _texts(value: Any) -> list[str]:
    return [str(item) for item in value] if isinstance(value, list) else [] if value is None else [UNKNOWN]

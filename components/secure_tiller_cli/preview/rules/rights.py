"""Rights: which verbs on which kinds somebody gains or loses, compared as sets and not as text."""

from collections.abc import Iterator, Mapping
from typing import Any

from secure_tiller.plan import rights
from secure_tiller_cli.preview.changes import Change, Team
from secure_tiller_cli.preview.findings import Meaning
from secure_tiller_cli.preview.paths import Path, at, holds_unknown, items
from tiller_facts.rbac import Right, Rule, beyond

RULES: Path = ("rules",)
WHO: Mapping[str, str] = {"storage": "Tiller", "people": "whoever may reach Tiller's port"}
"""By the part of a Role, whom it is for; every other is Tiller's in a namespace that it manages."""


def change(team: Team) -> Iterator[Meaning]:
    """Say who gains or loses which rights where; of a Role that comes, what it gives beyond the preset."""
    if team.operation == "delete":
        return
    roles = [*team.remaining("Role")]
    gained, lost = _Said(), _Said()
    for role in roles:
        if holds_unknown(at(role.new, RULES)):
            sentence = "the rights in {namespace} are unknown until the update"
            yield Meaning(
                "rights-unknown", sentence, {"namespace": role.namespace}, risk=True, explains=((role, RULES),)
            )
            continue
        before, after = _before(role), _read(at(role.new, RULES))
        gained.add(role, [*beyond(after, before)])
        if role.old:
            lost.add(role, [*beyond(before, after)])
    yield from gained.findings("rights-gained", "gains", risk=True)
    yield from lost.findings("rights-lost", "loses", risk=False)
    if said := [role for role in roles if any(path[:1] == RULES for path in role.paths)]:
        yield from _same(said, gained, lost)


def _same(roles: list[Change], gained: "_Said", lost: "_Said") -> Iterator[Meaning]:
    """Say that the rules of Roles are only written in another way."""
    alike = [
        role for role in roles if role not in (*gained.roles, *lost.roles) and not holds_unknown(at(role.new, RULES))
    ]
    if alike:
        names = {"namespaces": tuple(role.namespace for role in alike)}
        sentence = "the rules in {namespaces} are written in another way and give the same rights"
        yield Meaning("rights-same", sentence, names, explains=tuple((role, RULES) for role in alike))


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

    def findings(self, code: str, word: str, *, risk: bool) -> Iterator[Meaning]:
        for (who, found), roles in self._by.items():
            for verbs, kinds in _grouped(found):
                names = {"verbs": verbs, "kinds": kinds, "namespaces": tuple(sorted(role.namespace for role in roles))}
                sentence = f"{who} {word} {{verbs}} on {{kinds}} in {{namespaces}}"
                yield Meaning(code, sentence, names, risk=risk, explains=tuple((role, RULES) for role in roles))


def _grouped(found: frozenset[Right]) -> Iterator[tuple[tuple[str, ...], tuple[str, ...]]]:
    """Yield verbs and the kinds that are gained or lost with just these verbs."""
    verbs: dict[str, set[str]] = {}
    for right in found:
        verbs.setdefault(_what(right), set()).add(right.verb)
    kinds: dict[tuple[str, ...], list[str]] = {}
    for what in sorted(verbs):
        kinds.setdefault(tuple(sorted(verbs[what])), []).append(what)
    yield from ((group, tuple(of)) for group, of in kinds.items())


def _what(right: Right) -> str:
    """Return a kind as kubectl writes it; a kind of Kubernetes itself without its group."""
    known = "." not in right.group or right.group.endswith(".k8s.io")
    kind = right.resource if known else str(right.kind)
    return f"{kind}/{right.name}" if right.name else kind


def _before(role: Change) -> list[tuple[str, Rule]]:
    """Return the rules of a Role before; of one that comes, those that every Tiller or team has by default."""
    if role.old:
        return _read(at(role.old, RULES))
    default = {"storage": rights.STORAGE, "people": rights.SUBJECTS}
    return [("", rule) for rule in default.get(role.part, rights.manage(role.namespace))]


def _read(rules: Any) -> list[tuple[str, Rule]]:
    return [("", Rule.read(rule)) for rule in items(rules)]

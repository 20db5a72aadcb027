"""The subjects that may reach Tiller's port, and others that are bound to a Role."""

from collections.abc import Iterator, Mapping
from typing import Any

from secure_tiller_cli.preview.changes import Team
from secure_tiller_cli.preview.findings import Meaning, whole
from secure_tiller_cli.preview.paths import Path, at, holds_unknown, items
from tiller_facts.identity import SERVICE_ACCOUNT

PEOPLE = "people"
SUBJECTS: Path = ("subjects",)
ROLE: Path = ("roleRef",)


def reach(team: Team) -> Iterator[Meaning]:
    """Say who gains or loses the right to open a port-forward to Tiller."""
    binding = team.one("RoleBinding", PEOPLE)
    if team.operation == "delete" or not binding:
        return
    if holds_unknown(at(binding.new, SUBJECTS)):
        sentence = "who may open a port-forward to Tiller is unknown until the update"
        yield Meaning("people-unknown", sentence, risk=True, explains=(*whole(binding), (binding, SUBJECTS)))
        return
    before, after = _subjects(binding.old), _subjects(binding.new)
    explains = whole(binding) if binding.operation in ("create", "delete") else ((binding, SUBJECTS),)
    if gained := sorted(after - before):
        sentence = "{people} may open a port-forward to Tiller (a certificate is needed besides)"
        risk = any(" system:" in subject for subject in gained)
        yield Meaning("people-gained", sentence, {"people": tuple(gained)}, risk=risk, explains=explains)
    if lost := sorted(before - after):
        sentence = "{people} may not open a port-forward to Tiller any more"
        yield Meaning("people-lost", sentence, {"people": tuple(lost)}, explains=explains)


def others_are_bound(team: Team) -> Iterator[Meaning]:
    """Say that somebody else than Tiller receives Tiller's rights, or that a binding is to more than a Role of ours."""
    for binding in team.remaining("RoleBinding"):
        gained = _subjects(binding.new) - _subjects(binding.old)
        if binding.part != PEOPLE and (foreign := sorted(gained - _own(team, gained))):
            names = {"subjects": tuple(foreign), "namespace": binding.namespace}
            sentence = "{subjects} receives Tiller's rights in {namespace}"
            yield Meaning("binding-foreign", sentence, names, risk=True, explains=((binding, SUBJECTS),))
        role = at(binding.new, ROLE)
        if role != at(binding.old, ROLE) and at(role, ("kind",)) != "Role":
            names = {"kind": str(at(role, ("kind",))), "role": str(at(role, ("name",))), "namespace": binding.namespace}
            sentence = "the binding in {namespace} is to the {kind} {role}, which no team's file can ask for"
            yield Meaning("binding-role", sentence, names, risk=True, explains=((binding, ROLE),))


def _own(team: Team, subjects: set[str]) -> set[str]:
    """Return those subjects that are this Tiller; where the preview does not say its namespace, that are any Tiller."""
    if team.namespace:
        return {f"ServiceAccount {team.namespace}/{SERVICE_ACCOUNT}"}
    return {s for s in subjects if s.startswith("ServiceAccount ") and s.endswith(f"/{SERVICE_ACCOUNT}")}


def _subjects(properties: Mapping[str, Any]) -> set[str]:
    return {_subject(subject) for subject in items(at(properties, SUBJECTS))}


def _subject(subject: Mapping[str, Any]) -> str:
    place = f"{subject['namespace']}/" if subject.get("namespace") else ""
    return f"{subject.get('kind')} {place}{subject.get('name')}"

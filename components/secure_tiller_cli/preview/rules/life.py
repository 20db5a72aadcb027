"""A team comes, goes, changes its name, or loses what guards it."""

from collections.abc import Iterator

from secure_tiller_cli.preview.changes import Change, Team
from secure_tiller_cli.preview.digest import State
from secure_tiller_cli.preview.findings import Meaning, whole
from secure_tiller_cli.preview.paths import Path, at
from secure_tiller_cli.preview.rules.tiller import TEMPLATE
from tiller_facts.identity import TEAM_LABEL

CLIENT = "client:"
MANAGED = "manage:"
LABEL: Path = ("metadata", "labels", TEAM_LABEL)
ROLE: Path = ("roleRef", "name")
ORGANIZATION: Path = ("subject", "organization")


def comes(team: Team) -> Iterator[Meaning]:
    """Say what a new team gets. What of it is a risk, other rules say."""
    if team.operation == "create":
        names = {
            "namespace": team.namespace,
            "managed": _rests(team, "Role", MANAGED),
            "clients": _rests(team, "LocallySignedCert", CLIENT),
        }
        sentence = "new team: its Tiller in {namespace} manages {managed}; certificates for {clients}"
        yield Meaning("team-comes", sentence, names, explains=whole(*(c for c in team.changes if c.known)))


def goes(team: Team) -> Iterator[Meaning]:
    """Say what goes with a team; its managed namespaces are another rule's."""
    if team.operation == "delete":
        names = {"namespace": team.namespace, "clients": _rests(team, "LocallySignedCert", CLIENT)}
        sentence = (
            "the team is removed: {namespace} is deleted with all release records; no access any more for {clients}"
        )
        yield Meaning("team-goes", sentence, names, risk=True, explains=whole(*team.changes))


def is_renamed(team: Team) -> Iterator[Meaning]:
    """Say that a team only changes its name, and with it its label and the names of its Roles."""
    if team.former:
        names = {"former": team.former, "name": team.name}
        sentence = "the team was called {former} and is now {name}; what is not said below stays what it is"
        yield Meaning("team-renamed", sentence, names, explains=tuple(_follows_the_name(team)))


def _follows_the_name(team: Team) -> Iterator[tuple[Change, Path]]:
    for change in team.changes:
        yield from ((change, LABEL), (change, (*TEMPLATE, *LABEL)))
        if change.kind in ("Role", "RoleBinding") and change.place == f"tiller-{team.name}":
            yield change, ("metadata", "name")
            if at(change.new, ROLE) == change.place:
                yield change, ROLE
        if change.kind == "CertRequest":
            yield change, ORGANIZATION


def protection(team: Team) -> Iterator[Meaning]:
    """Say whose protection against being deleted is taken away or given."""
    changed = ((c.name, c.step.oldState, c.step.newState) for c in team.changes if c.operation != "delete")
    both = [(name, old.protect, new.protect) for name, old, new in changed if old and new]
    if less := tuple(name for name, before, after in both if before and not after):
        sentence = "the protection against deletion is taken away from {resources}"
        yield Meaning("unprotected", sentence, {"resources": less}, risk=True)
    if more := tuple(name for name, before, after in both if after and not before):
        yield Meaning("protected", "{resources} are protected against deletion", {"resources": more})


def stays(team: Team) -> Iterator[Meaning]:
    """Report what stays in the cluster although the stack deletes it, such as rights; namespaces are another rule's."""
    kept = [change.name for change in team.changes if change.kind != "Namespace" and _begins_to_stay(change)]
    if kept:
        sentence = "{resources} stays in the cluster when the stack deletes it, which no team's file can ask for"
        yield Meaning("stays", sentence, {"resources": tuple(kept)}, risk=True)


def _begins_to_stay(change: Change) -> bool:
    old, new = change.step.oldState, change.step.newState
    if change.operation == "delete":
        return change.stays
    return bool(new and new.retainOnDelete and not (old and old.retainOnDelete))


def provider(team: Team) -> Iterator[Meaning]:
    """Report that objects are made by another provider, which may be another cluster, or by more than one."""
    of_kubernetes = [c for c in team.changes if c.state.type.startswith("kubernetes:") and c.operation != "delete"]
    others = [c.name for c in of_kubernetes if _provider(c.step.oldState) not in ("", _provider(c.step.newState))]
    every = {found for c in of_kubernetes if (found := _provider(c.step.newState))}
    if others:
        sentence = "another provider than before makes {resources}: it may be one of another cluster"
        yield Meaning("provider", sentence, {"resources": tuple(others)}, risk=True)
    elif len(every) > 1 and any(c.operation == "create" for c in of_kubernetes):
        sentence = (
            "more than one provider makes the team's objects, which may be those of several clusters: {providers}"
        )
        yield Meaning("provider", sentence, {"providers": tuple(sorted(every))}, risk=True)


def _provider(state: State | None) -> str:
    """Return the name of a resource's provider without its ID; empty if not shown. A default one differs by version."""
    urn = state.provider.rpartition("::")[0] if state else ""
    name = urn.split("::", 3)[-1]
    return "default" if name.startswith("default_") else name


def _rests(team: Team, kind: str, part: str) -> tuple[str, ...]:
    return tuple(sorted({change.part.removeprefix(part) for change in team.of(kind, part)}))

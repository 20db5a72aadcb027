"""A team comes, goes, changes its name, or loses what guards it."""

from collections.abc import Iterator

from secure_tiller_cli.preview.changes import Change, Team
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


def _rests(team: Team, kind: str, part: str) -> tuple[str, ...]:
    return tuple(sorted({change.part.removeprefix(part) for change in team.of(kind, part)}))

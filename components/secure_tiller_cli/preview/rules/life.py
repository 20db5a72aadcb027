"""A team comes, goes, changes its name, or loses what guards it."""

from collections.abc import Iterator

from secure_tiller_cli.preview.changes import Change, Team
from secure_tiller_cli.preview.findings import Finding, whole
from secure_tiller_cli.preview.paths import Path, at
from secure_tiller_cli.preview.rules.tiller import TEMPLATE
from tiller_facts.identity import TEAM_LABEL

CLIENT = "client:"
MANAGED = "manage:"
LABEL: Path = ("metadata", "labels", TEAM_LABEL)
ROLE: Path = ("roleRef", "name")


def comes(team: Team) -> Iterator[Finding]:
    """Say what a new team gets. What of it is a risk, other rules say."""
    if team.operation == "create":
        names = {
            "namespace": team.namespace,
            "managed": _rests(team, "Role", MANAGED),
            "clients": _rests(team, "LocallySignedCert", CLIENT),
        }
        sentence = "new team: its Tiller in {namespace} manages {managed}; certificates for {clients}"
        yield Finding("team-comes", sentence, names, explains=whole(*(c for c in team.changes if c.known)))


def goes(team: Team) -> Iterator[Finding]:
    """Say what goes with a team; its managed namespaces are another rule's."""
    if team.operation == "delete":
        names = {"namespace": team.namespace, "clients": _rests(team, "LocallySignedCert", CLIENT)}
        sentence = (
            "the team is removed: {namespace} is deleted with all release records; no access any more for {clients}"
        )
        yield Finding("team-goes", sentence, names, risk=True, explains=whole(*team.changes))


def is_renamed(team: Team) -> Iterator[Finding]:
    """Say that a team only changes its name, and with it its label and the names of its Roles."""
    if team.former:
        names = {"former": team.former, "name": team.name}
        sentence = "the team was called {former} and is now {name}; what is not said below stays what it is"
        yield Finding("team-renamed", sentence, names, explains=tuple(_follows_the_name(team)))


def _follows_the_name(team: Team) -> Iterator[tuple[Change, Path]]:
    for change in team.changes:
        yield from ((change, LABEL), (change, (*TEMPLATE, *LABEL)))
        if change.kind in ("Role", "RoleBinding") and change.place == f"tiller-{team.name}":
            yield change, ("metadata", "name")
            if at(change.new, ROLE) == change.place:
                yield change, ROLE


def protection(team: Team) -> Iterator[Finding]:
    """Say whose protection against being deleted is taken away or given."""
    both = [c for c in team.changes if c.step.oldState and c.step.newState and c.operation != "delete"]
    less = [c for c in both if c.step.oldState.protect and not c.step.newState.protect]  # type: ignore[union-attr]
    more = [c for c in both if c.step.newState.protect and not c.step.oldState.protect]  # type: ignore[union-attr]
    if less:
        sentence = "the protection against deletion is taken away from {resources}"
        yield Finding("unprotected", sentence, {"resources": tuple(c.name for c in less)}, risk=True)
    if more:
        yield Finding(
            "protected", "{resources} are protected against deletion", {"resources": tuple(c.name for c in more)}
        )


def _rests(team: Team, kind: str, part: str) -> tuple[str, ...]:
    return tuple(sorted({change.part.removeprefix(part) for change in team.of(kind, part)}))

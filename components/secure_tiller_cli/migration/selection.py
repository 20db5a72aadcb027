"""The releases of an old Tiller that are a team's, and the problems that stop their migration."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass

from secure_tiller.problems import Problem
from secure_tiller_cli.foreign_text import word
from secure_tiller_cli.migration import old_tiller, repair
from secure_tiller_cli.migration.history import History, State, histories
from secure_tiller_cli.migration.old_tiller import RunningTiller
from secure_tiller_cli.migration.route import Route
from secure_tiller_cli.releases import Kind, Record, Release, Status, Unreadable
from secure_tiller_cli.releases.storage import Stored
from secure_tiller_cli.state import DeployedTiller

Identity = tuple[str, str, int]
"""A release's name, its namespace, and when it was first deployed: no two releases share all three."""

OTHERS = "choose other releases with --release"


def identity(release: Release) -> Identity:
    """Return the identity of a release."""
    return release.name, release.namespace, release.first_deployed


@dataclass(frozen=True)
class Elsewhere:
    """The records of the Tiller of another team, which manages a namespace of this one too."""

    team: str
    namespace: str
    records: tuple[Record, ...]


@dataclass(frozen=True)
class Found:
    """The records and the running Tillers that the cluster has."""

    source: Stored
    target: Stored
    tillers: tuple[RunningTiller, ...]
    """Those that run in the source's namespace."""
    elsewhere: tuple[Elsewhere, ...] = ()


@dataclass(frozen=True)
class Selection:
    """The releases to migrate, and the others."""

    histories: tuple[History, ...]
    left_alone: Mapping[str, int]
    """By namespace, how many releases there are not the team's, or were not chosen."""
    unreadable: tuple[Unreadable, ...]
    """The records of the source that are left where they are, whosever they are."""
    problems: tuple[Problem, ...]
    """Why nothing may be copied."""

    @property
    def missing(self) -> tuple[Record, ...]:
        """The records to copy."""
        return tuple(record for history in self.histories for record in history.missing)


def managers(tillers: Iterable[DeployedTiller]) -> Mapping[str, Collection[str]]:
    """Return the teams of each managed namespace."""
    found = defaultdict[str, list[str]](list)
    for tiller in tillers:
        for namespace in tiller.managed:
            found[namespace].append(tiller.name)
    return found


def select(
    found: Found, route: Route, managers: Mapping[str, Collection[str]], chosen: Collection[str] = ()
) -> Selection:
    """Select the releases in the namespaces that a team manages.

    Args:
        found: the records and the running Tillers of the cluster.
        route: the team, the source and the target.
        managers: by namespace, the teams that manage it.
        chosen: the names of releases; empty: all of the team's.
    """
    occupied = [item.name for item in found.target.unreadable]
    all_ = histories(found.source.records, found.target.records, occupied, found.source.unreadable)
    own = [item for item in all_ if any(route.team in managers.get(name, ()) for name in item.namespaces)]
    wanted = [item for item in own if not chosen or item.name in chosen]
    rest = [item for item in all_ if item not in wanted]
    foreign = [item for item in rest if item.name in chosen]
    problems = [
        *old_tiller.problems(found.tillers),
        *(_not_the_teams(item, route) for item in foreign),
        *(problem for item in wanted for problem in _in_the_way(item, route, managers, named=bool(chosen))),
        *(problem for item in wanted for problem in _taken_over(item, found.elsewhere)),
    ]
    left_alone = Counter(item.latest.namespace for item in rest)
    return Selection(tuple(wanted), dict(sorted(left_alone.items())), found.source.unreadable, tuple(problems))


def _in_the_way(
    item: History, route: Route, managers: Mapping[str, Collection[str]], *, named: bool
) -> Iterator[Problem]:
    where = f"release {item.name}"
    if item.state is State.TAKEN:
        why = f"the Tiller in {route.target} has another release of this name, or other records of it"
        yield Problem("", where, "", why, f"look at it: kubectl get {route.copies_of(item.name)}; or {OTHERS}")
    if item.state is not State.TO_COPY:
        return
    if len(item.namespaces) > 1:
        why = f"its revisions are of several namespaces: {', '.join(sorted(item.namespaces))}"
        yield Problem("", where, "", why, f"{_of_one_namespace(item, route)}; or {OTHERS}")
    if item.latest.status.unfinished:
        why = f"is {item.latest.status.name} in its last revision, {item.latest.revision}: that was not ended"
        yield Problem("", where, "", why, f"{_ended(item, route)}; or {OTHERS}")
    shared = {team for name in item.namespaces for team in managers.get(name, ()) if len(managers[name]) > 1}
    if shared and not named:
        why = f"is in a namespace that several teams manage: {', '.join(sorted(shared))}"
        yield Problem("", where, "", why, f"name the releases that are to be {route.team}'s with --release")


def _of_one_namespace(item: History, route: Route) -> str:
    """Return the remedy for revisions of several namespaces: those of the last revision's stay."""
    here = item.latest.namespace
    others = [record.name for record in item.records if record.release.namespace != here]
    return f"if only the release in {here} is left: {repair.delete(route.kind, route.source, others)}"


def _ended(item: History, route: Route) -> str:
    """Return the remedy for what was not ended, which a Tiller must end.

    Source: Helm 2.17, cmd/helm/rollback.go: revision 0 is the one before.
    """
    named = f"--tiller-namespace {word(route.source)} {word(item.name)}"
    if item.latest.status in (Status.DELETING, Status.PENDING_INSTALL):
        return f"start the old Tiller again, and delete the release with what it installed: helm delete --purge {named}"
    return f"start the old Tiller again, and go back to the revision before: helm rollback {named} 0"


def _taken_over(item: History, elsewhere: Iterable[Elsewhere]) -> Iterator[Problem]:
    if item.state is not State.TO_COPY:
        return
    for other in elsewhere:
        names = [each.name for each in other.records if identity(each.release) == identity(item.latest)]
        if names:
            why = f"the Tiller of {other.team} has it already, and two would manage it"
            delete = repair.delete(Kind.SECRET, other.namespace, names)
            remedy = f"if that team gives it up, delete its records there first: {delete}; or {OTHERS}"
            yield Problem("", f"release {item.name}", "", why, remedy)


def _not_the_teams(item: History, route: Route) -> Problem:
    why = f"is in {', '.join(sorted(item.namespaces))}, which {route.team} does not manage"
    return Problem("", f"release {item.name}", "", why, f"migrate it for the team that does, or {OTHERS}")

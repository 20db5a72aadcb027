"""The map of teams in the stack's configuration: each team's settings, and what two teams may not both claim."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import cast

from secure_tiller import defaults, pem
from secure_tiller.args import SecureTillerArgs
from secure_tiller.checks import Settings, rules
from secure_tiller.names import LABEL_RULE, is_label, tiller_namespace
from secure_tiller.problems import ConfigurationError, Problem, shown
from secure_tiller.stack_args import DefaultsArgs, TeamArgs
from secure_tiller.structure import Form

TEAM = Form(TeamArgs)


@dataclass(frozen=True)
class Team:
    """One team of a stack."""

    name: str
    args: SecureTillerArgs = field(repr=False)  # a private key can be among them
    protect: bool = False
    """Whether Pulumi refuses to delete its namespaces and its Tiller."""
    formerly: str | None = None
    """Its name before it was renamed."""


def read_teams(value: object, common: DefaultsArgs | None = None) -> tuple[Team, ...]:
    """Return the teams, in the order of their names.

    Args:
        value: `secure-tiller:teams` as plain data: a map from team name to settings; None when it is not set.
        common: what holds for every team that does not say otherwise. Default: nothing.

    Raises:
        ConfigurationError: with every problem of every team and between teams.
    """
    if not isinstance(value, Mapping) or not value:
        raise ConfigurationError([_no_teams(value)])
    read = [_team(str(name), defaults.under(args, common or {})) for name, args in sorted(value.items(), key=_name)]
    settings = [Settings(team.name, team.args) for team, _ in read]
    problems = [
        problem for (_, malformed), sound in zip(read, settings, strict=True) for problem in (*malformed, *rules(sound))
    ]
    teams = tuple(team for team, _ in read)
    problems += [*conflicts(settings), *_renames(teams)]
    if problems:
        raise ConfigurationError(problems)
    return teams


def _name(item: tuple[object, object]) -> str:
    return str(item[0])


def _team(name: str, value: object) -> tuple[Team, tuple[Problem, ...]]:
    """Return the part of a team that has the right form, and what is wrong with the rest."""
    sound, malformed = TEAM.read(name, value)
    args = cast("SecureTillerArgs", {key: item for key, item in sound.items() if key not in ("protect", "formerly")})
    return Team(name, args, sound.get("protect", False), sound.get("formerly")), malformed


def _renames(teams: Sequence[Team]) -> Iterator[Problem]:
    """Yield a problem for each new name under which what the stack made could not be kept."""
    names, taken = {team.name for team in teams}, dict[str, str]()
    for team in teams:
        if team.formerly is None:
            continue
        if not is_label(team.formerly):
            yield Problem(team.name, "formerly", shown(team.formerly), LABEL_RULE, "write the team's old name")
        elif team.formerly in names:
            why = f"is a team of this stack: what is {team.formerly}'s stays {team.formerly}'s"
            yield Problem(team.name, "formerly", shown(team.formerly), why, "remove it")
        elif (other := taken.setdefault(team.formerly, team.name)) != team.name:
            why = f"is what team {other} was called too; only one can have what the stack made"
            yield Problem(team.name, "formerly", shown(team.formerly), why, "leave it in one of the two")
        if "namespace" not in team.args:
            why = (
                "is required with `formerly`: the default follows the team's name, and the releases are in the old one"
            )
            old = tiller_namespace(team.formerly)
            remedy = f"write the name that Tiller's namespace has; by default that was {old}"
            yield Problem(team.name, "namespace", "(missing)", why, remedy)


def _no_teams(value: object) -> Problem:
    return Problem(
        team="",
        key="secure-tiller:teams",
        value="(missing)" if value is None else shown(value),
        why="must be a map from the names of teams to their settings, with at least one team",
        remedy="write the teams into the stack's file; to remove the last one, use `pulumi destroy`",
    )


def conflicts(teams: Sequence[Settings]) -> Iterator[Problem]:
    """Yield a problem for what two teams lay claim to: it is reported once, for the later team."""
    tillers: dict[str, str] = {}
    for team in teams:
        if team.namespace in tillers:
            why = f"is the Tiller namespace of team {tillers[team.namespace]} too; each Tiller has one of its own"
            yield team.problem("namespace", team.namespace, why, "set another `namespace`")
        tillers.setdefault(team.namespace, team.name)
    yield from _managed_twice(teams)
    for team in teams:
        for key, name in _reached(team):
            if tillers.get(name, team.name) != team.name:
                why = f"is the Tiller namespace of team {tillers[name]}: its keys would be within this team's reach"
                yield team.problem(key, name, why, "remove it")
    yield from _keys_in_reach(teams)
    yield from _trusted_twice(teams)


def _managed_twice(teams: Sequence[Settings]) -> Iterator[Problem]:
    first: dict[str, Settings] = {}
    for team in teams:
        for name, namespace in team.namespaces.items():
            other = first.setdefault(name, team)
            if other is team or (namespace.get("shared", False) and other.namespaces[name].get("shared", False)):
                continue
            why = f"is managed by team {other.name} too; what two Tillers install there overwrites each other"
            yield team.problem("namespaces", name, why, "leave it to one of the teams, or set `shared: true` in both")


def _reached(team: Settings) -> Iterator[tuple[str, str]]:
    """Yield each namespace that a team's settings name, but its own Tiller's, and where they name it."""
    yield from (("namespaces", name) for name in team.namespaces)
    yield from ((f"clients.{client}.secret.namespace", at["namespace"]) for client, at in team.secrets.items())


def _keys_in_reach(teams: Sequence[Settings]) -> Iterator[Problem]:
    """Yield a problem for each client's Secret in a namespace of another team, which could read its key."""
    managers = {name: other.name for other in teams for name in other.namespaces}
    taken: dict[tuple[str, str], str] = {}
    for team in teams:
        for client, secret in team.secrets.items():
            key, namespace = f"clients.{client}.secret", secret["namespace"]
            if managers.get(namespace, team.name) != team.name and namespace not in team.namespaces:
                why = f"is managed by team {managers[namespace]}, which could read the key"
                yield team.problem(f"{key}.namespace", namespace, why, "run the client in another namespace")
            owner = taken.setdefault((namespace, secret["name"]), team.name)
            if owner != team.name:
                yield team.problem(key, secret, f"is the Secret of a client of team {owner} too", "choose another name")


def _trusted_twice(teams: Sequence[Settings]) -> Iterator[Problem]:
    """Yield a problem for each CA that two teams trust: whom it signs for could call both Tillers."""
    before: list[tuple[str, str]] = []
    for team in teams:
        own = [(n, t) for n, t in team.certificates.get("trusted_client_cas", {}).items() if isinstance(t, str)]
        for name, text in own:
            for owner in sorted({owner for owner, other in before if pem.trust_the_same(text, other)}):
                why = (
                    f"is trusted by team {owner} too, or signed by what it trusts: its clients could call both Tillers"
                )
                at = f"certificates.trusted_client_cas.{name}"
                yield Problem(team.name, at, "(not shown)", why, "have each team's clients signed by a CA of its own")
        before += [(team.name, text) for _, text in own]

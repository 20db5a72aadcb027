"""The map of teams in the stack's configuration: each team's settings, and what two teams may not both claim."""

from collections.abc import Iterator, Mapping, Sequence
from typing import cast

from secure_tiller import checks, structure
from secure_tiller.args import SecureTillerArgs
from secure_tiller.checks import Settings
from secure_tiller.problems import ConfigurationError, Problem, shown

Teams = tuple[tuple[str, SecureTillerArgs], ...]


def read_teams(value: object) -> Teams:
    """Return the name and the settings of each team, in the order of their names.

    Args:
        value: `secure-tiller:teams` as plain data: a map from team name to settings; None when it is not set.

    Raises:
        ConfigurationError: with every problem of every team and between teams.
    """
    if not isinstance(value, Mapping) or not value:
        raise ConfigurationError([_no_teams(value)])
    teams = sorted((str(name), args) for name, args in value.items())
    sound = [Settings(name, structure.read(name, args)[0]) for name, args in teams]
    problems = [problem for name, args in teams for problem in checks.check(name, args)]
    problems += _conflicts(sound)
    if problems:
        raise ConfigurationError(problems)
    return tuple((name, cast("SecureTillerArgs", args)) for name, args in teams)


def _no_teams(value: object) -> Problem:
    return Problem(
        team="",
        key="secure-tiller:teams",
        value="(missing)" if value is None else shown(value),
        why="must be a map from the names of teams to their settings, with at least one team",
        remedy="write the teams into the stack's file; to remove the last one, use `pulumi destroy`",
    )


def _conflicts(teams: Sequence[Settings]) -> Iterator[Problem]:
    """Yield a problem for each namespace that two teams lay claim to: it is reported once, for the later team."""
    tiller: dict[str, str] = {}
    managed: dict[str, str] = {}
    for team in teams:
        if team.namespace in tiller:
            why = f"is the Tiller namespace of team {tiller[team.namespace]} too; each Tiller has one of its own"
            yield team.problem("namespace", team.namespace, why, "set another `namespace`")
        tiller.setdefault(team.namespace, team.name)
    for team in teams:
        for name in team.namespaces:
            if name in managed:
                why = f"is managed by team {managed[name]} too; what two Tillers install there overwrites each other"
                yield team.problem("namespaces", name, why, "leave it to one of the teams")
            managed.setdefault(name, team.name)
            if tiller.get(name, team.name) != team.name:
                why = f"is the Tiller namespace of team {tiller[name]}: its keys would be within this team's reach"
                yield team.problem("namespaces", name, why, "remove it")

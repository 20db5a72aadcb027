"""The map of teams in the stack's configuration: each team's settings, and what two teams may not both claim."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import cast

from secure_tiller.args import SecureTillerArgs
from secure_tiller.plan.conflicts import conflicts
from secure_tiller.plan.names import LABEL_RULE, is_label, tiller_namespace
from secure_tiller.plan.schema import SettingsSchema
from secure_tiller.plan.validation import Settings, rules
from secure_tiller.problems import ConfigurationError, Problem, shown
from secure_tiller_stack import defaults
from secure_tiller_stack.args import DefaultsArgs, TeamArgs

TEAM = SettingsSchema(TeamArgs)


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
        common: the settings of every team that does not set its own. Default: none.

    Raises:
        ConfigurationError: with every problem of every team and between teams.
    """
    if not isinstance(value, Mapping) or not value:
        raise ConfigurationError([_no_teams(value)])
    teams, settings = list[Team](), list[Settings]()
    problems = list[Problem]()
    for name, args in sorted(value.items(), key=lambda item: str(item[0])):
        team, malformed = _team(str(name), defaults.apply_defaults(args, common or {}))
        teams.append(team)
        settings.append(Settings(team.name, team.args))
        problems += [*malformed, *rules(settings[-1])]
    problems += [*conflicts(settings), *_renames(teams)]
    if problems:
        raise ConfigurationError(problems)
    return tuple(teams)


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
        remedy="name one team at least; to remove the last one, use `pulumi destroy`",
    )

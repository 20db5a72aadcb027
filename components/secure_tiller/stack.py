"""The stack's configuration as a whole: everything that is wrong with it comes in one message."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TypeVar

from secure_tiller import kubeconfig, structure
from secure_tiller.problems import ConfigurationError, Problem
from secure_tiller.teams import Teams, read_teams

KEYS = ("cluster", "teams")
"""What the program reads of the project's configuration."""

Read = TypeVar("Read")


@dataclass(frozen=True)
class Stack:
    """What a stack's file says."""

    teams: Teams
    cluster: Mapping[str, str]


def read_stack(project: str, keys: Iterable[str], teams: object, cluster: object) -> Stack:
    """Return what the configuration says.

    Args:
        project: the project's name, the part of its keys before ':'.
        keys: all keys of the configuration; those of providers and of Pulumi itself are let pass.
        teams: the plain value of the key `teams`.
        cluster: the plain value of the key `cluster`.

    Raises:
        ConfigurationError: with everything that is wrong.
    """
    problems = list(_unknown_keys(project, keys))

    def read(reader: Callable[[object], Read], value: object) -> Read | None:
        try:
            return reader(value)
        except ConfigurationError as error:
            problems.extend(error.problems)
            return None

    read_cluster, all_teams = read(kubeconfig.read_settings, cluster), read(read_teams, teams)
    if problems or all_teams is None or read_cluster is None:
        raise ConfigurationError(problems)
    return Stack(all_teams, read_cluster)


def _unknown_keys(project: str, keys: Iterable[str]) -> Iterator[Problem]:
    """Yield a problem for each key that would not be read, which is most often a misspelt one."""
    for key in sorted(keys):
        if key.startswith(f"{project}:") and (word := key.removeprefix(f"{project}:")) not in KEYS:
            # Its value is not shown: it could be a secret.
            yield Problem("", key, "(not shown)", "is an unknown key", f"remove it; {structure.nearest(word, KEYS)}")

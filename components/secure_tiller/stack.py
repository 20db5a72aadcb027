"""The stack's configuration as a whole: everything that is wrong with it comes in one message."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TypeVar

from secure_tiller import kubeconfig, structure
from secure_tiller.problems import ConfigurationError, Problem
from secure_tiller.teams import Teams, read_teams

KEYS = ("cluster", "serverKeys", "teams")
"""What the program reads of the project's configuration."""

Read = TypeVar("Read")


@dataclass(frozen=True)
class Stack:
    """What a stack's file says."""

    teams: Teams
    cluster: Mapping[str, str]


def read_stack(project: str, keys: Iterable[str], teams: object, cluster: object, server_keys: object = None) -> Stack:
    """Return what the configuration says.

    Args:
        project: the project's name, the part of its keys before ':'.
        keys: all keys of the configuration; those of providers and of Pulumi itself are let pass.
        teams: the plain value of the key `teams`.
        cluster: the plain value of the key `cluster`.
        server_keys: the decrypted value of the key `serverKeys`: a map from team to the private key (PEM) of its
            `server_certificate`; None when it is not set. It is apart, because a secret in the map of teams would make
            all of it secret.

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

    problems += _misplaced_keys(teams, server_keys)
    read_cluster = read(kubeconfig.read_settings, cluster)
    all_teams = read(read_teams, _with_server_keys(teams, server_keys))
    if problems or all_teams is None or read_cluster is None:
        raise ConfigurationError(problems)
    return Stack(all_teams, read_cluster)


def _misplaced_keys(teams: object, keys: object) -> Iterator[Problem]:
    """Yield a problem for each private key in plain sight, and for each that no team's certificate waits for."""
    awaited = {name for name, given in _server_certificates(teams)}
    for name, given in _server_certificates(teams):
        if "key" in given:
            why = "is a private key in plain sight: the map of teams is not secret"
            remedy = f"move it: pulumi config set --secret --path 'secure-tiller:serverKeys.{name}' < key.pem"
            yield Problem(name, "certificates.server_certificate.key", "(not shown)", why, f"{remedy}; and change it")
    if keys is not None and not isinstance(keys, Mapping):
        remedy = "write one secret value per team: pulumi config set --secret --path 'secure-tiller:serverKeys.blue'"
        yield Problem("", "secure-tiller:serverKeys", "(not shown)", "must be a map from teams to private keys", remedy)
    for name, key in sorted(keys.items()) if isinstance(keys, Mapping) else ():
        at = f"secure-tiller:serverKeys.{name}"
        if name not in awaited:
            why = "is the key of a team that has no `server_certificate`"
            yield Problem("", at, "(not shown)", why, "remove it, or correct the team's name")
        elif not isinstance(key, str):
            yield Problem("", at, "(not shown)", "must be text", f"pulumi config set --secret --path '{at}' < key.pem")


def _with_server_keys(teams: object, keys: object) -> object:
    """Return the map of teams with each private key where the component takes it."""
    if not isinstance(teams, Mapping) or not isinstance(keys, Mapping):
        return teams
    merged = dict(teams)
    for name, given in _server_certificates(teams):
        if isinstance(keys.get(name), str):
            certificates = {**teams[name]["certificates"], "server_certificate": {**given, "key": keys[name]}}
            merged[name] = {**teams[name], "certificates": certificates}
    return merged


def _server_certificates(teams: object) -> Iterator[tuple[str, Mapping[str, object]]]:
    """Yield the teams that bring a server certificate, whatever else is wrong with the map."""
    for name, team in teams.items() if isinstance(teams, Mapping) else ():
        certificates = team.get("certificates") if isinstance(team, Mapping) else None
        given = certificates.get("server_certificate") if isinstance(certificates, Mapping) else None
        if isinstance(given, Mapping):
            yield name, given


def _unknown_keys(project: str, keys: Iterable[str]) -> Iterator[Problem]:
    """Yield a problem for each key that would not be read, which is most often a misspelt one."""
    for key in sorted(keys):
        if key.startswith(f"{project}:") and (word := key.removeprefix(f"{project}:")) not in KEYS:
            # Its value is not shown: it could be a secret.
            yield Problem("", key, "(not shown)", "is an unknown key", f"remove it; {structure.nearest(word, KEYS)}")

"""The stack's configuration as a whole: everything that is wrong with it comes in one message."""

import re
from collections.abc import Callable, Container, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from secure_tiller.plan import schema
from secure_tiller.plan.validation.certificates import set_server_key
from secure_tiller.problems import ConfigurationError, Problem, shown
from secure_tiller_stack import defaults, kubeconfig
from secure_tiller_stack.args import REMOVED, StackArgs
from secure_tiller_stack.teams import Team, read_teams

NAMESPACE = "secure-tiller"
"""The part of our configuration keys before ':', whatever the project's name is, as it is for a provider."""

KEYS = tuple(sorted(StackArgs.__annotations__))
"""The keys of the configuration that the program reads, after that part."""

TEXTS = ("kubeconfig",)
"""Those of them whose value is text as it is; the others are data."""

SERVER_KEYS = f"{NAMESPACE}:serverKeys"
"""The key of the map from teams to the private keys of their server certificates."""

SECRET_KEYS = {
    "kubeconfig": "secure-tiller:kubeconfig < kubeconfig",
    "serverKeys": f"--path '{SERVER_KEYS}.TEAM' < key.pem",
}
"""Those of them that may only be secret values, and what follows `pulumi config set --secret` to set each."""

Read = TypeVar("Read")


@dataclass(frozen=True)
class Stack:
    """The configuration of a stack."""

    teams: tuple[Team, ...]
    cluster: Mapping[str, str]
    kubeconfig: str = field(repr=False)
    """The content of the kubeconfig; empty: a file is read."""
    removed: frozenset[str]
    """The teams that may go although their Tillers hold releases."""


def read_stack(
    project: str,
    keys: Iterable[str],
    values: Mapping[str, object],
    secret: Container[str],
    plain_server_keys: Iterable[str] = (),
) -> Stack:
    """Return what the configuration says.

    Args:
        project: the project's name, under which Pulumi puts keys that are written without a namespace.
        keys: all keys of the configuration; those of providers, of the project and of Pulumi itself are let pass, but
            not what is like one of `KEYS` under the project's name, nor what is like our own name.
        values: by word of `KEYS`, the plain or decrypted value; None when it is not set. `serverKeys` is a map from
            team to the private key (PEM) of its `server_certificate`; it is apart, because a secret in the map of teams
            would make all of it secret.
        secret: those of `keys` whose values are encrypted in the stack's file, or hold a value that is.
        plain_server_keys: the teams whose values of `serverKeys` stand in that file unencrypted. Default: none.

    Raises:
        ConfigurationError: with everything that is wrong.
    """
    teams, server_keys = values.get("teams"), values.get("serverKeys")
    problems = (
        *_unknown_keys(project, keys),
        *_wrongly_encrypted(values, secret),
        *(_in_plain_sight(f"{SERVER_KEYS}.{team}", set_server_key(team)) for team in sorted(plain_server_keys)),
        *_misplaced_keys(teams, server_keys),
    )
    return read_values({**values, "teams": _with_server_keys(teams, server_keys)}, problems)


def read_values(values: Mapping[str, object], before: Iterable[Problem] = ()) -> Stack:
    """Return what settings say, wherever they come from.

    Args:
        values: by word of `KEYS`; `serverKeys` does not count, each key stands with its certificate.
        before: what is wrong already. Default: nothing.

    Raises:
        ConfigurationError: with everything that is wrong.
    """
    problems = list(before)

    def read(reader: Callable[[], Read]) -> Read | None:
        try:
            return reader()
        except ConfigurationError as error:
            problems.extend(error.problems)
            return None

    teams = values.get("teams")
    cluster = read(lambda: kubeconfig.read_settings(values.get("cluster")))
    content = values.get("kubeconfig")
    content = "" if content is None else content
    problems += kubeconfig.wrong_content(content, values.get("cluster"))
    common, wrong = defaults.read(values.get("defaults"))
    problems += wrong
    all_teams = read(lambda: read_teams(teams, common))
    problems += _wrongly_removed(values.get("removed"), teams)
    if problems or all_teams is None or cluster is None:
        raise ConfigurationError(problems)
    return Stack(all_teams, cluster, str(content), frozenset(_map(values.get("removed"))))


def _wrongly_encrypted(values: Mapping[str, object], secret: Container[str]) -> Iterator[Problem]:
    """Yield a problem for each value with credentials that is plain, and for each other one that is encrypted."""
    for word in KEYS:
        key, setting = f"{NAMESPACE}:{word}", SECRET_KEYS.get(word)
        if not values.get(word) or (setting is not None) == (key in secret):
            continue
        if setting:
            yield _in_plain_sight(key, f"pulumi config set --secret {setting}")
        else:
            why = "holds an encrypted value: a preview would show it in clear, as what stands here is not secret"
            remedy = f"write it plainly, or leave it out; a server's private key belongs into {SERVER_KEYS}"
            yield Problem("", key, "(not shown)", why, remedy)


def _in_plain_sight(key: str, command: str) -> Problem:
    why = "holds credentials in plain sight: whoever reads the stack's file has them"
    return Problem("", key, "(not shown)", why, f"change them, and set the new ones with: {command}")


def _wrongly_removed(removed: object, teams: object) -> Iterator[Problem]:
    key, remedy = "secure-tiller:removed", f"write one key per team that left: green: {REMOVED}"
    if removed is not None and not isinstance(removed, Mapping):
        yield Problem("", key, shown(removed), f"must be a map from teams that left to the word {REMOVED}", remedy)
    for team, word in _map(removed).items():
        if word != REMOVED:
            yield Problem("", f"{key}.{team}", shown(word), f"must be the word {REMOVED}", remedy)
        if team in _map(teams):
            why = "is a team of this stack; left here, the word would one day let its releases go without a question"
            yield Problem("", f"{key}.{team}", shown(word), why, "remove it here, or the team")


def _misplaced_keys(teams: object, keys: object) -> Iterator[Problem]:
    """Yield a problem for each private key in plain sight, and for each that no team's certificate waits for."""
    awaited = {name for name, given in _server_certificates(teams)}
    for name, given in _server_certificates(teams):
        if "key" in given:
            why = "is a private key in plain sight: the map of teams is not secret"
            remedy = f"move it: {set_server_key(name)}"
            yield Problem(name, "certificates.server_certificate.key", "(not shown)", why, f"{remedy}; and change it")
    if keys is not None and not isinstance(keys, Mapping):
        remedy = f"write one secret value per team: pulumi config set --secret {SECRET_KEYS['serverKeys']}"
        yield Problem("", SERVER_KEYS, "(not shown)", "must be a map from teams to private keys", remedy)
    for name, key in sorted(_map(keys).items()):
        at = f"{SERVER_KEYS}.{name}"
        if name not in awaited:
            why = "is the key of a team that has no `server_certificate`"
            yield Problem("", at, "(not shown)", why, "remove it, or correct the team's name")
        elif not isinstance(key, str):
            yield Problem("", at, "(not shown)", "must be text", set_server_key(name))


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
    for name, team in _map(teams).items():
        given = _map(_map(team).get("certificates")).get("server_certificate")
        if isinstance(given, Mapping):
            yield name, given


def _map(value: object) -> Mapping[str, object]:
    return value if isinstance(value, Mapping) else {}


def _unknown_keys(project: str, keys: Iterable[str]) -> Iterator[Problem]:
    """Yield a problem for each key that would not be read, which is most often a misspelt one."""
    for key in sorted(keys):
        namespace, _, word = key.partition(":")
        # Its value is not shown: it could be a secret.
        if namespace == NAMESPACE:
            if word not in KEYS:
                yield Problem("", key, "(not shown)", *schema.unknown_key(word, KEYS))
        elif namespace == project:
            if _OUR_NAME in _letters(word) or _meant(word):
                why = "is a key of the project, and secure-tiller does not read it"
                yield Problem("", key, "(not shown)", why, f"{_write(word)}, or give a key of your own another name")
        elif _names_us(namespace):
            why = f"is read by nobody: the part before the colon is {NAMESPACE}"
            yield Problem("", key, "(not shown)", why, _write(word))


def _write(word: str) -> str:
    """Return the remedy for a key whose word is one of ours, or is like one."""
    if meant := _meant(word):
        return f"write {NAMESPACE}:{meant}"
    return f"write {NAMESPACE}:WORD, where WORD is one of: {', '.join(KEYS)}"


def _names_us(namespace: str) -> bool:
    letters = _letters(namespace)
    return "tiller" in letters or _is_a_slip(letters, _OUR_NAME)


def _meant(word: str) -> str | None:
    """Return the word of ours that is like another one, whether our name stands before that or not; None: none is."""
    letters = _letters(word).removeprefix(_OUR_NAME)
    return next((ours for ours in KEYS if _is_a_slip(letters, _letters(ours))), None)


def _letters(word: str) -> str:
    """Return a word without what is easily misspelt: capitals, signs, and an `s` at the end."""
    return re.sub(r"[^a-z0-9]", "", word.lower()).rstrip("s")


def _is_a_slip(given: str, meant: str) -> bool:
    """Return whether a word is another one, but for one letter or two that changed places.

    A short word is often another one but for a letter, and a longer one that holds it means more: `beam`, `cluster2`.
    """
    if meant in given or len(meant) < SHORTEST_MISSPELT:
        return given == meant
    given, meant = _without_common_beginning(given, meant)
    given, meant = _without_common_beginning(given[::-1], meant[::-1])
    return max(len(given), len(meant)) <= 1 or (len(given) == 2 and given == meant[::-1])


def _without_common_beginning(one: str, other: str) -> tuple[str, str]:
    common = next((i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
    return one[common:], other[common:]


SHORTEST_MISSPELT = 6
"""Letters."""

_OUR_NAME = _letters(NAMESPACE)

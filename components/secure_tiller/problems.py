"""Problems with the settings or with the cluster, in words that a person can act on.

Every check reports `Problem`s; they are collected and raised once, so that one run names all that is to be corrected.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import pulumi

LONGEST_VALUE = 80

PRIVATE = "PRIVATE KEY"
"""The label in the PEM of each private key."""
HIDDEN = "(not shown: it holds a private key)"


@dataclass(frozen=True)
class Problem:
    """One thing that was refused."""

    team: str
    """The team it concerns; empty when it concerns the stack as a whole."""
    key: str
    """Where it stands, as a path in the settings: `namespaces.blue-apps.pod_security`."""
    value: str
    """The value there, as shown by `shown`."""
    why: str
    """The allowed values, and the reason."""
    remedy: str
    """The remedy, as an imperative."""

    def __str__(self) -> str:
        where = f"team {plain(self.team)}: {plain(self.key)}" if self.team else plain(self.key)
        return f"{where} = {self.value}\n    why:    {plain(self.why)}\n    remedy: {plain(self.remedy)}"


class RefusedError(pulumi.RunError):
    """The request is refused, and nothing was created or changed, unless it says so. Carries every `Problem`.

    It is a `pulumi.RunError`, so that any Pulumi program ends with this message alone, without a traceback.
    """

    headline = "Refused"
    outcome = "nothing was changed"

    def __init__(self, problems: Iterable[Problem]) -> None:
        """Collect the problems, in the order in which they will be shown."""
        self.problems: tuple[Problem, ...] = tuple(problems)
        super().__init__(str(self))

    def __str__(self) -> str:
        count = "1 problem" if len(self.problems) == 1 else f"{len(self.problems)} problems"
        return "\n".join([f"{self.headline} ({count}); {self.outcome}.", *(f"  {p}" for p in self.problems)])


class ConfigurationError(RefusedError):
    """The settings are refused, before the cluster was asked anything."""

    headline = "The configuration is refused"


class ClusterError(RefusedError):
    """The cluster cannot be used for these settings, or cannot be reached."""

    headline = "The cluster is refused"


class LateConfigurationError(ConfigurationError):
    """A setting is refused that became known during the update only: the output of another resource."""

    outcome = "what was done before stays"


class NotRevokedError(RefusedError):
    """The update was carried out, but somebody who was to be revoked is still answered."""

    headline = "The update has not revoked everybody"
    outcome = "what was done before stays"


def shown(value: object) -> str:
    """Return a value as JSON on one line, at most 80 characters long; control characters are escaped.

    One that holds a private key is not shown: somebody put it into the wrong place.
    """
    text = json.dumps(_plain_data(value), default=repr)
    if PRIVATE in text:
        return HIDDEN
    return text if len(text) <= LONGEST_VALUE else f"{text[: LONGEST_VALUE - 3]}..."


def plain(text: str) -> str:
    """Return a text from the settings so that it cannot draw on the terminal: control characters are escaped."""
    if PRIVATE in text:
        return HIDDEN
    return text if text.isprintable() else json.dumps(text)


def _plain_data(value: object) -> object:
    """Return mappings as dicts and sequences as lists, which is what JSON knows."""
    if isinstance(value, Mapping):
        return {str(key): _plain_data(item) for key, item in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str | bytes):
        return [_plain_data(item) for item in value]
    return value

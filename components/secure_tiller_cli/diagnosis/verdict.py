"""How a call of a Tiller ends."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Accepted:
    """Tiller answered."""

    version: str
    """The one it said, like `v2.17.0`; empty: it was not asked."""


@dataclass(frozen=True)
class Refused:
    """Tiller did not answer, because of TLS."""

    reason: str
    """What the TLS layer did: the alert's name, or that it closed the connection."""


class NoVerdictError(Exception):
    """Neither an answer nor a refusal by TLS: nothing was shown."""


class AnsweredError(NoVerdictError):
    """The server answers inside TLS, or in plaintext, though perhaps not the question that it was asked."""

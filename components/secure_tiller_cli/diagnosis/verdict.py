"""How a call of a Tiller ends."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Accepted:
    """Tiller answered."""

    version: str
    """What it said, like `v2.17.0`."""


@dataclass(frozen=True)
class Refused:
    """Tiller did not answer, because of TLS."""

    reason: str
    """What the TLS layer did: the alert's name, or that it closed the connection."""


class NoVerdictError(Exception):
    """Neither an answer nor a refusal by TLS: nothing was shown."""


class UnverifiedError(NoVerdictError):
    """The server's certificate does not verify by the caller's CA; the text says why."""

"""The ends of a call of a Tiller."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Accepted:
    """Tiller answered."""

    version: str
    """Tiller's, like `v2.17.0`; empty: it was not asked."""


@dataclass(frozen=True)
class Refused:
    """Tiller did not answer, because of TLS."""

    reason: str
    """The name of the TLS alert, or that the connection was closed."""


class NoVerdictError(Exception):
    """Neither an answer nor a refusal by TLS: nothing was shown."""


class AnsweredError(NoVerdictError):
    """The server answers inside TLS, or in plaintext, though perhaps not the question that it was asked."""


class UnverifiedError(NoVerdictError):
    """The server's certificate does not verify by the caller's CA; the text says why."""

"""How a call of a Tiller ends."""

from dataclasses import dataclass

from secure_tiller.problems import Problem, RefusedError


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


class KubectlError(RefusedError):
    """There is no kubectl that could forward a port."""

    headline = "The port cannot be forwarded"

    def __init__(self, why: str) -> None:
        """Say why it cannot be run."""
        remedy = "install kubectl, and put it on PATH"
        super().__init__([Problem("", "kubectl", "", f"cannot be run: {why}; it forwards Tiller's port", remedy)])

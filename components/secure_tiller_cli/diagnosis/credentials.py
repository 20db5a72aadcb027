"""The credentials of a caller."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Credentials:
    """A caller's PEMs; `Credentials(**bundle)` of a client's bundle, as a stack's outputs have it."""

    ca: str
    """PEM of the CAs of which one must have signed the server's certificate."""
    cert: str = ""
    """PEM of the caller's certificate, and of the intermediates that its CA needs; empty: none."""
    key: str = field(default="", repr=False)
    """PEM of its key."""
    plaintext: bool = field(default=False, kw_only=True)
    """Whether to call without TLS."""

"""Values that only the update knows: named places in the objects of a plan, which `secure_tiller.resources` fills."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Place:
    """A text that only the update knows.

    Attributes:
        name: by which it is filled, as `<what it is of>.<what it is>`.
    """

    name: str


TLS_SECRET = Place("tls.name")
"""Name of the TLS Secret, which Pulumi chooses."""

CLIENT_CAS = Place("clients.cas")
"""PEMs of the CAs of all clients."""

SERVER = "server"
"""Owner of the places of Tiller's own certificate."""


SERVER_CAS = Place(f"{SERVER}.fingerprints")
"""Fingerprints of the CAs that clients verify Tiller's certificate by."""

SERVER_CHAIN = Place(f"{SERVER}.chain")
"""Fingerprints of Tiller's certificate and its intermediates."""


def certificate(owner: str) -> Place:
    """Return the place of the PEM of a certificate.

    Args:
        owner: `server`, or the client as `client:alice`.
    """
    return Place(f"{owner}.certificate")


def key(owner: str) -> Place:
    """Return the place of the PEM of a certificate's key, as `certificate` does."""
    return Place(f"{owner}.key")


def ca(owner: str) -> Place:
    """Return the place of the PEMs by which a certificate is verified, as `certificate` does."""
    return Place(f"{owner}.ca")


def annotation(name: str) -> Place:
    """Return the place of the value of an annotation that the user gave as an Input."""
    return Place(f"annotation.{name}")

"""How long certificates live, in whole hours, because that is what the tls provider counts in."""

from dataclasses import dataclass

DAY = 24


@dataclass(frozen=True)
class Lifetime:
    """The life of a certificate, in hours."""

    validity: int
    """Hours from issue to end."""
    renew_before: int
    """Hours before the end from which on an update of the stack renews the certificate, with the same key."""

    def __post_init__(self) -> None:
        """Refuse a life that would renew at every update, or never.

        Raises:
            ValueError: unless 1 <= renew_before < validity.
        """
        if not 1 <= self.renew_before < self.validity:
            raise ValueError(
                f"a certificate of {self.validity} h cannot be renewed {self.renew_before} h before its end"
            )


@dataclass(frozen=True)
class Lifetimes:
    """The lives of a Tiller's certificates."""

    ca: Lifetime
    leaf: Lifetime

    def __post_init__(self) -> None:
        """Refuse lives under which a leaf could outlive its CA.

        A CA is renewed while at least `ca.renew_before` hours are left, so that is the least that a CA has left when it
        signs. A leaf must fit into it with something to spare: renewal is decided before the leaf is signed.

        Raises:
            ValueError: unless ca.renew_before > leaf.validity.
        """
        if not self.ca.renew_before > self.leaf.validity:
            raise ValueError(
                f"a CA renewed {self.ca.renew_before} h before its end cannot sign for {self.leaf.validity} h"
            )


DEFAULT = Lifetimes(
    ca=Lifetime(validity=365 * DAY, renew_before=120 * DAY),
    leaf=Lifetime(validity=90 * DAY, renew_before=30 * DAY),
)
"""The default lives.

A leaf lives 90 days, the term that public CAs have settled on: long enough for people to fetch a new bundle, short
enough that a lost one dies by itself. It renews in the last 30 days, so that a stack which is updated once a month
never serves an expired certificate. A CA lives a year and renews in the last 120 days: a leaf's whole life and a month
to spare, so the CA in a client's bundle never ends before the certificate beside it. A renewed CA keeps its key and
name, so certificates that it signed before, and bundles that hold it, stay good until their own end.
"""

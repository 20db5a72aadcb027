"""How long certificates live, in whole hours, because that is what the tls provider counts in."""

from dataclasses import dataclass

from secure_tiller.args import CertificatesArgs, LifetimeArgs
from secure_tiller.plan import durations
from secure_tiller.plan.durations import written

DAY = 24
SHORTEST = 2
"""Hours of validity: one to live and one to be renewed in."""
LONGEST = 3650 * DAY


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
            validity, renew_before = written(self.validity), written(self.renew_before)
            raise ValueError(f"a certificate of {validity} cannot be renewed {renew_before} before its end")


@dataclass(frozen=True)
class Lifetimes:
    """The lives of a Tiller's certificates."""

    ca: Lifetime
    server: Lifetime
    client: Lifetime

    def __post_init__(self) -> None:
        """Refuse lives under which a leaf could outlive its CA.

        A CA is renewed while at least `ca.renew_before` hours are left, so that is the least that a CA has left when it
        signs. A leaf must fit into it with something to spare: renewal is decided before the leaf is signed.

        Raises:
            ValueError: unless ca.renew_before is more than the validity of each leaf.
        """
        longest = max(self.server.validity, self.client.validity)
        if not self.ca.renew_before > longest:
            raise ValueError(f"a CA renewed {self.ca.renew_before} h before its end cannot sign for {longest} h")


_LEAF = Lifetime(validity=90 * DAY, renew_before=30 * DAY)

DEFAULT = Lifetimes(ca=Lifetime(validity=365 * DAY, renew_before=120 * DAY), server=_LEAF, client=_LEAF)
"""The default lives.

A leaf lives 90 days, the term that public CAs have settled on: long enough for people to fetch a new bundle, short
enough that a lost one dies by itself. It renews in the last 30 days, so that a stack which is updated every four weeks
never serves an expired certificate. A CA lives a year and renews in the last 120 days: a leaf's whole life and a month
to spare, so the CA in a client's bundle never ends before the certificate in it. A renewed CA keeps its key and
name, so certificates that it signed before, and bundles that hold it, stay good until their own end.
"""


def lifetimes(args: CertificatesArgs) -> Lifetimes:
    """Return the lives that the settings ask for.

    Raises:
        ValueError: they are out of bounds, or a leaf would outlive its CA.
    """
    client = lifetime(args.get("client", {}), DEFAULT.client)
    return Lifetimes(
        ca=lifetime(args.get("ca", {}), DEFAULT.ca),
        # A certificate of the user's own lives as long as it does, and sets no bounds to our CAs.
        server=client if "server_certificate" in args else lifetime(args.get("server", {}), DEFAULT.server),
        client=client,
    )


def lifetime(args: LifetimeArgs, default: Lifetime) -> Lifetime:
    """Return one life: a part that is not set is a third of the validity that is, or the default.

    Raises:
        ValueError: a part is no duration in days or hours, or it is out of bounds.
    """
    validity = _hours(args["validity"]) if "validity" in args else default.validity
    if not SHORTEST <= validity <= LONGEST:
        raise ValueError(f"must be from {SHORTEST}h to {LONGEST // DAY}d")
    if "renew_before" in args:
        return Lifetime(validity, _hours(args["renew_before"]))
    return Lifetime(validity, max(1, validity // 3)) if "validity" in args else default


def _hours(text: str) -> int:
    hours = durations.read(text, durations.HOURS)
    if hours is None:
        raise ValueError("must be whole hours or days, such as 36h or 90d")
    return hours

"""A client's credentials, and their faults whatever the server is. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from cryptography import x509

from secure_tiller.plan import pem
from secure_tiller_cli.diagnosis.cause import Cause, Kind
from secure_tiller_cli.diagnosis.certificate import (
    CLIENT_AUTH,
    clocks,
    name,
    odd_curve,
    organization,
    serves,
    uses,
    when,
    whose,
)
from secure_tiller_cli.diagnosis.credentials import Credentials
from secure_tiller_cli.diagnosis.stack_certificates import StackCertificates
from secure_tiller_cli.foreign_text import word

_ANOTHER = "take the files that secure-tiller bundle wrote, or write the bundle again"


@dataclass(frozen=True)
class ClientCredentials:
    """A client's credentials, read."""

    authorities: tuple[x509.Certificate, ...]
    """By which it verifies the server."""
    chain: tuple[x509.Certificate, ...]
    """Its certificate, then intermediates."""

    @property
    def leaf(self) -> x509.Certificate:
        """Its certificate."""
        return self.chain[0]


def read(credentials: Credentials) -> ClientCredentials | Cause:
    """Return a client's credentials, or why they cannot be read or do not belong together."""
    parts = {}
    for what, text in (("CA", credentials.ca), ("certificate", credentials.cert)):
        try:
            parts[what] = pem.certificates(text)
        except pem.UnreadableError as error:
            return Cause(Kind.UNREADABLE, f"the client's {what} cannot be read: {error}", _ANOTHER)
    leaf = parts["certificate"][0]
    if not credentials.key:
        return Cause(Kind.UNREADABLE, f"the key of {whose(leaf)} is not there", "bring it: who made it keeps it")
    if not pem.is_key_of(credentials.key, leaf):
        seen = f"the client's key is not that of the certificate of {whose(leaf)}, as one unencrypted PEM block"
        return Cause(Kind.KEY_MISMATCH, seen, f"take key and certificate of one bundle, or {again(leaf)}")
    return ClientCredentials(parts["CA"], parts["certificate"])


def again(leaf: x509.Certificate) -> str:
    """Return how to write a client's bundle again, as far as its certificate says whose it is."""
    team, client = word(organization(leaf) or "TEAM"), word(name(leaf) or "CLIENT")
    return f"write the bundle again: secure-tiller bundle {team} {client} --out {client}"


def wrong_with_client(brought: ClientCredentials, now: datetime, known: StackCertificates) -> Iterator[Cause]:
    """Yield the faults of a client's own certificate."""
    leaf, what = brought.leaf, f"the client's certificate of {whose(brought.leaf)}"
    if now > leaf.not_valid_after_utc:
        remedy = again(leaf) if known.has_newer(leaf.issuer, now) else f"pulumi up; then {again(leaf)}"
        yield Cause(Kind.CLIENT_EXPIRED, f"{what} expired {when(leaf.not_valid_after_utc)}", remedy)
    if now < leaf.not_valid_before_utc:
        yield Cause(Kind.CLIENT_NOT_YET_VALID, f"{what} begins {when(leaf.not_valid_before_utc)}", clocks(now))
    if not serves(leaf, CLIENT_AUTH):
        seen = f"{what} is for {uses(leaf)}, not for clientAuth (extended key usage)"
        yield Cause(Kind.CLIENT_USE, seen, f"bring a client's own; {again(leaf)}")
    if curve := odd_curve(leaf):
        seen = f"{what} has a key on {curve}, with which TLS 1.3 cannot sign: Helm brings no certificate at all"
        yield Cause(Kind.CLIENT_CURVE, seen, "make a key of P-256, and have the certificate issued for it")

"""The certificates of a stack's Tillers; none, where the caller sees no stack."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from cryptography import x509

from secure_tiller.plan import pem
from secure_tiller_cli.diagnosis.certificate import leads_to
from secure_tiller_cli.state import DeployedTiller


@dataclass(frozen=True)
class StackCertificates:
    """The Tillers of a stack."""

    own: DeployedTiller | None = None
    """The one that is looked at."""
    others: tuple[DeployedTiller, ...] = ()

    @property
    def _all(self) -> tuple[DeployedTiller, ...]:
        return (*((self.own,) if self.own else ()), *self.others)

    def team_of_authorities(self, authorities: Iterable[x509.Certificate]) -> str:
        """Return the team whose Tiller some CAs are to verify; empty: not known."""
        keys = [each.public_key() for each in authorities]
        found = (tiller for tiller in self._all if any(each.public_key() in keys for each in _cas(tiller)))
        return next((tiller.name for tiller in found), "")

    def team_of_server(self, chain: Sequence[x509.Certificate]) -> str:
        """Return the team whose Tiller shows a chain; empty: not known."""
        return next((tiller.name for tiller in self._all if leads_to(_cas(tiller), chain)), "")

    def team_of_issuer(self, issuer: x509.Name) -> str:
        """Return the team with a client whose CA has a name: each CA of ours has one of its own; empty: not known."""
        found = (tiller for tiller in self._all if any(ca.subject == issuer for ca in _of(tiller, "client-ca:")))
        return next((tiller.name for tiller in found), "")

    def has_newer(self, issuer: x509.Name, now: datetime) -> bool:
        """Return whether the stack holds a certificate of that issuer for a client that has not expired."""
        held = _of(self.own, "client:") if self.own else ()
        return any(each.issuer == issuer and now <= each.not_valid_after_utc for each in held)

    def has_renewed(self, leaf: x509.Certificate, now: datetime) -> bool:
        """Return whether the stack holds another certificate than one for the server, which has not expired."""
        text = self.own.certificates.get("server", "") if self.own else ""
        held = pem.certificates(text)[0] if text else leaf
        return held != leaf and now <= held.not_valid_after_utc

    @property
    def ca(self) -> tuple[x509.Certificate, ...]:
        """The CAs by which clients of the Tiller that is looked at verify it; empty: not known."""
        return _cas(self.own) if self.own else ()


def _cas(tiller: DeployedTiller) -> tuple[x509.Certificate, ...]:
    return pem.certificates(tiller.ca_certificate)


def _of(tiller: DeployedTiller, prefix: str) -> Iterator[x509.Certificate]:
    """Yield the certificates that the stack issued whose part of the logical name begins so."""
    for part, text in tiller.certificates.items():
        if part.startswith(prefix):
            yield from pem.certificates(text)

"""Facts about one certificate, as Go's TLS weighs them."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from secure_tiller.plan import pem

CLIENT_AUTH, SERVER_AUTH = ExtendedKeyUsageOID.CLIENT_AUTH, ExtendedKeyUsageOID.SERVER_AUTH
_WORDS = {CLIENT_AUTH: "clientAuth", SERVER_AUTH: "serverAuth"}


def serves(leaf: x509.Certificate, use: x509.ObjectIdentifier) -> bool:
    """Return whether a certificate is for a use; one without the extension is for every (RFC 5280, 4.2.1.12)."""
    uses = pem.extension(leaf, x509.ExtendedKeyUsage)
    return uses is None or use in uses or ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE in uses


def uses(leaf: x509.Certificate) -> str:
    """Return what a certificate is for, in words."""
    return ", ".join(_WORDS.get(use, use.dotted_string) for use in pem.extension(leaf, x509.ExtendedKeyUsage) or ())


def odd_curve(leaf: x509.Certificate) -> str:
    """Return the name of its key's curve if TLS 1.3 has no signature for it (RFC 8446, 4.2.3); else empty."""
    key = leaf.public_key()
    curve = str(key.curve.name) if isinstance(key, ec.EllipticCurvePublicKey) else ""
    return "" if curve in pem.CURVES else curve


def is_for(leaf: x509.Certificate, hostname: str) -> bool:
    """Return whether a certificate is for a hostname or address; a name may begin with a wildcard (RFC 6125, 6.4.3)."""
    wanted = hostname.lower()
    _, _, domain = wanted.partition(".")
    return bool({wanted, f"*.{domain}"} & {each.lower() for each in pem.alternative_names(leaf)})


def leads_to(authorities: Iterable[x509.Certificate], chain: Sequence[x509.Certificate]) -> bool:
    """Return whether a chain leads from its first certificate to one of some CAs, in whatever order the rest is."""
    anchors, reached, left = tuple(authorities), chain[0], list(chain[1:])
    while not any(pem.signed(reached, anchor) for anchor in anchors):
        issuer = next((each for each in left if pem.signed(reached, each)), None)
        if issuer is None:
            return False
        left.remove(issuer)
        reached = issuer
    return True


def organization(leaf: x509.Certificate) -> str:
    """Return the organization of its subject: in certificates of ours the team."""
    return " ".join(str(each.value) for each in leaf.subject.get_attributes_for_oid(NameOID.ORGANIZATION_NAME))


def name(leaf: x509.Certificate) -> str:
    """Return the common name of its subject: in certificates of ours the client, or `tiller-deploy`."""
    return " ".join(str(each.value) for each in leaf.subject.get_attributes_for_oid(NameOID.COMMON_NAME))


def whose(leaf: x509.Certificate) -> str:
    """Return whose it is, in words: `alice of blue`."""
    team = organization(leaf)
    return f"{name(leaf) or 'nobody named'}{f' of {team}' if team else ''}"


def when(time: datetime) -> str:
    """Return a time in words."""
    return f"on {time:%Y-%m-%d at %H:%M} UTC"


def clocks(now: datetime) -> str:
    """Return what to do about a certificate that is not yet valid."""
    return f"set the clock right (here it is {now:%Y-%m-%d %H:%M} UTC), or wait until then"

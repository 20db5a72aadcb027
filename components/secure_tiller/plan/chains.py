"""CAs of two teams of which one may stand above the other, through certificates that neither lists.

Go ends a chain at any certificate of the trusted pool, and looks neither above nor below it (Go 1.14, crypto/x509,
`buildChains`). So a team that trusts an intermediate does not trust its issuer, nor its siblings. But a client may send
intermediates, and a team that trusts what stands above them accepts it too.
"""

from collections.abc import Iterable, Iterator
from itertools import product

from cryptography import x509

from secure_tiller.plan import pem

SEEN_ROOM = 2
"""Path length that a CA needs to stand above another through one that is not seen: a client's chain then has two
intermediates below it. Go counts all of them, and holds trusted CAs to their path length too (`isValid`)."""


def may_meet(text: str, own: Iterable[str], others: Iterable[str]) -> bool:
    """Return whether a CA of one team may stand above, or below, one of another team through a CA that is not seen.

    Args:
        text: the PEMs of the CA.
        own: those of all CAs that its team trusts.
        others: those of all CAs that the other team trusts.
    """
    candidates, seen, strangers = (tuple(_certificates(texts)) for texts in ((text,), own, others))
    return any(
        _may_be_above(stranger, one, seen) or _may_be_above(one, stranger, strangers)
        for one, stranger in product(candidates, strangers)
    )


def _certificates(texts: Iterable[str]) -> Iterator[x509.Certificate]:
    for text in texts:
        try:
            yield from pem.certificates(text)
        except pem.UnreadableError:
            continue  # another rule reports it


def _may_be_above(upper: x509.Certificate, lower: x509.Certificate, seen: Iterable[x509.Certificate]) -> bool:
    """Return whether it is not known that nothing leads from one CA down to another.

    A CA whose issuer its own team trusts too, or that signed itself, leads no further than to what is compared anyway.
    """
    if any(pem.signed(lower, issuer) for issuer in seen):
        return False
    return _has_room(upper) and not _are_siblings(upper, lower)


def _has_room(upper: x509.Certificate) -> bool:
    constraints = pem.extension(upper, x509.BasicConstraints)
    length = constraints.path_length if constraints else None
    return length is None or length >= SEEN_ROOM


def _are_siblings(one: x509.Certificate, other: x509.Certificate) -> bool:
    """Return whether two CAs name one issuer, by name and key, and none of them is it."""
    ids = [_issuer_key(certificate) for certificate in (one, other)]
    return None not in ids and ids[0] == ids[1] and one.issuer == other.issuer != one.subject


def _issuer_key(certificate: x509.Certificate) -> bytes | None:
    identifier = pem.extension(certificate, x509.AuthorityKeyIdentifier)
    return identifier.key_identifier if identifier else None

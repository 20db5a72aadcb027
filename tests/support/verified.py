"""Pairs of a trusted CA and a server's certificate that kubectl and Helm accept, and pairs that they refuse."""

from datetime import UTC, datetime, timedelta

from tests.support import pki

_CA, _BARE = pki.authority(), pki.authority(bare=True)
_MIDDLE = pki.authority("a CA below it", issuer=_CA)
_NO_CA = pki.authority(is_ca=False)
_ENDED = pki.Life.of(1, datetime.now(UTC) - timedelta(days=1))
_OLD = pki.authority(life=_ENDED)
_ALONE = pki.server(pki.authority())

ACCEPTED = {
    "a CA as tools make it": (_CA, pki.server(_CA)),
    "a CA without key usage and key identifiers": (_BARE, pki.server(_BARE)),
    "an intermediate CA without its root": (_MIDDLE, pki.server(_MIDDLE)),
    "the certificate of the server itself": (_ALONE, _ALONE),
}

REFUSED = {
    "another CA of the same name": (pki.authority(), pki.server(_CA)),
    "a CA that has ended": (_OLD, pki.server(_OLD)),
    "a CA that is none": (_NO_CA, pki.server(_NO_CA)),
    "a certificate that has ended": (_CA, pki.server(_CA, life=_ENDED)),
    "a certificate for another name": (_CA, pki.server(_CA, names=["api.example.org"])),
    "a certificate for clients": (_CA, pki.server(_CA, uses=[pki.CLIENT_AUTH])),
}

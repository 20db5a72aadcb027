"""Makes certificates in a stack's state older than they are: real ones with other dates, signed by their own CA.

The state is changed in memory and handed to `pulumi stack import`; no key is written to a file.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from tests.support.projects import TestStack
from tests.support.state import State

DAY = timedelta(days=1)


@contextmanager
def state(stack: TestStack) -> Iterator["Ageing"]:
    """Give the state of a stack to be changed, and bring it back."""
    opened = Ageing.of(stack)
    yield opened
    stack.import_state(json.dumps(opened.content))


class Ageing(State):
    """A stack's state whose certificates can be made older."""

    def age(self, name: str, left: timedelta, ca: str = "") -> None:
        """Give a certificate the same life as before, moved so that it ends in `left`.

        Args:
            name: the logical name of the certificate.
            left: time from now to its end; negative: it has ended.
            ca: the logical name of the CA that signs it; empty: it signs itself.
        """
        old = x509.load_pem_x509_certificate((self.certificate(name) if ca else self.authority(name)).encode())
        end = datetime.now(UTC) + left
        begin = end - (old.not_valid_after_utc - old.not_valid_before_utc)
        outputs = self.outputs("LocallySignedCert" if ca else "SelfSignedCert", name)
        outputs["certPem"] = moved(old, begin, end, self.private_key(ca or name))
        outputs["validityStartTime"], outputs["validityEndTime"] = begin.isoformat(), end.isoformat()


def moved(certificate: x509.Certificate, begin: datetime, end: datetime, signer: str) -> str:
    """Return a certificate with other dates and another serial number, signed with a key (PEM)."""
    key = serialization.load_pem_private_key(signer.encode(), password=None)
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise TypeError("the component's keys are ECDSA")
    builder = (
        x509.CertificateBuilder()
        .subject_name(certificate.subject)
        .issuer_name(certificate.issuer)
        .public_key(certificate.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begin)
        .not_valid_after(end)
    )
    for extension in certificate.extensions:
        builder = builder.add_extension(extension.value, extension.critical)
    return builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM).decode()

"""Makes certificates in a stack's state older than they are: real ones with other dates, signed by their own CA.

The state is changed in memory and handed to `pulumi stack import`; no key is written to a file.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from tests.projects import TestStack

DAY = timedelta(days=1)


@contextmanager
def state(stack: TestStack) -> Iterator["State"]:
    """Give the state of a stack to be changed, and bring it back."""
    opened = State(json.loads(stack.export(secrets=True)))
    yield opened
    stack.import_state(json.dumps(opened.content))


class State:
    """A stack's state, with its secrets in clear."""

    def __init__(self, content: Any) -> None:
        """Take the state as `pulumi stack export --show-secrets` gives it."""
        self.content = content

    def age(self, name: str, left: timedelta, ca: str = "") -> None:
        """Give a certificate the same life as before, moved so that it ends in `left`.

        Args:
            name: the logical name of the certificate.
            left: time from now to its end; negative: it has ended.
            ca: the logical name of the CA that signs it; empty: it signs itself.
        """
        outputs = self.outputs("SelfSignedCert" if not ca else "LocallySignedCert", name)
        signer = self.outputs("PrivateKey", ca or name)["privateKeyPem"]
        old = x509.load_pem_x509_certificate(_plain(outputs["certPem"]).encode())
        end = datetime.now(UTC) + left
        aged = moved(old, end - (old.not_valid_after_utc - old.not_valid_before_utc), end, _plain(signer))
        outputs["certPem"] = aged
        outputs["validityStartTime"] = (end - (old.not_valid_after_utc - old.not_valid_before_utc)).isoformat()
        outputs["validityEndTime"] = end.isoformat()

    def certificate(self, name: str) -> str:
        """Return a certificate's PEM by its logical name."""
        return _plain(self.outputs("LocallySignedCert", name)["certPem"])

    def outputs(self, kind: str, name: str) -> Any:
        """Return the outputs of the one resource of a kind and name."""
        (found,) = [
            resource["outputs"]
            for resource in self.content["deployment"]["resources"]
            if resource["type"].endswith(f":{kind}") and resource["urn"].rsplit("::", 1)[-1] == name
        ]
        return found


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


def _plain(value: Any) -> str:
    """Return an output, secret or not, as text."""
    return str(json.loads(value["plaintext"]) if isinstance(value, dict) else value)

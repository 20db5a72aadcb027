"""A company's own certificate authority, made anew for each test that needs one."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

DAY = timedelta(days=1)
CLIENT, SERVER = ExtendedKeyUsageOID.CLIENT_AUTH, ExtendedKeyUsageOID.SERVER_AUTH


def new_key() -> ec.EllipticCurvePrivateKey:
    """Make a key of P-256."""
    return ec.generate_private_key(ec.SECP256R1())


def key_pem(key: ec.EllipticCurvePrivateKey) -> str:
    """Return a key as PEM, unencrypted."""
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()


def request(name: str, key: ec.EllipticCurvePrivateKey) -> str:
    """Return a certificate request as PEM."""
    builder = x509.CertificateSigningRequestBuilder().subject_name(_name(name))
    return builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM).decode()


@dataclass(frozen=True)
class Authority:
    """A CA that signs itself.

    Attributes:
        key: its key.
        certificate: its certificate.
    """

    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate

    @property
    def pem(self) -> str:
        """Its certificate as PEM."""
        return self.certificate.public_bytes(serialization.Encoding.PEM).decode()

    def sign(
        self,
        name: str,
        key: ec.EllipticCurvePrivateKey,
        use: x509.ObjectIdentifier,
        alternative_names: tuple[str, ...] = (),
        ends_in: timedelta = 60 * DAY,
    ) -> str:
        """Return a certificate as PEM, which began 90 days before its end.

        Args:
            name: its common name.
            key: whose public key it certifies.
            use: the one extended key usage.
            alternative_names: DNS names, and IP addresses in digits.
            ends_in: time from now to its end; negative: it has ended.
        """
        end = datetime.now(UTC) + ends_in
        builder = _builder(_name(name), self.certificate.subject, key, end - 90 * DAY, end)
        builder = builder.add_extension(x509.ExtendedKeyUsage([use]), critical=False)
        builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        if alternative_names:
            names = [_alternative_name(name) for name in alternative_names]
            builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
        return builder.sign(self.key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM).decode()


def authority(name: str) -> Authority:
    """Make a CA that is valid for a year."""
    key, now = new_key(), datetime.now(UTC)
    builder = _builder(_name(name), _name(name), key, now - DAY, now + 365 * DAY)
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    return Authority(key, builder.sign(key, hashes.SHA256()))


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey, begin: datetime, end: datetime
) -> x509.CertificateBuilder:
    builder = x509.CertificateBuilder().subject_name(subject).issuer_name(issuer).public_key(key.public_key())
    return builder.serial_number(x509.random_serial_number()).not_valid_before(begin).not_valid_after(end)


def _alternative_name(name: str) -> x509.GeneralName:
    return x509.IPAddress(ip_address(name)) if name[0].isdigit() else x509.DNSName(name)


def _name(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])

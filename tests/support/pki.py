"""Real keys, requests and certificates of the tests' own, made while they run: none is in the repository."""

import ipaddress
import ssl
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

SERVER_AUTH = ExtendedKeyUsageOID.SERVER_AUTH
CLIENT_AUTH = ExtendedKeyUsageOID.CLIENT_AUTH
ANY_USE = ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE

_CRITICAL = (x509.BasicConstraints, x509.KeyUsage)

LOOPBACK = "127.0.0.1"

Key = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey
Public = ec.EllipticCurvePublicKey | rsa.RSAPublicKey | ed25519.Ed25519PublicKey


def new_key() -> ec.EllipticCurvePrivateKey:
    """Return a new key on P-256."""
    return ec.generate_private_key(ec.SECP256R1())


def weak_key() -> rsa.RSAPrivateKey:
    """Return a new RSA key of 1024 bits, which nobody may use."""
    return rsa.generate_private_key(65537, 1024)  # noqa: S505  it is there to be refused


def key_pem(key: Key) -> str:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def public_pem(key: Key) -> str:
    return key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


@dataclass(frozen=True)
class Pair:
    """A certificate and its key."""

    certificate: x509.Certificate
    key: Key

    @property
    def pem(self) -> str:
        return self.certificate.public_bytes(Encoding.PEM).decode()

    @property
    def key_pem(self) -> str:
        return key_pem(self.key)


@dataclass(frozen=True)
class Life:
    """From when to when a certificate is valid; a hundred days from now by default."""

    begin: datetime
    end: datetime

    @classmethod
    def of(cls, hours: float = 2400, begin: datetime | None = None) -> "Life":
        begin = begin or datetime.now(UTC) - timedelta(minutes=1)
        return cls(begin, begin + timedelta(hours=hours))


def authority(
    name: str = "a CA",
    *,
    issuer: Pair | None = None,
    key: Key | None = None,
    life: Life | None = None,
    uses: Sequence[x509.ObjectIdentifier] = (),
    is_ca: bool = True,
    may_sign: bool = True,
    path_length: int | None = None,
    bare: bool = False,
) -> Pair:
    """Return a CA: self-signed unless there is an issuer.

    Args:
        name: its common name.
        issuer: the CA that signs it.
        key: its key; a new one unless given.
        life: of it.
        uses: its extended key usages; none: no limit.
        is_ca: whether its basic constraints say that it is one.
        may_sign: whether its key usage lets it sign certificates.
        path_length: how many intermediates may stand below it; None: any number.
        bare: whether it has neither a key usage nor key identifiers, which RFC 5280 wants of it.
    """
    key = key or new_key()
    extensions: list[x509.ExtensionType] = [x509.BasicConstraints(ca=is_ca, path_length=path_length)]
    if not bare:
        extensions += [_key_usage(may_sign), *_key_identifiers(key.public_key(), issuer or key)]
    return Pair(_signed(name, key.public_key(), issuer or key, life, extensions, uses), key)


def server(
    issuer: Pair,
    *,
    names: Iterable[str] = (LOOPBACK,),
    uses: Sequence[x509.ObjectIdentifier] = (SERVER_AUTH,),
    key: Key | None = None,
    life: Life | None = None,
    is_ca: bool = False,
) -> Pair:
    """Return a server's certificate that an issuer signs; as Tiller needs it by default."""
    key = key or new_key()
    extensions = _of_end(key.public_key(), issuer, is_ca=is_ca)
    if alternatives := [_general_name(name) for name in names]:
        extensions.append(x509.SubjectAlternativeName(alternatives))
    return Pair(_signed("tiller", key.public_key(), issuer, life, extensions, uses), key)


def serving(shown: Pair) -> ssl.SSLContext:
    """Return the TLS of a server that shows a certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with tempfile.NamedTemporaryFile("w") as both:
        both.write(shown.pem + shown.key_pem)
        both.flush()
        context.load_cert_chain(both.name)
    return context


def client(
    issuer: Pair,
    name: str,
    *,
    uses: Sequence[x509.ObjectIdentifier] = (CLIENT_AUTH,),
    key: Key | None = None,
    life: Life | None = None,
    organization: str = "",
) -> Pair:
    """Return a client's certificate that an issuer signs; as Tiller needs it by default."""
    key = key or new_key()
    extensions = _of_end(key.public_key(), issuer)
    return Pair(_signed(name, key.public_key(), issuer, life, extensions, uses, organization), key)


def request(*names: str, key: Key | None = None, organization: str = "") -> str:
    """Return a certificate request with these common names, as PEM."""
    key = key or new_key()
    attributes = [x509.NameAttribute(NameOID.COMMON_NAME, name) for name in names]
    if organization:
        attributes.append(x509.NameAttribute(NameOID.ORGANIZATION_NAME, organization))
    builder = x509.CertificateSigningRequestBuilder(subject_name=x509.Name(attributes))
    return builder.sign(key, _hash_for(key)).public_bytes(Encoding.PEM).decode()


def issue(csr: str, issuer: Pair, hours: float, uses: Sequence[x509.ObjectIdentifier]) -> str:
    """Return the certificate for a request, as PEM."""
    wanted = x509.load_pem_x509_csr(csr.encode())
    (name,) = wanted.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    public = wanted.public_key()
    assert isinstance(public, Public)
    signed = _signed(str(name.value), public, issuer, Life.of(hours), _of_end(public, issuer), uses)
    return signed.public_bytes(Encoding.PEM).decode()


def _of_end(public: Public, issuer: Pair, *, is_ca: bool = False) -> list[x509.ExtensionType]:
    """Return the extensions of a certificate of a server or a client."""
    constraints = x509.BasicConstraints(ca=is_ca, path_length=None)
    return [constraints, _key_usage(False), *_key_identifiers(public, issuer)]


def _key_identifiers(public: Public, by: Pair | Key) -> list[x509.ExtensionType]:
    """Return the identifiers of a certificate's own key and of its issuer's, if the issuer has one."""
    own = x509.SubjectKeyIdentifier.from_public_key(public)
    if not isinstance(by, Pair):
        return [own, x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(own)]
    try:
        issuers = by.certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    except x509.ExtensionNotFound:
        return [own]
    return [own, x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(issuers)]


def _signed(
    name: str,
    public: Public,
    by: Pair | Key,
    life: Life | None,
    extensions: Iterable[x509.ExtensionType],
    uses: Sequence[x509.ObjectIdentifier],
    organization: str = "",
) -> x509.Certificate:
    subject, life = _subject(name, organization), life or Life.of()
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(by.certificate.subject if isinstance(by, Pair) else subject)
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(life.begin)
        .not_valid_after(life.end)
    )
    for extension in (*extensions, *((x509.ExtendedKeyUsage(uses),) if uses else ())):
        builder = builder.add_extension(extension, critical=isinstance(extension, _CRITICAL))
    key = by.key if isinstance(by, Pair) else by
    return builder.sign(key, _hash_for(key))


def _subject(name: str, organization: str = "") -> x509.Name:
    names = {NameOID.COMMON_NAME: name, **({NameOID.ORGANIZATION_NAME: organization} if organization else {})}
    return x509.Name([x509.NameAttribute(*pair) for pair in names.items()])


def _hash_for(key: Key) -> hashes.SHA256 | None:
    return None if isinstance(key, ed25519.Ed25519PrivateKey) else hashes.SHA256()


def _general_name(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _key_usage(may_sign: bool) -> x509.KeyUsage:
    no = dict.fromkeys(
        (
            "content_commitment",
            "key_encipherment",
            "data_encipherment",
            "key_agreement",
            "encipher_only",
            "decipher_only",
        ),
        False,
    )
    return x509.KeyUsage(digital_signature=not may_sign, key_cert_sign=may_sign, crl_sign=may_sign, **no)

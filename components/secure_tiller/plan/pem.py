"""Certificates and requests that come from elsewhere: whether they can serve, before anything is made of them.

Tiller takes the certificates of a file that it can read and drops the others without a word (Go, crypto/x509,
CertPool.AppendCertsFromPEM). Here every line must be understood.
"""

import hashlib
import itertools
import re
import shlex
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.asymmetric.types import CertificatePublicKeyTypes
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from secure_tiller.plan.certificate_life import Life, State

CURVES = ("secp256r1", "secp384r1", "secp521r1")
"""The curves that Go's TLS 1.3 signs with (RFC 8446, 4.2.3); P-224, the tls provider's default, is not among them."""
SHORTEST_RSA = 2048
"""Bits (NIST SP 800-57 part 1, revision 5, table 2: 112 bits of strength)."""

_BEGIN = re.compile(r"-----BEGIN ([A-Z0-9 ]+)-----")
_BASE64 = re.compile(r"[A-Za-z0-9+/=]+", re.ASCII)
UNREADABLE = (
    *(ValueError, TypeError, UnsupportedAlgorithm, InvalidSignature),
    *(x509.DuplicateExtension, x509.InvalidVersion, x509.UnsupportedGeneralNameType),
)
"""The errors that cryptography raises for a malformed certificate or request, at loading or at access to a part."""
_Extension = TypeVar("_Extension", bound=x509.ExtensionType)


@dataclass(frozen=True)
class Fault:
    """Why something cannot serve, and what to do about it."""

    why: str
    remedy: str


class UnreadableError(Exception):
    """A line cannot be understood. The text of the PEM is never part of the message: it could be a key."""

    def __init__(self, line: int, why: str) -> None:
        """Name the line, counted from 1, and what is wrong with it."""
        super().__init__(f"line {line} {why}")


@dataclass(frozen=True)
class _Block:
    line: int
    label: str
    text: str


def certificates(pem: str) -> tuple[x509.Certificate, ...]:
    """Return the certificates of a PEM text.

    Raises:
        UnreadableError: something is no certificate, blank line or comment (`#`), or there is no certificate.
    """
    found = tuple(_certificate(block) for block in _blocks(pem))
    if not found:
        raise UnreadableError(1, "should begin a certificate; there is none at all")
    return found


def ca_faults(pem: str, use: x509.ObjectIdentifier) -> Iterator[Fault]:
    """Yield why a text cannot serve as CAs of certificates for a use, clientAuth or serverAuth."""
    try:
        found = certificates(pem)
        for number, certificate in enumerate(found, 1):
            for fault in _ca_faults(certificate, use):
                yield Fault(f"certificate {number} of {len(found)} {fault.why}", fault.remedy)
    except UnreadableError as error:
        yield Fault(str(error), "give PEM certificates of CAs and nothing else")


def client_ca_faults(pem: str) -> Iterator[Fault]:
    """Yield why a text cannot serve as further CAs of clients."""
    return ca_faults(pem, ExtendedKeyUsageOID.CLIENT_AUTH)


def opaque_name(public_key_pem: str | None) -> str:
    """Return a name for a CA that says nothing but which key it has; empty for a key that `--target` leaves unmade.

    Tiller tells the names of the CAs that it trusts to whoever connects (RFC 8446, 4.2.4), so they name no client.
    """
    return "" if public_key_pem is None else hashlib.sha256(public_key_pem.encode()).hexdigest()[:32]


def request_faults(pem: str, client: str) -> Iterator[Fault]:
    """Yield why a text cannot serve as the certificate request of a client."""
    key, file, name = (shlex.quote(text) for text in (f"{client}.key", f"{client}.csr", f"/CN={client}"))
    new = f"openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj {name}"
    remedy = f"make one, without overwriting a key: (umask 077 && test ! -e {key} && {new} -keyout {key} -out {file})"
    try:
        blocks = tuple(_blocks(pem))
        if [block.label for block in blocks] != ["CERTIFICATE REQUEST"]:
            yield Fault("must be one PEM block, CERTIFICATE REQUEST", remedy)
            return
        request = _read(blocks[0], x509.load_pem_x509_csr)
        subject = _holds(blocks[0], lambda: request.subject)
        names = _common_names(subject)
        if not _holds(blocks[0], lambda: request.is_signature_valid):
            yield Fault("is not signed with its own key", remedy)
        yield from _key_faults(_holds(blocks[0], request.public_key), remedy)
        if names != [client]:
            yield Fault(f"must have the client's name as its one common name, not {names}", remedy)
    except UnreadableError as error:
        yield Fault(str(error), remedy)


def server_faults(certificate: str, key: str, ca: str, names: tuple[str, ...]) -> Iterator[Fault]:
    """Yield why a server certificate, its key and its CA cannot serve together under these names."""
    try:
        chain, authorities = certificates(certificate), certificates(ca)
    except UnreadableError as error:
        yield Fault(str(error), "give the certificate, then its intermediates, as PEM; and the CA in `ca`")
        return
    leaf = chain[0]
    yield from ca_faults(ca, ExtendedKeyUsageOID.SERVER_AUTH)
    yield from _use_faults(leaf)
    yield from _key_faults(leaf.public_key(), "have it issued for a key of P-256")
    yield from _signature_faults(leaf)
    if missing := sorted(set(names) - alternative_names(leaf)):
        yield Fault(f"lacks the names {', '.join(missing)}", "have it issued with them as subject alternative names")
    if not _is_chain(chain, authorities):
        yield Fault("is not signed by the CA through the intermediates given", "give the missing ones, in their order")
    if not is_key_of(key, leaf):
        yield Fault("does not belong to the key, or the key is not one unencrypted PEM block", "give the matching key")


def is_key_of(key: str, leaf: x509.Certificate) -> bool:
    """Return whether a text is the unencrypted private key of a certificate."""
    try:
        public = serialization.load_pem_private_key(key.encode(), password=None).public_key()
    except UNREADABLE:
        return False
    return bool(public == leaf.public_key())


def key_of_request(pem: str) -> str:
    """Return what tells the key of a request that was found able to serve from all others: 12 hexadecimal digits."""
    (block,) = _blocks(pem)
    return _digest(_public(_read(block, x509.load_pem_x509_csr).public_key()))


def trust_the_same(first: str, second: str) -> bool:
    """Return whether two texts hold CAs of one key, or one that signed another: its clients then pass for both."""
    try:
        pairs = itertools.product(certificates(first), certificates(second))
    except UnreadableError:
        return False
    return any(a.public_key() == b.public_key() or signed(a, b) or signed(b, a) for a, b in pairs)


def named_twice(texts: Mapping[str, str]) -> Iterator[tuple[str, Fault]]:
    """Yield each name, and why, whose text holds a CA of the key of one under a name before it.

    Texts that cannot be read are passed over: `ca_faults` reports them.
    """
    names: dict[bytes, str] = {}
    for name, text in sorted(texts.items()):
        for other in sorted({names.setdefault(key, name) for key in _keys(text)} - {name}):
            why = f"holds a CA of `{other}` too, so that to remove one of the two would revoke nobody"
            yield name, Fault(why, "give each CA under one name; several certificates of its key go into one text")


def require_readable(certificate: x509.Certificate) -> None:
    """Require that each part that is used later can be read: cryptography parses a part at the first access.

    Raises:
        One of `UNREADABLE`: a part cannot be read.
    """
    certificate.public_key()
    for name in ("extensions", "subject", "issuer", "not_valid_before_utc", "not_valid_after_utc", "serial_number"):
        getattr(certificate, name)


def extension(certificate: x509.Certificate, kind: type[_Extension]) -> _Extension | None:
    """Return an extension of a certificate; None: it has none of the kind."""
    try:
        return certificate.extensions.get_extension_for_class(kind).value
    except x509.ExtensionNotFound:
        return None


def alternative_names(leaf: x509.Certificate) -> set[str]:
    """Return the DNS names and IP addresses that a certificate is for."""
    names = extension(leaf, x509.SubjectAlternativeName)
    if not names:
        return set()
    return {*names.get_values_for_type(x509.DNSName), *map(str, names.get_values_for_type(x509.IPAddress))}


def signed(certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    """Return whether the key of one certificate has signed another, which names it as its issuer."""
    try:
        certificate.verify_directly_issued_by(issuer)
    except UNREADABLE:
        return False
    return True


def ends(pem: str) -> datetime:
    """Return when the first certificate of a text that was found able to serve ends."""
    return certificates(pem)[0].not_valid_after_utc


def warnings_of_ends(pem: str, now: datetime) -> Iterator[str]:
    """Yield a sentence for each certificate of such a text that is not valid now, or will not be in 30 days."""
    found = certificates(pem)
    for number, certificate in enumerate(found, 1):
        which = f"certificate {number} of {len(found)}"
        begin, end = certificate.not_valid_before_utc, certificate.not_valid_after_utc
        match Life(end, begins=begin).state(now):
            case State.NOT_YET:
                yield f"{which} is NOT YET VALID: it begins on {begin:%Y-%m-%d at %H:%M} UTC"
            case State.EXPIRED:
                yield f"{which} has EXPIRED on {end:%Y-%m-%d at %H:%M} UTC: nobody is answered who needs it; renew it"
            case State.ENDING:
                yield f"{which} expires soon, on {end:%Y-%m-%d at %H:%M} UTC; renew it"


def serial(pem: str) -> str:
    """Return the serial number of the first certificate of such a text, hexadecimal as openssl prints it."""
    return f"{certificates(pem)[0].serial_number:X}"


def fingerprint(pem: str) -> str:
    """Return what tells the certificates of such a text from all others, shortened to 12 hexadecimal digits."""
    return _digest(b"".join(certificate.fingerprint(hashes.SHA256()) for certificate in certificates(pem)))


def fingerprints(pem: str) -> str:
    """Return the SHA-256 of each certificate of such a text, as openssl prints it, sorted."""
    return " ".join(sorted({*_fingerprints(pem)}))


def chain_fingerprints(pem: str) -> str:
    """Return the same fingerprints in the order of the text: the certificate first, then its intermediates."""
    return " ".join(_fingerprints(pem))


def _fingerprints(pem: str) -> Iterator[str]:
    return (each.fingerprint(hashes.SHA256()).hex(":").upper() for each in certificates(pem))


def _keys(pem: str) -> Iterator[bytes]:
    try:
        yield from (_public(certificate.public_key()) for certificate in certificates(pem))
    except UnreadableError:
        return


def _public(key: CertificatePublicKeyTypes) -> bytes:
    return key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)


def _is_issued(ca: x509.Certificate) -> bool:
    """Return whether a CA is one that a stack issued, of any team and time: it bears the name of its key."""
    key = ca.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    return _common_names(ca.subject) == [opaque_name(key.decode())]


def _common_names(subject: x509.Name) -> list[str]:
    return [str(name.value) for name in subject.get_attributes_for_oid(NameOID.COMMON_NAME)]


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:12]


def _blocks(pem: str) -> Iterator[_Block]:
    lines: list[str] = []
    begin, label = 0, ""
    # What other readers take for a line: Go finds no block that is indented, or whose lines end in another way.
    for number, line in enumerate((line.rstrip(" \t\r") for line in pem.split("\n")), 1):
        match = _BEGIN.fullmatch(line)
        if match and not begin:
            begin, label, lines = number, match[1], [line]
        elif match:
            break
        elif not begin and line and not line.startswith("#"):
            raise UnreadableError(number, "is neither part of a PEM block, which is never indented, nor a comment")
        elif begin:
            lines.append(line)
            if line == f"-----END {label}-----":
                yield _Block(begin, label, "\n".join(lines))
                begin = 0
    if begin:
        raise UnreadableError(begin, "begins a PEM block that does not end")


def _certificate(block: _Block) -> x509.Certificate:
    if "PRIVATE KEY" in block.label:
        raise UnreadableError(block.line, "begins a private key, which has no place here; it may have been seen by now")
    if block.label != "CERTIFICATE":
        raise UnreadableError(block.line, f"begins {block.label}, not CERTIFICATE")
    certificate = _read(block, x509.load_pem_x509_certificate)
    _holds(block, lambda: require_readable(certificate))
    return certificate


_Read = TypeVar("_Read")


def _read(block: _Block, load: Callable[[bytes], _Read]) -> _Read:
    # Go drops a certificate with headers.
    if not all(_BASE64.fullmatch(line) for line in block.text.split("\n")[1:-1]):
        raise UnreadableError(block.line, f"begins a {block.label} that holds more than base64")
    return _holds(block, lambda: load(block.text.encode()))


def _holds(block: _Block, look: Callable[[], _Read]) -> _Read:
    try:
        return look()
    except UNREADABLE as error:
        raise UnreadableError(block.line, f"begins a {block.label} that cannot be read") from error


def _ca_faults(certificate: x509.Certificate, use: x509.ObjectIdentifier) -> Iterator[Fault]:
    constraints = extension(certificate, x509.BasicConstraints)
    usage = extension(certificate, x509.KeyUsage)
    uses = extension(certificate, x509.ExtendedKeyUsage)
    if not (constraints and constraints.ca) or (usage and not usage.key_cert_sign):
        yield Fault("is no CA certificate (basic constraints, key usage)", "give the CA that signed it")
    if uses and use not in uses and ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE not in uses:
        yield Fault("is a CA for other uses only (extended key usage)", "give a CA without that limit")
    if use == ExtendedKeyUsageOID.CLIENT_AUTH and _is_issued(certificate):
        why = "is the CA that secure-tiller issued for a single certificate: its client could call several Tillers, "
        yield Fault(f"{why}or go on calling this one when it is removed", "remove it, and name the client in `clients`")
    yield from _key_faults(certificate.public_key(), "give a CA with a key of P-256")


def _key_faults(key: object, remedy: str) -> Iterator[Fault]:
    strong = (
        (isinstance(key, ec.EllipticCurvePublicKey) and key.curve.name in CURVES)
        or (isinstance(key, rsa.RSAPublicKey) and key.key_size >= SHORTEST_RSA)
        or isinstance(key, ed25519.Ed25519PublicKey)
    )
    if not strong:
        why = "must have a key of P-256, P-384, P-521, Ed25519 or RSA of 2048 bits or more: Go's TLS refuses others"
        yield Fault(why, remedy)


def _signature_faults(leaf: x509.Certificate) -> Iterator[Fault]:
    remedy = "have it issued with SHA-256"
    try:
        if isinstance(leaf.signature_hash_algorithm, hashes.SHA1 | hashes.MD5):
            yield Fault("is signed with a broken hash (SHA-1 or MD5)", remedy)
    except UnsupportedAlgorithm:
        yield Fault("is signed with an unknown algorithm", remedy)


def _use_faults(leaf: x509.Certificate) -> Iterator[Fault]:
    constraints, uses = extension(leaf, x509.BasicConstraints), extension(leaf, x509.ExtendedKeyUsage)
    if constraints and constraints.ca:
        yield Fault("is a CA certificate: it could sign for others", "give one that is not")
    if not uses or ExtendedKeyUsageOID.SERVER_AUTH not in uses:
        yield Fault("lacks the extended key usage serverAuth", "have it issued for a server")
    if uses and {ExtendedKeyUsageOID.CLIENT_AUTH, ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE} & set(uses):
        yield Fault("could also call a Tiller as a client (extended key usage)", "have it issued for serverAuth alone")


def _is_chain(chain: tuple[x509.Certificate, ...], authorities: tuple[x509.Certificate, ...]) -> bool:
    issuers = (*((after,) for after in chain[1:]), authorities)
    return all(any(signed(c, issuer) for issuer in possible) for c, possible in zip(chain, issuers, strict=True))

"""Credentials for a Tiller, right and forged.

A forgery is signed with the key of the client's own CA, as if that key had been misused, so that exactly one property
is wrong. Keys come from the stack's state and stay in memory; nothing here shows one when it is printed.
"""

import datetime
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_private_key
from cryptography.x509.oid import ExtendedKeyUsageOID

from secure_tiller_cli.diagnosis import Credentials
from testbed.pulumi_stack import Stack
from tests.support.state import State

HOUR = datetime.timedelta(hours=1)
P256, P224 = ec.SECP256R1(), ec.SECP224R1()
CLIENT_AUTH, SERVER_AUTH = ExtendedKeyUsageOID.CLIENT_AUTH, ExtendedKeyUsageOID.SERVER_AUTH


@dataclass(frozen=True)
class Client:
    """A client of a team's Tiller.

    Attributes:
        name: the client's.
        own: those that the stack gives it.
        ca_key: the key of the CA that signed its certificate.
    """

    name: str
    own: Credentials
    ca_key: ec.EllipticCurvePrivateKey

    def forged(
        self,
        *,
        starts: datetime.timedelta = -HOUR,
        purpose: x509.ObjectIdentifier = CLIENT_AUTH,
        curve: ec.EllipticCurve = P256,
        signer: ec.EllipticCurvePrivateKey | None = None,
    ) -> Credentials:
        """A new certificate in every respect like the client's own; each argument makes one property wrong.

        Args:
            starts: when its life of two hours begins, counted from now; an hour ago by default.
            purpose: its extended key usage; that of a client by default.
            curve: of its key; P-256 by default.
            signer: the key that signs it in the name of the client's CA; that CA's own by default.
        """
        own, key = x509.load_pem_x509_certificate(self.own.cert.encode()), ec.generate_private_key(curve)
        builder = _builder(own.subject, own.issuer, key, starts)
        for extension in own.extensions:
            builder = builder.add_extension(_adapted(extension.value, key, purpose), extension.critical)
        return self._bring(builder.sign(signer or self.ca_key, hashes.SHA256()), key)

    def self_signed(self) -> Credentials:
        """A certificate in the client's name that vouches for itself."""
        own, key = x509.load_pem_x509_certificate(self.own.cert.encode()), ec.generate_private_key(P256)
        builder = _builder(own.subject, own.subject, key, -HOUR)
        builder = builder.add_extension(x509.ExtendedKeyUsage([CLIENT_AUTH]), critical=False)
        return self._bring(builder.sign(key, hashes.SHA256()), key)

    def _bring(self, certificate: x509.Certificate, key: ec.EllipticCurvePrivateKey) -> Credentials:
        pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        return Credentials(self.own.ca, certificate.public_bytes(Encoding.PEM).decode(), pem.decode())


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey, starts: datetime.timedelta
) -> x509.CertificateBuilder:
    begin = datetime.datetime.now(datetime.UTC) + starts
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begin)
        .not_valid_after(begin + 2 * HOUR)
    )


def _adapted(
    value: x509.ExtensionType, key: ec.EllipticCurvePrivateKey, purpose: x509.ObjectIdentifier
) -> x509.ExtensionType:
    """An extension of the client's own certificate as a certificate of another key and purpose has it."""
    if isinstance(value, x509.SubjectKeyIdentifier):
        return x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    return x509.ExtendedKeyUsage([purpose]) if isinstance(value, x509.ExtendedKeyUsage) else value


@dataclass(frozen=True)
class Tiller:
    """A team's Tiller, as those who call it know it.

    Attributes:
        team: the team.
        own: its own certificate and key, as a caller would bring them.
        clients: its clients.
    """

    team: str
    own: Credentials
    clients: tuple[Client, ...]

    @property
    def namespace(self) -> str:
        """Where it runs."""
        return f"{self.team}-tiller"


def tillers(stack: Stack) -> list[Tiller]:
    """Every Tiller of a stack, with its clients and the keys of their CAs."""
    state, outputs = State.of(stack), stack.outputs()
    return [
        Tiller(team, _server(state, team), tuple(_clients(state, team, outputs[team]["bundles"])))
        for team in sorted(outputs)
    ]


def _server(state: State, team: str) -> Credentials:
    key = state.private_key(f"{team}-server")
    return Credentials(state.authority(f"{team}-server-ca"), state.certificate(f"{team}-server"), key)


def _clients(state: State, team: str, bundles: Mapping[str, Mapping[str, str]]) -> Iterator[Client]:
    for name, bundle in sorted(bundles.items()):
        ca_key = load_pem_private_key(state.private_key(f"{team}-client-ca:{name}").encode(), password=None)
        assert isinstance(ca_key, ec.EllipticCurvePrivateKey)
        yield Client(name, Credentials(bundle["ca"], bundle["cert"], bundle["key"]), ca_key)

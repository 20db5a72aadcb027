"""The cluster's own certificates and kubeconfigs, made at every start and gone with its folder."""

import base64
import datetime
import ipaddress
from dataclasses import dataclass
from pathlib import Path

import yaml
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from testbed.cluster.instance import API_SERVICE_ADDRESS, NODE_NAME, Instance

_VALIDITY = datetime.timedelta(days=365)


@dataclass(frozen=True)
class _Pair:
    """A certificate and its private key."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey

    def certificate_pem(self) -> bytes:
        return self.certificate.public_bytes(serialization.Encoding.PEM)

    def key_pem(self) -> bytes:
        return _private_pem(self.key)


def write(instance: Instance) -> None:
    """Write `pki/` and `kubeconfig/` of an instance: certificates by Kubernetes' own conventions for users and groups.

    Source of the names: https://kubernetes.io/docs/setup/best-practices/certificates/
    """
    authority = _authority()
    servers = {
        "apiserver": ("kube-apiserver", [instance.node_address, API_SERVICE_ADDRESS], _api_server_names()),
        "kubelet": (f"system:node:{NODE_NAME}", [instance.node_address], [NODE_NAME]),
    }
    clients = {
        "admin": ("admin", "system:masters"),
        "apiserver-kubelet-client": ("apiserver-kubelet-client", "system:masters"),
        "controller-manager": ("system:kube-controller-manager", ""),
        "scheduler": ("system:kube-scheduler", ""),
        "kube-proxy": ("system:kube-proxy", ""),
        "kube-router": ("kube-router", "system:masters"),
        "node": (f"system:node:{NODE_NAME}", "system:nodes"),
    }
    folder = instance.folder / "pki"
    folder.mkdir()
    (folder / "ca.crt").write_bytes(authority.certificate_pem())
    for name, (common_name, addresses, names) in servers.items():
        _store(folder, name, _leaf(authority, common_name, "", ExtendedKeyUsageOID.SERVER_AUTH, addresses, names))
    (instance.folder / "kubeconfig").mkdir()
    for name, (common_name, organization) in clients.items():
        pair = _leaf(authority, common_name, organization, ExtendedKeyUsageOID.CLIENT_AUTH)
        _store(folder, name, pair)
        (instance.folder / "kubeconfig" / name).write_text(_kubeconfig(instance, authority, pair))
    _store_service_account_key(folder)


def _api_server_names() -> list[str]:
    return ["localhost", *("kubernetes.default.svc.cluster.local".rsplit(".", dots)[0] for dots in (0, 2, 3, 4))]


def _authority() -> _Pair:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "secure-tiller testbed")])
    usage = _key_usage(signs_certificates=True)
    certificate = (
        _builder(name, key)
        .issuer_name(name)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    return _Pair(certificate, key)


def _leaf(
    authority: _Pair,
    common_name: str,
    organization: str,
    purpose: x509.ObjectIdentifier,
    addresses: list[str] | None = None,
    names: list[str] | None = None,
) -> _Pair:
    key = ec.generate_private_key(ec.SECP256R1())
    attributes = [x509.NameAttribute(NameOID.COMMON_NAME, common_name)]
    if organization:
        attributes.append(x509.NameAttribute(NameOID.ORGANIZATION_NAME, organization))
    builder = (
        _builder(x509.Name(attributes), key)
        .issuer_name(authority.certificate.subject)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_key_usage(signs_certificates=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([purpose]), critical=False)
    )
    alternatives: list[x509.GeneralName] = [x509.DNSName(name) for name in names or []]
    alternatives += [x509.IPAddress(ipaddress.ip_address(address)) for address in addresses or []]
    if alternatives:
        builder = builder.add_extension(x509.SubjectAlternativeName(alternatives), critical=False)
    return _Pair(builder.sign(authority.key, hashes.SHA256()), key)


def _builder(name: x509.Name, key: ec.EllipticCurvePrivateKey) -> x509.CertificateBuilder:
    now = datetime.datetime.now(datetime.UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(minutes=1))
        .not_valid_after(now + _VALIDITY)
    )


def _key_usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _store(folder: Path, name: str, pair: _Pair) -> None:
    (folder / f"{name}.crt").write_bytes(pair.certificate_pem())
    (folder / f"{name}.key").write_bytes(pair.key_pem())


def _store_service_account_key(folder: Path) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    public = key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    (folder / "service-account.key").write_bytes(_private_pem(key))
    (folder / "service-account.pub").write_bytes(public)


def _private_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
    )


def _kubeconfig(instance: Instance, authority: _Pair, user: _Pair) -> str:
    def encoded(pem: bytes) -> str:
        return base64.b64encode(pem).decode()

    name = instance.context
    cluster = {"server": instance.server, "certificate-authority-data": encoded(authority.certificate_pem())}
    credentials = {
        "client-certificate-data": encoded(user.certificate_pem()),
        "client-key-data": encoded(user.key_pem()),
    }
    return yaml.safe_dump(
        {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": name, "cluster": cluster}],
            "users": [{"name": name, "user": credentials}],
            "contexts": [{"name": name, "context": {"cluster": name, "user": name}}],
            "current-context": name,
        }
    )

"""Keys and certificates of a plan, as resources of the tls provider.

Each certificate has a CA of its own, whose key signs nothing else: no key can mint access to another team or for
another client, and to take one CA out of Tiller's trust is to revoke one client.
"""

import hashlib
from dataclasses import dataclass

import pulumi
import pulumi_tls as tls

from secure_tiller.plan import CertificatePlan


@dataclass(frozen=True)
class Issued:
    """A certificate, its key and the CA that signed it."""

    ca_pem: pulumi.Output[str]
    ca_ends: pulumi.Output[str]
    """When the CA ends, RFC 3339."""
    certificate_pem: pulumi.Output[str]
    certificate_ends: pulumi.Output[str]
    """When the certificate ends, RFC 3339."""
    key_pem: pulumi.Output[str]
    """The private key; secret."""


def issue(name: str, plan: CertificatePlan, opts: pulumi.ResourceOptions) -> Issued:
    """Create a CA and the certificate that it signs, with their keys.

    Args:
        name: the component's name, the prefix of the logical names.
        plan: what to issue.
        opts: for every resource: the parent.
    """
    ca_key = _key(f"{name}-{plan.ca_part}", opts)
    ca = tls.SelfSignedCert(
        f"{name}-{plan.ca_part}",
        private_key_pem=ca_key.private_key_pem,
        subject={"common_name": ca_key.public_key_pem.apply(opaque_name)},
        is_ca_certificate=True,
        allowed_uses=["cert_signing", "crl_signing"],
        set_subject_key_id=True,
        set_authority_key_id=True,
        validity_period_hours=plan.ca_lifetime.validity,
        early_renewal_hours=plan.ca_lifetime.renew_before,
        opts=opts,
    )
    key = _key(f"{name}-{plan.part}", opts)
    request = tls.CertRequest(
        f"{name}-{plan.part}",
        private_key_pem=key.private_key_pem,
        subject={"common_name": plan.common_name, "organization": plan.organization},
        dns_names=list(plan.dns_names),
        ip_addresses=list(plan.ip_addresses),
        opts=opts,
    )
    certificate = tls.LocallySignedCert(
        f"{name}-{plan.part}",
        cert_request_pem=request.cert_request_pem,
        ca_private_key_pem=ca_key.private_key_pem,
        ca_cert_pem=ca.cert_pem,
        allowed_uses=list(plan.allowed_uses),
        set_subject_key_id=True,
        validity_period_hours=plan.lifetime.validity,
        early_renewal_hours=plan.lifetime.renew_before,
        opts=opts,
    )
    return Issued(
        ca_pem=ca.cert_pem,
        ca_ends=ca.validity_end_time,
        certificate_pem=certificate.cert_pem,
        certificate_ends=certificate.validity_end_time,
        key_pem=key.private_key_pem,
    )


def opaque_name(public_key_pem: str) -> str:
    """Return a name for a CA that says nothing but which key it has.

    Tiller tells the names of the CAs that it trusts to whoever connects (RFC 8446, 4.2.4), so they name no client.
    """
    return hashlib.sha256(public_key_pem.encode()).hexdigest()[:32]


def _key(name: str, opts: pulumi.ResourceOptions) -> tls.PrivateKey:
    # The provider's default curve, P-224, is one that Go's TLS 1.3 refuses.
    return tls.PrivateKey(name, algorithm="ECDSA", ecdsa_curve="P256", opts=opts)

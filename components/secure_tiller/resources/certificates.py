"""Keys and certificates of a plan, as resources of the tls provider.

Each certificate has CAs of its own, whose keys sign nothing else: no key can mint access to another team or for
another client, and to take one CA out of Tiller's trust is to revoke one client.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pulumi
import pulumi_tls as tls

from secure_tiller.plan import pem
from secure_tiller.plan.model import (
    CA_USES,
    KEY_ALGORITHM,
    KEY_CURVE,
    AuthorityPlan,
    CertificatePlan,
    Expiration,
    GivenCertificate,
    TillerPlan,
)
from secure_tiller.plan.pem import Fault
from secure_tiller.problems import LateConfigurationError, Problem


@dataclass(frozen=True)
class Issued:
    """A certificate, its key and the CAs to verify it by."""

    ca_pem: pulumi.Output[str]
    certificate_pem: pulumi.Output[str]
    key_pem: pulumi.Output[str] | None
    """The private key; secret. None: its owner made it and keeps it."""
    expirations: Mapping[str, pulumi.Output[Expiration]]
    """By the part of the logical name."""
    resources: tuple[pulumi.Resource, ...] = ()
    """The certificate, if the stack issued it; it depends on all the rest."""


def server(name: str, plan: CertificatePlan | GivenCertificate, component: pulumi.Resource) -> Issued:
    """Return Tiller's own certificate: issued, or of the user's PKI."""
    if isinstance(plan, CertificatePlan):
        return issue(name, plan, component)
    return _given(name, plan, component)


def issue(name: str, plan: CertificatePlan, parent: pulumi.Resource) -> Issued:
    """Create the CAs and the certificate that the first of them signs, with their keys.

    Args:
        name: the component's name, the prefix of the logical names.
        plan: of the certificate to issue.
        parent: of every resource.
    """
    # A protected team must still renew its certificates and revoke its clients, which replaces and deletes these.
    opts = pulumi.ResourceOptions(parent=parent, protect=False)
    keys = [_key(f"{name}-{wanted.part}", wanted.generation, opts) for wanted in plan.authorities]
    cas = [_authority(name, wanted, key, opts) for wanted, key in zip(plan.authorities, keys, strict=True)]
    key, request = _request(name, plan, opts)
    certificate = tls.LocallySignedCert(
        f"{name}-{plan.part}",
        cert_request_pem=request,
        ca_private_key_pem=keys[0].private_key_pem,
        ca_cert_pem=cas[0].cert_pem,
        allowed_uses=list(plan.allowed_uses),
        set_subject_key_id=True,
        validity_period_hours=plan.lifetime.validity,
        early_renewal_hours=plan.lifetime.renew_before,
        opts=opts,
    )
    expirations = {
        wanted.part: _expiration(ca.cert_pem, wanted.lifetime.renew_before)
        for wanted, ca in zip(plan.authorities, cas, strict=True)
    }
    return Issued(
        ca_pem=pulumi.Output.concat(*(ca.cert_pem for ca in cas)),
        certificate_pem=certificate.cert_pem,
        key_pem=key,
        expirations={**expirations, plan.part: _expiration(certificate.cert_pem, plan.lifetime.renew_before)},
        resources=(certificate,),
    )


def trusted(
    plan: TillerPlan, component: pulumi.Resource, learn_cas: Callable[[Mapping[str, str]], None]
) -> Mapping[str, pulumi.Output[str]]:
    """Return the further CAs of clients by name; what was not known to the plan is checked when it is.

    Args:
        plan: of the Tiller.
        component: that warnings are about.
        learn_cas: compares them, once known, with those of the program's other Tillers.
    """

    def checked(name: str, value: pulumi.Input[str]) -> pulumi.Output[str]:
        def check(text: object) -> str:
            key = f"certificates.trusted_client_cas.{name}"
            text = _text(plan.name, key, text)
            _require(plan.name, key, pem.client_ca_faults(text))
            return text if text.endswith("\n") else f"{text}\n"

        known = pulumi.Output.from_input(value).apply(check)
        _warn_of_ends(f"team {plan.name}: trusted_client_cas.{name}", known, component)
        return known

    def check_together(texts: dict[str, str]) -> dict[str, str]:
        for name, fault in pem.named_twice(texts):
            _require(plan.name, f"certificates.trusted_client_cas.{name}", iter((fault,)))
        if not all(isinstance(value, str) for value in plan.trusted.values()):
            learn_cas(texts)
        return texts

    if not plan.trusted:
        return {}
    every = pulumi.Output.all(**{name: checked(name, value) for name, value in plan.trusted.items()})
    known = every.apply(check_together)
    return {name: known.apply(lambda texts, name=name: texts[name]) for name in plan.trusted}  # type: ignore[misc]


def _given(team: str, plan: GivenCertificate, component: pulumi.Resource) -> Issued:
    """Return a server certificate of the user's PKI; what was not known to the plan is checked when it is."""

    def check(given: list[object]) -> list[str]:
        at = "certificates.server_certificate"
        certificate, key, ca = (
            _text(team, f"{at}.{part}", value) for part, value in zip(("certificate", "key", "ca"), given, strict=True)
        )
        _require(team, at, pem.server_faults(certificate, key, ca, plan.names))
        return [certificate, key, ca]

    checked = pulumi.Output.all(plan.certificate, plan.key, plan.ca).apply(check)
    # The key makes all three secret; the other two were just seen to be certificates.
    certificate, ca = (pulumi.Output.unsecret(checked.apply(lambda pems, i=i: pems[i])) for i in (0, 2))  # type: ignore[misc]
    _warn_of_ends(f"team {team}: server_certificate.certificate", certificate, component)
    _warn_of_ends(f"team {team}: server_certificate.ca", ca, component)
    return Issued(
        ca_pem=ca,
        certificate_pem=certificate,
        key_pem=pulumi.Output.secret(checked.apply(lambda pems: pems[1])),
        expirations={"server": _expiration(certificate, None), "server-ca": _expiration(ca, None)},
    )


def _warn_of_ends(what: str, certificates: pulumi.Output[str], component: pulumi.Resource) -> None:
    """Warn of certificates that the stack does not renew and that have ended or soon will.

    Never an error: time must not stand in the way of an update that revokes a client.
    """

    def warn(text: str) -> None:
        for sentence in pem.warnings_of_ends(text, datetime.now(UTC)):
            pulumi.log.warn(f"{what}: {sentence}", resource=component)

    certificates.apply(warn)


def _authority(name: str, plan: AuthorityPlan, key: tls.PrivateKey, opts: pulumi.ResourceOptions) -> tls.SelfSignedCert:
    return tls.SelfSignedCert(
        f"{name}-{plan.part}",
        private_key_pem=key.private_key_pem,
        subject={"common_name": key.public_key_pem.apply(pem.opaque_name)},
        is_ca_certificate=True,
        allowed_uses=list(CA_USES),
        set_subject_key_id=True,
        set_authority_key_id=True,
        validity_period_hours=plan.lifetime.validity,
        early_renewal_hours=plan.lifetime.renew_before,
        opts=opts,
    )


def _request(
    name: str, plan: CertificatePlan, opts: pulumi.ResourceOptions
) -> tuple[pulumi.Output[str] | None, pulumi.Input[str]]:
    """Return the key, if it is ours to make, and the request for its certificate."""
    if plan.request is not None:
        return None, _checked_request(plan, plan.request)
    key = _key(f"{name}-{plan.part}", plan.generation, opts)
    request = tls.CertRequest(
        f"{name}-{plan.part}",
        private_key_pem=key.private_key_pem,
        subject={"common_name": plan.common_name, "organization": plan.organization},
        dns_names=list(plan.dns_names),
        ip_addresses=list(plan.ip_addresses),
        opts=opts,
    )
    return key.private_key_pem, request.cert_request_pem


def _checked_request(plan: CertificatePlan, request: pulumi.Input[str]) -> pulumi.Output[str]:
    def check(text: object) -> str:
        key = f"clients.{plan.common_name}.csr"
        text = _text(plan.organization, key, text)
        _require(plan.organization, key, pem.request_faults(text, plan.common_name))
        return text

    return pulumi.Output.from_input(request).apply(check)


def _text(team: str, key: str, value: object) -> str:
    """Return a value that has become known.

    Raises:
        LateConfigurationError: it is no text.
    """
    if isinstance(value, str):
        return value
    raise LateConfigurationError([Problem(team, key, "(not shown)", "must be text", "give it as PEM")])


def _require(team: str, key: str, faults: Iterator[Fault]) -> None:
    """Raise every fault of a PEM, as the plan does of what it knows."""
    if problems := [Problem(team, key, "(not shown)", fault.why, fault.remedy) for fault in faults]:
        raise LateConfigurationError(problems)


def _expiration(certificate: pulumi.Output[str], renew_before: int | None) -> pulumi.Output[Expiration]:
    def read(text: str) -> Expiration:
        end = pem.ends(text)
        begins = None if renew_before is None else (end - timedelta(hours=renew_before)).isoformat()
        return {"serial": pem.serial(text), "notAfter": end.isoformat(), "renewalBegins": begins}

    return certificate.apply(read)


def _key(name: str, generation: str, opts: pulumi.ResourceOptions) -> tls.PrivateKey:
    return tls.PrivateKey(f"{name}{generation}", algorithm=KEY_ALGORITHM, ecdsa_curve=KEY_CURVE, opts=opts)

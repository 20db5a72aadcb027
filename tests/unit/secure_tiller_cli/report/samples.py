"""Tillers as a state would have them, made of plans: with real certificates, at a time of the tests' own."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from secure_tiller.args import SecureTillerArgs
from secure_tiller.plan.build import plan
from secure_tiller.plan.model import AuthorityPlan, CertificatePlan, Expiration, TillerPlan
from secure_tiller_cli.results.result import CheckReport, Result, Status
from secure_tiller_cli.state import ClusterReference, DeployedTiller
from tests.support import pki
from tests.support.objects import changed, of_plan
from tests.support.samples import BLUE, PARTNER, SMALLEST
from tiller_facts.identity import TRUSTS_ANNOTATION

STACK = "acme/shop/production"
NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
DIGEST = "5e" * 32
"""Of the stack's state."""
UID = "6f2d7a3e-0c5b-4f0e-9d53-7d0f2f0a1b7c"
KEY = pki.new_key()
"""Of every certificate: which key it is tells the page nothing."""

OPEN: SecureTillerArgs = {
    "namespaces": {
        "green-apps": {},
        "green-devices": {"pod_security": "privileged", "pod_security_reason": "mounts devices"},
        "shared-tools": {"existing": True, "shared": True},
    },
    "clients": {"bob": {}, "ci": {}},
    "rights": {"network_policies": True, "roles": True},
    "certificates": {"trusted_client_cas": {"partner": PARTNER.pem}},
}
"""All that a reviewer wants to know of."""


def tiller(
    name: str = "blue", settings: SecureTillerArgs = BLUE, *, issued: timedelta = timedelta(days=-20), **changes: Any
) -> DeployedTiller:
    """Return a Tiller.

    Args:
        name: the team.
        settings: its settings.
        issued: when its certificates were, seen from now.
        changes: fields that are otherwise.
    """
    planned = plan(name, settings, STACK)
    certificates = {part: life for each in _issued(planned) for part, life in _lives(each, NOW + issued)}
    namespaces = (planned.namespace, *planned.managed)
    return replace(
        DeployedTiller(
            name=name,
            stack=STACK,
            namespace=planned.namespace.name,
            service_account="tiller",
            deployment="tiller-deploy",
            ca_certificate="",
            expirations={part: expiration for part, (expiration, _) in certificates.items()},
            certificates={part: text for part, (_, text) in certificates.items()},
            roles=planned.roles,
            created={namespace.name: namespace.labels for namespace in namespaces},
            deployment_spec={"template": _pod(planned)},
            tls_secret="",
            exposed=planned.exposed_to is not None,
            objects=of_plan(planned),
            cluster=ClusterReference(kubeconfig="/home/ann/.kube/config", context="production", identifier=UID),
        ),
        **changes,
    )


def started(deployed: DeployedTiller, *arguments: str) -> DeployedTiller:
    """Return a Tiller that a transform starts with other arguments."""

    def start(deployment: Any) -> None:
        deployment["spec"]["template"]["spec"]["containers"][0]["args"] = list(arguments)

    return replace(deployed, objects=changed(deployed.objects, "deployment", start))


def thirty() -> tuple[DeployedTiller, ...]:
    """Return thirty teams: every tenth has more than the preset, and all share a client."""
    return tuple(
        tiller(
            f"team-{number:02}",
            {
                "namespaces": {f"team-{number:02}-apps": {}, f"team-{number:02}-jobs": {}},
                "clients": {f"ann-{number:02}": {}, "ci": {}},
                "subjects": {"groups": [f"developers-{number % 7}"]},
                "rights": {"network_policies": number % 10 == 0},
            },
            issued=timedelta(days=-3 * number),
        )
        for number in range(30)
    )


def proof(*results: Result, stack: str = STACK, checked_at: datetime = NOW, state: str = DIGEST) -> CheckReport:
    """Return a check, by default one that passed for blue."""
    passed = Result("blue", "port refuses plaintext", Status.PASSED, "the connection was closed")
    return CheckReport(stack, checked_at.isoformat(), "https://10.0.0.1:6443", state, results or (passed,))


def _issued(planned: TillerPlan) -> Iterator[CertificatePlan]:
    if isinstance(planned.server, CertificatePlan):
        yield planned.server
    yield from planned.clients.values()


def _lives(planned: CertificatePlan, issued: datetime) -> Iterator[tuple[str, tuple[Expiration, str]]]:
    issuing: tuple[CertificatePlan | AuthorityPlan, ...] = (planned, *planned.authorities)
    for each in issuing:
        life = pki.Life.of(each.lifetime.validity, issued)
        certificate = pki.authority(key=KEY, life=life)
        expiration = {
            "serial": f"{certificate.certificate.serial_number:X}",
            "notAfter": life.end.isoformat(),
            "renewalBegins": (life.end - timedelta(hours=each.lifetime.renew_before)).isoformat(),
        }
        yield each.part, (expiration, certificate.pem)


def _pod(planned: TillerPlan) -> Mapping[str, Any]:
    annotations = {TRUSTS_ANNOTATION: " ".join(planned.trust_anchors)}
    return {"metadata": {"annotations": annotations}, "spec": planned.pod}


ONE = (tiller("green", SMALLEST),)
"""One team, with which all is well."""

DEMO = (tiller(), tiller("green", OPEN, issued=timedelta(days=-70)))
"""Two teams, of which one needs a look."""

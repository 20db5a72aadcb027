"""Properties of every key, request and certificate, whatever a team's file says: only a transform changes them."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from secure_tiller.plan.every_team import plan_of_every_team
from secure_tiller.plan.model import CA_USES, KEY_ALGORITHM, KEY_CURVE, CertificatePlan
from secure_tiller.plan.names import server_names
from secure_tiller_cli.preview.changes import Change, Team, part_of
from secure_tiller_cli.preview.digest import SECRET, UNKNOWN
from secure_tiller_cli.preview.findings import Meaning
from secure_tiller_cli.preview.paths import Path, at, differing, stated
from secure_tiller_cli.preview.rules import keys

CHOSEN = ("caCertPem", "certRequestPem", "earlyRenewalHours", "validityPeriodHours")
"""Properties that the settings choose, or that `_sources` looks at."""

SOURCES: Mapping[str, Mapping[str, str]] = {
    "CertRequest": {"privateKeyPem": "PrivateKey"},
    "SelfSignedCert": {"privateKeyPem": "PrivateKey"},
    "LocallySignedCert": {
        "caCertPem": "SelfSignedCert",
        "caPrivateKeyPem": "PrivateKey",
        "certRequestPem": "CertRequest",
    },
}
"""By kind, the properties that other resources of the same certificate give, and the kinds of these."""

_OPAQUE = re.compile("[0-9a-f]{32}")
CA_NAME: Path = ("subject", "commonName")


def as_planned(team: Team) -> Iterator[Meaning]:
    """Say what about a key, request or certificate is not as the component makes it, and was so before."""
    for change in (c for kind in keys.KINDS for c in team.remaining(kind) if c.operation != "clean up"):
        known = {*_faults(team, change, change.old)} if change.old else set()
        for path, said in dict.fromkeys((*_faults(team, change, change.new), *_sources(team, change))):
            if (path, said) not in known:
                names = {"resource": f"{change.kind} {change.name}", "what": said}
                sentence = "{resource} is not as the component makes it: {what}"
                yield Meaning("issued", sentence, names, risk=True, explains=((change, path),))


def _faults(team: Team, change: Change, found: Mapping[str, Any]) -> Iterator[tuple[Path, str]]:
    for path in differing(_fixed(team, change), {key: found[key] for key in found if key not in CHOSEN}):
        of = path[: 2 if path[0] == "subject" else 1]
        opaque = of == CA_NAME and change.kind == "SelfSignedCert" and _is_opaque(at(found, of))
        if not opaque:
            yield of, stated(of, at(found, of))


def _fixed(team: Team, change: Change) -> Mapping[str, Any]:
    """Return the properties that are the same whatever the settings choose, but for names."""
    if change.kind == "PrivateKey":
        return {"algorithm": KEY_ALGORITHM, "ecdsaCurve": KEY_CURVE}
    if change.kind == "SelfSignedCert":
        ids = {"setAuthorityKeyId": True, "setSubjectKeyId": True}
        return {"allowedUses": list(CA_USES), "isCaCertificate": True, "privateKeyPem": SECRET, "subject": {}, **ids}
    role, _, client = change.part.partition(":")
    every = plan_of_every_team()
    planned = every.server if role == "server" else every.clients["any"]
    assert isinstance(planned, CertificatePlan)  # noqa: S101  such a team has no certificate of its own
    if change.kind == "LocallySignedCert":
        return {"allowedUses": list(planned.allowed_uses), "caPrivateKeyPem": SECRET, "setSubjectKeyId": True}
    names = ("localhost", *server_names(team.namespace, exposed=True)[1:]) if role == "server" else ()
    return {
        "subject": {"commonName": client or planned.common_name, "organization": team.name},
        "dnsNames": list(names),
        "ipAddresses": list(planned.ip_addresses),
        "privateKeyPem": SECRET,
    }


def _sources(team: Team, change: Change) -> Iterator[tuple[Path, str]]:
    """Yield the properties that something else gives than the certificate's own resources, as far as is shown."""
    given = change.step.newState.propertyDependencies if change.step.newState else None
    for key, kind in SOURCES.get(change.kind, {}).items():
        if kind == "CertRequest" and not any(c.kind == kind and c.part == change.part for c in team.changes):
            continue  # its owner made the request
        owned = any(_gives(change, key, part_of(urn, team.name, kind)) for urn in (given or {}).get(key) or ())
        shown = given is not None and (key in given or key == "caCertPem")
        literal = key == "certRequestPem" and (key,) in change.paths and at(change.new, (key,)) != UNKNOWN
        if not owned and (shown or literal):
            yield (key,), f"{key} is not of its own {kind}"


def _gives(change: Change, key: str, part: str) -> bool:
    """Return whether a part gives a property of a certificate; of the server's CAs any may sign."""
    if not key.startswith("ca"):
        return part == change.part
    role, colon, client = change.part.partition(":")
    return part == f"{role}-ca{colon}{client}" or (role == "server" and part.startswith("server-ca:"))


def _is_opaque(name: Any) -> bool:
    return name == UNKNOWN or (isinstance(name, str) and bool(_OPAQUE.fullmatch(name)))

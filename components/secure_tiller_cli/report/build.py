"""The page's content, made of a stack's Tillers and of the last check."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from secure_tiller.plan.model import RolePlan
from secure_tiller.version import VERSION
from secure_tiller_cli.report import rights
from secure_tiller_cli.report.certificates import certificates
from secure_tiller_cli.report.findings import findings, promises
from secure_tiller_cli.report.model import Check, Namespace, Person, Report, Result, Team
from secure_tiller_cli.results.result import CheckReport, Status
from secure_tiller_cli.state import ClusterReference, DeployedTiller
from tiller_facts.identity import POD_SECURITY_LABEL, TRUSTS_ANNOTATION

GENERATOR = "secure-tiller report"

WORST_FIRST = tuple(reversed(Status))

_PERSONS = {"Group": "group", "User": "user", "ServiceAccount": "service account"}


def build(
    stack: str,
    tillers: Sequence[DeployedTiller],
    proof: CheckReport | None,
    now: datetime,
    unfinished: Sequence[str] = (),
) -> Report:
    """Return what the page shows.

    Args:
        stack: its name, as the reader knows it.
        tillers: of the stack; at least one.
        proof: the last check of this stack, if there was one.
        now: the present time, with its zone.
        unfinished: the teams whose first update never ended, of which nothing can be shown.
    """
    check = _check(proof) if proof else None
    teams = tuple(_team(tiller, check, now) for tiller in tillers)
    return Report(
        generator=GENERATOR,
        version=VERSION,
        stack=stack,
        clusters=tuple(sorted({_cluster(tiller.cluster) for tiller in tillers})),
        made_at=now,
        findings=findings(teams, check, now, unfinished),
        promises=promises(teams),
        teams=teams,
        check=check,
    )


def _cluster(reference: ClusterReference) -> str:
    """Return which cluster it is; no path of the kubeconfig, which is the business of whoever deploys."""
    context = f"context {reference.context}" if reference.context else "the current context of its kubeconfig"
    return f"{context}, identifier {reference.identifier}" if reference.identifier else context


def _team(tiller: DeployedTiller, check: Check | None, now: datetime) -> Team:
    container = _container(tiller)
    flags = _flags(container.get("args") or ())
    return Team(
        name=tiller.name,
        namespace=tiller.namespace,
        service_account=tiller.service_account,
        image=str(container.get("image", "")),
        clients=tiller.clients,
        trusted=tuple(_trusted(tiller)),
        people=tuple(_person(tiller.people)),
        verifies=all(flags.get(name) == "true" for name in ("--tls", "--tls-verify")) and "--tls-ca-cert" in flags,
        listens=flags.get("--listen", ""),
        storage=flags.get("--storage", ""),
        exposed=tiller.exposed,
        namespaces=tuple(
            _namespace(role, tiller.created) for role in tiller.roles if role.part.startswith(rights.MANAGE)
        ),
        rights=rights.tables(tiller),
        certificates=certificates(tiller, now),
        checked=_worst(result.status for result in check.results if result.team == tiller.name) if check else None,
    )


def _container(tiller: DeployedTiller) -> Mapping[str, Any]:
    containers: Sequence[Mapping[str, Any]] = tiller.pod.get("spec", {}).get("containers") or [{}]
    return next((item for item in containers if item.get("name") == "tiller"), containers[0])


def _flags(arguments: Iterable[object]) -> Mapping[str, str]:
    """Return Tiller's flags, which are Go's pflag: a flag without a value is `true`."""
    parts = (str(argument).partition("=") for argument in arguments)
    return {flag: value if equals else "true" for flag, equals, value in parts}


def _trusted(tiller: DeployedTiller) -> Iterable[str]:
    """Yield the further CAs; `TillerPlan.trusts` says how they are written."""
    metadata = tiller.pod.get("metadata") or {}
    words = str((metadata.get("annotations") or {}).get(TRUSTS_ANNOTATION, "")).split()
    return (word.removeprefix("ca:").partition("#")[0] for word in words if word.startswith("ca:"))


def _person(role: RolePlan | None) -> Iterable[Person]:
    for subject in role.subjects if role else ():
        name = f"{subject.namespace}/{subject.name}" if subject.namespace else subject.name
        yield Person(_PERSONS.get(subject.kind, subject.kind), name)


def _namespace(role: RolePlan, created: Mapping[str, Mapping[str, str]]) -> Namespace:
    return Namespace(
        name=role.namespace,
        made=role.namespace in created,
        pod_security=created.get(role.namespace, {}).get(POD_SECURITY_LABEL, ""),
        beyond=rights.beyond(role),
        preset=rights.has_preset(role),
        bound=bool(role.subjects),
    )


def _check(proof: CheckReport) -> Check:
    results = (Result(found.team, found.check, found.status, found.text, found.remedy) for found in proof.results)
    order = {status: number for number, status in enumerate(WORST_FIRST)}
    ordered = sorted(results, key=lambda result: (order[result.status], result.team))
    return Check(datetime.fromisoformat(proof.checked_at), proof.server, tuple(ordered))


def _worst(statuses: Iterable[Status]) -> Status | None:
    return min(statuses, key=WORST_FIRST.index, default=None)

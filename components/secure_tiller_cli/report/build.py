"""The page's content, made of a stack's Tillers and of the last check."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta

from secure_tiller.plan.model import RolePlan
from secure_tiller.version import VERSION
from secure_tiller_cli.report import practices, rights
from secure_tiller_cli.report.certificates import certificates
from secure_tiller_cli.report.findings import findings, promises
from secure_tiller_cli.report.model import Check, Namespace, Person, Report, Result, Team
from secure_tiller_cli.results.result import CheckReport, Status
from secure_tiller_cli.state import ClusterReference, DeployedTiller
from tiller_facts import workloads
from tiller_facts.facts import Facts
from tiller_facts.identity import POD_SECURITY_LABEL, TRUSTS_ANNOTATION
from tiller_facts.values import Value, maybe, settle
from tiller_facts.workloads import Tiller

GENERATOR = "secure-tiller report"

CLOCKS = timedelta(minutes=5)
"""How much later than its report a check may be: two machines made them."""

WORST_FIRST = tuple(reversed(Status))

_PERSONS = {"Group": "group", "User": "user", "ServiceAccount": "service account"}


def build(
    stack: str,
    tillers: Sequence[DeployedTiller],
    proof: CheckReport | None,
    now: datetime,
    state: str,
    unfinished: Sequence[str] = (),
) -> Report:
    """Return what the page shows.

    Args:
        stack: its name, as the reader knows it.
        tillers: of the stack; at least one.
        proof: the last check of this stack, if there was one.
        now: the present time, with its zone.
        state: the digest of its state.
        unfinished: the teams whose first update never ended, of which nothing can be shown.
    """
    check = _check(proof, now, state) if proof else None
    teams = tuple(_team(tiller, check, now) for tiller in tillers)
    judged = practices.judge(tillers)
    return Report(
        generator=GENERATOR,
        version=VERSION,
        stack=stack,
        clusters=tuple(sorted({_cluster(tiller.cluster) for tiller in tillers})),
        made_at=now,
        findings=findings(teams, judged, check, now, unfinished),
        promises=promises(teams, judged),
        teams=teams,
        check=check,
    )


def _cluster(reference: ClusterReference) -> str:
    """Return which cluster it is; no path of the kubeconfig, which is the business of whoever deploys."""
    unnamed = "a context that is a secret" if reference.hidden_in else "the current context of its kubeconfig"
    parts = (
        f"context {reference.context}" if reference.context else unnamed,
        f"its cluster {reference.cluster}" if reference.cluster else "",
        f"identifier {reference.identifier}" if reference.identifier else "",
    )
    return ", ".join(filter(None, parts))


def _team(tiller: DeployedTiller, check: Check | None, now: datetime) -> Team:
    found = _tiller(tiller)
    flags = found.flags if found else None
    return Team(
        name=tiller.name,
        namespace=tiller.namespace,
        service_account=tiller.service_account,
        image=str(maybe(found.container, "image") or "") if found else "",
        clients=tiller.clients,
        trusted=tuple(_trusted(tiller)),
        people=tuple(_person(tiller.people)),
        verifies=flags is not None and flags.verifies is True and _known(flags.client_cas) != "",
        listens=_known(flags.listen) if flags else "",
        storage=_known(flags.storage) if flags else "",
        exposed=tiller.exposed,
        namespaces=tuple(
            _namespace(role, tiller.created) for role in tiller.roles if role.part.startswith(rights.MANAGE)
        ),
        rights=rights.tables(tiller),
        certificates=certificates(tiller, now),
        checked=_worst(result.status for result in check.results if result.team == tiller.name)
        if check and not check.outdated
        else None,
    )


def _tiller(deployed: DeployedTiller) -> Tiller | None:
    return next(iter(workloads.find(Facts(deployed.objects))), None)


def _known(value: Value[str]) -> str:
    return settle(value, hidden="", unknown="")


def _trusted(tiller: DeployedTiller) -> Iterable[str]:
    """Yield the further CAs; `TillerPlan.trust_anchors` says how they are written."""
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


def _check(proof: CheckReport, now: datetime, state: str) -> Check:
    results = (Result(found.team, found.check, found.status, found.text, found.remedy) for found in proof.results)
    order = {status: number for number, status in enumerate(WORST_FIRST)}
    ordered = sorted(results, key=lambda result: (order[result.status], result.team))
    checked_at = datetime.fromisoformat(proof.checked_at)
    return Check(checked_at, proof.server, tuple(ordered), _outdated(proof, checked_at, now, state))


def _outdated(proof: CheckReport, checked_at: datetime, now: datetime, state: str) -> str:
    if proof.state != state:
        return f"the state of the stack was changed after the check at {_minute(checked_at)}"
    if checked_at > now + CLOCKS:
        return f"the check is of {_minute(checked_at)}, which is after this page was made"
    return ""


def _minute(time: datetime) -> str:
    return f"{time.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def _worst(statuses: Iterable[Status]) -> Status | None:
    return min(statuses, key=WORST_FIRST.index, default=None)

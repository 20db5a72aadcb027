"""The pure core: facts in, a judgement of every Tiller out."""

from collections.abc import Iterator
from dataclasses import dataclass

from secure_tiller_cli.audit import practices, rbac, tillers
from secure_tiller_cli.audit.case import Case
from secure_tiller_cli.audit.checks import CHECKS
from secure_tiller_cli.audit.facts import PODS, WORKLOADS, Facts
from secure_tiller_cli.audit.finding import Finding, Level, Practice, worst_first
from secure_tiller_cli.audit.tillers import Tiller


@dataclass(frozen=True)
class Judged:
    """One Tiller, judged."""

    case: Case
    practices: tuple[Practice, ...]
    findings: tuple[Finding, ...]
    """The worst first."""

    @property
    def tiller(self) -> Tiller:
        """Which."""
        return self.case.tiller


@dataclass(frozen=True)
class Audit:
    """A cluster, judged."""

    server: str
    """Address of the API server."""
    findings: tuple[Finding, ...]
    """About the cluster, the worst first."""
    tillers: tuple[Judged, ...]
    """The worst first."""

    def reaches(self, level: Level) -> bool:
        """Tell whether anything was found that is as bad as a level, or worse."""
        every = (*self.findings, *(finding for judged in self.tillers for finding in judged.findings))
        return any(finding.level.reaches(level) for finding in every)


def judge(facts: Facts) -> Audit:
    """Judge a cluster."""
    found, grants = tillers.find(facts), rbac.grants(facts)
    cases = (Case(facts, one, tuple(other for other in found if other is not one), grants) for one in found)
    judged = [Judged(case, practices.answer(case), worst_first(_findings(case))) for case in cases]
    return Audit(facts.server, worst_first(_of_cluster(facts)), tuple(sorted(judged, key=_badness)))


def _findings(case: Case) -> Iterator[Finding]:
    for check in CHECKS:
        yield from check(case)


def _badness(judged: Judged) -> tuple[tuple[int, ...], str, str]:
    """Sort by how many findings there are of each level, the worst level first."""
    counts = (sum(finding.level is level for finding in judged.findings) for level in Level)
    return tuple(-count for count in counts), judged.tiller.namespace, judged.tiller.name


def _of_cluster(facts: Facts) -> Iterator[Finding]:
    if facts.strangers_allowed:
        text = "somebody whom nobody knows may read the Secrets of kube-system: RBAC is off, or opened to all"
        remedy = "turn RBAC on (--authorization-mode=Node,RBAC), and take bindings of system:authenticated away"
        yield Finding(Level.CRITICAL, "rbac-not-enforced", text, remedy)
    if facts.strangers_allowed is None:
        text = "whether the cluster enforces RBAC was not told: the access review of a made-up user was refused"
        remedy = "audit with an account that may create subjectaccessreviews"
        yield Finding(Level.CRITICAL, "rbac-unknown", text, remedy)
    if refused := facts.refused(*WORKLOADS, PODS):
        names = ", ".join(kind.resource for kind in refused)
        text = f"there may be Tillers that are not seen: {names} could not be listed in all namespaces"
        yield Finding(Level.CRITICAL, "tillers-unknown", text, f"audit with an account that may list {names}")

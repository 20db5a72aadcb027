"""The judgement: facts in, what is found about every Tiller out."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

from tiller_facts.facts import Facts
from tiller_facts.practices.case import Case, Cluster
from tiller_facts.practices.catalogue import PRACTICES
from tiller_facts.practices.model import GUIDE, Finding, GuideAnswer, Practice, Report, Status, answer, worst_first
from tiller_facts.severity import Severity
from tiller_facts.values import Hidden, NotKnownError
from tiller_facts.workloads import Tiller

Subject = TypeVar("Subject", Case, Cluster)


@dataclass(frozen=True)
class AuditedTiller:
    """One Tiller, judged.

    Attributes:
        case: the Tiller, with everything that it was judged by.
        findings: the worst first.
        answers: how it follows the practices of Helm's guide, in its order.
    """

    case: Case
    findings: tuple[Finding, ...]
    answers: tuple[GuideAnswer, ...]

    @property
    def tiller(self) -> Tiller:
        """The Tiller."""
        return self.case.tiller


@dataclass(frozen=True)
class Judgement:
    """Everything that was found.

    Attributes:
        tillers: the worst first; suspected ones too.
        findings: about no single Tiller, the worst first.
    """

    tillers: tuple[AuditedTiller, ...]
    findings: tuple[Finding, ...]

    @property
    def every(self) -> tuple[Finding, ...]:
        """Every finding."""
        return (*self.findings, *(finding for judged in self.tillers for finding in judged.findings))

    def reaches(self, severity: Severity) -> bool:
        """Return whether something was found that is as bad as a severity, or worse; not what the update decides."""
        found = (finding for finding in self.every if finding.status is not Status.UNKNOWN)
        return any(finding.severity.reaches(severity) for finding in found)


def evaluate(facts: Facts, practices: Sequence[Practice] = PRACTICES) -> Judgement:
    """Return what is found by some practices, all of them unless given."""
    return judge(Cluster(facts), practices)


def judge(cluster: Cluster, practices: Sequence[Practice]) -> Judgement:
    """Return what is found by some practices; what one has computed of the cluster the next one takes."""
    found = [
        finding
        for practice in practices
        if practice.of_cluster
        for finding in _checked(practice.of_cluster, cluster, Report(practice))
    ]
    judged = (_judge(Case(cluster, tiller), practices, found) for tiller in cluster.found)
    return Judgement(tuple(sorted(judged, key=_badness)), worst_first(found))


def _judge(case: Case, practices: Sequence[Practice], of_cluster: Sequence[Finding]) -> AuditedTiller:
    # Nothing else is certain of something that may be no Tiller.
    asked = [practice for practice in practices if not case.tiller.suspected or practice.code == "tiller-recognised"]
    found = [
        finding
        for practice in asked
        if practice.of_tiller
        for finding in _checked(practice.of_tiller, case, Report(practice, case.tiller))
    ]
    answers = tuple(answer(number, (*of_cluster, *found)) for number in GUIDE)
    return AuditedTiller(case, worst_first(found), answers)


def _checked(
    check: Callable[[Subject, Report], Iterator[Finding]], subject: Subject, report: Report
) -> Iterator[Finding]:
    """Yield what a check finds, and that it met something that is not known."""
    try:
        yield from check(subject, report)
    except NotKnownError as error:
        if isinstance(error.value, Hidden):
            raise
        yield report.not_known()


def _badness(judged: AuditedTiller) -> tuple[tuple[int, ...], str, str]:
    """Sort by how many findings there are of each severity, the worst severity first."""
    found = [finding for finding in judged.findings if finding.status is not Status.UNKNOWN]
    counts = (sum(finding.severity is severity for finding in found) for severity in Severity)
    return tuple(-count for count in counts), str(judged.tiller.object), judged.tiller.name

"""The practices of the catalogue as policies: which of them, at which level, and in which words."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from tiller_facts.practices import PRACTICES, Cluster, Finding, Practice, Severity, Status, judge


class Level(StrEnum):
    """Consequence of a violation, in the words of Pulumi."""

    MANDATORY = "mandatory"
    """The update ends."""
    ADVISORY = "advisory"
    """The user is warned."""


def level(finding: Finding) -> Level | None:
    """Return what the pack does with a finding; None: nothing.

    What is hidden by a script or a value elsewhere in the program is a violation like any other: nobody who reviews the
    program sees that the practice is kept.
    """
    if finding.status is Status.UNKNOWN:
        return None
    if finding.status is Status.SUSPECTED or finding.severity is Severity.LOW:
        return Level.ADVISORY
    return Level.MANDATORY


OF_CLUSTER = frozenset(("no-release-in-configmaps", "pods-as-described"))
"""Practices that no program shows: Tiller writes the records, and Kubernetes makes the pods."""

_BOTH = (Level.MANDATORY, Level.ADVISORY)
LEVELS: Mapping[str, tuple[Level, ...]] = {
    **dict.fromkeys(("history-limited", "probe-closed", "tiller-recognised"), (Level.ADVISORY,)),
    **dict.fromkeys(("clients-verified", "endpoint-closed", "no-service", "not-root", "supported-version"), _BOTH),
}
"""Levels at which a practice has findings, if not `mandatory` alone. Pulumi has one level for a policy, so a practice
with both is two policies."""


@dataclass(frozen=True)
class Violation:
    """Something that breaks a practice.

    Attributes:
        urn: of the resource to change; None: of no single one.
        message: the fault, the remedy, and where to read on. It names resources by their logical names, and quotes
            no value: any can be a secret.
    """

    urn: str | None
    message: str


@dataclass(frozen=True)
class PracticePolicy:
    """A practice at one level."""

    practice: Practice
    level: Level

    @property
    def name(self) -> str:
        """Name by which it is configured: the code of the practice, with `-advice` for the lesser of its levels."""
        is_second = self.level is not LEVELS.get(self.practice.code, (self.level,))[0]
        return f"{self.practice.code}-advice" if is_second else self.practice.code

    @property
    def severity(self) -> Severity:
        """Severity of its violations."""
        return self.practice.severity if self.name == self.practice.code else Severity.LOW

    def violations(self, cluster: Cluster) -> Iterator[Violation]:
        """Yield what breaks it; where the practice compares nothing, each resource can be judged alone."""
        for finding in judge(cluster, (self.practice,)).every:
            if level(finding) is self.level:
                yield Violation(finding.about.origin if finding.about else None, _message(finding, self.practice))


def _message(finding: Finding, practice: Practice) -> str:
    about = f"{finding.tiller.object}: " if finding.tiller else ""
    return f"{about}{finding.text}. {finding.remedy[0].upper()}{finding.remedy[1:]} ({practice.page})"


POLICIES = tuple(
    PracticePolicy(practice, level)
    for practice in PRACTICES
    if practice.code not in OF_CLUSTER
    for level in LEVELS.get(practice.code, (Level.MANDATORY,))
)

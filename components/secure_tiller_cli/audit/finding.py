"""What an audit finds, and how it answers the practices of Helm's guide."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from tiller_facts.severity import Severity

Level = Severity


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong, or could not be looked at."""

    level: Level
    code: str
    """Which: `no-tls`. The same word for every Tiller."""
    text: str
    remedy: str


class Answer(StrEnum):
    """Whether a practice is followed."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Practice:
    """How a Tiller follows one of the five practices of "Securing your Helm Installation"."""

    number: int
    """As the guide counts them, from 1."""
    answer: Answer
    why: str


PRACTICES = {
    1: "RBAC",
    2: "Certificate",
    3: "Secrets",
    4: "Account",
    5: "Verification",
}
"""By number, a word for each of the "Best Practices for Securing Helm and Tiller" (Helm 2.17,
docs/securing_installation.md): a cluster with RBAC, which limits Tiller's account; TLS with a certificate of its own;
releases in Secrets; one Tiller for each team, with a ServiceAccount, Roles and RoleBindings of its own; clients are
verified."""


def worst_first(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Return findings by level, then by code."""
    return tuple(sorted(findings, key=lambda finding: (finding.level.rank, finding.code, finding.text)))


def some(names: Sequence[str], most: int = 5) -> str:
    """Return names in words, and of many only how many more there are."""
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return f"{', '.join(names[:most])}{more}"

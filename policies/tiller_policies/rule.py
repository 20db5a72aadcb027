"""What a rule is."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from tiller_policies.resources import Resource

PAGE = "docs/policies.md"
"""The page that describes the rules, in the repository of this pack."""


class Severity(StrEnum):
    """What breaking a rule can lead to."""

    CRITICAL = "critical"
    """Somebody acts with Tiller's rights, or Tiller with all rights."""
    HIGH = "high"
    """Somebody reads or changes what is not theirs, once another protection fails."""
    MEDIUM = "medium"
    """Others are disturbed."""


@dataclass(frozen=True)
class Violation:
    """What breaks a rule.

    Attributes:
        resource: where it is to be mended.
        what: in words; of the resources it names their logical names, and quotes no value: any can be a secret.
    """

    resource: Resource
    what: str


Check = Callable[[Sequence[Resource]], Iterator[Violation]]
"""From resources to what is wrong with them; what is not known is not wrong."""


@dataclass(frozen=True)
class Rule:
    """A rule of the pack.

    Attributes:
        name: by which it is configured.
        description: what holds when it is kept.
        severity: what breaking it can lead to.
        practice: number of the best practice of "Securing your Helm Installation" that it stands for; none for what
            goes beyond them.
        remedy: what to do.
        check: finds what breaks it.
        of_stack: whether it compares resources, which is possible only when all are known; otherwise each resource is
            judged before it is made.
    """

    name: str
    description: str
    severity: Severity
    practice: int | None
    remedy: str
    check: Check
    of_stack: bool

    @property
    def url(self) -> str:
        """Where it is described."""
        return f"{PAGE}#{self.name}"

    def message(self, violation: Violation) -> str:
        """What a user reads: what is wrong, the remedy, where to read on."""
        return f"{violation.what}: {self.remedy} ({self.url})"

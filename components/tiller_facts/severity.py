"""Severities, the one scale of every tool."""

from enum import StrEnum


class Severity(StrEnum):
    """Consequences of a finding, the worst first.

    What cannot be seen has the severity of the worst that it may hide.
    """

    CRITICAL = "critical"
    """Somebody whom nobody chose can use Tiller's rights or read its Secrets, or Tiller has every right in the cluster
    or can gain it."""
    HIGH = "high"
    """Somebody reads or changes what is not theirs, once another protection fails."""
    MEDIUM = "medium"
    """A protection is missing that others stand in for, or other teams are disturbed."""
    LOW = "low"
    """Worth repairing; by itself it opens nothing."""

    @property
    def rank(self) -> int:
        """Its place, 0 for the worst."""
        return list(Severity).index(self)

    def reaches(self, wanted: "Severity") -> bool:
        """Return whether it is as bad as another one, or worse."""
        return self.rank <= wanted.rank

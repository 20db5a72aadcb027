"""The source and the target of the records that move."""

from dataclasses import dataclass

from secure_tiller_cli.foreign_text import word
from secure_tiller_cli.releases import Kind


@dataclass(frozen=True)
class Route:
    """The way of a team's records."""

    team: str
    kind: Kind
    """The storage of the old Tiller; the team's own keeps Secrets."""
    source: str
    """The namespace of the old Tiller."""
    target: str
    """The namespace of the team's own."""

    def records_of(self, release: str) -> str:
        """Return the arguments of `kubectl get` or `kubectl delete` for the old Tiller's records of a release."""
        return f"{self.kind.plural} --namespace {word(self.source)} --selector {word(f'OWNER=TILLER,NAME={release}')}"

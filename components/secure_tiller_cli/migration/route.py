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
        return _records(self.kind, self.source, release)

    def copies_of(self, release: str) -> str:
        """Return the same for those of the team's own Tiller."""
        return _records(Kind.SECRET, self.target, release)


def _records(kind: Kind, namespace: str, release: str) -> str:
    return f"{kind.plural} --namespace {word(namespace)} --selector {word(f'OWNER=TILLER,NAME={release}')}"

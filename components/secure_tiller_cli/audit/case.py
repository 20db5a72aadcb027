"""One Tiller with everything that its checks look at."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

from secure_tiller_cli.audit import network, rbac
from secure_tiller_cli.audit.facts import GRANTS, PODS, Facts, Json, Place, place
from secure_tiller_cli.audit.rbac import Grant
from secure_tiller_cli.audit.settings import Settings
from secure_tiller_cli.audit.tillers import ENDED, Tiller
from tiller_facts.rbac import Subject

Certificates = Mapping[str, tuple[str, ...]]


@dataclass(frozen=True)
class Case:
    """One Tiller among the others of a cluster."""

    facts: Facts
    tiller: Tiller
    others: tuple[Tiller, ...]
    """Every other Tiller of the cluster."""
    grants: tuple[Grant, ...]
    """Everybody's."""

    @cached_property
    def settings(self) -> Settings:
        """How the Tiller runs."""
        return self.tiller.settings

    @cached_property
    def held(self) -> tuple[Grant, ...]:
        """What its account holds, as far as that is told."""
        return rbac.held(self.grants, self.tiller.namespace, self.tiller.account)

    @property
    def grants_are_told(self) -> bool:
        """Whether the cluster told everything that rights are computed from."""
        return not self.facts.refused(*GRANTS)

    @property
    def is_cluster_admin(self) -> bool:
        """Whether its account holds every right in the cluster."""
        return any(grant.is_everything and not grant.namespace for grant in self.held)

    @property
    def on_node(self) -> bool:
        """Whether it shares the network of its node."""
        return bool(self.tiller.spec.get("hostNetwork"))

    @property
    def is_closed(self) -> bool:
        """Whether nothing outside of its pod connects to its gRPC port, but through a port-forward."""
        return bool(self.settings.listen) and network.is_loopback(str(self.settings.listen)) and not self.on_node

    @cached_property
    def reach(self) -> tuple[Grant, ...]:
        """Who may forward a port to it, one grant for each."""
        # A client that speaks WebSocket gets where others create (Kubernetes, pods/portforward).
        verbs = ("create", "get")
        found: dict[Subject, Grant] = {}
        for grant in self.grants:
            if any(grant.allows(verb, "", "pods/portforward", self.tiller.namespace) for verb in verbs):
                found.setdefault(grant.subject, grant)
        return tuple(sorted(found.values(), key=lambda grant: rbac.shown(grant.subject)))

    @cached_property
    def needless(self) -> frozenset[Subject]:
        """Who needs no Tiller: whoever may do everything in the cluster, and the controllers of Kubernetes itself."""
        return frozenset(
            grant.subject
            for grant in self.grants
            if not grant.namespace and (grant.is_everything or grant.is_of_control_plane)
        )

    @cached_property
    def neighbours(self) -> tuple[Json, ...]:
        """The other pods of its namespace that have not ended, but those of other Tillers."""
        theirs = {place(pod) for tiller in (self.tiller, *self.others) for pod in tiller.pods}
        pods = (pod for pod in self.facts.of(PODS) if place(pod)[0] == self.tiller.namespace)
        running = (pod for pod in pods if (pod.get("status") or {}).get("phase") not in ENDED)
        return tuple(pod for pod in running if place(pod) not in theirs)

    @cached_property
    def records(self) -> tuple[str, ...] | None:
        """The names of the ConfigMaps with releases where it stores its own; None: that is not told."""
        if self.facts.records is None or self.settings.namespace is None:
            return None
        inside = self.settings.namespace or self.tiller.namespace
        return tuple(sorted(item["name"] for item in self.facts.records if item["namespace"] == inside))

    def keys(self, tiller: Tiller, path: str | None) -> tuple[str, ...] | None:
        """Return a digest of the key of each certificate in a file of a Tiller; None: that is not told."""
        source = tiller.source(path)
        files = self.facts.certificates.get((tiller.namespace, source[0])) if source else None
        return files.get(source[1], ()) if files is not None and source else None

    @cached_property
    def sharing_certificate(self) -> tuple[str, ...] | None:
        """The other Tillers whose certificate is for the same key; None: that is not told."""
        own = self.keys(self.tiller, self.settings.certificate)
        if not own:
            return None
        # The first certificate of the file is Tiller's, what follows are intermediates.
        theirs = ((other, self.keys(other, other.settings.certificate)) for other in self._with_tls())
        return tuple(str(other) for other, keys in theirs if keys and keys[0] == own[0])

    @cached_property
    def sharing_clients(self) -> tuple[str, ...]:
        """The other Tillers that trust a CA which this one trusts."""
        own = set(self.keys(self.tiller, self.settings.client_cas) or ())
        theirs = ((other, self.keys(other, other.settings.client_cas) or ()) for other in self._with_tls())
        return tuple(str(other) for other, keys in theirs if not own.isdisjoint(keys))

    def _with_tls(self) -> Iterable[Tiller]:
        return (other for other in self.others if other.settings.tls)


def secrets(tillers: Iterable[Tiller]) -> set[Place]:
    """Return the Secrets in which Tillers find their certificates, and the CAs of their clients."""
    paths = ((tiller, path) for tiller in tillers for path in (tiller.settings.certificate, tiller.settings.client_cas))
    found = ((tiller.namespace, tiller.source(path)) for tiller, path in paths if tiller.settings.tls)
    return {(namespace, source[0]) for namespace, source in found if source}

"""One Tiller among the others, with everything that its practices look at."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from tiller_facts import network, rbac, workloads
from tiller_facts.facts import Facts, FoundObject, Source
from tiller_facts.flags import Flags
from tiller_facts.kinds import RIGHTS
from tiller_facts.rbac import Grant, Subject
from tiller_facts.values import Hidden, NotKnown, NotKnownError, Value, at, known, settle
from tiller_facts.workloads import Tiller, Workload

IN_NO_OBJECT = Hidden("it is in no Secret or ConfigMap")
NO_CERTIFICATE = Hidden("there is no certificate where it should be")


@dataclass(frozen=True)
class Cluster:
    """Everything that is known, with what follows from it for every Tiller."""

    facts: Facts

    @cached_property
    def found(self) -> tuple[Tiller, ...]:
        """Every Tiller, suspected ones too."""
        return workloads.find(self.facts)

    @cached_property
    def tillers(self) -> tuple[Tiller, ...]:
        """Every Tiller that is certainly one."""
        return tuple(tiller for tiller in self.found if not tiller.suspected)

    @cached_property
    def grants(self) -> tuple[Grant, ...]:
        """Everybody's rights, as far as they are known."""
        return rbac.grants(self.facts)

    @cached_property
    def grants_are_seen(self) -> bool:
        """Whether the cluster listed everything that rights are computed from."""
        return not self.facts.refusals(RIGHTS)

    @cached_property
    def needless(self) -> frozenset[Subject]:
        """Who needs no Tiller: whoever may do everything in the cluster, and the controllers of Kubernetes itself."""
        return frozenset(
            grant.subject
            for grant in self.grants
            if not grant.namespace and (grant.rule.is_everything or grant.is_of_control_plane)
        )

    @cached_property
    def others(self) -> tuple[Workload, ...]:
        """What runs beside the Tillers: in a cluster pods, of a program whatever runs pods."""
        theirs = {id(one) for tiller in self.found for one in (*tiller.pods, tiller.object)}
        seen = workloads.workloads(self.facts)
        mine = self.facts.of_program
        return tuple(one for one in seen if id(one.object) not in theirs and (mine or one.kind == "Pod"))


@dataclass(frozen=True)
class Case:
    """One Tiller among the others."""

    cluster: Cluster
    tiller: Tiller

    @property
    def facts(self) -> Facts:
        """Everything that is known."""
        return self.cluster.facts

    @property
    def flags(self) -> Flags:
        """How the Tiller runs."""
        return self.tiller.flags

    @cached_property
    def others(self) -> tuple[Tiller, ...]:
        """Every other Tiller."""
        return tuple(other for other in self.cluster.tillers if other is not self.tiller)

    @cached_property
    def held(self) -> tuple[Grant, ...]:
        """What its account holds, as far as that is known. Raises NotKnownError."""
        return rbac.held(self.cluster.grants, self.tiller.namespace, self.tiller.account)

    @property
    def is_cluster_admin(self) -> bool:
        """Whether its account holds every right in the cluster. Raises NotKnownError."""
        return any(grant.rule.is_everything and not grant.namespace for grant in self.held)

    @property
    def is_on_node(self) -> bool:
        """Whether it shares the network of its node. Raises NotKnownError."""
        return bool(at(self.tiller.spec, "hostNetwork"))

    @property
    def is_closed(self) -> bool:
        """Whether nothing outside of its pod connects to its gRPC port, but through a port-forward."""
        return network.is_loopback(settle(self.flags.listen, hidden="", unknown="")) and not self.is_on_node

    @property
    def is_verifying(self) -> bool:
        """Whether it is known to ask its clients for a certificate."""
        return self.flags.verifies is True

    @cached_property
    def reach(self) -> tuple[Grant, ...]:
        """Who may forward a port to it, one grant for each. Raises NotKnownError."""
        # A client that speaks WebSocket gets where others create (Kubernetes, pods/portforward).
        verbs = ("create", "get")
        found: dict[Subject, Grant] = {}
        for grant in self.cluster.grants:
            if any(grant.allows(verb, "", "pods/portforward", self.tiller.namespace) for verb in verbs):
                found.setdefault(grant.subject, grant)
        return tuple(sorted(found.values(), key=lambda grant: str(grant.subject)))

    @cached_property
    def neighbours(self) -> tuple[Workload, ...]:
        """What else runs in its namespace, but other Tillers. Raises NotKnownError."""
        return tuple(one for one in self.cluster.others if _place(one.object) == self.tiller.place)

    def sharing(self, path: str, *, only_first: bool = False) -> Value[tuple[Tiller, ...]]:
        """Return the other Tillers that have a key, or the object that holds it, in a file of theirs.

        Args:
            path: of the file: the name of a field of `Flags`.
            only_first: whether only the first certificate of the file counts, because what follows are intermediates.
        """
        own, keys = _material(self.facts, self.tiller, path, only_first)
        theirs = [(other, *_material(self.facts, other, path, only_first)) for other in self.others]
        found = tuple(
            other
            for other, source, others in theirs
            if (source is not None and source == own) or not _as_set(keys).isdisjoint(_as_set(others))
        )
        return keys if isinstance(keys, NotKnown) and not found else found


def sources(tiller: Tiller) -> tuple[Source, ...]:
    """Return where the certificates of a Tiller come from, and the CAs of its clients: what a tool must read for it."""
    if tiller.flags.tls is not True:
        return ()
    paths = (tiller.flags.certificate, tiller.flags.client_cas)
    found = (_sources(tiller, settle(path, hidden="", unknown="")) for path in paths)
    return tuple(source for some in found if not isinstance(some, NotKnown) for source in some)


def _place(found: FoundObject) -> object:
    try:
        return found.cluster, found.namespace
    except NotKnownError:
        return None


def _sources(tiller: Tiller, path: str) -> Value[tuple[Source, ...]]:
    try:
        return tiller.sources(path)
    except NotKnownError as error:
        return error.value


def _material(
    facts: Facts, tiller: Tiller, name: str, only_first: bool
) -> tuple[Source | None, Value[tuple[str, ...]]]:
    """Return where a file of a Tiller comes from, and the keys in it."""
    if tiller.flags.tls is not True:
        return None, IN_NO_OBJECT
    path: Value[str] = getattr(tiller.flags, name)
    found = path if isinstance(path, NotKnown) else _sources(tiller, path)
    if isinstance(found, NotKnown):
        return None, found
    for source in found:
        keys = facts.keys(source)
        if isinstance(keys, NotKnown):
            return source, keys
        if keys:
            return source, keys[:1] if only_first else keys
    return None, NO_CERTIFICATE if found else IN_NO_OBJECT


def _as_set(keys: Value[Iterable[str]]) -> frozenset[str]:
    return frozenset() if isinstance(keys, NotKnown) else frozenset(keys)


def hosts(tiller: Tiller) -> tuple[str, ...]:
    """Return the ports of its node that lead to a Tiller's container. Raises NotKnownError."""
    found = [at(port, "hostPort") for port in known(at(tiller.container, "ports") or ())]
    return tuple(f"{port:g}" if isinstance(port, float) else str(port) for port in found if port)

"""One Tiller among the others, with everything that its practices look at."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from tiller_facts import network, rbac, workloads
from tiller_facts.facts import Facts, FoundObject, Source
from tiller_facts.flags import Flags
from tiller_facts.identity import GRPC_PORT
from tiller_facts.kinds import PODS, RIGHTS
from tiller_facts.rbac import Grant, Subject
from tiller_facts.values import Hidden, NotKnown, NotKnownError, Value, at, each, is_known, settle
from tiller_facts.workloads import Tiller, Workload

PATHS = ("certificate", "client_cas")
"""Fields of `Flags` with the path of a file of certificates."""

FORWARD = "pods/portforward"

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
    def by_subject(self) -> Mapping[Subject, tuple[Grant, ...]]:
        """The same, by whom the bindings name."""
        return rbac.by_subject(self.grants)

    @cached_property
    def everybodys(self) -> tuple[Grant, ...]:
        """Those of them that everybody holds."""
        return tuple(grant for grant in self.grants if grant.subject.is_everybody)

    @cached_property
    def forwards(self) -> tuple[Grant, ...]:
        """Those of them that let somebody forward a port to a pod."""
        # A client that speaks WebSocket gets where others create (Kubernetes, pods/portforward).
        return tuple(
            grant for grant in self.grants if any(grant.allows(verb, "", FORWARD) for verb in ("create", "get"))
        )

    @cached_property
    def grants_are_seen(self) -> bool:
        """Whether the cluster listed everything that rights are computed from."""
        return not self.facts.refusals(RIGHTS)

    @cached_property
    def needless(self) -> frozenset[Subject]:
        """Subjects that need no Tiller: cluster admins, and the controllers of Kubernetes itself."""
        return frozenset(
            grant.subject
            for grant in self.grants
            if not grant.namespace and (grant.rule.is_everything or grant.is_of_control_plane)
        )

    @cached_property
    def files(self) -> Mapping[tuple[Tiller, str], tuple[Source | None, Value[tuple[str, ...]]]]:
        """By Tiller and field of `Flags`, the object from which a file comes, and the keys in it."""
        return {(one, path): _file(self.facts, one, path) for one in self.tillers for path in PATHS}

    @cached_property
    def neighbours(self) -> Mapping[object, tuple[Workload, ...]]:
        """Everything that runs and is no Tiller, by its place: in a cluster pods, of a program whatever runs pods."""
        theirs = {id(one) for tiller in self.found for one in (*tiller.pods, tiller.object)}
        found: dict[object, tuple[Workload, ...]] = {}
        for one in workloads.workloads(self.facts):
            if id(one.object) not in theirs and (self.facts.of_program or one.kind == "Pod"):
                place = _place(one.object)
                found[place] = (*found.get(place, ()), one)
        return found


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
        """Rights of its account, as far as that is known. Raises NotKnownError."""
        return rbac.held(self.cluster.by_subject, self.tiller.namespace, self.tiller.account)

    @property
    def is_cluster_admin(self) -> bool:
        """Whether its account holds every right in the cluster. Raises NotKnownError."""
        return any(grant.rule.is_everything and not grant.namespace for grant in self.held)

    @property
    def is_on_node(self) -> bool:
        """Whether it shares the network of its node. Raises NotKnownError."""
        return bool(at(self.tiller.spec, "hostNetwork"))

    @property
    def is_stopped(self) -> bool:
        """Whether no pod of it runs, and none is to."""
        return self.tiller.is_stopped and not self.facts.refusals([PODS])

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
        """Subjects that may forward a port to it, one grant for each. Raises NotKnownError."""
        found: dict[Subject, Grant] = {}
        for grant in self.cluster.forwards:
            if grant.namespace in ("", self.tiller.namespace):
                found.setdefault(grant.subject, grant)
        return tuple(sorted(found.values(), key=lambda grant: str(grant.subject)))

    @cached_property
    def neighbours(self) -> tuple[Workload, ...]:
        """Everything else that runs in its namespace, but other Tillers. Raises NotKnownError."""
        return self.cluster.neighbours.get(self.tiller.place, ())

    def sharing(self, path: str, *, only_first: bool = False) -> Value[tuple[Tiller, ...]]:
        """Return the other Tillers that have a key, or the object that holds it, in a file of theirs.

        Args:
            path: the field of `Flags` with the path of the file.
            only_first: whether only the first certificate of the file counts, because what follows are intermediates.
        """
        own, keys = self.cluster.files[self.tiller, path]
        wanted = _compared(keys, only_first)
        found = []
        for other in self.others:
            if path == "client_cas" and other.flags.verifies is False:
                continue  # it trusts none, and has a finding of its own
            source, theirs = self.cluster.files[other, path]
            if (source is not None and source == own) or not wanted.isdisjoint(_compared(theirs, only_first)):
                found.append(other)
        return keys if isinstance(keys, NotKnown) and not found else tuple(found)


def sources(tiller: Tiller) -> tuple[Source, ...]:
    """Return where the certificates of a Tiller come from, and the CAs of its clients: what a tool must read for it."""
    if tiller.flags.tls is not True:
        return ()
    paths = (getattr(tiller.flags, path) for path in PATHS)
    found = (_sources(tiller, path) for path in paths if is_known(path))
    return tuple(source for of_file in found for source in settle(of_file, hidden=(), unknown=()))


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


def _file(facts: Facts, tiller: Tiller, name: str) -> tuple[Source | None, Value[tuple[str, ...]]]:
    if tiller.flags.tls is not True:
        return None, IN_NO_OBJECT
    path: Value[str] = getattr(tiller.flags, name)
    found = path if isinstance(path, NotKnown) else _sources(tiller, path)
    if isinstance(found, NotKnown):
        return None, found
    for source in found:
        keys = facts.keys(source)
        if isinstance(keys, NotKnown) or keys:
            return source, keys
    return None, NO_CERTIFICATE if found else IN_NO_OBJECT


def _compared(keys: Value[tuple[str, ...]], only_first: bool) -> frozenset[str]:
    known_keys = settle(keys, hidden=(), unknown=())
    return frozenset(known_keys[:1] if only_first else known_keys)


def hosts(tiller: Tiller) -> tuple[str, ...]:
    """Return the ports of its node that lead to a Tiller's container. Raises NotKnownError."""
    listening = settle(tiller.flags.listen, hidden="", unknown="").rpartition(":")[2] or str(GRPC_PORT)
    found = (
        port
        for container in tiller.containers  # another one of the pod may declare its port
        for port in each(container, "ports")
        if container is tiller.container or _number(at(port, "containerPort")) == listening
    )
    return tuple(_number(given) for port in found if (given := at(port, "hostPort")))


def _number(port: object) -> str:
    return f"{port:g}" if isinstance(port, float) else str(port)

"""Knowledge of a cluster, or of what a program makes in one, in one shape, so that both are judged alike."""

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from tiller_facts.kinds import CONFIG_MAPS, FORMER_GROUPS, WORDS, Kind
from tiller_facts.values import UNKNOWN, Value, at, maybe, text

Json = Mapping[str, Any]
"""An object in the words of the Kubernetes API; UNKNOWN may stand anywhere in it."""


@dataclass(frozen=True, eq=False)
class FoundObject:
    """An object, equal to itself alone.

    Attributes:
        kind: in its own words: `Deployment`.
        data: the object; never quoted, because in a program any value can be a secret.
        shown: the words by which the tool names it: `Deployment blue-tiller/tiller-deploy`.
        group: its API group, without the version; empty: the core group.
        part: the part that it is of our component (`identity.part`); empty: none.
        cluster: equal for objects of one cluster.
        origin: by which the tool finds it again: its URN.
    """

    kind: str
    data: Json = field(repr=False)
    shown: str
    group: str = ""
    part: str = ""
    cluster: Hashable = field(default="", repr=False)
    origin: str = field(default="", repr=False)

    def __str__(self) -> str:
        return self.shown

    @cached_property
    def namespace(self) -> str:
        """Its namespace. Raises NotKnownError."""
        return text(self.data, "metadata", "namespace") or "default"

    @cached_property
    def name(self) -> str:
        """Its name. Raises NotKnownError."""
        return text(self.data, "metadata", "name")

    @cached_property
    def labels(self) -> Json:
        """Its labels. Raises NotKnownError."""
        return at(self.data, "metadata", "labels") or {}

    def is_a(self, kind: Kind) -> bool:
        """Return whether it is of a kind; others have kinds of the same word."""
        return self.kind == WORDS[kind] and self.group in (kind.group, FORMER_GROUPS.get(kind))


def records(objects: Iterable[FoundObject]) -> Mapping[str, tuple[str, ...]]:
    """Return the names of the ConfigMaps that hold releases, by namespace (Helm 2.17, pkg/storage/driver)."""
    found: dict[str, tuple[str, ...]] = {}
    for one in objects:
        if one.is_a(CONFIG_MAPS) and maybe(one.data, "metadata", "labels", "OWNER") == "TILLER":
            namespace = str(maybe(one.data, "metadata", "namespace"))
            found[namespace] = (*found.get(namespace, ()), str(maybe(one.data, "metadata", "name")))
    return found


@dataclass(frozen=True, order=True)
class Source:
    """A file of a pod, by where it comes from.

    Attributes:
        cluster: of the pod; equal for one cluster.
        kind: `Secret` or `ConfigMap`.
        namespace: of the pod.
        name: of the object.
        file: its key there.
    """

    cluster: Hashable
    kind: str
    namespace: str
    name: str
    file: str

    @property
    def object(self) -> tuple[Hashable, str, str, str]:
        """The object: cluster, kind, namespace, name."""
        return self.cluster, self.kind, self.namespace, self.name


Files = Mapping[str, Value[tuple[str, ...]]]
"""By file of a Secret or ConfigMap, a digest of the public key of each certificate in it."""


@dataclass(frozen=True)
class Facts:
    """Everything that a tool knows: `Hidden` where it was refused, `UNKNOWN` where it was not asked or is not decided.

    Attributes:
        objects: every object that it saw. Of Secrets it needs none.
        refused: kinds that the cluster refused to list.
        of_program: whether the objects are those that a program makes, and the cluster may hold others.
        files: by Secret or ConfigMap (`Source.object`), the certificates in it; one that does not exist has no files.
        records: by namespace, the names of the ConfigMaps that hold releases.
        everybody: those of `rbac.EVERYBODY` who may read the Secrets of the cluster.
        rbac_off: objects that turn RBAC off in the cluster.
        addresses: of the cluster's pods and nodes.
    """

    objects: tuple[FoundObject, ...] = ()
    refused: frozenset[Kind] = frozenset()
    of_program: bool = False
    files: Mapping[tuple[Hashable, str, str, str], Value[Files]] = field(default_factory=dict)
    records: Value[Mapping[str, tuple[str, ...]]] = UNKNOWN
    everybody: Value[frozenset[str]] = UNKNOWN
    rbac_off: tuple[FoundObject, ...] = ()
    addresses: Value[tuple[str, ...]] = UNKNOWN

    def of(self, kind: Kind) -> tuple[FoundObject, ...]:
        """Return the objects of a kind; none where the cluster refused to list them."""
        return tuple(found for found in self._by_word.get(WORDS[kind], ()) if found.is_a(kind))

    def refusals(self, kinds: Iterable[Kind]) -> tuple[Kind, ...]:
        """Return those of some kinds that the cluster refused to list."""
        return tuple(kind for kind in kinds if kind in self.refused)

    def keys(self, source: Source) -> Value[tuple[str, ...]]:
        """Return a digest of the key of each certificate in a file; none where there is no such file.

        UNKNOWN where the object was not read, or a program does not make it: its update or the cluster decides.
        """
        files = self.files.get(source.object, UNKNOWN)
        return files.get(source.file, ()) if isinstance(files, Mapping) else files

    @cached_property
    def _by_word(self) -> Mapping[str, list[FoundObject]]:
        found: dict[str, list[FoundObject]] = {}
        for one in self.objects:
            found.setdefault(one.kind, []).append(one)
        return found

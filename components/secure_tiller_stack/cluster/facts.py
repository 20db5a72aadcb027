"""The questions to the cluster before anything is registered, and its answers."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from tiller_facts.identity import MANAGED_BY, MANAGED_BY_LABEL, STACK_ANNOTATION
from tiller_facts.kinds import Kind, Object
from tiller_facts.rbac import Right
from tiller_facts.values import Value


@dataclass(frozen=True)
class Questions:
    """The questions of a look at the cluster, in addition to those that it always asks."""

    deploying: bool
    """Whether this is an update: only then it asks what takes the right to create an access review."""
    stack: str
    """The stack whose namespaces are looked at for Tillers that have left, as `<organization>/<project>/<stack>`."""
    namespaces: frozenset[str]
    """Those that the settings name: no Tiller has left them."""
    objects: frozenset[Object]
    """The objects that will be created under fixed names."""
    acts: frozenset[Right]
    """The rights that the deployer needs."""
    grants: frozenset[Right]
    """The rights that the deployer must be allowed to grant."""
    teams: frozenset[str] | None = None
    """Those whose Tillers are looked for among the ones that have left; None: every team of the stack."""


@dataclass(frozen=True)
class FoundNamespace:
    """A namespace that the cluster has."""

    labels: Mapping[str, str] = field(default_factory=dict)
    annotations: Mapping[str, str] = field(default_factory=dict)
    terminating: bool = False
    """Whether it is being deleted: nothing can be created in it any more."""
    uid: str = ""

    def is_of(self, stack: str) -> bool:
        """Return whether a stack made it."""
        return self.labels.get(MANAGED_BY_LABEL) == MANAGED_BY and self.annotations.get(STACK_ANNOTATION) == stack


@dataclass(frozen=True)
class FoundTiller:
    """A pod of one of our Tillers. It knows best whom it answers, whatever became of an update."""

    namespace: str
    trust_anchors: frozenset[str]
    """The trust anchors of the clients that it answers (`TillerPlan.trust_anchors`)."""
    stopping: bool
    """Whether it was asked to stop: it ends the calls that run, and would answer new ones too."""
    name: str = field(default="", compare=False)
    """The pod's."""


@dataclass(frozen=True)
class FoundRelease:
    """A release that a Tiller keeps, in its last revision."""

    name: str
    revision: int
    status: str
    """As Tiller writes it: `DEPLOYED`, `FAILED`, `DELETED`."""

    def __str__(self) -> str:
        return f"{self.name} (revision {self.revision}, {self.status})"


@dataclass(frozen=True)
class FoundObjects:
    """The objects of a question that are there."""

    teams: Mapping[Object, str] = field(default_factory=dict)
    """By object, the team for which this stack made it; empty: somebody else made it."""
    refused: frozenset[Kind] = frozenset()
    """The kinds that the cluster refused to list."""
    uids: frozenset[str] = frozenset()
    """Those of the objects that are there."""


@dataclass(frozen=True)
class ClusterFacts:
    """The cluster's answers. Where None is a value, the cluster refused to answer."""

    server: str
    """Address of the API server."""
    uid: str
    version: tuple[int, int]
    namespaces: Mapping[str, FoundNamespace]
    """Every namespace, by name."""
    everybody: Value[frozenset[str]]
    """Those of `EVERYBODY` who may read the Secrets of kube-system; Hidden: no answer, UNKNOWN: not asked."""
    tillers: tuple[FoundTiller, ...] | None = ()
    """The pods of our Tillers in all namespaces."""
    departed: Mapping[str, tuple[FoundRelease, ...] | None] = field(default_factory=dict)
    """By the namespace of each of the stack's Tillers that is not in the settings any more, its releases."""
    objects: FoundObjects = field(default_factory=FoundObjects)
    """Those of the question that are there."""
    lacking: frozenset[Right] | None = frozenset()
    """The rights of the question that the account does not hold; nothing is lacking when it was not asked."""

"""The objects of one team's Tiller in the cluster, as plain data in the words of the Kubernetes API."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias, TypeVar

from secure_tiller_cli.diagnosis.absence import is_ready
from secure_tiller_cli.results.result import Result, Status

_Readable = TypeVar("_Readable")


@dataclass(frozen=True)
class Unreadable:
    """The cluster refused to show something."""

    why: str
    remedy: str

    def result(self, team: str, check: str) -> Result:
        """Return the result of a check that needs it."""
        return Result(team, check, Status.NOT_CHECKED, self.why, self.remedy)


Readable: TypeAlias = _Readable | Unreadable
Object: TypeAlias = Mapping[str, Any]
"""An object of the API, as JSON. None in its place: there is none."""


@dataclass(frozen=True)
class Workload:
    """The Deployment and the pods in Tiller's namespace."""

    deployment: Object | None
    """Tiller's."""
    replica_sets: tuple[Object, ...]
    """All of the namespace."""
    pods: tuple[Object, ...]
    """Those with the labels by which Helm's client looks for Tiller, unless they ended."""
    others: tuple[Object, ...] = ()
    """Those without, unless they ended."""

    @property
    def own(self) -> tuple[Object, ...]:
        """The pods that the Deployment made, by the owners that they and their ReplicaSets name."""
        made = self.deployment["metadata"]["uid"] if self.deployment else None
        sets = {each["metadata"]["uid"] for each in self.replica_sets if made and _owner(each) == made}
        return tuple(pod for pod in self.pods if _owner(pod) in sets)

    @property
    def ready(self) -> tuple[Object, ...]:
        """Those of its own that are ready, and not about to stop."""
        return tuple(pod for pod in self.own if is_ready(pod) and not pod["metadata"].get("deletionTimestamp"))


@dataclass(frozen=True)
class Records:
    """The release records in Tiller's namespace."""

    secrets: int
    """How many are in Secrets."""
    config_maps: tuple[str, ...]
    """The names of the ConfigMaps that are one."""


@dataclass(frozen=True)
class ObservedState:
    """The objects in the namespaces of one team."""

    namespaces: Mapping[str, Readable[Object | None]]
    """Tiller's and the managed ones, by name."""
    workload: Readable[Workload]
    secret: Readable[Object | None]
    """The TLS Secret, without Tiller's key."""
    records: Readable[Records]
    policies: Readable[tuple[Object, ...]]
    """The NetworkPolicies of Tiller's namespace."""
    services: Readable[tuple[Object, ...]]
    """The Services there."""
    client_secrets: Mapping[str, Readable[Mapping[str, str] | None]] = field(default_factory=dict)
    """By client in the cluster, of the Secret with its bundle the digest of each entry, for it holds a key."""


def digest(content: bytes) -> str:
    """Return the SHA-256 of a content, to compare it without keeping it."""
    return hashlib.sha256(content).hexdigest()


def _owner(item: Object) -> str:
    owners = item["metadata"].get("ownerReferences") or ()
    return next((str(owner["uid"]) for owner in owners if owner.get("controller")), "")

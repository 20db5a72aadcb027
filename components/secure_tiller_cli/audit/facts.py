"""What an audit asks the cluster for, and what it told."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tiller_facts.kinds import DEPLOYMENTS, NETWORK_POLICIES, ROLE_BINDINGS, ROLES, SERVICES, Kind

Json = Mapping[str, Any]
"""An object of the cluster, in the words of the Kubernetes API."""

RBAC = "rbac.authorization.k8s.io"
CLUSTER_ROLES = Kind(RBAC, "clusterroles")
CLUSTER_ROLE_BINDINGS = Kind(RBAC, "clusterrolebindings")
CONFIG_MAPS = Kind("", "configmaps")
DAEMON_SETS = Kind("apps", "daemonsets")
PODS = Kind("", "pods")
STATEFUL_SETS = Kind("apps", "statefulsets")

WORKLOADS = {DEPLOYMENTS: "Deployment", STATEFUL_SETS: "StatefulSet", DAEMON_SETS: "DaemonSet"}
"""What keeps pods running, and its kind in the words of an object."""
GRANTS = (ROLES, CLUSTER_ROLES, ROLE_BINDINGS, CLUSTER_ROLE_BINDINGS)
"""What rights are computed from."""
LISTED = (*WORKLOADS, PODS, SERVICES, NETWORK_POLICIES, *GRANTS)
"""What is listed in all namespaces, whole."""

Place = tuple[str, str]
"""Namespace and name of an object."""


@dataclass(frozen=True)
class Facts:
    """What the cluster told. Where None is a value, it refused to tell."""

    server: str
    """Address of the API server."""
    listed: Mapping[Kind, tuple[Json, ...] | None]
    """Every object of each of the kinds `LISTED`."""
    records: tuple[Json, ...] | None = ()
    """The metadata of each ConfigMap that holds a release."""
    strangers_allowed: bool | None = False
    """Whether somebody made up may read the Secrets of kube-system."""
    certificates: Mapping[Place, Mapping[str, tuple[str, ...]] | None] = field(default_factory=dict)
    """By the Secret in which a Tiller finds its certificates, for each of its files a digest of the public key of each
    certificate in it; no such Secret: no files."""

    def of(self, kind: Kind) -> tuple[Json, ...]:
        """Return the objects of a kind; none where the cluster refused to tell."""
        return self.listed.get(kind) or ()

    def refused(self, *kinds: Kind) -> tuple[Kind, ...]:
        """Return those of some kinds that the cluster refused to list."""
        return tuple(kind for kind in kinds if self.listed.get(kind) is None)


def place(item: Json) -> Place:
    """Return namespace and name of an object."""
    metadata = item["metadata"]
    return str(metadata.get("namespace", "")), str(metadata["name"])


def labels(item: Json) -> Mapping[str, str]:
    """Return the labels of an object or of a pod template."""
    return (item.get("metadata") or {}).get("labels") or {}

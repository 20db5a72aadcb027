"""Kinds of the Kubernetes API, and the names of objects."""

from dataclasses import dataclass


@dataclass(frozen=True, order=True)
class Kind:
    """A kind, in the words of the API's addresses."""

    group: str
    """Empty: the core group."""
    resource: str
    """In the plural: `roles`."""

    def __str__(self) -> str:
        return f"{self.resource}.{self.group}".rstrip(".")


WORDS: dict[Kind, str] = {}
"""Each kind in the words of an object's `kind`."""


def _kind(word: str, group: str, resource: str) -> Kind:
    kind = Kind(group, resource)
    WORDS[kind] = word
    return kind


RBAC = "rbac.authorization.k8s.io"

CLUSTER_ROLES = _kind("ClusterRole", RBAC, "clusterroles")
CLUSTER_ROLE_BINDINGS = _kind("ClusterRoleBinding", RBAC, "clusterrolebindings")
CONFIG_MAPS = _kind("ConfigMap", "", "configmaps")
CRON_JOBS = _kind("CronJob", "batch", "cronjobs")
DAEMON_SETS = _kind("DaemonSet", "apps", "daemonsets")
DEPLOYMENTS = _kind("Deployment", "apps", "deployments")
JOBS = _kind("Job", "batch", "jobs")
NAMESPACES = _kind("Namespace", "", "namespaces")
NETWORK_POLICIES = _kind("NetworkPolicy", "networking.k8s.io", "networkpolicies")
NODES = _kind("Node", "", "nodes")
PODS = _kind("Pod", "", "pods")
REPLICA_SETS = _kind("ReplicaSet", "apps", "replicasets")
ROLES = _kind("Role", RBAC, "roles")
ROLE_BINDINGS = _kind("RoleBinding", RBAC, "rolebindings")
SECRETS = _kind("Secret", "", "secrets")
SERVICES = _kind("Service", "", "services")
SERVICE_ACCOUNTS = _kind("ServiceAccount", "", "serviceaccounts")
STATEFUL_SETS = _kind("StatefulSet", "apps", "statefulsets")

FORMER_GROUPS = {DEPLOYMENTS: "extensions", DAEMON_SETS: "extensions", NETWORK_POLICIES: "extensions"}
"""The API group that a kind stood in before (Kubernetes documentation, Deprecated API Migration Guide)."""

WORKLOADS = (DEPLOYMENTS, STATEFUL_SETS, DAEMON_SETS)
"""Kinds that keep pods running."""

RUNNING = (*WORKLOADS, CRON_JOBS, JOBS, PODS)
"""Kinds that show every program that runs, and when they run none yet those that will."""

RIGHTS = (ROLES, CLUSTER_ROLES, ROLE_BINDINGS, CLUSTER_ROLE_BINDINGS)
"""Kinds from which rights are computed."""


@dataclass(frozen=True, order=True)
class Object:
    """The name of an object."""

    kind: Kind
    namespace: str
    """Empty: the object is the cluster's."""
    name: str

    def __str__(self) -> str:
        place = f"{self.namespace}/{self.name}" if self.namespace else self.name
        return f"{self.kind.resource} {place}"

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


RBAC = "rbac.authorization.k8s.io"

CLUSTER_ROLES = Kind(RBAC, "clusterroles")
CLUSTER_ROLE_BINDINGS = Kind(RBAC, "clusterrolebindings")
CONFIG_MAPS = Kind("", "configmaps")
CRON_JOBS = Kind("batch", "cronjobs")
DAEMON_SETS = Kind("apps", "daemonsets")
DEPLOYMENTS = Kind("apps", "deployments")
JOBS = Kind("batch", "jobs")
NAMESPACES = Kind("", "namespaces")
NETWORK_POLICIES = Kind("networking.k8s.io", "networkpolicies")
NODES = Kind("", "nodes")
PODS = Kind("", "pods")
REPLICA_SETS = Kind("apps", "replicasets")
ROLES = Kind(RBAC, "roles")
ROLE_BINDINGS = Kind(RBAC, "rolebindings")
SECRETS = Kind("", "secrets")
SERVICES = Kind("", "services")
SERVICE_ACCOUNTS = Kind("", "serviceaccounts")
STATEFUL_SETS = Kind("apps", "statefulsets")

WORDS = {
    CLUSTER_ROLES: "ClusterRole",
    CLUSTER_ROLE_BINDINGS: "ClusterRoleBinding",
    CONFIG_MAPS: "ConfigMap",
    CRON_JOBS: "CronJob",
    DAEMON_SETS: "DaemonSet",
    DEPLOYMENTS: "Deployment",
    JOBS: "Job",
    NAMESPACES: "Namespace",
    NETWORK_POLICIES: "NetworkPolicy",
    NODES: "Node",
    PODS: "Pod",
    REPLICA_SETS: "ReplicaSet",
    ROLES: "Role",
    ROLE_BINDINGS: "RoleBinding",
    SECRETS: "Secret",
    SERVICES: "Service",
    SERVICE_ACCOUNTS: "ServiceAccount",
    STATEFUL_SETS: "StatefulSet",
}
"""Each kind in the words of an object's `kind`."""

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

"""What Tiller and the team's people may do: the tables of RBAC rules.

Deliberately absent: `*` in any place, RBAC kinds, `escalate`, `bind`, `impersonate`, pods/exec, pods/attach,
serviceaccounts/token, ResourceQuotas and LimitRanges, and every cluster-scoped kind except to read the one namespace.
Each of them would let a chart leave the team's namespaces or undo the limits set on them (Kubernetes documentation,
RBAC Good Practices).
"""

from dataclasses import dataclass

DEPLOYMENT_NAME = "tiller-deploy"
"""The name that the Helm 2 client and helm-2to3 look for."""

EDIT = ("get", "list", "watch", "create", "update", "patch", "delete")
READ = ("get", "list", "watch")


@dataclass(frozen=True)
class Rule:
    """One rule of a Role, in the words of rbac.authorization.k8s.io/v1."""

    api_groups: tuple[str, ...]
    resources: tuple[str, ...]
    verbs: tuple[str, ...]
    resource_names: tuple[str, ...] = ()
    """The only objects the rule covers; empty: all of the namespace."""


STORAGE = (
    # Exactly the calls of Tiller's Secret driver (Helm 2.17, pkg/storage/driver/secrets.go): no watch, no patch.
    Rule(("",), ("secrets",), ("get", "list", "create", "update", "delete")),
)
"""Tiller in its own namespace: the releases it stores."""

PEOPLE = (
    # The Helm client lists the pods to find Tiller's; `kubectl port-forward deployment/tiller-deploy` gets both kinds.
    Rule(("",), ("pods",), ("get", "list")),
    Rule(("apps",), ("deployments",), ("get",), resource_names=(DEPLOYMENT_NAME,)),
    Rule(("",), ("pods/portforward",), ("create",)),
)
"""The team's people in Tiller's namespace: reach its port, and no more: the Secrets there hold all values of charts."""


def manage(namespace: str) -> tuple[Rule, ...]:
    """Return the rules of Tiller in one managed namespace: the namespaced kinds that charts are made of."""
    return (
        # Tiller asks for the Namespace object before it installs (Helm 2.17, pkg/kube/client.go, ensureNamespace).
        Rule(("",), ("namespaces",), ("get",), resource_names=(namespace,)),
        Rule(
            ("",),
            (
                "configmaps",
                "persistentvolumeclaims",
                "pods",
                "replicationcontrollers",
                "secrets",
                "serviceaccounts",
                "services",
            ),
            EDIT,
        ),
        Rule(("apps",), ("daemonsets", "deployments", "replicasets", "statefulsets"), EDIT),
        Rule(("batch",), ("cronjobs", "jobs"), EDIT),
        Rule(("networking.k8s.io",), ("ingresses",), EDIT),
        Rule(("policy",), ("poddisruptionbudgets",), EDIT),
        Rule(("autoscaling",), ("horizontalpodautoscalers",), EDIT),
        # What `helm status`, `helm test --logs` and hooks read.
        Rule(("",), ("pods/log",), ("get",)),
        Rule(("",), ("events",), READ),
    )

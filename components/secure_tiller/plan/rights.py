"""The rights of Tiller and of the team's people: the tables of RBAC rules.

Deliberately absent: `*` in any place, RBAC kinds, `escalate`, `bind`, `impersonate`, pods/exec, pods/attach,
serviceaccounts/token, ResourceQuotas and LimitRanges, and every cluster-scoped kind except to read the one namespace.
Each of them would let a chart leave the team's namespaces or undo the limits set on them (Kubernetes documentation,
RBAC Good Practices).
"""

from secure_tiller.args import RightsArgs
from tiller_facts.identity import DEPLOYMENT_NAME
from tiller_facts.rbac import Rule

EDIT = (
    "get",  # an upgrade or a rollback looks at what is there (UpdateWithOptions), `helm status` shows it (Get)
    "list",  # any kind can be a hook, which is awaited in a list (watchUntilReady); pods of others (getPods in wait.go)
    "create",  # install, and what is new in an upgrade (createResource)
    "patch",  # what an upgrade or a rollback changes (updateResource)
    "delete",  # delete, what left the chart, hooks that are done, and `--force` before its create (deleteResource)
)
"""The verbs of Tiller for every kind of its charts (function of Helm 2.17, pkg/kube/client.go). No update: it replaces
no object in place. No watch: what the list of a hook holds is enough, but for those kinds that must come to an end."""


STORAGE = (
    # Exactly the calls of Tiller's Secret driver (Helm 2.17, pkg/storage/driver/secrets.go): no watch, no patch.
    Rule(("",), ("secrets",), ("get", "list", "create", "update", "delete")),
)
"""Tiller in its own namespace: the releases it stores."""

SUBJECTS = (
    # The Helm client lists the pods to find Tiller's; `kubectl port-forward deployment/tiller-deploy` gets both kinds.
    Rule(("",), ("pods",), ("get", "list")),
    Rule(("apps",), ("deployments",), ("get",), resource_names=(DEPLOYMENT_NAME,)),
    Rule(("",), ("pods/portforward",), ("create",)),
)
"""The team's subjects in Tiller's namespace: they reach its port alone, as the Secrets there hold all chart values."""


def manage(namespace: str) -> tuple[Rule, ...]:
    """Return the rules of Tiller in one managed namespace: the namespaced kinds that charts are made of.

    Each verb on each kind is one that Helm 2.17 makes use of; tests/cluster/test_preset.py holds them against the API
    server's audit log.
    """
    return (
        _own_namespace(namespace),
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
        # Waits for the end of a hook's Job (watchUntilReady) and of a pod of `helm test` (watchPodUntilComplete).
        Rule(("batch",), ("jobs",), ("watch",)),
        Rule(("",), ("pods",), ("watch",)),
        # `helm test --logs` (GetPodLogs).
        Rule(("",), ("pods/log",), ("get",)),
    )


NETWORK_POLICIES = Rule(("networking.k8s.io",), ("networkpolicies",), EDIT)
"""The opt-in `rights.network_policies`."""

ROLES = Rule(("rbac.authorization.k8s.io",), ("roles", "rolebindings"), EDIT)
"""The opt-in `rights.roles`. Without the verbs escalate and bind the API server lets Tiller grant what it holds."""


def managed(namespace: str, wanted: RightsArgs) -> tuple[Rule, ...]:
    """Return the rules of Tiller in one managed namespace, as the settings ask for.

    Args:
        namespace: the managed namespace.
        wanted: the settings, checked.
    """
    preset = manage(namespace) if wanted.get("preset", "edit") == "edit" else (_own_namespace(namespace),)
    opted = (
        *((NETWORK_POLICIES,) if wanted.get("network_policies", False) else ()),
        *((ROLES,) if wanted.get("roles", False) else ()),
    )
    own = (
        Rule(
            tuple(rule["api_groups"]),
            tuple(rule["resources"]),
            tuple(rule["verbs"]),
            tuple(rule.get("resource_names", ())),
        )
        for rule in wanted.get("rules", ())
    )
    return (*preset, *opted, *own)


def _own_namespace(namespace: str) -> Rule:
    # Tiller asks for the Namespace object before it installs (Helm 2.17, pkg/kube/client.go, ensureNamespace).
    return Rule(("",), ("namespaces",), ("get",), resource_names=(namespace,))

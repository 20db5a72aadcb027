"""ServiceAccounts with kubeconfigs of their own, for tests of rights."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

from kubernetes import client

from testbed import audit
from testbed.cluster import LOCAL
from tests.support.cluster_objects import Object, binding, item
from tests.support.live_objects import create, kubeconfig_of


@dataclass(frozen=True)
class Account:
    """A ServiceAccount.

    Attributes:
        user: its name, as the API server writes it.
        kubeconfig: the content of a file with its token.
        since: the time before its first request.
    """

    user: str
    kubeconfig: str = field(repr=False)
    since: datetime

    def events(self) -> list[dict[str, Any]]:
        """Return its requests, from the audit log."""
        return [
            event
            for event in audit.events(LOCAL.audit_log)
            if event["user"]["username"] == self.user
            and datetime.fromisoformat(event["requestReceivedTimestamp"]) >= self.since
        ]


@dataclass(frozen=True)
class Accounts:
    """Makes accounts in a namespace. `with` creates the namespace, and removes all of them at the end.

    Attributes:
        api: a client of the cluster with all rights.
        admin: the kubeconfig of an administrator.
        namespace: where the accounts are.
    """

    api: client.ApiClient
    admin: Path
    namespace: str

    def make(self, name: str, role: str) -> Account:
        """Make an account that holds a ClusterRole in all namespaces."""
        since, holder = datetime.now(UTC), f"ServiceAccount {self.namespace}/{name}"
        create(self.api, item("ServiceAccount", name, self.namespace))
        create(self.api, binding(f"ClusterRole {role}", holder, name=f"{self.namespace}-{name}"))
        kubeconfig = kubeconfig_of(self.api, self.admin, self.namespace, name)
        return Account(f"system:serviceaccount:{self.namespace}:{name}", kubeconfig, since)

    def make_with(self, name: str, rules: list[Object]) -> Account:
        """Make an account that holds just these rules, in all namespaces."""
        role = f"{self.namespace}-{name}"
        create(self.api, item("ClusterRole", role, "", rules=rules))
        return self.make(name, role)

    def __enter__(self) -> Self:
        create(self.api, item("Namespace", self.namespace, ""))
        return self

    def __exit__(self, *_: object) -> None:
        rbac = client.RbacAuthorizationV1Api(self.api)
        for listed, delete in (
            (rbac.list_cluster_role_binding, rbac.delete_cluster_role_binding),
            (rbac.list_cluster_role, rbac.delete_cluster_role),
        ):
            for name in (each.metadata.name for each in listed().items):
                if name.startswith(f"{self.namespace}-"):
                    delete(name)
        client.CoreV1Api(self.api).delete_namespace(self.namespace)

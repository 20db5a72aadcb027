"""A SecureTiller as the state of its stack has it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from secure_tiller.plan.model import Expiration, RolePlan
from tiller_facts.facts import FoundObject


@dataclass(frozen=True)
class ClusterReference:
    """The cluster of a stack, as its Kubernetes provider has it; each part is empty where it has none."""

    kubeconfig: str = ""
    """A path."""
    content: str = field(default="", repr=False)
    """The content in place of a path; holds credentials."""
    hidden_in: str = ""
    """URN of the provider, if one of these is a secret that was not shown: the cluster is then unknown."""
    context: str = ""
    cluster: str = ""
    """Name of a cluster of the kubeconfig, which the provider uses in place of the context's."""
    identifier: str = ""
    """Of a program that follows ours the UID of the namespace kube-system."""


@dataclass(frozen=True)
class DeployedTiller:
    """One team's Tiller."""

    name: str
    """The name of the component, and so of the team."""
    stack: str
    """`<organization>/<project>/<stack>`, as the annotation of its objects says."""
    namespace: str
    """Tiller's own."""
    service_account: str
    deployment: str
    ca_certificate: str
    """PEM of the CAs by which clients verify Tiller."""
    expirations: Mapping[str, Expiration]
    """By the part of the logical name: `server`, `server-ca`, `client:alice`, `client-ca:alice`."""
    certificates: Mapping[str, str]
    """PEM of each certificate that the stack issued, by the same part."""
    roles: tuple[RolePlan, ...]
    """Tiller's and the people's, with whom they are bound to."""
    created: Mapping[str, Mapping[str, str]]
    """The labels of each namespace that the component made, by its name; Tiller's own is among them."""
    deployment_spec: Mapping[str, Any]
    """The `spec` of the Deployment as it was planned, in the words of the Kubernetes API."""
    tls_secret: str
    """Name of the Secret with Tiller's certificate, in Tiller's namespace."""
    exposed: bool
    """Whether there is a Service for clients in the cluster."""
    cluster: ClusterReference
    bundles: Mapping[str, Mapping[str, str]] | None = field(default=None, repr=False)
    """Per client `ca`, `cert` and, unless it made its own, `key`, as PEM; None: the state was read without secrets."""
    policies: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """The `spec` of each NetworkPolicy of Tiller's namespace, by its name."""
    services: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """The `spec` of each Service, by its name."""
    objects: tuple[FoundObject, ...] = ()
    """Its Kubernetes objects; UNKNOWN stands in place of a secret."""
    client_secrets: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    """By client in the cluster, namespace and name of the Secret with its bundle."""

    @property
    def pod(self) -> Mapping[str, Any]:
        """The pod template of the Deployment: `metadata` and `spec`."""
        return self.deployment_spec.get("template") or {}

    @property
    def clients(self) -> tuple[str, ...]:
        """The names of the clients."""
        return tuple(sorted(part.removeprefix("client:") for part in self.expirations if part.startswith("client:")))

    @property
    def managed(self) -> tuple[str, ...]:
        """The namespaces where Tiller may install, created or not."""
        return tuple(sorted(role.namespace for role in self.roles if role.part.startswith("manage:")))

    @property
    def people(self) -> RolePlan | None:
        """The role of those who may reach Tiller's port."""
        return next((role for role in self.roles if role.part == "people"), None)

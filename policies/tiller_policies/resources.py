"""Resources as the rules see them: those of Kubernetes, each object by itself."""

from collections.abc import Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from tiller_policies.values import UNKNOWN, maybe, text

GROUPS: Mapping[str, tuple[str, ...]] = {
    "ClusterRole": ("rbac.authorization.k8s.io",),
    "ClusterRoleBinding": ("rbac.authorization.k8s.io",),
    "ConfigMap": ("core",),
    "Namespace": ("core",),
    "NetworkPolicy": ("networking.k8s.io", "extensions"),
    "Role": ("rbac.authorization.k8s.io",),
    "RoleBinding": ("rbac.authorization.k8s.io",),
    "Secret": ("core",),
}
"""The API groups of the kinds that are looked for by name: others have kinds of the same names."""


@dataclass(frozen=True, eq=False)
class Resource:
    """A resource of the program; equal to itself alone.

    Attributes:
        urn: of Pulumi.
        type: of Pulumi, such as `kubernetes:apps/v1:Deployment`.
        props: its properties, which may hold secrets in clear: never quoted.
        cluster: tells the clusters of a program apart; equal for the same one.
    """

    urn: str
    type: str
    props: Mapping[str, Any] = field(repr=False)
    cluster: Hashable = field(default="", repr=False)

    def __str__(self) -> str:
        """Kind and logical name, which are never secret, as a name in the cluster can be."""
        return f"{self.type.rpartition(':')[2]} {self.logical_name}"

    @property
    def logical_name(self) -> str:
        """The name that the program gives it."""
        return self.urn.split("::", 3)[-1]

    @property
    def kind(self) -> str:
        """Kind of the Kubernetes object; empty for any other resource."""
        return self.type.rpartition(":")[2] if self.type.startswith("kubernetes:") else ""

    @property
    def group(self) -> str:
        """API group of the Kubernetes object, without its version."""
        return self.type.split(":")[1].rpartition("/")[0]

    @property
    def namespace(self) -> str:
        """Namespace of the Kubernetes object. Raises NotKnownError."""
        return text(self.props, "metadata", "namespace") or "default"

    @property
    def name(self) -> str:
        """Name of the Kubernetes object. Raises NotKnownError."""
        return text(self.props, "metadata", "name")


def objects(resources: Iterable[Resource]) -> Iterator[Resource]:
    """Every whole Kubernetes object, also those in lists; a patch is part of one, and says too little."""
    for resource in resources:
        if resource.kind.endswith("List"):
            kind = resource.type.removesuffix("List")
            items = maybe(resource.props, "items") or ()
            yield from (Resource(resource.urn, kind, item, resource.cluster) for item in items if item is not UNKNOWN)
        elif resource.kind and not resource.kind.endswith("Patch"):
            yield resource


def of_kind(resources: Iterable[Resource], kind: str) -> Iterator[Resource]:
    """Every Kubernetes object of one kind of `GROUPS`."""
    return (found for found in objects(resources) if found.kind == kind and found.group in GROUPS[kind])

"""Facts about the Tillers of a program, from its resources."""

from collections.abc import Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from tiller_facts import certificates, rbac
from tiller_facts.facts import Facts, FoundObject
from tiller_facts.identity import COMPONENT, part
from tiller_facts.values import as_far_as_known, each


@dataclass(frozen=True)
class Resource:
    """A resource of the program.

    Attributes:
        urn: of Pulumi.
        type: of Pulumi: `kubernetes:apps/v1:Deployment`.
        props: its properties, which may hold secrets in clear: never quoted. UNKNOWN may stand anywhere in them.
        cluster: equal for resources of one cluster.
    """

    urn: str
    type: str
    props: Mapping[str, Any] = field(repr=False)
    cluster: Hashable = field(default="", repr=False)

    @property
    def kind(self) -> str:
        """Last word of its type."""
        return self.type.rpartition(":")[2]

    @property
    def name(self) -> str:
        """Its logical name, which is never secret, as a name in the cluster can be."""
        return self.urn.split("::", 3)[-1]


def facts(resources: Iterable[Resource]) -> Facts:
    """Return the facts that a program's resources show."""
    every = tuple(resources)
    objects = tuple(found for resource in every for found in _objects(resource))
    switches = (resource for resource in every if rbac.is_off(resource.type, resource.props))
    return Facts(
        objects,
        of_program=True,
        files=certificates.of_objects(objects),
        rbac_off=tuple(_found(resource, resource.kind, resource.props) for resource in switches),
    )


def _objects(resource: Resource) -> Iterator[FoundObject]:
    """Yield every whole Kubernetes object, those in lists too; a patch is part of one, and says too little."""
    if not resource.type.startswith("kubernetes:") or resource.kind.endswith("Patch"):
        return
    if not resource.kind.endswith("List"):
        yield _found(resource, resource.kind, resource.props)
        return
    for item in as_far_as_known(each(resource.props, "items")):
        yield _found(resource, resource.kind.removesuffix("List"), item)


def _found(resource: Resource, kind: str, data: Mapping[str, Any]) -> FoundObject:
    group = resource.type.split(":")[1].rpartition("/")[0]
    return FoundObject(
        kind,
        data,
        shown=f"{kind} {resource.name}",
        group="" if group == "core" else group,
        part=part(kind, resource.name) if f"{COMPONENT}$" in resource.urn else "",
        cluster=resource.cluster,
        origin=resource.urn,
    )

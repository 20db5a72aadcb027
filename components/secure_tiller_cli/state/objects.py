"""Kubernetes objects of a program's state or preview, in the shape in which practices are judged."""

from collections.abc import Hashable
from typing import Any

from tiller_facts import identity
from tiller_facts.facts import FoundObject
from tiller_facts.values import maybe

_TYPE = "kubernetes:"


def found(
    resource_type: str, logical_name: str, properties: Any, cluster: Hashable = "", shown: str = ""
) -> FoundObject | None:
    """Return the object of a resource that the component made; None for one of another provider.

    Args:
        resource_type: Pulumi's: `kubernetes:apps/v1:Deployment`.
        logical_name: of the resource.
        properties: its inputs; UNKNOWN stands in place of what is not known.
        cluster: equal for resources of one cluster.
        shown: the words by which it is named; empty: its kind, namespace and name.
    """
    if not resource_type.startswith(_TYPE) or not properties:
        return None
    group, _, kind = resource_type.removeprefix(_TYPE).rpartition(":")
    group = group.rpartition("/")[0]
    place = "/".join(str(maybe(properties, "metadata", key) or "") for key in ("namespace", "name")).strip("/")
    return FoundObject(
        kind=kind,
        data=properties,
        shown=shown or f"{kind} {place}".strip(),
        group="" if group == "core" else group,
        part=identity.part(kind, logical_name),
        cluster=cluster,
    )

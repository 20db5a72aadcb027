"""Namespaces of a plan."""

from collections.abc import Mapping

import pulumi
import pulumi_kubernetes as kubernetes

from secure_tiller.plan import NamespacePlan, TillerPlan

Namespaces = Mapping[str, kubernetes.core.v1.Namespace]
"""The namespaces that were created, by name; those that exist already are not among them."""


def create(plan: TillerPlan, parent: pulumi.Resource) -> Namespaces:
    """Create Tiller's namespace and those of the managed ones that do not exist already."""
    tiller = _namespace(f"{plan.name}-namespace", plan.namespace, parent)
    managed = {
        wanted.name: _namespace(f"{plan.name}-namespace:{wanted.name}", wanted, parent) for wanted in plan.managed
    }
    return {plan.namespace.name: tiller, **managed}


def inside(namespaces: Namespaces, name: str, parent: pulumi.Resource) -> pulumi.ResourceOptions:
    """Return the options of what is created in a namespace: it waits for the namespace, if that is created too."""
    return pulumi.ResourceOptions(parent=parent, depends_on=[namespaces[name]] if name in namespaces else [])


def _namespace(name: str, plan: NamespacePlan, parent: pulumi.Resource) -> kubernetes.core.v1.Namespace:
    return kubernetes.core.v1.Namespace(
        name,
        metadata={"name": plan.name, "labels": dict(plan.labels), "annotations": dict(plan.annotations)},
        opts=pulumi.ResourceOptions(parent=parent, retain_on_delete=plan.retain_on_delete),
    )

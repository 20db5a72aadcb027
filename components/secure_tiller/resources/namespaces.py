"""Namespaces of a plan."""

from collections.abc import Mapping

import pulumi
import pulumi_kubernetes as kubernetes

from secure_tiller.plan.model import STACK_ANNOTATION, NamespacePlan, TillerPlan

Namespaces = Mapping[str, kubernetes.core.v1.Namespace]
"""The namespaces that were created, by name; those that exist already are not among them."""


def create(plan: TillerPlan, parent: pulumi.Resource) -> Namespaces:
    """Create Tiller's namespace and those of the managed ones that do not exist already."""
    tiller = _namespace(f"{plan.name}-namespace", plan, plan.namespace, parent)
    managed = {
        wanted.name: _namespace(f"{plan.name}-namespace:{wanted.name}", plan, wanted, parent) for wanted in plan.managed
    }
    return {plan.namespace.name: tiller, **managed}


def inside(namespaces: Namespaces, name: str, parent: pulumi.Resource) -> pulumi.ResourceOptions:
    """Return the options of what is created in a namespace: it waits for the namespace, if that is created too.

    The protection of a team holds for its namespaces and its Tiller. The rest comes and goes with the settings.
    """
    depends_on = [namespaces[name]] if name in namespaces else []
    return pulumi.ResourceOptions(parent=parent, depends_on=depends_on, protect=False)


def metadata(plan: TillerPlan, name: str | None, namespace: str) -> kubernetes.meta.v1.ObjectMetaArgs:
    """Return the name, labels and annotations of what is created in a namespace; without a name Pulumi gives one."""
    annotations = {**plan.annotations, STACK_ANNOTATION: plan.stack}
    return kubernetes.meta.v1.ObjectMetaArgs(
        name=name, namespace=namespace, labels=dict(plan.labels), annotations=annotations
    )


def _namespace(
    name: str, plan: TillerPlan, wanted: NamespacePlan, parent: pulumi.Resource
) -> kubernetes.core.v1.Namespace:
    # A namespace that stayed in the cluster is taken back: what an earlier provider wrote there is ours to change.
    annotations = {**plan.annotations, **wanted.annotations, "pulumi.com/patchForce": "true"}
    return kubernetes.core.v1.Namespace(
        name,
        metadata={"name": wanted.name, "labels": dict(wanted.labels), "annotations": annotations},
        opts=pulumi.ResourceOptions(parent=parent, retain_on_delete=wanted.retain_on_delete),
    )

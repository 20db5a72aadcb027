"""Who may do what: Tiller's ServiceAccount, and the Roles of Tiller and of the team's people."""

from collections.abc import Sequence
from typing import Any

import pulumi
import pulumi_kubernetes as kubernetes

from secure_tiller.plan.model import SERVICE_ACCOUNT, RolePlan, Subject, TillerPlan
from secure_tiller.plan.rights import Rule
from secure_tiller.resources.namespaces import Namespaces, inside, metadata

RBAC = "rbac.authorization.k8s.io"


def service_account(plan: TillerPlan, opts: pulumi.ResourceOptions) -> kubernetes.core.v1.ServiceAccount:
    """Create Tiller's ServiceAccount. Its token is mounted by Tiller's pod alone, and there explicitly."""
    return kubernetes.core.v1.ServiceAccount(
        f"{plan.name}-service-account",
        metadata=metadata(plan, SERVICE_ACCOUNT, plan.namespace.name),
        automount_service_account_token=False,
        opts=opts,
    )


def roles(plan: TillerPlan, created: Namespaces, parent: pulumi.Resource) -> tuple[pulumi.Resource, ...]:
    """Create the Roles and their RoleBindings; return the last of each, which whoever needs the rights waits for."""
    return tuple(_role(plan, wanted, inside(created, wanted.namespace, parent)) for wanted in plan.roles)


def _role(plan: TillerPlan, wanted: RolePlan, opts: pulumi.ResourceOptions) -> pulumi.Resource:
    named = metadata(plan, wanted.name, wanted.namespace)
    role = kubernetes.rbac.v1.Role(
        f"{plan.name}-{wanted.part}", metadata=named, rules=[_rule(rule) for rule in wanted.rules], opts=opts
    )
    if not wanted.subjects:
        return role
    return kubernetes.rbac.v1.RoleBinding(
        f"{plan.name}-{wanted.part}",
        metadata=named,
        role_ref={"api_group": RBAC, "kind": "Role", "name": wanted.name},
        subjects=_subjects(wanted.subjects),
        opts=pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(depends_on=[role])),
    )


def _rule(rule: Rule) -> kubernetes.rbac.v1.PolicyRuleArgs:
    return kubernetes.rbac.v1.PolicyRuleArgs(
        api_groups=list(rule.api_groups),
        resources=list(rule.resources),
        verbs=list(rule.verbs),
        resource_names=list(rule.resource_names) or None,
    )


def _subjects(subjects: Sequence[Subject]) -> list[Any]:
    return [
        kubernetes.rbac.v1.SubjectArgs(kind=s.kind, name=s.name, namespace=s.namespace)
        if s.kind == "ServiceAccount"
        else kubernetes.rbac.v1.SubjectArgs(api_group=RBAC, kind=s.kind, name=s.name)
        for s in subjects
    ]

"""What the account that updates a stack must be allowed to do. docs/deployer.yaml is a ClusterRole of just that."""

from collections.abc import Iterator
from dataclasses import dataclass

from secure_tiller.plan.model import TillerPlan
from secure_tiller.plan.objects import objects
from tiller_facts.kinds import DEPLOYMENTS, PODS, REPLICA_SETS, ROLE_BINDINGS, ROLES, Kind

EVENTS = Kind("", "events")

READ_VERBS = ("list", "watch")

ACTS = ("create", "delete", "get", "patch", *READ_VERBS)
"""What the Kubernetes provider does with each object: by server-side apply, looking on until it is ready, or gone."""

AWAITED = {
    DEPLOYMENTS: (REPLICA_SETS, PODS, Kind("", "persistentvolumeclaims")),
}
"""By kind, what else the provider looks at while it waits for one to be ready."""


@dataclass(frozen=True, order=True)
class Right:
    """One thing that an account may do."""

    namespace: str
    """Where; empty: in every namespace, or to a cluster-scoped kind."""
    verb: str
    kind: Kind
    name: str = ""
    """Of the only object; empty: all."""

    def __str__(self) -> str:
        what = str(self.kind) + (f"/{self.name}" if self.name else "")
        return f"{self.verb} {what}" + (f" in {self.namespace}" if self.namespace else "")


def acts(plan: TillerPlan) -> Iterator[Right]:
    """Yield the rights to make what the plan says, to change it and to take it away."""
    # Where the provider finds the reason why something does not get ready.
    yield from (Right("", verb, EVENTS) for verb in READ_VERBS)
    for namespace, kind in {(item.namespace, item.kind) for item in objects(plan)}:
        yield from (Right(namespace, verb, kind) for verb in ACTS)
        # To bind a Role that is not there yet, as a preview tries to, takes this right also of who holds all it grants.
        if kind == ROLE_BINDINGS:
            yield Right(namespace, "bind", ROLES)
        for awaited in AWAITED.get(kind, ()):
            yield from (Right(namespace, verb, awaited) for verb in READ_VERBS)


def grants(plan: TillerPlan) -> Iterator[Right]:
    """Yield the rights that the plan's Roles give: nobody can give what he does not hold.

    Unless he may `escalate` Roles (Kubernetes documentation, Using RBAC Authorization, Privilege escalation prevention
    and bootstrapping).
    """
    for role in plan.roles:
        for rule in role.rules:
            for group in rule.api_groups:
                for resource in rule.resources:
                    for name in rule.resource_names or ("",):
                        for verb in rule.verbs:
                            yield Right(role.namespace, verb, Kind(group, resource), name)


def escalate(namespace: str) -> Right:
    """Return the right by which an account may grant in a namespace what it does not hold."""
    return Right(namespace, "escalate", ROLES)

"""The rights that the account that updates a stack needs. docs/deployer.yaml is a ClusterRole of just that."""

from collections.abc import Iterator

from secure_tiller.plan.model import TillerPlan
from secure_tiller.plan.objects import objects
from tiller_facts.kinds import DEPLOYMENTS, PODS, REPLICA_SETS, ROLE_BINDINGS, ROLES, Kind
from tiller_facts.rbac import Right

EVENTS = Kind("", "events")

READ_VERBS = ("list", "watch")

ACTS = ("create", "delete", "get", "patch", *READ_VERBS)
"""The verbs of the Kubernetes provider for each object: by server-side apply, looking on until it is ready, or gone."""

AWAITED = {
    DEPLOYMENTS: (REPLICA_SETS, PODS, Kind("", "persistentvolumeclaims")),
}
"""By kind, what else the provider looks at while it waits for one to be ready."""


def acts(plan: TillerPlan) -> Iterator[Right]:
    """Yield the rights to make what the plan says, to change it and to take it away."""
    # Where the provider finds the reason why something does not get ready.
    yield from (Right.on(EVENTS, verb) for verb in READ_VERBS)
    for namespace, kind in {(item.namespace, item.kind) for item in objects(plan)}:
        yield from (Right.on(kind, verb, namespace) for verb in ACTS)
        # To bind a Role that is not there yet, as a preview tries to, takes this right also of who holds all it grants.
        if kind == ROLE_BINDINGS:
            yield Right.on(ROLES, "bind", namespace)
        for awaited in AWAITED.get(kind, ()):
            yield from (Right.on(awaited, verb, namespace) for verb in READ_VERBS)


def grants(plan: TillerPlan) -> Iterator[Right]:
    """Yield the rights that the plan's Roles give: nobody can give what he does not hold.

    Unless he may `escalate` Roles (Kubernetes documentation, Using RBAC Authorization, Privilege escalation prevention
    and bootstrapping).
    """
    yield from (right for role in plan.roles for rule in role.rules for right in rule.rights(role.namespace))


def escalate(namespace: str) -> Right:
    """Return the right by which an account may grant in a namespace what it does not hold."""
    return Right.on(ROLES, "escalate", namespace)

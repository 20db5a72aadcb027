"""The objects of a plan whose names are fixed: what stands under such a name already would be taken over."""

from collections.abc import Iterator
from dataclasses import dataclass

from secure_tiller.plan.model import SERVICE_ACCOUNT, TillerPlan
from secure_tiller.plan.names import ADMIT_CLIENTS, DENY_INGRESS, DEPLOYMENT_NAME
from tiller_facts.kinds import DEPLOYMENTS as DEPLOYMENTS
from tiller_facts.kinds import NETWORK_POLICIES as NETWORK_POLICIES
from tiller_facts.kinds import ROLE_BINDINGS as ROLE_BINDINGS
from tiller_facts.kinds import ROLES as ROLES
from tiller_facts.kinds import SECRETS as SECRETS
from tiller_facts.kinds import SERVICE_ACCOUNTS as SERVICE_ACCOUNTS
from tiller_facts.kinds import SERVICES as SERVICES
from tiller_facts.kinds import Kind as Kind


@dataclass(frozen=True, order=True)
class Object:
    """An object of a namespace."""

    kind: Kind
    namespace: str
    name: str

    def __str__(self) -> str:
        return f"{self.kind.resource} {self.namespace}/{self.name}"


def objects(plan: TillerPlan) -> Iterator[Object]:
    """Yield what a plan creates under a fixed name, but the namespaces; the TLS Secret is named by Pulumi."""
    own = plan.namespace.name
    yield Object(SERVICE_ACCOUNTS, own, SERVICE_ACCOUNT)
    yield Object(DEPLOYMENTS, own, DEPLOYMENT_NAME)
    yield Object(NETWORK_POLICIES, own, DENY_INGRESS)
    if plan.exposure:
        yield Object(NETWORK_POLICIES, own, ADMIT_CLIENTS)
        yield Object(SERVICES, own, DEPLOYMENT_NAME)
    for role in plan.roles:
        yield Object(ROLES, role.namespace, role.name)
        if role.subjects:
            yield Object(ROLE_BINDINGS, role.namespace, role.name)
    for secret in plan.secrets.values():
        yield Object(SECRETS, secret["namespace"], secret["name"])

"""What is asked about the rights of Tiller and of the team's people: what is planned, and what would let them out."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

from secure_tiller.plan.model import RolePlan
from secure_tiller_cli.check.grants import ALL, Grant, Right
from secure_tiller_cli.state import DeployedTiller
from tiller_facts.identity import DENY_INGRESS, DEPLOYMENT_NAME
from tiller_facts.rbac import AUTHENTICATED, Subject, account_groups, account_user

_APPS, _NETWORKING, _RBAC = "apps", "networking.k8s.io", "rbac.authorization.k8s.io"

# Each a verb, a group and a resource. Source: Kubernetes documentation, RBAC Good Practices, escalation risks.
_EVERYTHING = (ALL, ALL, ALL)
_IN_ANY_NAMESPACE = (
    _EVERYTHING,
    ("create", "", "pods/exec"),
    ("get", "", "pods/exec"),
    ("create", "", "pods/attach"),
    ("create", "", "serviceaccounts/token"),
    ("impersonate", "", "serviceaccounts"),
    ("escalate", _RBAC, "roles"),
    ("bind", _RBAC, "roles"),
    ("bind", _RBAC, "clusterroles"),
    ("create", _RBAC, "rolebindings"),
    ("patch", "", "namespaces"),
    ("delete", "", "namespaces"),
)
_OF_TILLER_AT_HOME = (
    # A pod runs with any account of its namespace and brings any Secret of it, whoever makes or changes it.
    ("create", "", "pods"),
    ("patch", "", "pods"),
    ("patch", "", "pods/ephemeralcontainers"),
    ("update", "", "pods/ephemeralcontainers"),
    ("create", "", "replicationcontrollers"),
    ("create", _APPS, "replicasets"),
    ("create", _APPS, "statefulsets"),
    ("create", _APPS, "daemonsets"),
    ("create", "batch", "jobs"),
    ("create", "batch", "cronjobs"),
    ("create", "", "configmaps"),
    ("create", "", "serviceaccounts"),
    ("create", "", "services"),
    ("create", "", "pods/portforward"),
    ("create", _APPS, "deployments"),
    ("update", _APPS, "deployments"),
    ("patch", _APPS, "deployments"),
    ("delete", _APPS, "deployments"),
    ("create", _RBAC, "roles"),
    ("create", _NETWORKING, "networkpolicies"),
    ("patch", _NETWORKING, "networkpolicies"),
    ("delete", _NETWORKING, "networkpolicies"),
)
_OF_PEOPLE_AT_TILLER = (
    *_OF_TILLER_AT_HOME,
    ("get", "", "secrets"),
    ("list", "", "secrets"),
    ("watch", "", "secrets"),
    ("create", "", "secrets"),
    ("update", "", "secrets"),
    ("patch", "", "secrets"),
    ("delete", "", "secrets"),
    ("update", "", "pods"),
    ("delete", "", "pods"),
)
_OF_TILLER_WHERE_IT_INSTALLS = (
    ("delete", "", "resourcequotas"),
    ("delete", "", "limitranges"),
    ("delete", _NETWORKING, "networkpolicies"),
    ("patch", "", "services/status"),
)
_AT_OTHERS = (
    ("list", "", "secrets"),
    ("create", "", "pods"),
    ("create", "", "pods/portforward"),
)
_IN_KUBE_SYSTEM = (*_IN_ANY_NAMESPACE, *_AT_OTHERS, ("get", "", "secrets"), ("update", "", "configmaps"))
_IN_THE_CLUSTER = (
    _EVERYTHING,
    ("get", "", "secrets"),
    ("list", "", "secrets"),
    ("create", "", "pods"),
    ("create", "", "pods/exec"),
    ("create", "", "serviceaccounts/token"),
    ("impersonate", "", "users"),
    ("impersonate", "", "groups"),
    ("impersonate", "", "serviceaccounts"),
    ("create", "", "namespaces"),
    ("patch", "", "namespaces"),
    ("delete", "", "namespaces"),
    ("list", "", "nodes"),
    ("patch", "", "nodes"),
    ("get", "", "nodes/proxy"),
    ("create", "", "persistentvolumes"),
    ("create", _RBAC, "clusterroles"),
    ("escalate", _RBAC, "clusterroles"),
    ("bind", _RBAC, "clusterroles"),
    ("create", _RBAC, "clusterrolebindings"),
    ("create", "apiextensions.k8s.io", "customresourcedefinitions"),
    ("create", "admissionregistration.k8s.io", "mutatingwebhookconfigurations"),
    ("create", "admissionregistration.k8s.io", "validatingwebhookconfigurations"),
    ("update", "certificates.k8s.io", "certificatesigningrequests/approval"),
    ("approve", "certificates.k8s.io", "signers"),
)

_Table = Iterable[tuple[str, str, str]]
NOBODY = "secure-tiller-check"
"""The user in whose name a group is asked for: one that no binding names."""


@dataclass(frozen=True)
class Asker:
    """Somebody, as authorization sees them."""

    label: str
    user: str
    groups: tuple[str, ...]
    """Complete: an access review adds none."""


@dataclass(frozen=True)
class Questions:
    """What is asked about one subject."""

    asker: Asker
    planned: frozenset[Right]
    """What it must be allowed."""
    dangerous: frozenset[Right]
    """What it must not be allowed."""

    def rights(self) -> frozenset[Right]:
        """Return everything that is asked."""
        return self.planned | self.dangerous


Answers = Mapping[tuple[Asker, Right], bool]


def account(tiller: DeployedTiller) -> Subject:
    """Return Tiller's ServiceAccount."""
    return Subject("ServiceAccount", tiller.service_account, tiller.namespace)


def people(tiller: DeployedTiller) -> tuple[Subject, ...]:
    """Return who may reach Tiller's port."""
    return tiller.people.subjects if tiller.people else ()


def asker(subject: Subject) -> Asker:
    """Return a subject with all its groups (Kubernetes documentation, Authenticating)."""
    if subject.kind == "ServiceAccount":
        label, user = f"{subject.namespace}:{subject.name}", account_user(subject.namespace, subject.name)
        return Asker(f"service account {label}", user, account_groups(subject.namespace))
    if subject.kind == "Group":
        return Asker(f"group {subject.name}", NOBODY, (subject.name, AUTHENTICATED))
    return Asker(f"user {subject.name}", subject.name, (AUTHENTICATED,))


def of_tiller(tiller: DeployedTiller, tillers: Iterable[DeployedTiller]) -> Questions:
    """Return what is asked about Tiller's account."""
    everybody = tuple(tillers)
    own = {tiller.namespace, *tiller.managed}
    dangerous = chain(
        _in(tiller.namespace, (*_IN_ANY_NAMESPACE, *_OF_TILLER_AT_HOME)),
        *(_in(name, (*_IN_ANY_NAMESPACE, *_OF_TILLER_WHERE_IT_INSTALLS)) for name in tiller.managed),
        *(_in(name, _AT_OTHERS) for name in sorted(_namespaces(everybody) - own)),
        _in("kube-system", _IN_KUBE_SYSTEM),
        _in("", _IN_THE_CLUSTER),
    )
    return _questions(account(tiller), tiller, everybody, dangerous)


def of_people(tiller: DeployedTiller, tillers: Iterable[DeployedTiller]) -> tuple[Questions, ...]:
    """Return what is asked about each of the team's people.

    What they may do in the managed namespaces is not this stack's matter, and is not asked.
    """
    everybody = tuple(tillers)
    others = sorted(other.namespace for other in everybody if other.name != tiller.name)
    dangerous = tuple(
        chain(
            _in(tiller.namespace, (*_IN_ANY_NAMESPACE, *_OF_PEOPLE_AT_TILLER)),
            *(_in(name, _AT_OTHERS) for name in others),
            _in("kube-system", _IN_KUBE_SYSTEM),
            _in("", _IN_THE_CLUSTER),
        )
    )
    return tuple(_questions(subject, tiller, everybody, dangerous) for subject in people(tiller))


def _questions(
    subject: Subject, tiller: DeployedTiller, tillers: Sequence[DeployedTiller], dangerous: Iterable[Right]
) -> Questions:
    planned = frozenset(chain.from_iterable(grant.rights() for grant in planned_for([tiller], subject)))
    held = tuple(planned_for(tillers, subject))
    unwanted = frozenset(right for right in dangerous if not any(grant.covers(right) for grant in held))
    return Questions(asker(subject), planned, unwanted)


def planned_for(tillers: Iterable[DeployedTiller], subject: Subject) -> Iterator[Grant]:
    """Yield what the stack's plans give to a subject, for whichever team."""
    for role in (role for tiller in tillers for role in tiller.roles):
        if subject in role.subjects:
            yield from grants(role)


def grants(role: RolePlan) -> Iterator[Grant]:
    """Yield what a Role of the plan grants."""
    yield from (Grant(role.namespace, rule) for rule in role.rules)


def _namespaces(tillers: Iterable[DeployedTiller]) -> frozenset[str]:
    return frozenset(name for tiller in tillers for name in (tiller.namespace, *tiller.managed))


def _in(namespace: str, table: _Table) -> Iterator[Right]:
    names = {"namespaces": namespace, "deployments": DEPLOYMENT_NAME, "networkpolicies": DENY_INGRESS}
    for verb, group, resource in table:
        # A rule that lists names covers no request without one: so the one object that matters is named.
        named = "" if verb == "create" or not namespace else names.get(resource, "")
        yield Right(verb, group, resource, namespace, named)

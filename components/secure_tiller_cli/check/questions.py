"""The access reviews of Tiller and of the team's people: the planned rights, and those that would let them out."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

from secure_tiller_cli.state import DeployedTiller
from tiller_facts.identity import DENY_INGRESS, DEPLOYMENT_NAME
from tiller_facts.kinds import RBAC
from tiller_facts.rbac import (
    ALL,
    AUTHENTICATED,
    Right,
    Rule,
    Subject,
    account_groups,
    account_user,
    everybody,
    is_planned,
)

_APPS, _NETWORKING = "apps", "networking.k8s.io"

# Each a verb, a group and a resource. Source: Kubernetes documentation, RBAC Good Practices, escalation risks.
_EVERYTHING = (ALL, ALL, ALL)
_IN_ANY_NAMESPACE = (
    _EVERYTHING,
    ("create", "", "pods/exec"),
    ("get", "", "pods/exec"),
    ("create", "", "pods/attach"),
    ("create", "", "serviceaccounts/token"),
    ("impersonate", "", "serviceaccounts"),
    ("escalate", RBAC, "roles"),
    ("bind", RBAC, "roles"),
    ("bind", RBAC, "clusterroles"),
    ("create", RBAC, "rolebindings"),
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
    ("create", RBAC, "roles"),
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
    ("create", RBAC, "clusterroles"),
    ("escalate", RBAC, "clusterroles"),
    ("bind", RBAC, "clusterroles"),
    ("create", RBAC, "clusterrolebindings"),
    ("create", "apiextensions.k8s.io", "customresourcedefinitions"),
    ("create", "admissionregistration.k8s.io", "mutatingwebhookconfigurations"),
    ("create", "admissionregistration.k8s.io", "validatingwebhookconfigurations"),
    ("update", "certificates.k8s.io", "certificatesigningrequests/approval"),
    ("approve", "certificates.k8s.io", "signers"),
)

_Table = Iterable[tuple[str, str, str]]

Planned = tuple[str, Rule]
"""A rule, and the namespace in which it holds."""

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
    """The rights that are asked for one subject."""

    asker: Asker
    planned: frozenset[Right]
    """Must be allowed."""
    dangerous: frozenset[Right]
    """Must be denied."""

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


def asked(tiller: DeployedTiller, tillers: Iterable[DeployedTiller]) -> tuple[Questions, ...]:
    """Return everything that is asked for a team."""
    every = tuple(tillers)
    return of_tiller(tiller, every), *of_people(tiller, every), *of_everybody(tiller)


def of_tiller(tiller: DeployedTiller, tillers: Iterable[DeployedTiller]) -> Questions:
    """Return what is asked about Tiller's account."""
    every = tuple(tillers)
    own = {tiller.namespace, *tiller.managed}
    dangerous = chain(
        _in(tiller.namespace, (*_IN_ANY_NAMESPACE, *_OF_TILLER_AT_HOME)),
        *(_in(name, (*_IN_ANY_NAMESPACE, *_OF_TILLER_WHERE_IT_INSTALLS)) for name in tiller.managed),
        *(_in(name, _AT_OTHERS) for name in sorted(_namespaces(every) - own)),
        _in("kube-system", _IN_KUBE_SYSTEM),
        _in("", _IN_THE_CLUSTER),
    )
    return _questions(account(tiller), tiller, every, dangerous)


def of_people(tiller: DeployedTiller, tillers: Iterable[DeployedTiller]) -> tuple[Questions, ...]:
    """Return what is asked about each of the team's people.

    What they may do in the managed namespaces is not this stack's matter, and is not asked.
    """
    every = tuple(tillers)
    others = sorted(other.namespace for other in every if other.name != tiller.name)
    dangerous = tuple(
        chain(
            _in(tiller.namespace, (*_IN_ANY_NAMESPACE, *_OF_PEOPLE_AT_TILLER)),
            *(_in(name, _AT_OTHERS) for name in others),
            _in("kube-system", _IN_KUBE_SYSTEM),
            _in("", _IN_THE_CLUSTER),
        )
    )
    return tuple(_questions(subject, tiller, every, dangerous) for subject in people(tiller))


def of_everybody(tiller: DeployedTiller) -> tuple[Questions, ...]:
    """Return what is asked about everybody; a stack plans nothing for them."""
    dangerous = frozenset(_in(tiller.namespace, (*_IN_ANY_NAMESPACE, *_OF_PEOPLE_AT_TILLER)))
    return tuple(
        Questions(Asker(", ".join(sorted(each.stands_for)), each.user, each.groups), frozenset(), dangerous)
        for each in everybody(NOBODY)
    )


def _questions(
    subject: Subject, tiller: DeployedTiller, tillers: Sequence[DeployedTiller], dangerous: Iterable[Right]
) -> Questions:
    planned = frozenset(right for namespace, rule in planned_for([tiller], subject) for right in rule.rights(namespace))
    held = tuple(planned_for(tillers, subject))
    unwanted = frozenset(right for right in dangerous if not is_planned(right, held))
    return Questions(asker(subject), planned, unwanted)


def planned_for(tillers: Iterable[DeployedTiller], subject: Subject) -> Iterator[Planned]:
    """Yield what the stack's plans give to a subject, for whichever team."""
    for role in (role for tiller in tillers for role in tiller.roles):
        if subject in role.subjects:
            yield from ((role.namespace, rule) for rule in role.rules)


def _namespaces(tillers: Iterable[DeployedTiller]) -> frozenset[str]:
    return frozenset(name for tiller in tillers for name in (tiller.namespace, *tiller.managed))


def _in(namespace: str, table: _Table) -> Iterator[Right]:
    names = {"namespaces": namespace, "deployments": DEPLOYMENT_NAME, "networkpolicies": DENY_INGRESS}
    for verb, group, resource in table:
        # A rule that lists names covers no request without one: so the one object that matters is named.
        named = "" if verb == "create" or not namespace else names.get(resource, "")
        yield Right(verb, group, resource, namespace, named)

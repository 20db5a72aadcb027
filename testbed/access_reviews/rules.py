"""RBAC's rules as a pure function: the model that the API server's answers are compared with.

Written from the Kubernetes documentation, Using RBAC Authorization, and checked against the API server by the walks.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

AUTHENTICATED = "system:authenticated"
"""The group of everybody whom the API server knows."""

SERVICE_ACCOUNTS = "system:serviceaccounts"
"""The group of every ServiceAccount, and with `:<namespace>` behind it of those of one namespace."""


@dataclass(frozen=True)
class Subject:
    """Somebody who asks.

    Attributes:
        label: for people, and the same in every run.
        user: the name under which the API server knows them.
        groups: theirs, complete: an access review adds none.
    """

    label: str
    user: str
    groups: tuple[str, ...]

    @classmethod
    def person(cls, label: str, user: str, *groups: str) -> "Subject":
        """Somebody from outside of the cluster."""
        return cls(label, user, (*groups, AUTHENTICATED))

    @classmethod
    def service_account(cls, label: str, namespace: str, name: str) -> "Subject":
        """A ServiceAccount, in the groups that its token puts it in."""
        groups = (SERVICE_ACCOUNTS, f"{SERVICE_ACCOUNTS}:{namespace}", AUTHENTICATED)
        return cls(label, f"system:serviceaccount:{namespace}:{name}", groups)

    def is_bound(self, kind: str, name: str, namespace: str = "") -> bool:
        """Return whether a binding's subject (`Group`, `User` or `ServiceAccount`) means this one."""
        if kind == "Group":
            return name in self.groups
        return self.user == (f"system:serviceaccount:{namespace}:{name}" if kind == "ServiceAccount" else name)


@dataclass(frozen=True)
class Request:
    """A request to the API server, as authorization sees it.

    Attributes:
        verb: of Kubernetes for a resource, of HTTP in small letters for a path.
        group: API group; empty is the core.
        resource: with its subresource, as in `pods/log`; empty: the request is for a path.
        namespace: empty is the cluster scope.
        name: of the object; empty where the request names none.
        path: a URL that is no resource's.
    """

    verb: str
    group: str = ""
    resource: str = ""
    namespace: str = ""
    name: str = ""
    path: str = ""

    def __str__(self) -> str:
        """The request on one line."""
        if self.path:
            return f"{self.verb} {self.path}"
        resource = f"{self.resource}.{self.group}" if self.group else self.resource
        what = f"{self.verb} {resource}" + (f" {self.name!r}" if self.name else "")
        return f"{what} in {self.namespace}" if self.namespace else f"{what} in the cluster scope"


@dataclass(frozen=True)
class Rule:
    """A rule of a Role or ClusterRole, with the fields of rbac.authorization.k8s.io/v1."""

    verbs: tuple[str, ...]
    groups: tuple[str, ...] = ()
    resources: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    paths: tuple[str, ...] = ()

    @classmethod
    def of(cls, listed: Mapping[str, Sequence[str]]) -> "Rule":
        """Read a rule of the API's JSON."""
        fields = ("verbs", "apiGroups", "resources", "resourceNames", "nonResourceURLs")
        return cls(*(tuple(listed.get(name, ())) for name in fields))

    def allows(self, request: Request) -> bool:
        """Return whether this rule covers a request, wherever it is bound."""
        if not _either(self.verbs, request.verb):
            return False
        if request.path:
            return any(_covers_path(path, request.path) for path in self.paths)
        return (
            _either(self.groups, request.group)
            and any(_covers_resource(resource, request.resource) for resource in self.resources)
            # A rule that lists names covers no request without one: it cannot be held to them.
            and (not self.names or request.name in self.names)
        )


@dataclass(frozen=True)
class Grant:
    """A rule that somebody holds.

    Attributes:
        rule: the granted one.
        namespace: where a RoleBinding grants it; empty: a ClusterRoleBinding grants it everywhere.
    """

    rule: Rule
    namespace: str = ""

    def allows(self, request: Request) -> bool:
        """Return whether the grant covers a request: a RoleBinding reaches no path or object outside its namespace."""
        return self.namespace in ("", request.namespace) and self.rule.allows(request)


def allowed(grants: Iterable[Grant], request: Request) -> bool:
    """Return whether any of the grants covers a request."""
    return any(grant.allows(request) for grant in grants)


def _either(listed: tuple[str, ...], wanted: str) -> bool:
    return "*" in listed or wanted in listed


def _covers_resource(listed: str, wanted: str) -> bool:
    """`*` covers subresources too, `*/scale` that subresource of every kind, and `pods` no subresource of pods."""
    _, slash, subresource = wanted.partition("/")
    return listed in ("*", wanted) or (bool(slash) and listed == f"*/{subresource}")


def _covers_path(listed: str, wanted: str) -> bool:
    """Only a `*` at the end stands for anything."""
    return listed == wanted or (listed.endswith("*") and wanted.startswith(listed.rstrip("*")))

"""Rights: what rules allow, who holds them, who everybody is, and which rights lead to more rights.

Source: Kubernetes documentation, Using RBAC Authorization, Authenticating, and RBAC Good Practices.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any, Self

from tiller_facts.facts import Facts, FoundObject
from tiller_facts.kinds import (
    CLUSTER_ROLE_BINDINGS,
    CLUSTER_ROLES,
    RBAC,
    REPLICA_SETS,
    ROLE_BINDINGS,
    ROLES,
    RUNNING,
    SECRETS,
    Kind,
)
from tiller_facts.selectors import selects
from tiller_facts.values import NotKnownError, as_far_as_known, each, maybe, text, texts, word

ALL = "*"

AUTHENTICATED = "system:authenticated"
UNAUTHENTICATED = "system:unauthenticated"
ANONYMOUS = "system:anonymous"
SERVICE_ACCOUNTS = "system:serviceaccounts"

EVERYBODY = frozenset((AUTHENTICATED, UNAUTHENTICATED, ANONYMOUS, SERVICE_ACCOUNTS))
"""Groups that somebody of every team belongs to, and the user without a name."""

CLUSTER_ADMIN = "cluster-admin"

SELF_REVIEWS = frozenset(("selfsubjectaccessreviews", "selfsubjectrulesreviews", "selfsubjectreviews"))
"""Kinds by which everybody may ask about themselves (ClusterRoles system:basic-user and system:discovery)."""


@dataclass(frozen=True, order=True)
class Right:
    """One verb on one kind, in the words of an access review; `*` stands for any.

    Attributes:
        verb: what is done.
        group: of the API; empty: the core group.
        resource: with its subresource: `pods/exec`. A path that is no resource begins with a slash.
        namespace: where; empty: everywhere, and what is in no namespace.
        name: of the only object; empty: any.
    """

    verb: str
    group: str
    resource: str
    namespace: str = ""
    name: str = ""

    @classmethod
    def on(cls, kind: Kind, verb: str, namespace: str = "", name: str = "") -> Self:
        """Return the right to do something to a kind, in words like those of the class."""
        return cls(verb, kind.group, kind.resource, namespace, name)

    @property
    def kind(self) -> Kind:
        """Its kind, with the subresource."""
        return Kind(self.group, self.resource)

    def __str__(self) -> str:
        what = f"{self.verb} {self.kind}" + (f" {self.name}" if self.name else "")
        return f"{what} in {self.namespace}" if self.namespace else f"{what} in the whole cluster"

    @property
    def is_harmless(self) -> bool:
        """Whether it is such as clusters give to everybody: paths of discovery, questions about oneself, reading.

        To read Secrets gives away, and so does every subresource that leads into a pod or node (`get nodes/proxy`).
        """
        if self.group in ("authentication.k8s.io", "authorization.k8s.io"):
            return self.resource.startswith("selfsubject")
        if self.resource.startswith("/"):
            return self.verb == "get" and self.resource.split("/")[1] in _DISCOVERY
        kind, _, subresource = self.resource.partition("/")
        leads_on = subresource not in ("", "log", "scale", "status")
        return self.verb in ("get", "list", "watch") and kind not in ("secrets", ALL) and not leads_on


_DISCOVERY = frozenset((".well-known", "api", "apis", "healthz", "livez", "openapi", "openid", "readyz", "version"))
"""First parts of the paths that clusters give to every account (Kubernetes, bootstrappolicy/policy.go: the ClusterRoles
`system:discovery` and `system:service-account-issuer-discovery`)."""


@dataclass(frozen=True)
class Rule:
    """One rule of a Role, in the words of rbac.authorization.k8s.io/v1.

    Attributes:
        api_groups: an empty text is the core group.
        resources: with their subresources.
        verbs: what may be done.
        resource_names: the only objects that the rule covers; empty: all of the namespace.
        paths: of the API that are no resource's.
    """

    api_groups: tuple[str, ...]
    resources: tuple[str, ...]
    verbs: tuple[str, ...]
    resource_names: tuple[str, ...] = ()
    paths: tuple[str, ...] = ()

    @classmethod
    def read(cls, rule: Any) -> Self:
        """Return a rule as a Role of the API has it, as far as it is known."""
        fields = ("apiGroups", "resources", "verbs", "resourceNames", "nonResourceURLs")
        return cls(*(tuple(as_far_as_known(texts(rule, name))) for name in fields))

    def covers(self, verb: str, group: str, resource: str, name: str = "") -> bool:
        """Return whether the rule allows something, as the RBAC authorizer does (Kubernetes, pkg/apis/rbac/v1).

        Args:
            verb: what is done.
            group: of the API; empty: the core group.
            resource: with its subresource, as in `pods/log`.
            name: of the object; empty: a request without one, which a rule that lists names never covers.
        """
        return self.covers_some(verb, group, resource) and (not self.resource_names or name in self.resource_names)

    def covers_some(self, verb: str, group: str, resource: str) -> bool:
        """Return whether the rule allows something on one object at least.

        `*` covers subresources too, `*/scale` that subresource of every kind, and `pods` no subresource of pods.
        """
        if resource.startswith("/"):
            paths = any(
                path == resource or (path.endswith(ALL) and resource.startswith(path[:-1])) for path in self.paths
            )
            return paths and _either(self.verbs, verb)
        _, slash, subresource = resource.partition("/")
        named = (ALL, resource, f"*/{subresource}") if slash else (ALL, resource)
        kinds = any(each in self.resources for each in named)
        return kinds and _either(self.verbs, verb) and _either(self.api_groups, group)

    def rights(self, namespace: str = "") -> Iterator[Right]:
        """Yield everything that the rule allows, `*` as it stands."""
        names = self.resource_names or ("",)
        for verb, group, resource, name in product(self.verbs, self.api_groups, self.resources, names):
            yield Right(verb, group, resource, namespace, name)
        for verb, path in product(self.verbs, self.paths):
            yield Right(verb, "", "/*" if path == ALL else path, namespace)

    @property
    def is_everything(self) -> bool:
        """Whether it allows everything on every resource."""
        return all(ALL in words for words in (self.api_groups, self.resources, self.verbs)) and not self.resource_names

    @property
    def has_wildcard(self) -> bool:
        """Whether it covers more than it names: `*`, `*/scale`, `/*`."""
        words = (*self.api_groups, *self.resources, *self.verbs, *self.paths)
        return any(word == ALL or word.startswith("*/") or word.endswith("/*") for word in words)


def _either(listed: tuple[str, ...], wanted: str) -> bool:
    return ALL in listed or wanted in listed


EVERYTHING = Rule((ALL,), (ALL,), (ALL,))

UNSEEN = Rule((), (), ())
"""Stands in place of the rules of a role that a program binds and does not make."""

_EDIT = (
    Rule(("",), ("serviceaccounts",), ("impersonate",)),
    Rule(("",), ("secrets", "pods", "pods/exec", "pods/portforward"), ("get", "list", "watch", "create", "delete")),
    Rule(("",), ("serviceaccounts/token",), ("create",)),
)
WELL_KNOWN: Mapping[str, tuple[Rule, ...]] = {CLUSTER_ADMIN: (EVERYTHING,), "admin": _EDIT, "edit": _EDIT}
"""ClusterRoles of Kubernetes that no program makes, and of their rules those that matter here (Kubernetes,
plugin/pkg/auth/authorizer/rbac/bootstrappolicy/policy.go)."""

AGGREGATE = f"{RBAC}/aggregate-to-"
"""Beginning of the labels of a ClusterRole whose rules the cluster adds to a ClusterRole of its own (Kubernetes
documentation, Aggregated ClusterRoles)."""
AGGREGATES: Mapping[str, tuple[str, ...]] = {
    "admin": ("admin", "edit", "view"),
    "edit": ("edit", "view"),
    "view": ("view",),
}
"""By ClusterRole of Kubernetes, the ends of the labels that add rules to it: `edit` is added to `admin`, and `view` to
`edit` (same source as WELL_KNOWN)."""

ESCALATING = (
    Right("escalate", RBAC, "roles"),
    Right("bind", RBAC, "roles"),
    Right("bind", RBAC, "clusterroles"),
    Right("impersonate", "", "serviceaccounts"),
    Right("create", "", "serviceaccounts/token"),
)
"""Rights by which somebody takes rights that nobody gave them."""
ESCALATING_IN_CLUSTER = (
    *ESCALATING,
    Right("escalate", RBAC, "clusterroles"),
    Right("impersonate", "", "users"),
    Right("impersonate", "", "groups"),
)
"""The same where they are given in the whole cluster: what has no namespace, a Role of a namespace does not cover."""

_WRITE = ("create", "update", "patch")
TAKING = (
    *(right for right in ESCALATING if right.resource.startswith("serviceaccounts")),
    *(Right(verb, "", f"pods/{way}") for way in ("exec", "attach") for verb in ("create", "get")),
    *(Right(verb, "", "pods/ephemeralcontainers") for verb in ("update", "patch")),
    *(Right.on(kind, verb) for kind in (*RUNNING, REPLICA_SETS, SECRETS, ROLE_BINDINGS) for verb in _WRITE),
    *(Right(verb, "", "replicationcontrollers") for verb in _WRITE),
)
"""Rights by which somebody acts as the accounts of a namespace, sees what its pods get, or changes its Secrets."""


@dataclass(frozen=True, order=True)
class Subject:
    """Somebody whom a binding names.

    Attributes:
        kind: `Group`, `User` or `ServiceAccount`.
        name: theirs.
        namespace: of a ServiceAccount; empty for the other kinds.
    """

    kind: str
    name: str
    namespace: str = ""

    def __str__(self) -> str:
        return f"{self.kind} {self.namespace}/{self.name}" if self.namespace else f"{self.kind} {self.name}"

    @classmethod
    def read(cls, subject: Any) -> Self:
        """Return a subject as a binding of the API has it. Raises NotKnownError."""
        kind = text(subject, "kind")
        return cls(kind, text(subject, "name"), text(subject, "namespace") if kind == "ServiceAccount" else "")

    @property
    def as_account(self) -> "Subject":
        """The same subject; as a ServiceAccount where it is the user of one."""
        prefix = "system:serviceaccount:"
        if self.kind != "User" or not self.name.startswith(prefix) or self.name.count(":") != 3:
            return self
        namespace, name = self.name.removeprefix(prefix).split(":")
        return Subject("ServiceAccount", name, namespace)

    @property
    def is_everybody(self) -> bool:
        """Whether it takes in somebody of every team."""
        return self.kind != "ServiceAccount" and self.name in EVERYBODY


def account_user(namespace: str, name: str) -> str:
    """Return the name of the user that a ServiceAccount is."""
    return f"system:serviceaccount:{namespace}:{name}"


def account_groups(namespace: str) -> tuple[str, str, str]:
    """Return the groups of every ServiceAccount of a namespace. An access review adds none by itself."""
    return SERVICE_ACCOUNTS, f"{SERVICE_ACCOUNTS}:{namespace}", AUTHENTICATED


@dataclass(frozen=True)
class Requester:
    """A made-up subject, about whom an access review asks.

    Attributes:
        stands_for: those of `EVERYBODY` as whom the API server would let them act.
        user: their name.
        groups: their groups.
    """

    stands_for: frozenset[str]
    user: str
    groups: tuple[str, ...]


def everybody(made_up: str) -> tuple[Requester, ...]:
    """Return everybody, as the API server presents them to the authorizer.

    Args:
        made_up: a name that nobody has.
    """
    account = account_user(made_up, made_up)
    return (
        Requester(frozenset((ANONYMOUS, UNAUTHENTICATED)), ANONYMOUS, (UNAUTHENTICATED,)),
        Requester(frozenset((AUTHENTICATED,)), made_up, (AUTHENTICATED,)),
        Requester(frozenset((SERVICE_ACCOUNTS,)), account, account_groups(made_up)),
    )


@dataclass(frozen=True)
class Grant:
    """A rule that somebody holds.

    Attributes:
        rule: the rule.
        namespace: where it holds; empty: in the whole cluster.
        subject: by whom the binding means them, a group of theirs perhaps.
        binding: the object that gives it.
        role: the object that holds the rule; None: the program does not make it, or nobody may list it.
    """

    rule: Rule
    namespace: str
    subject: Subject
    binding: FoundObject
    role: FoundObject | None = None

    @property
    def is_of_control_plane(self) -> bool:
        """Whether it is what Kubernetes gives one of its own controllers (its bindings `system:controller:<name>`)."""
        own = (self.subject.kind, self.subject.namespace) == ("ServiceAccount", "kube-system")
        return own and not self.namespace and self.binding.name == f"system:controller:{self.subject.name}"

    @property
    def says_something(self) -> bool:
        """Whether it gives more than every cluster gives everybody; a rule that is not seen may."""
        # Paths are for discovery, unless all are meant.
        return self.rule is UNSEEN or ALL in self.rule.paths or not SELF_REVIEWS.issuperset(self.rule.resources)

    def allows(self, verb: str, group: str, resource: str, namespace: str = "") -> bool:
        """Return whether it covers a verb on a kind in a namespace; without one: in some namespace at least.

        A rule for named objects counts: one object can be enough.
        """
        there = not namespace or self.namespace in ("", namespace)
        return there and self.rule.covers_some(verb, group, resource)

    def escalating(self) -> tuple[Right, ...]:
        """Return the rights in it that lead to more rights."""
        rights = ESCALATING if self.namespace else ESCALATING_IN_CLUSTER
        return tuple(right for right in rights if self.allows(right.verb, right.group, right.resource))


def grants(facts: Facts) -> tuple[Grant, ...]:
    """Return every grant that the bindings make, as far as they are known."""
    roles: dict[Any, list[FoundObject]] = {}
    for kind in (ROLES, CLUSTER_ROLES):
        for role in facts.of(kind):
            roles.setdefault(_key(role, kind), []).append(role)
    added = _aggregated(facts) if facts.of_program else {}
    unseen = (UNSEEN,) if facts.of_program else ()
    return tuple(
        grant
        for kind in (ROLE_BINDINGS, CLUSTER_ROLE_BINDINGS)
        for binding in facts.of(kind)
        for grant in as_far_as_known(_granted(binding, kind is ROLE_BINDINGS, roles, added, unseen))
    )


def _aggregated(facts: Facts) -> Mapping[str, list[FoundObject]]:
    """Return, by name of a ClusterRole, the program's ClusterRoles whose rules the cluster adds to it."""
    every = facts.of(CLUSTER_ROLES)
    selectors = [
        (name, {"matchLabels": {f"{AGGREGATE}{end}": "true"}}) for name, ends in AGGREGATES.items() for end in ends
    ]
    for role in every:
        found = as_far_as_known(each(role.data, "aggregationRule", "clusterRoleSelectors"))
        selectors += [(word(role.data, "metadata", "name"), one) for one in found]
    added: dict[str, list[FoundObject]] = {}
    for role in every:
        for name in dict.fromkeys(name for name, selector in selectors if _is_selected(role, selector)):
            added.setdefault(name, []).append(role)
    return added


def _is_selected(role: FoundObject, selector: Any) -> bool:
    try:
        return selects(selector, role.labels)
    except NotKnownError:
        return False


def by_subject(every: Iterable[Grant]) -> Mapping[Subject, tuple[Grant, ...]]:
    """Return grants by whom their bindings name."""
    found: dict[Subject, list[Grant]] = {}
    for grant in every:
        found.setdefault(grant.subject, []).append(grant)
    return {subject: tuple(grants) for subject, grants in found.items()}


def held(grants: Mapping[Subject, tuple[Grant, ...]], namespace: str, account: str) -> tuple[Grant, ...]:
    """Return what a ServiceAccount holds, under its own name and through the groups that its token puts it in."""
    own = (
        Subject("ServiceAccount", account, namespace),
        Subject("User", account_user(namespace, account)),
        *(Subject("Group", name) for name in account_groups(namespace)),
    )
    return tuple(grant for subject in own for grant in grants.get(subject, ()) if grant.says_something)


def beyond(granted: Iterable[tuple[str, Rule]], planned: Sequence[tuple[str, Rule]]) -> Iterator[Right]:
    """Yield what is granted and not planned; each rule with its namespace, an empty one for the whole cluster."""
    for namespace, rule in granted:
        yield from (right for right in rule.rights(namespace) if not is_planned(right, planned))


def is_planned(right: Right, planned: Iterable[tuple[str, Rule]]) -> bool:
    """Return whether a plan covers a right; each rule with its namespace, an empty one for the whole cluster."""
    return any(
        namespace in ("", right.namespace) and rule.covers(right.verb, right.group, right.resource, right.name)
        for namespace, rule in planned
    )


SWITCHES: Mapping[str, tuple[str, bool]] = {
    "gcp:container/cluster:Cluster": ("enableLegacyAbac", True),
    "azure:containerservice/kubernetesCluster:KubernetesCluster": ("roleBasedAccessControlEnabled", False),
    "azure-native:containerservice:ManagedCluster": ("enableRBAC", False),
}
"""By type of a managed cluster in Pulumi, the property that turns RBAC off or another authorizer on, and the value."""


def is_off(resource_type: str, properties: Any) -> bool:
    """Return whether a resource of a program is a cluster that does not decide by RBAC alone."""
    name, off = SWITCHES.get(resource_type, ("", None))
    return off is not None and maybe(properties, name) is off


def _key(role: FoundObject, kind: Any) -> tuple[Any, str, Any]:
    namespace = word(role.data, "metadata", "namespace") or "default"
    return kind, namespace if kind is ROLES else "", word(role.data, "metadata", "name")


def _granted(
    binding: FoundObject,
    in_namespace: bool,
    roles: Mapping[Any, Sequence[FoundObject]],
    added: Mapping[str, Sequence[FoundObject]],
    unseen: tuple[Rule, ...],
) -> Iterator[Grant]:
    namespace = binding.namespace if in_namespace else ""
    kind, name = (text(binding.data, "roleRef", part) for part in ("kind", "name"))
    # Of a program with several clusters all that fit count: whoever binds by another provider binds in the same cluster
    # more often than not.
    given = roles.get((ROLES, namespace, name) if kind == "Role" else (CLUSTER_ROLES, "", name), ())
    rules: list[tuple[Rule, FoundObject | None]] = [
        (Rule.read(rule), role) for role in given for rule in as_far_as_known(each(role.data, "rules"))
    ]
    # The cluster fills in the rules of a role that aggregates others.
    rules += [(rule, role) for role in given if maybe(role.data, "aggregationRule") for rule in unseen]
    if not given or (kind, name) == ("ClusterRole", CLUSTER_ADMIN):
        rules = [(rule, None) for rule in (WELL_KNOWN.get(name, unseen) if kind == "ClusterRole" else unseen)]
    more = added.get(name, ()) if kind == "ClusterRole" else ()
    rules += [(Rule.read(rule), role) for role in more for rule in as_far_as_known(each(role.data, "rules"))]
    for item in as_far_as_known(each(binding.data, "subjects")):
        for subject in as_far_as_known(Subject.read(one) for one in (item,)):
            yield from (Grant(rule, namespace, subject, binding, role) for rule, role in rules)

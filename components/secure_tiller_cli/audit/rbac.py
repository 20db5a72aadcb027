"""Who may do what, computed from the bindings in the cluster as the RBAC authorizer does.

Source: Kubernetes documentation, Using RBAC Authorization.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from secure_tiller_cli.audit.facts import CLUSTER_ROLE_BINDINGS, CLUSTER_ROLES, Facts, Json, Place, place
from tiller_facts.kinds import ROLE_BINDINGS, ROLES
from tiller_facts.rbac import AUTHENTICATED, SERVICE_ACCOUNTS, Rule, Subject, account_groups, account_user

EVERYBODY = frozenset((AUTHENTICATED, "system:unauthenticated", SERVICE_ACCOUNTS, "system:anonymous"))
"""Groups that somebody of every team belongs to, and the user who says no name."""

EVERYTHING = Rule(("*",), ("*",), ("*",))
CLUSTER_ADMIN = "cluster-admin"
_SELF = frozenset(("selfsubjectaccessreviews", "selfsubjectrulesreviews", "selfsubjectreviews"))
"""What the cluster lets everybody ask about themselves (its own ClusterRole system:basic-user)."""


@dataclass(frozen=True)
class Grant:
    """A rule that somebody holds."""

    rule: Rule
    namespace: str
    """Where; empty: in the whole cluster."""
    subject: Subject
    """By which the binding names them, a group of theirs perhaps."""
    binding: str
    """Which gives it, in words: `ClusterRoleBinding tiller`."""

    @property
    def is_everything(self) -> bool:
        """Whether it is every right, there."""
        return all("*" in words for words in (self.rule.api_groups, self.rule.resources, self.rule.verbs)) and not (
            self.rule.resource_names
        )

    @property
    def is_of_control_plane(self) -> bool:
        """Whether it is what Kubernetes gives one of its own controllers (its bindings `system:controller:<name>`)."""
        own = (self.subject.kind, self.subject.namespace) == ("ServiceAccount", "kube-system")
        return own and self.binding == f"ClusterRoleBinding system:controller:{self.subject.name}"

    @property
    def has_wildcard(self) -> bool:
        """Whether it covers more than it names."""
        return "*" in (*self.rule.api_groups, *self.rule.resources, *self.rule.verbs)

    @property
    def says_something(self) -> bool:
        """Whether it gives more than every cluster gives everybody."""
        return not _SELF.issuperset(self.rule.resources)

    def allows(self, verb: str, group: str, resource: str, namespace: str = "") -> bool:
        """Tell whether it covers a verb on a kind, with its subresource as in `pods/log`, in a namespace.

        Without a namespace: in some namespace at least. A rule for named objects counts: one object can be enough.
        """
        there = not namespace or self.namespace in ("", namespace)
        return there and self.rule.covers_some(verb, group, resource)


def grants(facts: Facts) -> tuple[Grant, ...]:
    """Return every grant that the bindings make, as far as the cluster told them."""
    roles: dict[tuple[str, Place], Json] = {
        **{("Role", place(item)): item for item in facts.of(ROLES)},
        **{("ClusterRole", place(item)): item for item in facts.of(CLUSTER_ROLES)},
    }
    bound = [*facts.of(ROLE_BINDINGS), *facts.of(CLUSTER_ROLE_BINDINGS)]
    return tuple(grant for binding in bound for grant in _granted(binding, roles))


def held(every: Iterable[Grant], namespace: str, account: str) -> tuple[Grant, ...]:
    """Return what a ServiceAccount holds, under its own name and through the groups that its token puts it in."""
    own = {
        Subject("ServiceAccount", account, namespace),
        Subject("User", account_user(namespace, account)),
        *(Subject("Group", name) for name in account_groups(namespace)),
    }
    return tuple(grant for grant in every if grant.subject in own and grant.says_something)


def shown(subject: Subject) -> str:
    """Return somebody in words: `Group blue-developers`, `ServiceAccount blue/deployer`."""
    name = f"{subject.namespace}/{subject.name}" if subject.namespace else subject.name
    return f"{subject.kind} {name}"


def _granted(binding: Json, roles: Mapping[tuple[str, Place], Json]) -> Iterator[Grant]:
    namespace, name = place(binding)
    reference = binding["roleRef"]
    inside = namespace if reference["kind"] == "Role" else ""
    words = f"RoleBinding {namespace}/{name}" if namespace else f"ClusterRoleBinding {name}"
    for subject in binding.get("subjects") or ():
        for rule in _rules(reference, roles.get((reference["kind"], (inside, reference["name"])))):
            yield Grant(rule, namespace, _subject(subject), words)


def _subject(said: Json) -> Subject:
    inside = str(said.get("namespace") or "") if said["kind"] == "ServiceAccount" else ""
    return Subject(str(said["kind"]), str(said["name"]), inside)


def _rules(reference: Json, role: Json | None) -> Iterator[Rule]:
    if (reference["kind"], reference["name"]) == ("ClusterRole", CLUSTER_ADMIN):
        yield EVERYTHING  # also where the cluster does not tell its ClusterRoles
        return
    for rule in (role or {}).get("rules") or ():
        if rule.get("resources"):  # the others are for paths of the API that are no resource's
            yield Rule.read(rule)

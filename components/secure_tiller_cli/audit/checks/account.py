"""What Tiller may do, as which account, and beside whom it lives."""

from collections.abc import Iterable, Iterator

from secure_tiller_cli.audit import rbac
from secure_tiller_cli.audit.case import Case
from secure_tiller_cli.audit.facts import GRANTS, PODS, RBAC, place
from secure_tiller_cli.audit.finding import Finding, Level, some
from secure_tiller_cli.audit.rbac import Grant

BIND = "bind its account by a RoleBinding in each namespace that it installs into, to a Role that names kinds and verbs"

ESCALATING = (
    ("escalate", RBAC, "roles"),
    ("bind", RBAC, "roles"),
    ("bind", RBAC, "clusterroles"),
    ("impersonate", "", "serviceaccounts"),
    ("create", "", "serviceaccounts/token"),
)
"""Verbs on kinds by which Tiller takes rights that it was not given (Kubernetes documentation, RBAC Good Practices)."""
ESCALATING_IN_CLUSTER = (
    *ESCALATING,
    ("escalate", RBAC, "clusterroles"),
    ("impersonate", "", "users"),
    ("impersonate", "", "groups"),
)
"""The same where they are given in the whole cluster: what has no namespace, a Role of a namespace does not cover."""


def rights_are_told(case: Case) -> Iterator[Finding]:
    refused = case.facts.refused(*GRANTS)
    if refused:
        text = f"its rights were not told: {', '.join(kind.resource for kind in refused)} could not be listed"
        yield Finding(Level.CRITICAL, "rights-unknown", text, "audit with an account that may list them")


def rights_are_limited(case: Case) -> Iterator[Finding]:
    wide = [grant for grant in case.held if not grant.namespace]
    if case.is_cluster_admin:
        text = f"its account may do everything in the cluster, {_by(grant for grant in wide if grant.is_everything)}"
        yield Finding(Level.CRITICAL, "cluster-admin", text, BIND)
        return
    secrets = [grant for grant in wide if any(grant.allows(verb, "", "secrets") for verb in ("get", "list", "watch"))]
    if secrets:
        text = f"its account reads the Secrets of all namespaces, {_by(secrets)}"
        yield Finding(Level.CRITICAL, "secrets-everywhere", text, BIND)
    if wide:
        text = f"its account has rights in all namespaces, {_by(wide)}"
        yield Finding(Level.HIGH, "cluster-wide-rights", text, BIND)


def rights_are_named(case: Case) -> Iterator[Finding]:
    unnamed = [grant for grant in case.held if grant.has_wildcard]
    if unnamed and not case.is_cluster_admin:
        text = f"its account has rights with `*`, which take in kinds and verbs that nobody chose, {_by(unnamed)}"
        yield Finding(Level.HIGH, "wildcard-rights", text, BIND)


def rights_stay(case: Case) -> Iterator[Finding]:
    found = [(grant, what) for grant in case.held for what in _escalating(grant) if grant.allows(*what)]
    if found and not case.is_cluster_admin:
        words = ", ".join(dict.fromkeys(f"{verb} {resource}" for _, (verb, _, resource) in found))
        text = f"its account can take rights that it was not given ({words}), {_by(grant for grant, _ in found)}"
        wide = any(not grant.namespace for grant, _ in found)
        yield Finding(Level.CRITICAL if wide else Level.HIGH, "escalating-rights", text, BIND)


def rights_end_at_others(case: Case) -> Iterator[Finding]:
    system = [grant for grant in case.held if grant.namespace.startswith("kube-")]
    elsewhere = [grant for grant in case.held if grant.namespace not in ("", case.tiller.namespace)]
    if system:  # also where it lives there: the accounts of Kubernetes' own controllers are its neighbours
        text = f"its account has rights in {_places(system)}, which is the cluster's own, {_by(system)}"
        yield Finding(Level.HIGH, "rights-in-cluster-namespace", text, BIND)
    homes = {other.namespace for other in case.others}
    if others := [grant for grant in elsewhere if grant.namespace in homes and grant not in system]:
        text = f"its account has rights where another Tiller lives, in {_places(others)}, {_by(others)}"
        yield Finding(Level.HIGH, "rights-over-another-tiller", text, BIND)


def account_is_its_own(case: Case) -> Iterator[Finding]:
    account = case.tiller.account
    sharing = sorted(place(pod)[1] for pod in case.neighbours if pod["spec"].get("serviceAccountName") == account)
    remedy = "make a ServiceAccount for it, and name it in serviceAccountName of its pod"
    if account == "default":
        text = "runs as the ServiceAccount default, as every pod of its namespace that names none"
        yield Finding(Level.HIGH, "default-account", text, remedy)
    elif sharing:
        text = f"shares the ServiceAccount {account} with the pods {some(sharing)}"
        yield Finding(Level.HIGH, "shared-account", text, remedy)


def namespace_is_its_own(case: Case) -> Iterator[Finding]:
    namespace = case.tiller.namespace
    remedy = "put each Tiller into a namespace of its own, and nothing else"
    beside = [f"{other.kind} {other.name}" for other in case.others if other.namespace == namespace]
    if beside:
        text = f"shares {namespace} with other Tillers: {some(beside)}"
        yield Finding(Level.HIGH, "several-tillers", text, remedy)
    if case.facts.refused(PODS):
        text = "which other pods run in its namespace was not told"
        yield Finding(Level.MEDIUM, "pods-unknown", text, "audit with an account that may list pods")
    if case.neighbours:
        text = f"shares {namespace} with other pods: {some(sorted(place(pod)[1] for pod in case.neighbours))}"
        yield Finding(Level.MEDIUM, "other-pods", text, remedy)


def _escalating(grant: Grant) -> tuple[tuple[str, str, str], ...]:
    return ESCALATING if grant.namespace else ESCALATING_IN_CLUSTER


def _by(grants: Iterable[Grant]) -> str:
    """Return the bindings that give something, in words."""
    found = dict.fromkeys(
        grant.binding if grant.subject.kind != "Group" else f"{grant.binding} to {rbac.shown(grant.subject)}"
        for grant in grants
    )
    return f"by {', '.join(found)}"


def _places(grants: Iterable[Grant]) -> str:
    return ", ".join(sorted({grant.namespace for grant in grants}))

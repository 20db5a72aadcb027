"""The account: who Tiller is, what it may do, and what else lives in its namespace."""

from collections.abc import Iterable, Iterator

from tiller_facts.kinds import PODS, RIGHTS
from tiller_facts.practices.case import Case
from tiller_facts.practices.model import Finding, Practice, Report, some
from tiller_facts.rbac import Grant
from tiller_facts.severity import Severity
from tiller_facts.values import maybe, word
from tiller_facts.workloads import Workload

READS = ("get", "list", "watch")


def account_is_its_own(case: Case, report: Report) -> Iterator[Finding]:
    """Find out whether it runs as an account that was made for it."""
    if case.tiller.account == "default":
        text = "runs as the ServiceAccount default, as every pod of its namespace that names none"
        yield report("default-account", text, no=(4,))


def namespace_is_its_own(case: Case, report: Report) -> Iterator[Finding]:
    """Find what else lives in its namespace."""
    together = [other for other in case.others if other.place == case.tiller.place]
    if together:
        text = f"shares its namespace with other Tillers: {some([str(other.object) for other in together])}"
        yield report("several-tillers", text, no=(4,))
    if refused := case.facts.refusals([PODS]):
        text = "which other pods run in its namespace could not be seen"
        yield report.unlisted("pods-unknown", text, refused, severity=Severity.MEDIUM, unknown=(4,))
    if case.neighbours:
        names = some(sorted(str(one.object) for one in case.neighbours))
        yield report("other-pods", f"shares its namespace with other pods: {names}", severity=Severity.MEDIUM)
    account = case.tiller.account
    sharing = [one for one in case.neighbours if _account(one) == account]
    if sharing and account != "default":
        text = f"shares its ServiceAccount with {some(sorted(str(one.object) for one in sharing))}"
        remedy = "make a ServiceAccount for Tiller alone, and name it in serviceAccountName of its pod"
        yield report("shared-account", text, remedy=remedy, no=(4,))


def rights_are_in_namespaces_only(case: Case, report: Report) -> Iterator[Finding]:
    """Find rights that it has in the whole cluster."""
    if refused := case.facts.refusals(RIGHTS):
        yield report.unlisted("rights-unknown", "its rights could not be seen", refused, unknown=(1, 4))
    wide = [grant for grant in case.held if not grant.namespace]
    if case.is_cluster_admin:
        everything = [grant for grant in wide if grant.rule.is_everything]
        text = f"its account may do everything in the cluster, {_by(everything)}"
        yield report("cluster-admin", text, about=everything[0].binding, detail=_to(everything), no=(1, 4))
        return
    if secrets := [grant for grant in wide if any(grant.allows(verb, "", "secrets") for verb in READS)]:
        text = f"its account reads the Secrets of all namespaces, {_by(secrets)}"
        yield report("secrets-everywhere", text, about=secrets[0].binding, detail=_to(secrets), no=(4,))
    if wide:
        text = f"its account has rights in all namespaces, {_by(wide)}"
        about, detail = wide[0].binding, _to(wide)
        yield report("cluster-wide-rights", text, severity=Severity.HIGH, about=about, detail=detail, no=(4,))


def rights_are_named(case: Case, report: Report) -> Iterator[Finding]:
    """Find rights with `*`."""
    unnamed = [grant for grant in case.held if grant.rule.has_wildcard]
    if unnamed and not case.is_cluster_admin:
        text = f"its account has rights with `*`, which cover kinds and verbs that nobody chose, {_by(unnamed)}"
        about = unnamed[0].role or unnamed[0].binding
        yield report("wildcard-rights", text, about=about, detail=_to(unnamed))


def rights_stay(case: Case, report: Report) -> Iterator[Finding]:
    """Find rights that lead to more rights."""
    found = [grant for grant in case.held if grant.escalating()]
    if not found or case.is_cluster_admin:
        return
    rights = dict.fromkeys(f"{right.verb} {right.resource}" for grant in found for right in grant.escalating())
    severity = Severity.HIGH if all(grant.namespace for grant in found) else Severity.CRITICAL
    text = f"its account can take rights that nobody gave it, by {', '.join(rights)}, {_by(found)}"
    about = found[0].role or found[0].binding
    yield report("escalating-rights", text, severity=severity, about=about, detail=_to(found))


def rights_end_at_others(case: Case, report: Report) -> Iterator[Finding]:
    """Find rights where the cluster's own programs, or other Tillers, live."""
    system = [grant for grant in case.held if grant.namespace.startswith("kube-")]
    if system:  # also where it lives there: the accounts of Kubernetes' own controllers are its neighbours
        text = f"its account has rights in a namespace that is the cluster's own, {_by(system)}"
        yield report("rights-in-cluster-namespace", text, about=system[0].binding, detail=_places(system))
    homes = {word(other.object.data, "metadata", "namespace") for other in case.others}
    elsewhere = [grant for grant in case.held if grant.namespace not in ("", case.tiller.namespace)]
    if others := [grant for grant in elsewhere if grant.namespace in homes and grant not in system]:
        text = f"its account has rights where another Tiller lives, {_by(others)}"
        yield report("rights-over-another-tiller", text, about=others[0].binding, detail=_places(others))


def _account(other: Workload) -> object:
    return maybe(other.spec, "serviceAccountName") or maybe(other.spec, "serviceAccount") or "default"


def _by(grants: Iterable[Grant]) -> str:
    """Return the bindings that give something, in text."""
    return f"by {some(list(dict.fromkeys(str(grant.binding) for grant in grants)))}"


def _to(grants: Iterable[Grant]) -> str:
    """Return the groups through which it is given."""
    groups = dict.fromkeys(str(grant.subject) for grant in grants if grant.subject.kind == "Group")
    return f"to {some(list(groups))}" if groups else ""


def _places(grants: Iterable[Grant]) -> str:
    return some(sorted({grant.namespace for grant in grants}))


ACCOUNT_OF_ITS_OWN = Practice(
    code="account-of-its-own",
    guide=4,
    severity=Severity.HIGH,
    title="Tiller runs as a ServiceAccount that was made for it",
    why="Every pod of the namespace that names no ServiceAccount has the rights of `default`.",
    remedy="make a ServiceAccount in Tiller's namespace, and name it in serviceAccountName of its pod",
    findings={"default-account": "runs as the ServiceAccount `default`"},
    of_tiller=account_is_its_own,
)

NAMESPACE_OF_ITS_OWN = Practice(
    code="namespace-of-its-own",
    guide=4,
    severity=Severity.HIGH,
    title="Each Tiller has a namespace, and an account in it, that nothing else uses",
    why="Two Tillers in a namespace store their releases together and can run as each other's account. Helm's client "
    "takes the first one that is ready. Whoever runs pods there can run one as Tiller's account.",
    remedy="put each Tiller into a namespace of its own, and put nothing else there",
    findings={
        "several-tillers": "other Tillers in its namespace",
        "other-pods": "other pods in its namespace",
        "shared-account": "other pods run as its ServiceAccount",
        "pods-unknown": "pods could not be listed",
    },
    of_tiller=namespace_is_its_own,
    compares=True,
)

RIGHTS_IN_NAMESPACES_ONLY = Practice(
    code="rights-in-namespaces-only",
    guide=4,
    severity=Severity.CRITICAL,
    title="No ClusterRoleBinding gives rights to Tiller's account",
    why="A ClusterRoleBinding grants its ClusterRole in every namespace, those of other teams included. A binding "
    "counts if it names Tiller's ServiceAccount, its user `system:serviceaccount:…`, or a group that it belongs to.",
    remedy="bind Tiller's account by a RoleBinding in each namespace that it installs into, to a Role that names "
    "kinds and verbs",
    findings={
        "cluster-admin": "its account holds every right in the cluster",
        "secrets-everywhere": "its account reads the Secrets of all namespaces",
        "cluster-wide-rights": "a ClusterRoleBinding gives its account rights",
        "rights-unknown": "roles or bindings could not be listed",
    },
    of_tiller=rights_are_in_namespaces_only,
    compares=True,
)

RIGHTS_BY_NAME = Practice(
    code="rights-by-name",
    guide=4,
    severity=Severity.HIGH,
    title="Tiller's rights are named: neither cluster-admin nor `*`",
    why="`*` in a Role covers kinds and verbs that nobody chose. The Role of Helm's own documents covers "
    "`impersonate`, `pods/exec` and the namespace's own labels.",
    remedy="list in a Role the kinds and verbs that Tiller needs",
    findings={"wildcard-rights": "its account has rights with `*`"},
    of_tiller=rights_are_named,
    compares=True,
)

RIGHTS_THAT_STAY = Practice(
    code="rights-that-stay",
    guide=4,
    severity=Severity.CRITICAL,
    title="Tiller cannot use its rights to gain further rights",
    why="`escalate` and `bind` on roles give any right. `impersonate`, and `create` on `serviceaccounts/token`, give "
    "the rights of others. The ClusterRoles `admin` and `edit` of Kubernetes impersonate every ServiceAccount of the "
    "namespace.",
    remedy="remove escalate, bind, impersonate and serviceaccounts/token from Tiller's Roles; do not bind the "
    "ClusterRoles admin and edit, which impersonate",
    findings={"escalating-rights": "escalate, bind, impersonate, or tokens of other accounts"},
    of_tiller=rights_stay,
    compares=True,
)

RIGHTS_END_AT_OTHERS = Practice(
    code="rights-end-at-others",
    guide=4,
    severity=Severity.HIGH,
    title="Tiller's rights end where the cluster's own programs and other Tillers live",
    why="Whoever makes pods in a namespace can act as each ServiceAccount there.",
    remedy="bind Tiller's account in the namespaces of its own team alone",
    findings={
        "rights-in-cluster-namespace": "its account has rights in a namespace `kube-*`, possibly its own",
        "rights-over-another-tiller": "its account has rights in the namespace of another Tiller",
    },
    of_tiller=rights_end_at_others,
    compares=True,
)

"""Authorization: the cluster decides by RBAC, and nobody reads Tiller's key without being chosen."""

from collections.abc import Iterable, Iterator

from tiller_facts.kinds import SECRETS
from tiller_facts.practices.account import READS
from tiller_facts.practices.case import Case, Cluster
from tiller_facts.practices.model import Finding, Practice, Report
from tiller_facts.rbac import ALL, TAKING, Grant, Right
from tiller_facts.severity import Severity
from tiller_facts.values import Hidden, known


def cluster_decides_by_rbac(cluster: Cluster, report: Report) -> Iterator[Finding]:
    """Find what turns RBAC off, or gives everybody everything."""
    if cluster.facts.of_program and not cluster.tillers:
        return
    for switch in cluster.facts.rbac_off:
        yield report("rbac-not-enforced", f"{switch} does not decide by RBAC alone", about=switch, no=(1,))
    for grant in filter(_is_all, cluster.everybodys):
        text = f"{grant.binding} gives every right to everybody, as if there were no RBAC"
        yield report("rbac-not-enforced", text, about=grant.binding, detail=str(grant.subject), no=(1,))
    everybody = cluster.facts.everybody
    if isinstance(everybody, Hidden):
        text = "whether the cluster enforces RBAC could not be seen: an access review of a made-up subject was refused"
        remedy = "let the account that asks create subjectaccessreviews"
        yield report.hidden("rbac-unknown", text, remedy=remedy, unknown=(1,))
    elif known(everybody):
        text = "a made-up subject may read the Secrets of kube-system: RBAC is off, or opened to all"
        yield report("rbac-not-enforced", text, detail=", ".join(sorted(known(everybody))), no=(1,))


def secrets_are_closed(case: Case, report: Report) -> Iterator[Finding]:
    """Find out whether everybody reads the Secrets of its namespace, with its key and its releases, or acts as it."""
    for grant in case.cluster.everybodys:
        if _is_all(grant):
            continue
        if _allows_one(grant, (Right.on(SECRETS, verb) for verb in READS), case.tiller.namespace):
            text = f"everybody may read Secrets of its namespace, with its key and its releases, by {grant.binding}"
            yield report("secrets-for-everybody", text, about=grant.binding, detail=str(grant.subject))
        elif right := _allows_one(grant, TAKING, case.tiller.namespace):
            text = f"everybody may {right.verb} {right.kind} in its namespace, and so act as it, by {grant.binding}"
            yield report("tiller-for-everybody", text, about=grant.binding, detail=str(grant.subject))


def _allows_one(grant: Grant, rights: Iterable[Right], namespace: str) -> Right | None:
    """Return the first of some rights that a grant gives in a namespace."""
    return next((right for right in rights if grant.allows(right.verb, right.group, right.resource, namespace)), None)


def _is_all(grant: Grant) -> bool:
    """Return whether a grant is every right on every kind, in the whole cluster."""
    return not grant.namespace and ALL in grant.rule.resources and ALL in grant.rule.verbs


CLUSTER_DECIDES_BY_RBAC = Practice(
    code="cluster-decides-by-rbac",
    guide=1,
    severity=Severity.CRITICAL,
    title="The cluster decides by RBAC alone, and no binding gives everybody all rights",
    why="Without RBAC every pod and every person has every right, whatever Roles say. A ClusterRoleBinding of "
    "`cluster-admin` to `system:authenticated`, `system:unauthenticated`, `system:anonymous` or "
    "`system:serviceaccounts` does the same.",
    remedy="turn RBAC on (--authorization-mode=Node,RBAC), and remove the binding that names everybody",
    findings={
        "rbac-not-enforced": "a made-up subject may read the Secrets of kube-system, or everybody has every right",
        "rbac-unknown": "the access review was refused",
    },
    of_cluster=cluster_decides_by_rbac,
    compares=True,
)

SECRETS_CLOSED = Practice(
    code="secrets-closed",
    severity=Severity.CRITICAL,
    title="Only chosen subjects can read the Secrets of Tiller's namespace, or act as Tiller",
    why="These Secrets hold Tiller's key and its releases, with all values of charts. Whoever executes in pods there, "
    "makes or changes them, issues tokens of its accounts or writes its Secrets reads them too, or acts as Tiller.",
    remedy="remove the binding that names everybody",
    findings={
        "secrets-for-everybody": "a group of everybody, or the anonymous user, reads Secrets there",
        "tiller-for-everybody": "they act as Tiller, without reading Secrets",
    },
    of_tiller=secrets_are_closed,
    compares=True,
)

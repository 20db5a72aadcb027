"""One synchronous look at the cluster, before anything is registered: is it the right one, and fit for this?

What is asked is gathered into `Facts`; `judge` decides about them and needs no cluster.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from secure_tiller import cluster
from secure_tiller.cluster import Facts
from secure_tiller.kubeconfig import Access, problem
from secure_tiller.plan import MANAGED_BY, MANAGED_BY_LABEL, TEAM_LABEL, NamespacePlan, TillerPlan
from secure_tiller.problems import ClusterError, Problem, shown

OLDEST_KUBERNETES = (1, 30)
"""Oldest Kubernetes that serves. Pod Security is enforced from 1.25 on, and the sleep before Tiller's pod stops is on
by default from 1.30 on (KEP-3960); an older API server drops that field without a word."""


REVIEW_REFUSED = (
    "Not checked: whether strangers are kept out of the cluster. It refuses the deployer the right to create "
    "subjectaccessreviews (authorization.k8s.io). The refusal shows that it authorizes requests, but not that no "
    "binding gives everybody too much."
)


@dataclass(frozen=True)
class Cluster:
    """The cluster that was looked at and found fit."""

    kubeconfig: Path
    context: str
    uid: str
    unchecked: tuple[str, ...]
    """What could not be checked, a sentence each."""


Ask = Callable[[Access, bool], Facts]


def look(access: Access, plans: Sequence[TillerPlan], *, deploying: bool, ask: Ask = cluster.ask) -> Cluster:
    """Ask the cluster once whether it is the right one and fit for the plans.

    Args:
        access: how to reach it.
        plans: what will be created.
        deploying: whether this is an update, not a preview: only then is an access review created, because it takes
            a right that a reviewer need not have.
        ask: gathers the facts; asks the real cluster unless told otherwise.

    Raises:
        ClusterError: it cannot be reached, or is refused.
    """
    facts = ask(access, deploying)
    problems = tuple(judge(facts, access, plans))
    if problems:
        raise ClusterError(problems)
    not_answered = deploying and facts.strangers_allowed is None
    return Cluster(access.kubeconfig, access.context, facts.uid, (REVIEW_REFUSED,) if not_answered else ())


def judge(facts: Facts, access: Access, plans: Sequence[TillerPlan]) -> Iterator[Problem]:
    """Yield what is wrong with a cluster for these plans. A wrong cluster is not looked at any further."""
    if access.uid and facts.uid != access.uid:
        why = f"the cluster at {facts.server} has the UID {facts.uid}: it is not the one this stack may touch"
        yield problem("uid", access.uid, why, "choose the right kubeconfig and context, or the right stack")
        return
    if facts.version < OLDEST_KUBERNETES:
        why = "from 1.25 on Pod Security is enforced, and from 1.30 on the pod's sleep before it stops is not ignored"
        version = ".".join(map(str, facts.version))
        yield Problem("", "version of Kubernetes", version, why, "upgrade the cluster to 1.30 or newer")
    if facts.strangers_allowed:
        why = "somebody made up may read the Secrets of kube-system: RBAC is not enforced, or everybody is an admin"
        remedy = "start the API server with --authorization-mode=Node,RBAC; look for bindings of system:authenticated"
        yield Problem("", f"authorization of {facts.server}", "allowed", why, remedy)
    for plan in plans:
        for namespace in (plan.namespace, *plan.managed):
            if not _ours_or_absent(plan, namespace, facts):
                yield _foreign(plan, namespace)


def _ours_or_absent(plan: TillerPlan, namespace: NamespacePlan, facts: Facts) -> bool:
    """Tell whether a namespace can be created, or was made for this team before and is taken back."""
    labels = facts.namespaces.get(namespace.name)
    return labels is None or (labels.get(MANAGED_BY_LABEL) == MANAGED_BY and labels.get(TEAM_LABEL) == plan.name)


def _foreign(plan: TillerPlan, namespace: NamespacePlan) -> Problem:
    why = "exists already and was not made for this team; it would be taken over, and one day deleted"
    if namespace is plan.namespace:
        return Problem(plan.name, "namespace", shown(namespace.name), why, "set another `namespace`")
    hand_over = f"label it {TEAM_LABEL}={plan.name} and {MANAGED_BY_LABEL}={MANAGED_BY}"
    remedy = f"set `existing: true` on it to use it as it is, or choose another name; to hand it over, {hand_over}"
    return Problem(plan.name, f"namespaces.{namespace.name}", shown(namespace.name), why, remedy)

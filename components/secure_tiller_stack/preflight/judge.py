"""Whether a cluster is the right one, and fit: decided from the facts alone, without a call."""

from collections.abc import Collection, Iterator, Mapping, Sequence

from secure_tiller.plan.model import TillerPlan
from secure_tiller.problems import Problem
from secure_tiller_stack.cluster import ClusterFacts
from secure_tiller_stack.kubeconfig import ANY_CLUSTER, Access, problem
from secure_tiller_stack.preflight import departed, deployer, foreign, namespaces
from tiller_facts.values import settle

OLDEST_KUBERNETES = (1, 25)
"""Oldest Kubernetes that serves: the first that enforces Pod Security (Kubernetes documentation, Pod Security
Admission); an older one ignores our labels without a word."""


def judge(
    facts: ClusterFacts,
    access: Access,
    plans: Sequence[TillerPlan],
    formerly: Mapping[str, str],
    removed: Collection[str],
    *,
    deploying: bool,
) -> Iterator[Problem]:
    """Yield what is wrong with a cluster for these plans. A wrong cluster is not looked at any further."""
    if access.uid not in (facts.uid, ANY_CLUSTER):
        yield _wrong_cluster(access, facts)
        return
    yield from _unfit(facts)
    present = frozenset(plan.name for plan in plans)
    for plan in plans:
        yield from namespaces.in_the_way(plan, facts, formerly, present)
        yield from namespaces.not_to_be_shared(plan, facts, formerly)
        yield from namespaces.no_place_for_secrets(plan, facts, formerly)
        yield from foreign.in_the_way(plan, facts, formerly)
    yield from departed.with_releases(facts, plans, formerly, removed)
    yield from departed.not_renamed(facts, formerly)
    if deploying:
        yield from departed.unknown_releases(facts)
    yield from deployer.lacking(facts, plans)


def _unfit(facts: ClusterFacts) -> Iterator[Problem]:
    if facts.version < OLDEST_KUBERNETES:
        why = "Pod Security is enforced from 1.25 on: an older cluster ignores what keeps charts off the node"
        version = ".".join(map(str, facts.version))
        yield Problem("", "version of Kubernetes", version, why, "upgrade the cluster to 1.25 or newer")
    if everybody := settle(facts.everybody, hidden=frozenset[str](), unknown=frozenset[str]()):
        who = ", ".join(sorted(everybody))
        why = f"everybody may read the Secrets of kube-system, as {who}: RBAC is not enforced, or a binding names them"
        remedy = "start the API server with --authorization-mode=Node,RBAC; remove the bindings of these names"
        yield Problem("", f"authorization of {facts.server}", "allowed", why, remedy)


def _wrong_cluster(access: Access, facts: ClusterFacts) -> Problem:
    there = f"the cluster at {facts.server} has the UID {facts.uid}"
    if not access.uid:
        # Without it, a cluster that was made again under the old address would be taken for the old one, and what
        # Pulumi then deletes as old is what it has just created.
        why = "must name the one cluster that this stack may touch, by the UID of its namespace kube-system"
        remedy = f"{there}: if it is the right one, write uid: {facts.uid}"
        return Problem("", "secure-tiller:cluster.uid", "(missing)", why, remedy)
    remedy = (
        "choose the right kubeconfig and context; for a new cluster make a new stack, because the state is the old's"
    )
    return problem("uid", access.uid, f"{there}: it is not the one this stack may touch", remedy)

"""One synchronous look at the cluster, before anything is registered: is it the right one, and fit for this?

What is asked is gathered into `ClusterFacts`; `judge` decides about them and needs no cluster.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from secure_tiller.plan.model import TillerPlan
from secure_tiller.plan.objects import named
from secure_tiller.problems import ClusterError
from secure_tiller_stack import cluster
from secure_tiller_stack.cluster import ClusterFacts, Questions
from secure_tiller_stack.kubeconfig import Access
from secure_tiller_stack.permissions import acts, grants
from secure_tiller_stack.preflight import departed, foreign, namespaces, revoked
from secure_tiller_stack.preflight.judge import judge
from tiller_facts.kinds import Kind
from tiller_facts.values import Hidden

__all__ = ["Cluster", "look"]

REVIEW_REFUSED = (
    "Not checked: whether strangers are kept out of the cluster. It refuses the deployer the right to create "
    "subjectaccessreviews (authorization.k8s.io). The refusal shows that it authorizes requests, but not that no "
    "binding gives everybody too much."
)
RIGHTS_REFUSED = "Not checked: whether this account may do what the update takes. The cluster refuses to tell."
TILLERS_REFUSED = (
    "Not checked: whether a client that has left the settings is still answered. The cluster refuses the right to list "
    "pods."
)
PREVIEW = (
    "Not checked in a preview, because it takes rights that a reviewer need not have: whether RBAC is enforced, and "
    "whether the deployer may do and grant what the update takes. The update checks both before it changes anything."
)


@dataclass(frozen=True)
class Cluster:
    """The cluster that was looked at and found fit."""

    uid: str
    warnings: tuple[str, ...]
    """The facts that could not be checked, or that somebody else has to correct, a sentence each."""
    leaving: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """By Tiller's namespace, the trust anchors (`TillerPlan.trust_anchors`) that left the settings but not the pod."""
    notes: tuple[str, ...] = ()
    """Further facts for the reader of the result; none needs a remedy."""
    seen: frozenset[str] = frozenset()
    """The UIDs of all namespaces, and of the objects that are there under our names and are ours."""
    unlisted: frozenset[Kind] = frozenset()
    """The kinds whose objects the cluster refused to list."""


Ask = Callable[[Access, Questions], ClusterFacts]


def look(
    access: Access,
    plans: Sequence[TillerPlan],
    *,
    deploying: bool,
    formerly: Mapping[str, str] | None = None,
    removed: Collection[str] = (),
    every_team: bool = True,
    ask: Ask = cluster.ask,
) -> Cluster:
    """Ask the cluster once whether it is the right one and fit for the plans.

    Args:
        access: how to reach it.
        plans: the plans of the stack, one at least.
        deploying: whether this is an update, not a preview: only then is asked what takes the right to create access
            reviews, because a reviewer need not have it.
        formerly: by team, its name before it was renamed. Default: none was.
        removed: the teams that may go although their Tillers hold releases. Default: none.
        every_team: whether the plans are of all teams of the stack: only then is a Tiller of another team taken for one
            that has left. Default: true.
        ask: gathers the facts. Default: asks the real cluster.

    Raises:
        ClusterError: it cannot be reached, or is refused.
    """
    names = formerly or {}
    facts = ask(access, _questions(plans, deploying, None if every_team else _teams(plans, names)))
    problems = tuple(judge(facts, access, plans, names, removed, deploying=deploying))
    if problems:
        raise ClusterError(problems)
    leaving = dict(revoked.leaving(plans, facts))
    warnings = (
        *_not_asked(facts),
        *namespaces.taken_over(plans, facts, names),
        *namespaces.open_to_privileged_pods(plans, facts),
        *departed.going(facts, removed),
        *revoked.not_yet_revoked(plans, leaving),
    )
    seen = facts.objects.uids | {found.uid for found in facts.namespaces.values()} - {""}
    return Cluster(facts.uid, warnings, leaving, () if deploying else (PREVIEW,), seen, facts.objects.refused)


def _teams(plans: Sequence[TillerPlan], formerly: Mapping[str, str]) -> frozenset[str]:
    return frozenset(plan.name for plan in plans) | frozenset(formerly.values())


def _questions(plans: Sequence[TillerPlan], deploying: bool, teams: frozenset[str] | None) -> Questions:
    return Questions(
        deploying=deploying,
        teams=teams,
        stack=plans[0].stack,
        namespaces=frozenset(name for plan in plans for name in plan.all_namespaces),
        objects=frozenset(item for plan in plans for item in named(plan)),
        acts=frozenset(right for plan in plans for right in acts(plan)),
        grants=frozenset(right for plan in plans for right in grants(plan)),
    )


def _not_asked(facts: ClusterFacts) -> Iterator[str]:
    """Yield a sentence for each question that the cluster refused to answer."""
    if isinstance(facts.everybody, Hidden):
        yield REVIEW_REFUSED
    if facts.lacking is None:
        yield RIGHTS_REFUSED
    if facts.tillers is None:
        yield TILLERS_REFUSED
    yield from foreign.unanswered(facts)
    yield from departed.unanswered(facts)

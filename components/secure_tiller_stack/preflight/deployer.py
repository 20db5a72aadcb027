"""The rights that the account that updates the stack lacks: better known now than in the middle of the update."""

from collections.abc import Iterator, Sequence, Set

from secure_tiller.plan.model import TillerPlan
from secure_tiller.problems import Problem
from secure_tiller_stack.cluster import ClusterFacts
from secure_tiller_stack.permissions import acts, grants
from tiller_facts.rbac import Right

MOST_SHOWN = 6
"""Rights that a message names; of more it gives the number."""

REMEDY = "bind the ClusterRole of docs/deployer.yaml to the account, and further `rights` that teams are given"


def lacking(facts: ClusterFacts, plans: Sequence[TillerPlan]) -> Iterator[Problem]:
    """Yield a problem for what the deployer lacks for every team, and one for each team for which it lacks more."""
    missing = facts.lacking or frozenset()
    yield from _problems("", {right for right in missing if not right.namespace}, frozenset())
    for plan in plans:
        act = {right for right in missing & set(acts(plan)) if right.namespace}
        yield from _problems(plan.name, act, missing & set(grants(plan)) - act)


def _problems(team: str, act: Set[Right], grant: Set[Right]) -> Iterator[Problem]:
    if act:
        yield Problem(team, "(the deployer's rights)", "(lacking)", f"it may not {_few(act)}", REMEDY)
    if grant:
        why = f"it may not {_few(grant)}, and Kubernetes lets nobody grant what he does not hold"
        yield Problem(team, "(the deployer's rights to grant)", "(lacking)", why, REMEDY)


def _few(rights: Set[Right]) -> str:
    names = sorted(map(str, rights))
    more = f"; and {len(names) - MOST_SHOWN} more" if len(names) > MOST_SHOWN else ""
    return "; ".join(names[:MOST_SHOWN]) + more

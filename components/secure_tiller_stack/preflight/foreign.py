"""Objects of others under a name that is to be ours: the provider would take them over, and later delete them."""

from collections.abc import Iterator, Mapping

from secure_tiller.plan.model import TillerPlan
from secure_tiller.plan.objects import named
from secure_tiller.problems import Problem, shown
from secure_tiller_stack.cluster import ClusterFacts
from tiller_facts.kinds import Object


def in_the_way(plan: TillerPlan, facts: ClusterFacts, formerly: Mapping[str, str]) -> Iterator[Problem]:
    """Yield a problem for each object of somebody else that stands where one of this team's is to be."""
    names = (plan.name, formerly.get(plan.name, plan.name))
    for item in sorted(named(plan)):
        team = facts.objects.teams.get(item)
        if team is not None and team not in names:
            yield _problem(plan, item, team)


def unanswered(facts: ClusterFacts) -> Iterator[str]:
    """Yield a sentence for the kinds that the cluster refused to list."""
    if kinds := ", ".join(sorted(str(kind) for kind in facts.objects.refused)):
        yield (
            f"Not checked: whether {kinds} of others stand where a Tiller's are to be; an update would take them over. "
            "The cluster refuses the right to list them in all namespaces."
        )


def _problem(plan: TillerPlan, item: Object, team: str) -> Problem:
    where, name = f"{item.kind.resource} in {item.namespace}", shown(item.name)
    if team:
        remedy = f"choose another name, or let team {team} give it up in an update of its own first"
        return Problem(plan.name, where, name, f"exists already, and is team {team}'s", remedy)
    why = f"exists already, and was not made by the stack {plan.stack}"
    command = f"kubectl delete {item.kind.resource} --namespace {item.namespace} {item.name}"
    return Problem(
        plan.name,
        where,
        name,
        why,
        f"choose another name or namespace; or, if nobody needs it, run pulumi up --refresh after: {command}",
    )

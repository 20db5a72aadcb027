"""Namespaces that are there already: which are ours to go on with, and which are somebody else's."""

from collections.abc import Collection, Iterator, Mapping, Sequence

from secure_tiller.plan.model import NamespacePlan, TillerPlan
from secure_tiller.problems import Problem, shown
from secure_tiller_stack.cluster import ClusterFacts, FoundNamespace
from tiller_facts.identity import MANAGED_BY, MANAGED_BY_LABEL, POD_SECURITY_LABEL, STACK_ANNOTATION, TEAM_LABEL

Names = Mapping[str, str]
"""By team, its name before it was renamed."""


def in_the_way(plan: TillerPlan, facts: ClusterFacts, formerly: Names, present: Collection[str]) -> Iterator[Problem]:
    """Yield a problem for each namespace to create that is there and was not made by this stack for this team."""
    for wanted in (plan.namespace, *plan.managed):
        found = facts.namespaces.get(wanted.name)
        key = "namespace" if wanted is plan.namespace else f"namespaces.{wanted.name}"
        if found and found.terminating:
            yield _terminating(plan, key, wanted.name)
        elif found and not _ours(plan, found, formerly):
            why = f"exists already and was not made for this team by the stack {plan.stack}; it would be taken over"
            yield Problem(plan.name, key, shown(wanted.name), why, _way_out(plan, wanted, found, present))


def _way_out(plan: TillerPlan, wanted: NamespacePlan, found: FoundNamespace, present: Collection[str]) -> str:
    team = found.labels.get(TEAM_LABEL)
    renamed = f"if this team is {team} under another name, write `formerly: {team}` and its `namespace`; else "
    before = renamed if team and team not in present and found.is_of(plan.stack) else ""
    hand_over = _hand_over(plan, wanted.name)
    # To hand over a namespace is to hand over the keys and the releases in it, and one day to have it deleted.
    if_gone = "only if no stack and no team has it any more, or this stack was renamed, hand it over"
    if wanted is plan.namespace:
        return f"{before}set another `namespace`" + (f"; {if_gone}: {hand_over}" if team == plan.name else "")
    if team is not None:
        return f"{before}choose another name; {if_gone}: {hand_over}"
    return f"set `existing: true` to use it as it is, choose another name, or hand it over: {hand_over}"


def _hand_over(plan: TillerPlan, name: str) -> str:
    labels = f"{MANAGED_BY_LABEL}={MANAGED_BY} {TEAM_LABEL}={plan.name}"
    return (
        f"kubectl label --overwrite namespace {name} {labels} && "
        f"kubectl annotate --overwrite namespace {name} {STACK_ANNOTATION}={plan.stack}"
    )


def not_to_be_shared(plan: TillerPlan, facts: ClusterFacts, formerly: Names) -> Iterator[Problem]:
    """Yield a problem for each namespace declared existing that is not there, or that is a team's."""
    for name in plan.existing:
        found = facts.namespaces.get(name)
        key = f"namespaces.{name}.existing"
        if found is None:
            why = "does not exist in the cluster"
            yield Problem(plan.name, key, "true", why, f"leave `existing` out to have it created; or {_create(name)}")
        elif found.terminating:
            yield _terminating(plan, key, name)
        elif _ours(plan, found, formerly):
            why = "was made by this stack for this team: Pulumi would delete it, with all that is in it"
            remedy = (
                "leave `existing` out; to give it away, run `pulumi up` with `retain_on_delete: true`, and set "
                f"`existing: true` after: kubectl label namespace {name} {TEAM_LABEL}- {MANAGED_BY_LABEL}- && "
                f"kubectl annotate namespace {name} {STACK_ANNOTATION}-"
            )
            yield Problem(plan.name, key, "true", why, remedy)
        elif TEAM_LABEL in found.labels:
            why = (
                f"belongs to the team {shown(found.labels[TEAM_LABEL])}: its Secrets would be within this team's reach"
            )
            yield Problem(plan.name, key, "true", why, "remove it")


def no_place_for_secrets(plan: TillerPlan, facts: ClusterFacts, formerly: Names) -> Iterator[Problem]:
    """Yield a problem for each client's Secret in a namespace that is not there, or whose team could read the key."""
    created = {namespace.name for namespace in plan.managed}
    for client, secret in plan.secrets.items():
        name, key = secret["namespace"], f"clients.{client}.secret.namespace"
        found = facts.namespaces.get(name)
        if name in created:
            continue
        if found is None:
            yield Problem(plan.name, key, shown(name), "does not exist in the cluster", _create(name))
        elif found.terminating:
            yield _terminating(plan, key, name)
        elif TEAM_LABEL in found.labels and not _ours(plan, found, formerly):
            why = f"belongs to the team {shown(found.labels[TEAM_LABEL])}, which could read the client's key"
            yield Problem(plan.name, key, shown(name), why, "run the client in another namespace")


def _create(name: str) -> str:
    return f"create it first: kubectl create namespace {name}"


def _terminating(plan: TillerPlan, key: str, name: str) -> Problem:
    why = "is being deleted, and nothing can be created in it"
    remedy = f"wait until it is gone: kubectl wait --for=delete namespace/{name} --timeout=10m"
    return Problem(plan.name, key, shown(name), why, remedy)


def taken_over(plans: Sequence[TillerPlan], facts: ClusterFacts, formerly: Names) -> Iterator[str]:
    """Yield what a team takes over from the name that it had: a preview says of a namespace only that it is created."""
    for plan in plans:
        old = formerly.get(plan.name)
        found = {name: facts.namespaces.get(name) for name in (plan.namespace.name, *(n.name for n in plan.managed))}
        names = [name for name, there in found.items() if there and there.labels.get(TEAM_LABEL) == old]
        if old and names:
            yield f"team {plan.name} takes over from {old}, with all that is in them: {', '.join(names)}."


def open_to_privileged_pods(plans: Sequence[TillerPlan], facts: ClusterFacts) -> Iterator[str]:
    for plan in plans:
        for name in plan.existing:
            level = facts.namespaces[name].labels.get(POD_SECURITY_LABEL, "nothing")
            if level in ("nothing", "privileged"):
                yield (
                    f"team {plan.name}: the existing namespace {name} enforces {level} of Pod Security: a chart there "
                    "can own the node, and with it the keys of every team. Label it "
                    f"{POD_SECURITY_LABEL}=baseline, if its owner agrees."
                )


def _ours(plan: TillerPlan, found: FoundNamespace, formerly: Names) -> bool:
    """Return whether this stack made a namespace for this team: now, before it left and came back, or was renamed."""
    names = (plan.name, formerly.get(plan.name, plan.name))
    return found.is_of(plan.stack) and found.labels.get(TEAM_LABEL) in names

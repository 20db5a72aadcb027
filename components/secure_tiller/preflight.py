"""One synchronous look at the cluster, before anything is registered: is it the right one, and fit for this?

What is asked is gathered into `Facts`; `judge` decides about them and needs no cluster.
"""

import re
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from secure_tiller import cluster
from secure_tiller.cluster import Facts, FoundNamespace
from secure_tiller.kubeconfig import ANY_CLUSTER, Access, problem
from secure_tiller.plan import (
    MANAGED_BY,
    MANAGED_BY_LABEL,
    POD_SECURITY_LABEL,
    STACK_ANNOTATION,
    TEAM_LABEL,
    NamespacePlan,
    TillerPlan,
)
from secure_tiller.problems import ClusterError, Problem, shown

OLDEST_KUBERNETES = (1, 25)
"""Oldest Kubernetes that serves: the first that enforces Pod Security (Kubernetes documentation, Pod Security
Admission); an older one ignores our labels without a word."""


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
    warnings: tuple[str, ...]
    """What could not be checked, or is somebody else's to mend, a sentence each."""
    leaving: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """By Tiller's namespace, whom it still answers although the settings no longer say so (`TillerPlan.trusts`)."""


TILLERS_REFUSED = (
    "Not checked: whether a client that has left the settings is still answered. The cluster refuses the right to list "
    "pods."
)

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
    leaving = dict(_leaving(plans, facts))
    warnings = (
        *((REVIEW_REFUSED,) if not_answered else ()),
        *_open_to_privileged_pods(plans, facts),
        *((TILLERS_REFUSED,) if facts.tillers is None else ()),
        *_not_yet_revoked(plans, leaving),
    )
    return Cluster(access.kubeconfig, access.context, facts.uid, warnings, leaving)


def judge(facts: Facts, access: Access, plans: Sequence[TillerPlan]) -> Iterator[Problem]:
    """Yield what is wrong with a cluster for these plans. A wrong cluster is not looked at any further."""
    if access.uid not in (facts.uid, ANY_CLUSTER):
        yield _wrong_cluster(access, facts)
        return
    if facts.version < OLDEST_KUBERNETES:
        why = "Pod Security is enforced from 1.25 on: an older cluster ignores what keeps charts off the node"
        version = ".".join(map(str, facts.version))
        yield Problem("", "version of Kubernetes", version, why, "upgrade the cluster to 1.25 or newer")
    if facts.strangers_allowed:
        why = "somebody made up may read the Secrets of kube-system: RBAC is not enforced, or everybody is an admin"
        remedy = "start the API server with --authorization-mode=Node,RBAC; look for bindings of system:authenticated"
        yield Problem("", f"authorization of {facts.server}", "allowed", why, remedy)
    for plan in plans:
        yield from _in_the_way(plan, facts)
        yield from _not_to_be_shared(plan, facts)
        yield from _no_place_for_secrets(plan, facts)


def _wrong_cluster(access: Access, facts: Facts) -> Problem:
    there = f"the cluster at {facts.server} has the UID {facts.uid}"
    if not access.uid:
        # Without it, a cluster that was made anew under the old address would be taken for the old one, and what
        # Pulumi then deletes as old is what it has just created.
        why = "must name the one cluster that this stack may touch, by the UID of its namespace kube-system"
        remedy = f"{there}: if it is the right one, write uid: {facts.uid}"
        return Problem("", "secure-tiller:cluster.uid", "(missing)", why, remedy)
    remedy = (
        "choose the right kubeconfig and context; for a new cluster make a new stack, because the state is the old's"
    )
    return problem("uid", access.uid, f"{there}: it is not the one this stack may touch", remedy)


def _in_the_way(plan: TillerPlan, facts: Facts) -> Iterator[Problem]:
    """Yield a problem for each namespace to create that is there and was not made by this stack for this team."""
    for wanted in (plan.namespace, *plan.managed):
        found = facts.namespaces.get(wanted.name)
        key = "namespace" if wanted is plan.namespace else f"namespaces.{wanted.name}"
        if found and found.terminating:
            yield _terminating(plan, key, wanted.name)
        elif found and not _ours(plan, found):
            why = f"exists already and was not made for this team by the stack {plan.stack}; it would be taken over"
            yield Problem(plan.name, key, shown(wanted.name), why, _way_out(plan, wanted, found))


def _way_out(plan: TillerPlan, wanted: NamespacePlan, found: FoundNamespace) -> str:
    team = found.labels.get(TEAM_LABEL)
    hand_over = _hand_over(plan, wanted.name)
    # To hand over a namespace is to hand over the keys and the releases in it, and one day to have it deleted.
    if_gone = "only if no stack and no team has it any more, or this stack was renamed, hand it over"
    if wanted is plan.namespace:
        return "set another `namespace`" + (f"; {if_gone}: {hand_over}" if team == plan.name else "")
    if team is not None:
        return f"choose another name; {if_gone}: {hand_over}"
    return f"set `existing: true` to use it as it is, choose another name, or hand it over: {hand_over}"


def _hand_over(plan: TillerPlan, name: str) -> str:
    labels = f"{MANAGED_BY_LABEL}={MANAGED_BY} {TEAM_LABEL}={plan.name}"
    return (
        f"kubectl label --overwrite namespace {name} {labels} && "
        f"kubectl annotate --overwrite namespace {name} {STACK_ANNOTATION}={plan.stack}"
    )


def _not_to_be_shared(plan: TillerPlan, facts: Facts) -> Iterator[Problem]:
    """Yield a problem for each namespace declared existing that is not there, or that is a team's."""
    for name in plan.existing:
        found = facts.namespaces.get(name)
        key = f"namespaces.{name}.existing"
        if found is None:
            why = "does not exist in the cluster"
            yield Problem(plan.name, key, "true", why, "create it first, or leave `existing` out to have it created")
        elif found.terminating:
            yield _terminating(plan, key, name)
        elif _ours(plan, found):
            why = "was made by this stack for this team: Pulumi would delete it, with all that is in it"
            remedy = (
                "leave `existing` out; to give it away, run `pulumi up` with `retain_on_delete: true` first, then "
                f"kubectl label namespace {name} {TEAM_LABEL}- {MANAGED_BY_LABEL}- && "
                f"kubectl annotate namespace {name} {STACK_ANNOTATION}- and set `existing: true`"
            )
            yield Problem(plan.name, key, "true", why, remedy)
        elif TEAM_LABEL in found.labels:
            why = (
                f"belongs to the team {shown(found.labels[TEAM_LABEL])}: its Secrets would be within this team's reach"
            )
            yield Problem(plan.name, key, "true", why, "remove it")


def _no_place_for_secrets(plan: TillerPlan, facts: Facts) -> Iterator[Problem]:
    """Yield a problem for each client's Secret in a namespace that is not there, or whose team could read the key."""
    created = {namespace.name for namespace in plan.managed}
    for client, secret in plan.secrets.items():
        name, key = secret["namespace"], f"clients.{client}.secret.namespace"
        found = facts.namespaces.get(name)
        if name in created:
            continue
        if found is None:
            yield Problem(plan.name, key, shown(name), "does not exist in the cluster", "create it first")
        elif found.terminating:
            yield _terminating(plan, key, name)
        elif TEAM_LABEL in found.labels and not _ours(plan, found):
            why = f"belongs to the team {shown(found.labels[TEAM_LABEL])}, which could read the client's key"
            yield Problem(plan.name, key, shown(name), why, "run the client in another namespace")


def _terminating(plan: TillerPlan, key: str, name: str) -> Problem:
    why = "is being deleted, and nothing can be created in it"
    return Problem(plan.name, key, shown(name), why, f"wait until it is gone: kubectl get namespace {name} --watch")


def _open_to_privileged_pods(plans: Sequence[TillerPlan], facts: Facts) -> Iterator[str]:
    for plan in plans:
        for name in plan.existing:
            level = facts.namespaces[name].labels.get(POD_SECURITY_LABEL, "nothing")
            if level in ("nothing", "privileged"):
                yield (
                    f"team {plan.name}: the existing namespace {name} enforces {level} of Pod Security: a chart there "
                    "can own the node, and with it the keys of every team. Label it "
                    f"{POD_SECURITY_LABEL}=baseline, if its owner agrees."
                )


def _not_yet_revoked(plans: Sequence[TillerPlan], leaving: Mapping[str, frozenset[str]]) -> Iterator[str]:
    """Yield who is still answered by a Tiller that runs although the settings no longer say so.

    Read off the pods, not off the state, so that it is told again after an update whose rollout failed.
    """
    for plan in plans:
        if plan.namespace.name in leaving:
            who = in_words(leaving[plan.namespace.name], plan.clients)
            yield (
                f"team {plan.name}: NOT YET REVOKED: {who}. The Tiller that runs answers until this update has rolled "
                "out a new one; if the update fails, it goes on answering."
            )


def _leaving(plans: Sequence[TillerPlan], facts: Facts) -> Iterator[tuple[str, frozenset[str]]]:
    for plan in plans:
        here = [found.trusts for found in facts.tillers or () if found.namespace == plan.namespace.name]
        if gone := frozenset().union(*here).difference(plan.trusts):
            yield plan.namespace.name, gone


def in_words(trusts: Iterable[str], clients: Container[str] = ()) -> str:
    """Return words of `TillerPlan.trusts` as people say them.

    Args:
        trusts: the words.
        clients: those who go on as clients, with another key.
    """
    return ", ".join(_trusted(word, clients) for word in sorted(trusts))


def _trusted(word: str, clients: Container[str]) -> str:
    if word.startswith("ca:"):
        return f"whom the CA {word.removeprefix('ca:').partition('#')[0]} signs for"
    client = re.split("[@#]", word, maxsplit=1)[0]
    return f"client {client}" + (" with the bundle from before" if client in clients else "")


def _ours(plan: TillerPlan, found: FoundNamespace) -> bool:
    """Tell whether a namespace was made by this stack for this team, now or before the team left and came back."""
    return (
        found.labels.get(MANAGED_BY_LABEL) == MANAGED_BY
        and found.labels.get(TEAM_LABEL) == plan.name
        and found.annotations.get(STACK_ANNOTATION) == plan.stack
    )

"""The end of a revocation: an update that takes a client out of Tiller's trust ends when no pod answers it any more.

A pod that is being stopped ends the calls that run before it goes, and until then it would answer new ones too.
"""

import asyncio
import time
from collections.abc import Callable, Sequence, Set

import pulumi

from secure_tiller.component import SecureTiller
from secure_tiller.problems import ClusterError, NotRevokedError, Problem
from secure_tiller_stack import cluster
from secure_tiller_stack.cluster import FoundTiller
from secure_tiller_stack.kubeconfig import Access
from secure_tiller_stack.preflight.revoked import describe_trust

LONGEST_SECONDS = 345
"""A pod is killed 330 s after it was asked to stop (`secure_tiller.plan.pod`), and some to spare."""

NOTICED_SECONDS = 15
"""Within this a pod that a rollout replaced is asked to stop."""

Tillers = Callable[[Access, str], tuple[FoundTiller, ...]]


def wait(tiller: SecureTiller, access: Access, leaving: Set[str]) -> pulumi.Output[str]:
    """Let the update go on, once this Tiller is ready, until no pod of it answers those who are leaving.

    Returns:
        An output that fails if the update must fail.
    """

    def gone(known: list[str]) -> pulumi.Input[str]:
        return ended(access, known[1], leaving)

    return pulumi.Output.all(tiller.deployment, tiller.namespace).apply(gone)


async def ended(
    access: Access,
    namespace: str,
    leaving: Set[str],
    *,
    tillers: Tillers = cluster.tillers,
    seconds: float = LONGEST_SECONDS,
    noticed_seconds: float = NOTICED_SECONDS,
    pause: float = 1,
    clock: Callable[[], float] = time.monotonic,
) -> str:
    """Wait until no pod of Tiller answers those who are leaving, and return its namespace.

    Args:
        access: how to reach the cluster.
        namespace: Tiller's.
        leaving: the clients that must not be answered any more (`TillerPlan.trust_anchors`).
        tillers: returns the pods of Tiller in a namespace. Default: asks the real cluster.
        seconds: how long to wait for a pod that is being stopped.
        noticed_seconds: how long to wait for one that is not being stopped.
        pause: seconds between two looks.
        clock: returns the time, in seconds.

    Raises:
        NotRevokedError: a pod still answers them, or the cluster does not answer.
    """
    began = clock()
    reported = False
    while True:
        waited = clock() - began
        found, problems = await _look(access, namespace, tillers)
        still = [pod for pod in found if pod.trust_anchors & leaving]
        if not still and not problems:
            pulumi.log.info(f"{namespace}: the revocation is complete: {describe_trust(leaving)}")
            return namespace
        who = describe_trust(frozenset().union(*(pod.trust_anchors for pod in still)) & leaving)
        if not problems and waited > noticed_seconds and not all(pod.stopping for pod in still):
            raise NotRevokedError([_not_replaced(namespace, who)])
        if waited > seconds:
            raise NotRevokedError(problems or [_not_ended(namespace, who, sorted(pod.name for pod in still))])
        if not reported and still:
            pulumi.log.info(f"{namespace}: waiting for the old Tiller to end; it still answers {who}")
            reported = True
        await asyncio.sleep(pause)


async def _look(
    access: Access, namespace: str, tillers: Tillers
) -> tuple[tuple[FoundTiller, ...], tuple[Problem, ...]]:
    """Return the pods, or why the cluster does not answer: it may do so the next time."""
    try:
        return await asyncio.to_thread(tillers, access, namespace), ()
    except ClusterError as error:
        return (), error.problems


def _not_replaced(namespace: str, who: str) -> Problem:
    why = "NOT YET REVOKED: this update did not replace the Tiller that answers"
    return Problem("", f"namespace {namespace}", who, why, "run pulumi up without --target or --exclude")


def _not_ended(namespace: str, who: str, pods: Sequence[str]) -> Problem:
    look = f"kubectl get pods --namespace {namespace} --output wide"
    remedy = (
        f"see on which node the pod is terminating: {look}. Only if that node is off for good, because one that is cut "
        "off goes on running the pod: "
        f"kubectl delete pod --grace-period=0 --force --namespace {namespace} {' '.join(pods)}"
    )
    return Problem("", f"namespace {namespace}", who, "NOT YET REVOKED: an old pod still runs", remedy)

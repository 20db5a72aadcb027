"""The end of a revocation: an update that takes a client out of Tiller's trust ends when no pod answers it any more.

A pod that is being stopped ends the calls that run before it goes, and until then it would answer new ones too.
"""

import asyncio
import time
from collections.abc import Callable, Set

import pulumi

from secure_tiller import cluster
from secure_tiller.component import SecureTiller
from secure_tiller.kubeconfig import Access
from secure_tiller.preflight import in_words
from secure_tiller.problems import ClusterError, Problem

LONGEST_SECONDS = 345
"""A pod is killed 330 s after it was told to stop (`secure_tiller.pod`), and some to spare."""

Trusts = Callable[[Access, str], frozenset[str]]


def wait(tiller: SecureTiller, access: Access, leaving: Set[str]) -> None:
    """Let the update go on, once this Tiller is ready, until no pod of it answers those who are leaving."""

    def gone(known: list[str]) -> pulumi.Input[str]:
        return ended(access, known[1], leaving)

    pulumi.Output.all(tiller.deployment, tiller.namespace).apply(gone)


async def ended(
    access: Access,
    namespace: str,
    leaving: Set[str],
    *,
    trusts: Trusts = cluster.trusts,
    seconds: float = LONGEST_SECONDS,
    pause: float = 1,
) -> str:
    """Wait until no pod of Tiller answers those who are leaving, and return its namespace.

    Args:
        access: how to reach the cluster.
        namespace: Tiller's.
        leaving: who must not be answered any more (`TillerPlan.trusts`).
        trusts: tells whom the pods of a namespace answer; asks the real cluster unless told otherwise.
        seconds: how long to wait.
        pause: seconds between two looks.

    Raises:
        ClusterError: a pod still answers them, or the cluster does not tell.
    """
    deadline = time.monotonic() + seconds
    told = False
    while still := await asyncio.to_thread(trusts, access, namespace) & leaving:
        if not told:
            pulumi.log.info(f"{namespace}: waiting for the old Tiller to end; it still answers {in_words(still)}")
            told = True
        if time.monotonic() > deadline:
            raise ClusterError([_not_ended(namespace, still)])
        await asyncio.sleep(pause)
    return namespace


def _not_ended(namespace: str, still: Set[str]) -> Problem:
    remedy = f"end the pod that is terminating: kubectl delete pod --grace-period=0 --force --namespace {namespace} ..."
    return Problem("", f"namespace {namespace}", in_words(still), "NOT YET REVOKED: an old pod still runs", remedy)

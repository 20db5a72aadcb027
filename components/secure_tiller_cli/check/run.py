"""A whole run: every check of the Tillers that are asked for."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import chain
from typing import Any

from secure_tiller_cli.check import (
    accounts,
    calls,
    certificates,
    client_secrets,
    endpoint,
    namespaces,
    pod,
    questions,
    read_cluster,
    rights,
    services,
    storage,
    trust,
)
from secure_tiller_cli.check.certificates import Limits
from secure_tiller_cli.check.observed_state import Readable
from secure_tiller_cli.programs import threads
from secure_tiller_cli.results.result import CheckReport, Result, Status
from secure_tiller_cli.state import DeployedTiller
from secure_tiller_stack.kubeconfig import Access

DEPLOYED = "the stack has deployed it whole"

Progress = Callable[[str], object]
"""Called with the step that begins, for people who wait."""


@dataclass(frozen=True)
class Stack:
    """A stack to check."""

    name: str
    tillers: Sequence[DeployedTiller]
    """All of it, with secrets: the other teams' clients are tried too."""
    access: Access
    state: str
    """The digest of its state."""
    unfinished: Sequence[str] = ()
    """The Tillers to check of which the state holds nothing: their first update never ended."""


def prove(
    stack: Stack, client: Any, teams: Sequence[DeployedTiller], limits: Limits, now: datetime, progress: Progress
) -> CheckReport:
    """Check Tillers of a stack against the running cluster.

    Args:
        stack: the stack.
        client: of its cluster.
        teams: those to check.
        limits: of the certificates' lives.
        now: with a time zone.
        progress: called with the step that begins.

    Raises:
        ApiException: the cluster fails otherwise than by refusing.
        ProgramError: kubectl cannot be run.
    """
    progress("reading the cluster's bindings")
    grants = read_cluster.all_grants(client)
    results = chain.from_iterable(_of(stack, client, tiller, grants, limits, now, progress) for tiller in teams)
    checked_at = now.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    unfinished = (_unfinished(name) for name in stack.unfinished)
    return CheckReport(stack.name, checked_at, client.configuration.host, stack.state, (*results, *unfinished))


def _unfinished(name: str) -> Result:
    text = "its first update never ended: what runs of it is not known"
    return Result(name, DEPLOYED, Status.NOT_CHECKED, text, "pulumi up, then check again")


def _of(
    stack: Stack,
    client: Any,
    tiller: DeployedTiller,
    grants: Readable[rights.Grants],
    limits: Limits,
    now: datetime,
    progress: Progress,
) -> Iterator[Result]:
    progress(f"{tiller.name}: calling Tiller, looking at what runs and asking for access reviews")
    with threads(1) as pool:  # the calls mostly wait for kubectl
        calling = pool.submit(calls.call, stack.access, tiller, stack.tillers, now)
        seen = read_cluster.observe(client, tiller)
        answers = read_cluster.review_access(client, questions.asked(tiller, stack.tillers))
        called = calling.result()
    yield from endpoint.judge(tiller, called)
    yield from trust.judge(tiller, seen.secret, called.shown)
    yield from certificates.judge(tiller, now, limits)
    yield from rights.judge(tiller, stack.tillers, answers, grants)
    yield from accounts.judge(tiller, stack.tillers, grants)
    yield from pod.judge(tiller, seen.workload)
    yield from storage.judge(tiller, seen)
    yield from namespaces.judge(tiller, seen)
    yield from services.judge(tiller, seen.services)
    yield from client_secrets.judge(tiller, seen.client_secrets)

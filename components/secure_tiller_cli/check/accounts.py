"""Service accounts where Tiller installs: a chart's pod can run as any of them, and then holds what they hold."""

from collections.abc import Iterator, Sequence
from itertools import chain

from secure_tiller_cli.check.grants import ALL, EVERY_ACCOUNT, EVERYBODY, Binding, Bindings, Right
from secure_tiller_cli.check.observed_state import Readable, Unreadable
from secure_tiller_cli.check.questions import grants, planned_for
from secure_tiller_cli.results.result import Result, Status, join_limited
from secure_tiller_cli.state import DeployedTiller
from tiller_facts.rbac import SERVICE_ACCOUNTS, Subject

ACCOUNTS = "service accounts where Tiller installs"
_ANY = "any"


def judge(tiller: DeployedTiller, tillers: Sequence[DeployedTiller], bindings: Readable[Bindings]) -> Iterator[Result]:
    """Yield the result about the service accounts of the managed namespaces.

    What holds more than the team within its own namespaces is a warning. What reaches out of them, or is allowed
    everything, is a failure: the team's Tiller could go there by a chart. What the stack itself gives, such as the way
    to Tiller's port to an account among the people, is neither.
    """
    if isinstance(bindings, Unreadable):
        yield bindings.result(tiller.name, ACCOUNTS)
        return
    planned = tuple(chain.from_iterable(grants(role) for role in tiller.roles if role.part.startswith("manage:")))
    more = [
        (binding, who, binding.gives(subject, (*planned, *planned_for(tillers, subject))))
        for binding, subject, who in _bound(tiller, bindings)
    ]
    outside = [found for found in more if any(_leaves(right, tiller.managed) for right in found[2])]
    if outside:
        remedy = "take the binding away, or let the account live in a namespace where no Tiller installs"
        yield Result(tiller.name, ACCOUNTS, Status.FAILED, _described(outside), remedy)
    elif beyond_the_team := [found for found in more if found[2]]:
        remedy = "give the account less, or know that the team's charts can do this too"
        yield Result(tiller.name, ACCOUNTS, Status.WARNING, _described(beyond_the_team), remedy)
    else:
        yield Result(tiller.name, ACCOUNTS, Status.PASSED, f"none holds more than the team ({len(more)} bindings)")


def _bound(tiller: DeployedTiller, bindings: Bindings) -> Iterator[tuple[Binding, Subject, str]]:
    """Yield each binding for an account of the managed namespaces, the account, and the account in words."""
    for binding in bindings:
        for subject in binding.subjects:
            if where := _of_a_managed_namespace(subject, tiller.managed):
                yield binding, subject, where
            elif subject in (EVERYBODY, EVERY_ACCOUNT) and tiller.managed:
                yield binding, Subject("ServiceAccount", _ANY, tiller.managed[0]), f"everybody of {subject.name}"


def _of_a_managed_namespace(subject: Subject, managed: Sequence[str]) -> str:
    if subject.kind == "ServiceAccount" and subject.namespace in managed:
        return f"service account {subject.namespace}:{subject.name}"
    group, _, every = subject.name.rpartition(":")
    of_all = subject.kind == "Group" and group == SERVICE_ACCOUNTS and every in managed
    return f"every service account of {every}" if of_all else ""


def _leaves(right: Right, managed: Sequence[str]) -> bool:
    return right.namespace not in managed or (right.verb, right.resource) == (ALL, ALL)


def _described(found: Sequence[tuple[Binding, str, tuple[Right, ...]]]) -> str:
    return join_limited(
        f"{who} by {binding} ({binding.role}): {join_limited(rights, 2)}" for binding, who, rights in found
    )

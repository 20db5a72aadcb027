"""What Tiller and the team's people may do: what is planned, and none of what would let them out of their place.

Asked by SubjectAccessReviews, whose answer counts every authorizer of the cluster, not RBAC alone; and read off RBAC's
objects too, where nothing that is granted can hide behind a question that nobody asked: all that Tiller's account has,
and what the people have by RoleBindings in Tiller's namespace.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain

from secure_tiller_cli.check.grants import (
    EVERY_ACCOUNT,
    EVERYBODY,
    Binding,
    Bindings,
    Right,
    excess_rights,
    is_harmless,
)
from secure_tiller_cli.check.observed_state import Readable, Unreadable
from secure_tiller_cli.check.questions import (
    Answers,
    Asker,
    Questions,
    account,
    asker,
    of_people,
    of_tiller,
    people,
    planned_for,
)
from secure_tiller_cli.results.result import Result, Status, join_limited
from secure_tiller_cli.state import DeployedTiller
from tiller_facts.rbac import Subject

OTHERS = "rights of others in Tiller's namespace"


def judge(
    tiller: DeployedTiller, tillers: Sequence[DeployedTiller], answers: Readable[Answers], bindings: Readable[Bindings]
) -> Iterator[Result]:
    """Yield the results about rights.

    Args:
        tiller: the team's.
        tillers: all of the stack.
        answers: to all that `of_tiller` and `of_people` ask.
        bindings: of the cluster.
    """
    yield _planned(tiller, "Tiller", (of_tiller(tiller, tillers),), answers)
    yield _nothing_more_of_tiller(tiller, tillers, answers, bindings)
    yield _others(tiller, bindings)
    asked = of_people(tiller, tillers)
    if not asked:
        for check in (_check_planned("people"), _check_nothing_more("people")):
            yield Result(tiller.name, check, Status.PASSED, "the stack names nobody")
        return
    yield _planned(tiller, "people", asked, answers)
    yield _nothing_more_of_people(tiller, tillers, answers, bindings)


def _check_planned(who: str) -> str:
    return f"rights of {who}: all that is planned"


def _check_nothing_more(who: str) -> str:
    return f"rights of {who}: nothing dangerous beyond"


def _planned(tiller: DeployedTiller, who: str, asked: Sequence[Questions], answers: Readable[Answers]) -> Result:
    check = _check_planned(who)
    if isinstance(answers, Unreadable):
        return answers.result(tiller.name, check)
    wanted = [(each.asker, right) for each in asked for right in each.planned]
    lacking = [key for key in wanted if not answers[key]]
    if not lacking:
        return Result(tiller.name, check, Status.PASSED, f"all {len(wanted)} access reviews allowed")
    text = f"{len(lacking)} of {len(wanted)} access reviews denied: {_whose(lacking)}"
    remedy = "bring the Roles and RoleBindings back: pulumi up --refresh"
    return Result(tiller.name, check, Status.FAILED, text, remedy)


def _nothing_more(tiller: DeployedTiller, who: str, asked: Sequence[Questions], answers: Readable[Answers]) -> Result:
    check = _check_nothing_more(who)
    if isinstance(answers, Unreadable):
        return answers.result(tiller.name, check)
    unwanted = [(each.asker, right) for each in asked for right in each.dangerous]
    held = [key for key in unwanted if answers[key]]
    if not held:
        return Result(tiller.name, check, Status.PASSED, f"all {len(unwanted)} access reviews denied")
    text = f"{len(held)} of {len(unwanted)} access reviews allowed: {_whose(held)}"
    remedy = "take the RoleBinding or ClusterRoleBinding away that grants it: kubectl get -A rolebindings -o wide"
    return Result(tiller.name, check, Status.FAILED, text, remedy)


def _nothing_more_of_tiller(
    tiller: DeployedTiller, tillers: Sequence[DeployedTiller], answers: Readable[Answers], bindings: Readable[Bindings]
) -> Result:
    asked = of_tiller(tiller, tillers)
    reviewed = _nothing_more(tiller, "Tiller", (asked,), answers)
    if isinstance(bindings, Unreadable):
        return reviewed if reviewed.status is Status.FAILED else bindings.result(tiller.name, reviewed.check)
    planned = tuple(planned_for(tillers, account(tiller)))
    more = {binding: rights for binding in bindings if (rights := binding.gives(account(tiller), planned))}
    if not more:
        return reviewed
    granted = [grant for binding in more for grant in binding.grants()]
    all_rights = {right for rights in more.values() for right in rights}
    dangerous = {right for right in asked.dangerous if any(grant.covers(right) for grant in granted)}
    where = join_limited(f"{binding} ({binding.role})" for binding in more)
    such_as = join_limited(sorted(dangerous or all_rights)[:3])
    text = f"{where} grants what is beyond the plan ({len(all_rights)}), such as: {such_as}"
    remedy = "remove the binding, or pulumi up --refresh if it is the stack's"
    return Result(tiller.name, reviewed.check, Status.FAILED, text, remedy)


def _nothing_more_of_people(
    tiller: DeployedTiller, tillers: Sequence[DeployedTiller], answers: Readable[Answers], bindings: Readable[Bindings]
) -> Result:
    """Compare the RoleBindings of Tiller's namespace too: there the people may do what is planned, and read."""
    reviewed = _nothing_more(tiller, "people", of_people(tiller, tillers), answers)
    if reviewed.status is not Status.PASSED:
        return reviewed
    if isinstance(bindings, Unreadable):
        return bindings.result(tiller.name, reviewed.check)
    more = {
        (subject, binding): rights
        for subject in people(tiller)
        for binding in (each for each in bindings if each.namespace == tiller.namespace)
        if (rights := _dangerous(binding, subject, tillers))
    }
    if not more:
        return reviewed
    places = join_limited(f"{binding} ({binding.role}) to {asker(subject).label}" for subject, binding in more)
    text = f"beyond the plan is given by {places}: {join_limited(chain.from_iterable(more.values()))}"
    return Result(tiller.name, reviewed.check, Status.FAILED, text, "remove the binding")


def _others(tiller: DeployedTiller, bindings: Readable[Bindings]) -> Result:
    """Look for RoleBindings in Tiller's namespace by which others than the stack names can reach it, or more."""
    if isinstance(bindings, Unreadable):
        return bindings.result(tiller.name, OTHERS)
    known = {account(tiller), *people(tiller)}
    found = {
        (subject, binding)
        for binding in bindings
        if binding.namespace == tiller.namespace and not all(map(is_harmless, excess_rights(binding.grants(), ())))
        for subject in binding.subjects
        if subject not in known
    }
    if not found:
        return Result(tiller.name, OTHERS, Status.PASSED, "no RoleBinding there is for others than the stack names")
    text = join_limited(
        f"{binding} ({binding.role}) is for {subject.kind} {subject.name}" for subject, binding in found
    )
    everybody = any(subject in (EVERYBODY, EVERY_ACCOUNT) for subject, _ in found)
    status = Status.FAILED if everybody else Status.WARNING
    return Result(
        tiller.name, OTHERS, status, text, "remove the binding, unless whoever it is for must look after Tiller"
    )


def _dangerous(binding: Binding, subject: Subject, tillers: Sequence[DeployedTiller]) -> tuple[Right, ...]:
    given = binding.gives(subject, tuple(planned_for(tillers, subject)))
    return tuple(right for right in given if not is_harmless(right))


def _whose(keys: Iterable[tuple[Asker, Right]]) -> str:
    return join_limited(f"{asker.label}: {right}" for asker, right in keys)

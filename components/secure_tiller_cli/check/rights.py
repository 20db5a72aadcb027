"""The rights of Tiller and of the team's people: those that are planned, and none that would let them out.

Asked by SubjectAccessReviews, whose answer counts every authorizer of the cluster, not RBAC alone; and read off RBAC's
objects too, where nothing that is granted can hide behind a question that nobody asked: all that Tiller's account has,
and what the people have by RoleBindings in Tiller's namespace.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain

from secure_tiller_cli.check.observed_state import Readable, Unreadable
from secure_tiller_cli.check.questions import (
    Answers,
    Asker,
    Planned,
    Questions,
    account,
    asker,
    of_everybody,
    of_people,
    of_tiller,
    people,
    planned_for,
)
from secure_tiller_cli.foreign_text import word
from secure_tiller_cli.restore import RESTORE
from secure_tiller_cli.results.result import Result, Status, join_limited
from secure_tiller_cli.state import DeployedTiller
from tiller_facts.rbac import SERVICE_ACCOUNTS, Grant, Right, Subject, beyond

Grants = tuple[Grant, ...]

OTHERS = "rights of others in Tiller's namespace"


def judge(
    tiller: DeployedTiller, tillers: Sequence[DeployedTiller], answers: Readable[Answers], grants: Readable[Grants]
) -> Iterator[Result]:
    """Yield the results about rights.

    Args:
        tiller: the team's.
        tillers: all of the stack.
        answers: to all that is asked for the team.
        grants: of the cluster.
    """
    yield _planned(tiller, "Tiller", (of_tiller(tiller, tillers),), answers)
    yield _nothing_more_of_tiller(tiller, tillers, answers, grants)
    yield _others(tiller, answers, grants)
    asked = of_people(tiller, tillers)
    if not asked:
        for check in (_check_planned("people"), _check_nothing_more("people")):
            yield Result(tiller.name, check, Status.PASSED, "the stack names nobody")
        return
    yield _planned(tiller, "people", asked, answers)
    yield _nothing_more_of_people(tiller, tillers, answers, grants)


def _check_planned(who: str) -> str:
    return f"rights of {who}: all that is planned"


def _check_nothing_more(who: str) -> str:
    return f"rights of {who}: nothing dangerous beyond"


def _planned(tiller: DeployedTiller, who: str, asked: Sequence[Questions], answers: Readable[Answers]) -> Result:
    wanted = [(each.asker, right) for each in asked for right in each.planned]
    remedy = f"restore the Roles and RoleBindings: {RESTORE}"
    return _reviewed(tiller, _check_planned(who), wanted, answers, remedy, allowed=True)


def _nothing_more(tiller: DeployedTiller, who: str, asked: Sequence[Questions], answers: Readable[Answers]) -> Result:
    unwanted = [(each.asker, right) for each in asked for right in each.dangerous]
    remedy = "remove the binding that grants it: kubectl get -A rolebindings,clusterrolebindings -o wide"
    return _reviewed(tiller, _check_nothing_more(who), unwanted, answers, remedy, allowed=False)


def _reviewed(
    tiller: DeployedTiller,
    check: str,
    keys: Sequence[tuple[Asker, Right]],
    answers: Readable[Answers],
    remedy: str,
    *,
    allowed: bool,
) -> Result:
    """Return the result of access reviews that must all be allowed, or all be denied."""
    if isinstance(answers, Unreadable):
        return answers.result(tiller.name, check)
    right, wrong = ("allowed", "denied") if allowed else ("denied", "allowed")
    if found := [key for key in keys if answers[key] is not allowed]:
        text = f"{len(found)} of {len(keys)} access reviews {wrong}: {_whose(found)}"
        return Result(tiller.name, check, Status.FAILED, text, remedy)
    return Result(tiller.name, check, Status.PASSED, f"all {len(keys)} access reviews {right}")


def _nothing_more_of_tiller(
    tiller: DeployedTiller, tillers: Sequence[DeployedTiller], answers: Readable[Answers], grants: Readable[Grants]
) -> Result:
    asked = of_tiller(tiller, tillers)
    reviewed = _nothing_more(tiller, "Tiller", (asked,), answers)
    if isinstance(grants, Unreadable):
        return reviewed if reviewed.status is Status.FAILED else grants.result(tiller.name, reviewed.check)
    planned = tuple(planned_for(tillers, account(tiller)))
    more = {grant: rights for grant in grants if (rights := given(grant, account(tiller), planned))}
    if not more:
        return reviewed
    all_rights = {right for rights in more.values() for right in rights}
    dangerous = {
        right
        for right in asked.dangerous
        if any(grant.namespace in ("", right.namespace) and _covers(grant, right) for grant in more)
    }
    where = join_limited(dict.fromkeys(map(_shown, more)))
    such_as = join_limited(sorted(dangerous or all_rights)[:3])
    text = f"{where} grants what is beyond the plan ({len(all_rights)}), such as: {such_as}"
    remedy = f"remove the binding: {_delete(more)}; if it is the stack's, restore it: {RESTORE}"
    return Result(tiller.name, reviewed.check, Status.FAILED, text, remedy)


def _nothing_more_of_people(
    tiller: DeployedTiller, tillers: Sequence[DeployedTiller], answers: Readable[Answers], grants: Readable[Grants]
) -> Result:
    """Compare the RoleBindings of Tiller's namespace too: there the people may do what is planned, and read."""
    reviewed = _nothing_more(tiller, "people", of_people(tiller, tillers), answers)
    if reviewed.status is not Status.PASSED:
        return reviewed
    if isinstance(grants, Unreadable):
        return grants.result(tiller.name, reviewed.check)
    more = {
        (subject, grant): rights
        for subject in people(tiller)
        for grant in grants
        if grant.namespace == tiller.namespace
        and (rights := _dangerous(given(grant, subject, tuple(planned_for(tillers, subject)))))
    }
    if not more:
        return reviewed
    places = join_limited(dict.fromkeys(f"{_shown(grant)} to {asker(subject).label}" for subject, grant in more))
    text = f"beyond the plan is given by {places}: {join_limited(chain.from_iterable(more.values()))}"
    remedy = f"remove the binding: {_delete(grant for _, grant in more)}"
    return Result(tiller.name, reviewed.check, Status.FAILED, text, remedy)


def _others(tiller: DeployedTiller, answers: Readable[Answers], grants: Readable[Grants]) -> Result:
    """Look for those by whom others than the stack names can reach Tiller, or more."""
    if not isinstance(answers, Unreadable):
        reviewed = [(each.asker, right) for each in of_everybody(tiller) for right in each.dangerous]
        if held := [key for key in reviewed if answers[key]]:
            text = f"everybody may, as {_whose(held)}"
            remedy = "remove the binding for everybody: kubectl get -A rolebindings,clusterrolebindings -o wide"
            return Result(tiller.name, OTHERS, Status.FAILED, text, remedy)
    if isinstance(grants, Unreadable):
        return grants.result(tiller.name, OTHERS)
    known = {account(tiller), *people(tiller)}
    found = [
        grant
        for grant in grants
        if grant.namespace == tiller.namespace
        and grant.subject.as_account not in known
        and _dangerous(beyond([(grant.namespace, grant.rule)], ()))
    ]
    if found:
        text = join_limited({f"{_shown(grant)} is for {grant.subject.kind} {grant.subject.name}" for grant in found})
        status = Status.FAILED if any(grant.subject.is_everybody for grant in found) else Status.WARNING
        remedy = f"remove the binding, unless its subject administers Tiller: {_delete(found)}"
        return Result(tiller.name, OTHERS, status, text, remedy)
    if isinstance(answers, Unreadable):
        return answers.result(tiller.name, OTHERS)
    text = "no RoleBinding there is for others than the stack names, and everybody is refused"
    return Result(tiller.name, OTHERS, Status.PASSED, text)


def given(grant: Grant, subject: Subject, planned: Sequence[Planned]) -> tuple[Right, ...]:
    """Return what a grant gives to somebody beyond a plan; of what it gives to everybody, what matters."""
    named, accounts = grant.subject.as_account, subject.kind == "ServiceAccount"
    more = beyond([(grant.namespace, grant.rule)], planned)
    if named == subject or (accounts and named == Subject("Group", f"{SERVICE_ACCOUNTS}:{subject.namespace}")):
        return tuple(more)
    return _dangerous(more) if named.is_everybody and (accounts or named.name != SERVICE_ACCOUNTS) else ()


def _dangerous(rights: Iterable[Right]) -> tuple[Right, ...]:
    return tuple(right for right in rights if not right.is_harmless)


def _covers(grant: Grant, right: Right) -> bool:
    return grant.rule.covers(right.verb, right.group, right.resource, right.name)


def _shown(grant: Grant) -> str:
    return f"{grant.binding} ({grant.binding.data['roleRef']['name']})"


def _delete(grants: Iterable[Grant]) -> str:
    """Return the command that deletes the bindings of some grants."""
    named = {(grant.binding.kind.lower(), grant.namespace, grant.binding.name) for grant in grants}
    return " && ".join(
        f"kubectl delete {kind} {f'--namespace {word(namespace)} ' if namespace else ''}{word(name)}"
        for kind, namespace, name in sorted(named)
    )


def _whose(keys: Iterable[tuple[Asker, Right]]) -> str:
    return join_limited(f"{asker.label}: {right}" for asker, right in keys)

"""Access reviews: what the account that asks, or somebody else, may do, by every authorizer that the cluster has."""

import uuid
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from typing import Any

from secure_tiller_stack.cluster.api import call, lacks_right
from secure_tiller_stack.cluster.connection import AT_ONCE, answering, clients
from secure_tiller_stack.cluster.facts import Questions
from secure_tiller_stack.permissions import escalate
from tiller_facts import rbac
from tiller_facts.kinds import SECRETS
from tiller_facts.rbac import Right
from tiller_facts.values import Hidden, Value

EVERYTHING = Right("*", "*", "*")


class NoAnswerError(Exception):
    """The cluster does not answer whether somebody holds a right."""

    def __init__(self, why: str, remedy: str) -> None:
        """Keep the reason and the remedy, in words."""
        super().__init__(why)
        self.why, self.remedy = why, remedy


def held(client: Any, rights: Iterable[Right], user: str = "", groups: Sequence[str] = ()) -> frozenset[Right]:
    """Return those of some rights that somebody holds.

    Args:
        client: of the official library.
        rights: the rights in question.
        user: who; empty: the account that asks.
        groups: all of the user's, as a review adds none.

    Raises:
        NoAnswerError: the account may not create access reviews, or an authorizer failed.
        ApiException: the API server fails.
    """
    asked = tuple(rights)
    with ThreadPoolExecutor(AT_ONCE) as pool:
        answers = pool.map(partial(_holds, client, user, groups), asked)
        return frozenset(right for right, allowed in zip(asked, answers, strict=True) if allowed)


@answering()
def _holds(client: Any, user: str, groups: Sequence[str], right: Right) -> bool:
    kind, subject = (
        ("SubjectAccessReview", {"user": user, "groups": groups}) if user else ("SelfSubjectAccessReview", {})
    )
    spec = {**subject, **_attributes(right)}
    review = {"apiVersion": "authorization.k8s.io/v1", "kind": kind, "spec": spec}
    resource = f"{kind.lower()}s"
    try:
        status = call(client, "POST", f"/apis/authorization.k8s.io/v1/{resource}", body=review)["status"]
    except clients.ApiException as error:
        if not lacks_right(error):
            raise
        remedy = f"use an account that may create {resource}.authorization.k8s.io"
        raise NoAnswerError("the cluster refused access reviews", remedy) from error
    if not status["allowed"] and status.get("evaluationError"):
        why = f"an authorizer of the cluster failed: {status['evaluationError']}"
        raise NoAnswerError(why, "see the log of the API server, and try again")
    return bool(status["allowed"])


def _attributes(right: Right) -> Mapping[str, Mapping[str, str]]:
    resource, _, subresource = right.resource.partition("/")
    if not resource:
        return {"nonResourceAttributes": {"path": right.resource, "verb": right.verb}}
    attributes = {
        "namespace": right.namespace,
        "verb": right.verb,
        "group": right.group,
        "resource": resource,
        "subresource": subresource,
        "name": right.name,
    }
    return {"resourceAttributes": {key: value for key, value in attributes.items() if value}}


def readers(client: Any) -> Value[frozenset[str]]:
    """Return those of `rbac.EVERYBODY` who may read the Secrets of kube-system; Hidden: there is no answer.

    Each is asked about as somebody whom nobody can know. Where RBAC is not enforced, all of them may.
    """
    found: set[str] = set()
    unanswered = None
    for one in rbac.everybody(f"secure-tiller-nobody-{uuid.uuid4()}"):
        try:
            if held(client, [Right.on(SECRETS, "get", "kube-system")], one.user, one.groups):
                found |= one.stands_for
        except NoAnswerError as error:
            unanswered = Hidden(error.why)
    return frozenset(found) if found or unanswered is None else unanswered


def lacking(client: Any, questions: Questions) -> frozenset[Right] | None:
    """Return the rights of the question that the account does not hold; None: there is no answer.

    A right that it holds in every namespace is not asked for again in each.
    """
    try:
        if held(client, [EVERYTHING]):
            return frozenset()
        acts = _missing(client, questions.acts)
        wanting = {right.namespace for right in _missing(client, questions.grants)}
        free = {name for name in wanting if not _missing(client, [escalate(name)])}
        return acts | _missing(client, (right for right in questions.grants if right.namespace in wanting - free))
    except NoAnswerError:
        return None


def _missing(client: Any, rights: Iterable[Right]) -> frozenset[Right]:
    """Ask for each right in every namespace first, then where that is refused in its own."""
    wanted = tuple(rights)
    everywhere = held(client, {replace(right, namespace="") for right in wanted})
    doubtful = {right for right in wanted if replace(right, namespace="") not in everywhere}
    return frozenset(doubtful - held(client, {right for right in doubtful if right.namespace}))

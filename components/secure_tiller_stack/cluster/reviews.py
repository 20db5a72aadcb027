"""Access reviews: what somebody made up may do, and what the account that asks may do."""

import uuid
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from typing import Any

from secure_tiller_stack.cluster.connection import AT_ONCE, FORBIDDEN, TIMEOUT_SECONDS, clients
from secure_tiller_stack.cluster.facts import Questions
from secure_tiller_stack.permissions import Right, escalate
from tiller_facts.kinds import SECRETS, Kind
from tiller_facts.rbac import AUTHENTICATED

EVERYTHING = Right("", "*", Kind("*", "*"))


def access_review(kind: str, right: Right, **subject: object) -> dict[str, object]:
    """Return the question whether somebody holds a right, as the API takes it.

    Args:
        kind: `SelfSubjectAccessReview`, or `SubjectAccessReview` with a subject.
        right: what is asked about.
        subject: `user` and `groups`.
    """
    resource, _, subresource = right.kind.resource.partition("/")
    attributes = {
        "namespace": right.namespace,
        "verb": right.verb,
        "group": right.kind.group,
        "resource": resource,
        "subresource": subresource,
        "name": right.name,
    }
    asked = {key: value for key, value in attributes.items() if value}
    spec = {**subject, "resourceAttributes": asked}
    return {"apiVersion": "authorization.k8s.io/v1", "kind": kind, "spec": spec}


def strangers_allowed(client: Any) -> bool | None:
    """Ask whether somebody whom nobody can know may read the Secrets of kube-system; None if the review is refused.

    The made-up user is in system:authenticated, so that a binding which makes everybody an admin is found too.
    """
    nobody = f"secure-tiller-nobody-{uuid.uuid4()}"
    right = Right("kube-system", "get", SECRETS)
    review = access_review("SubjectAccessReview", right, user=nobody, groups=[AUTHENTICATED])
    api = clients.AuthorizationV1Api(client)
    try:
        answer = api.create_subject_access_review(review, _request_timeout=TIMEOUT_SECONDS)
    except clients.ApiException as error:
        if error.status == FORBIDDEN:
            return None
        raise
    return bool(answer.status.allowed)


def lacking(client: Any, questions: Questions) -> frozenset[Right] | None:
    """Return the rights of the question that the account does not hold; None if the review is refused.

    A right that it holds in every namespace is not asked for again in each.
    """
    try:
        if may(client, EVERYTHING):
            return frozenset()
        acts = _missing(client, questions.acts)
        wanting = {right.namespace for right in _missing(client, questions.grants)}
        free = {name for name in wanting if not _missing(client, [escalate(name)])}
        return acts | _missing(client, (right for right in questions.grants if right.namespace in wanting - free))
    except clients.ApiException as error:
        if error.status == FORBIDDEN:
            return None
        raise


def _missing(client: Any, rights: Iterable[Right]) -> frozenset[Right]:
    """Ask for each right in every namespace first, then where that is refused in its own."""
    wanted = tuple(rights)
    everywhere = _allowed(client, {replace(right, namespace="") for right in wanted})
    doubtful = {right for right in wanted if replace(right, namespace="") not in everywhere}
    return frozenset(doubtful - _allowed(client, {right for right in doubtful if right.namespace}))


def _allowed(client: Any, rights: Iterable[Right]) -> frozenset[Right]:
    asked = tuple(rights)
    with ThreadPoolExecutor(AT_ONCE) as pool:
        answers = pool.map(partial(may, client), asked)
        return frozenset(right for right, allowed in zip(asked, answers, strict=True) if allowed)


def may(client: Any, right: Right) -> bool:
    """Tell whether the account holds a right.

    Raises:
        ApiException: the review is refused, or there is no answer.
    """
    review = access_review("SelfSubjectAccessReview", right)
    api = clients.AuthorizationV1Api(client)
    answer = api.create_self_subject_access_review(review, _request_timeout=TIMEOUT_SECONDS)
    return bool(answer.status.allowed)

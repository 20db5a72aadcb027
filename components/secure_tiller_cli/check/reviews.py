"""SubjectAccessReviews: what somebody may do, by every authorizer that the cluster has."""

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

from secure_tiller_cli.check.grants import Right
from secure_tiller_cli.check.observed_state import Readable, Unreadable
from secure_tiller_cli.check.questions import Answers, Asker, Questions
from secure_tiller_stack import permissions
from secure_tiller_stack.cluster.connection import AT_ONCE, FORBIDDEN, TIMEOUT_SECONDS, clients
from secure_tiller_stack.cluster.reviews import access_review
from tiller_facts.kinds import Kind

_GROUP, _VERSION = "authorization.k8s.io", "v1"


class _UndecidedError(Exception):
    """An authorizer failed, so that a denial proves nothing."""


def ask(client: Any, asked: Iterable[Questions]) -> Readable[Answers]:
    """Return the answers to all questions.

    Raises:
        ApiException: the cluster fails otherwise than by refusing.
    """
    wanted = sorted(((each.asker, right) for each in asked for right in each.rights()), key=str)
    api = clients.CustomObjectsApi(client)
    try:
        with ThreadPoolExecutor(AT_ONCE) as pool:
            answers = pool.map(partial(_may, api), wanted)
            return dict(zip(wanted, answers, strict=True))
    except clients.ApiException as error:
        if error.status != FORBIDDEN:
            raise
        remedy = "use an account that may create subjectaccessreviews.authorization.k8s.io"
        return Unreadable("the cluster refused access reviews", remedy)
    except _UndecidedError as error:
        return Unreadable(
            f"an authorizer of the cluster failed: {error}", "see the log of the API server, and try again"
        )


def _may(api: Any, question: tuple[Asker, Right]) -> bool:
    asker, right = question
    wanted = permissions.Right(right.namespace, right.verb, Kind(right.group, right.resource), right.name)
    review = access_review("SubjectAccessReview", wanted, user=asker.user, groups=asker.groups)
    answer = api.create_cluster_custom_object(
        _GROUP, _VERSION, "subjectaccessreviews", review, _request_timeout=TIMEOUT_SECONDS
    )
    status = answer["status"]
    if not status["allowed"] and status.get("evaluationError"):
        raise _UndecidedError(status["evaluationError"])
    return bool(status["allowed"])

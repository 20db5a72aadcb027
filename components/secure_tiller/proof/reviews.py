"""SubjectAccessReviews: what somebody may do, by every authorizer that the cluster has."""

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

from secure_tiller import deployer
from secure_tiller.cluster.connection import AT_ONCE, FORBIDDEN, TIMEOUT_SECONDS, clients
from secure_tiller.cluster.reviews import access_review
from secure_tiller.objects import Kind
from secure_tiller.proof.grants import Right
from secure_tiller.proof.questions import Answers, Asker, Questions
from secure_tiller.proof.seen import Told, Untold

_GROUP, _VERSION = "authorization.k8s.io", "v1"


class _UndecidedError(Exception):
    """An authorizer failed, so that a denial proves nothing."""


def ask(client: Any, asked: Iterable[Questions]) -> Told[Answers]:
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
        return Untold("the cluster refused access reviews", remedy)
    except _UndecidedError as error:
        return Untold(f"an authorizer of the cluster failed: {error}", "see the log of the API server, and try again")


def _may(api: Any, question: tuple[Asker, Right]) -> bool:
    asker, right = question
    wanted = deployer.Right(right.namespace, right.verb, Kind(right.group, right.resource), right.name)
    review = access_review("SubjectAccessReview", wanted, user=asker.user, groups=asker.groups)
    answer = api.create_cluster_custom_object(
        _GROUP, _VERSION, "subjectaccessreviews", review, _request_timeout=TIMEOUT_SECONDS
    )
    status = answer["status"]
    if not status["allowed"] and status.get("evaluationError"):
        raise _UndecidedError(status["evaluationError"])
    return bool(status["allowed"])

"""SubjectAccessReviews: what somebody may do, by every authorizer that the cluster has."""

from collections.abc import Iterable
from typing import Any

from secure_tiller_cli.check.grants import Right
from secure_tiller_cli.check.observed_state import Readable, Unreadable
from secure_tiller_cli.check.questions import Answers, Asker, Questions
from secure_tiller_stack import permissions
from secure_tiller_stack.cluster.reviews import NoAnswerError, held
from tiller_facts.kinds import Kind


def ask(client: Any, asked: Iterable[Questions]) -> Readable[Answers]:
    """Return the answers to all questions.

    Raises:
        ApiException: the cluster fails otherwise than by refusing.
    """
    answers: dict[tuple[Asker, Right], bool] = {}
    try:
        for each in asked:
            rights = {right: _as_asked(right) for right in each.rights()}
            found = held(client, rights.values(), each.asker.user, each.asker.groups)
            answers |= {(each.asker, right): wanted in found for right, wanted in rights.items()}
    except NoAnswerError as error:
        return Unreadable(error.why, error.remedy)
    return answers


def _as_asked(right: Right) -> permissions.Right:
    return permissions.Right(right.namespace, right.verb, Kind(right.group, right.resource), right.name)

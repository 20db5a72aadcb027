"""What the account of a team's Tiller may do."""

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from secure_tiller_cli.state import DeployedTiller
from secure_tiller_stack.cluster.connection import AT_ONCE, FORBIDDEN, TIMEOUT_SECONDS, clients
from secure_tiller_stack.cluster.reviews import access_review
from secure_tiller_stack.permissions import Right
from tiller_facts.rbac import Rule, account_groups, account_user


class Account:
    """Asks the cluster; where that is refused, computes from the Roles that the stack made."""

    def __init__(self, client: Any, tiller: DeployedTiller) -> None:
        """Ask nothing yet."""
        self._client = client
        self._tiller = tiller
        self.computed = False
        """Whether the cluster refused to tell, so that rights are those of the stack's state."""

    def lacks(self, rights: Iterable[Right]) -> frozenset[Right]:
        """Return those of the rights that Tiller does not hold.

        Raises:
            ApiException: the cluster did not answer.
        """
        wanted = tuple(dict.fromkeys(rights))
        if not self.computed:
            try:
                with ThreadPoolExecutor(AT_ONCE) as pool:
                    answers = tuple(pool.map(self._may, wanted))
                return frozenset(right for right, allowed in zip(wanted, answers, strict=True) if not allowed)
            except clients.ApiException as error:
                if error.status != FORBIDDEN:
                    raise
                self.computed = True
        return frozenset(right for right in wanted if not holds(self._tiller, right))

    def _may(self, right: Right) -> bool:
        own = self._tiller.namespace
        review = access_review(
            "SubjectAccessReview",
            right,
            user=account_user(own, self._tiller.service_account),
            groups=account_groups(own),
        )
        api = clients.AuthorizationV1Api(self._client)
        return bool(api.create_subject_access_review(review, _request_timeout=TIMEOUT_SECONDS).status.allowed)


def holds(tiller: DeployedTiller, right: Right) -> bool:
    """Tell whether a Role of the stack gives Tiller's account a right."""
    return any(
        role.namespace == right.namespace and any(_covers(rule, right) for rule in role.rules)
        for role in tiller.roles
        if any(
            (subject.kind, subject.namespace, subject.name)
            == ("ServiceAccount", tiller.namespace, tiller.service_account)
            for subject in role.subjects
        )
    )


def _covers(rule: Rule, right: Right) -> bool:
    return rule.covers(right.verb, right.kind.group, right.kind.resource, right.name)

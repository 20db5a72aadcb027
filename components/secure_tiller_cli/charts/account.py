"""The rights of the account of a team's Tiller."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from secure_tiller_cli.state import DeployedTiller
from secure_tiller_stack.cluster.reviews import NoAnswerError, held
from tiller_facts.rbac import Right, Subject, account_groups, account_user, is_planned


@dataclass
class Account:
    """Asks the cluster; where that is refused, computes from the Roles that the stack made."""

    client: Any
    tiller: DeployedTiller
    computed: bool = False
    """Whether the cluster refused the review, so that rights are those of the stack's state."""

    def lacks(self, rights: Iterable[Right]) -> frozenset[Right]:
        """Return those of the rights that Tiller does not hold.

        Raises:
            ApiException: the cluster did not answer.
        """
        wanted = tuple(dict.fromkeys(rights))
        if not self.computed:
            own = self.tiller.namespace
            user = account_user(own, self.tiller.service_account)
            try:
                return frozenset(wanted) - held(self.client, wanted, user, account_groups(own))
            except NoAnswerError:
                self.computed = True
        return frozenset(right for right in wanted if not holds(self.tiller, right))


def holds(tiller: DeployedTiller, right: Right) -> bool:
    """Return whether a Role of the stack gives Tiller's account a right."""
    account = Subject("ServiceAccount", tiller.service_account, tiller.namespace)
    held = ((role.namespace, rule) for role in tiller.roles if account in role.subjects for rule in role.rules)
    return is_planned(right, held)

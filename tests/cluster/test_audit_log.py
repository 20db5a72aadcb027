"""The local cluster's API server keeps a log of what service accounts ask for, and of nothing else."""

import secrets
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest
from kubernetes import client

from testbed import audit
from testbed.audit import Asked, Right
from testbed.cluster import LOCAL
from testbed.waiting import until
from tests.support.cluster_objects import item
from tests.support.live_objects import client_with, existing, token_of

ASKER = "asker"


@dataclass(frozen=True)
class Account:
    """A service account without any right, in a namespace of its own.

    Attributes:
        namespace: of the account.
        core: its client, with its token.
        made: the time before its first request.
    """

    namespace: str
    core: client.CoreV1Api
    made: datetime

    def asked(self) -> Asked:
        """Return its requests in its namespace, as logged."""
        user = f"system:serviceaccount:{self.namespace}:{ASKER}"
        return audit.asked(LOCAL.audit_log, user, self.namespace, self.made)


@pytest.fixture
def account(api: client.ApiClient) -> Iterator[Account]:
    name, made = f"asks-{secrets.token_hex(3)}", datetime.now(UTC)
    with existing(api, item("Namespace", name, ""), item("ServiceAccount", ASKER, name)):
        yield Account(name, client.CoreV1Api(client_with(token_of(api, name, ASKER), api)), made)


def _ask(account: Account) -> None:
    with pytest.raises(client.ApiException, match="forbidden"):
        account.core.list_namespaced_config_map(account.namespace)
    until(lambda: bool(account.asked().refused), "the request is in the log")


def test_a_request_of_a_service_account_is_in_the_log(account: Account) -> None:
    _ask(account)
    assert account.asked() == Asked(frozenset(), frozenset({Right("", "configmaps", "list")}))


def test_nobody_else_is_in_the_log_not_even_the_clusters_own_controllers(account: Account) -> None:
    _ask(account)
    users = {event["user"]["username"] for event in audit.events(LOCAL.audit_log)}
    assert [user for user in users if not user.startswith("system:serviceaccount:")] == []
    assert [user for user in users if user.startswith("system:serviceaccount:kube-system:")] == []


@pytest.mark.usefixtures("cluster")
def test_the_log_is_for_its_owner_alone() -> None:
    assert stat.S_IMODE(LOCAL.audit_log.stat().st_mode) == 0o600

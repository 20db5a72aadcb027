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
        """What it asked for in its namespace, as the log has it."""
        user = f"system:serviceaccount:{self.namespace}:{ASKER}"
        return audit.asked(LOCAL.audit_log, user, self.namespace, self.made)


@pytest.fixture
def account(api: client.ApiClient) -> Iterator[Account]:
    core, namespace, made = client.CoreV1Api(api), f"asks-{secrets.token_hex(3)}", datetime.now(UTC)
    core.create_namespace({"metadata": {"name": namespace}})
    try:
        core.create_namespaced_service_account(namespace, {"metadata": {"name": ASKER}})
        token = core.create_namespaced_service_account_token(ASKER, namespace, {"spec": {}}).status.token
        yield Account(namespace, _core_with(token, api), made)
    finally:
        core.delete_namespace(namespace)


def _core_with(token: str, admin: client.ApiClient) -> client.CoreV1Api:
    configuration = client.Configuration(host=admin.configuration.host)
    configuration.ssl_ca_cert = admin.configuration.ssl_ca_cert
    configuration.api_key = {"authorization": f"Bearer {token}"}
    return client.CoreV1Api(client.ApiClient(configuration))


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

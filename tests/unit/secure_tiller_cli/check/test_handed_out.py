"""The Secrets of clients in the cluster."""

from pathlib import Path

import pytest

from secure_tiller_cli.check import read_cluster
from secure_tiller_cli.check.client_secrets import judge
from secure_tiller_cli.check.observed_state import Readable, Unreadable, digest
from secure_tiller_cli.results.result import Result, Status
from secure_tiller_stack.cluster.connection import calling
from secure_tiller_stack.kubeconfig import Access
from tests.support import api_server
from tests.support.api_server import FORBIDDEN, kubeconfig
from tests.unit.secure_tiller_cli.check import samples

BUNDLE = {"ca": "a CA", "cert": "a certificate", "key": "a key"}
BLUE = samples.blue(client_secrets={"ci": ("blue-apps", "tiller-client")}, bundles={"ci": BUNDLE})
WELL = {"ca.crt": digest(b"a CA"), "tls.crt": digest(b"a certificate"), "tls.key": digest(b"a key")}


def result(found: Readable[dict[str, str] | None]) -> Result:
    (result,) = judge(BLUE, {"ci": found})
    return result


def test_a_secret_that_holds_the_bundle_passes() -> None:
    assert (result(WELL).status, result(WELL).text) == (Status.PASSED, "ci")


@pytest.mark.parametrize("entry", WELL)
def test_an_entry_that_is_another_or_gone_fails_and_is_not_shown(entry: str) -> None:
    for changed in ({**WELL, entry: digest(b"evil")}, {key: value for key, value in WELL.items() if key != entry}):
        assert result(changed).status is Status.FAILED
        assert result(changed).text == f"blue-apps/tiller-client of ci: {entry} is another"


def test_a_secret_that_is_not_there_fails() -> None:
    assert result(None).text == "blue-apps/tiller-client of ci: is not there"


def test_what_the_cluster_does_not_tell_is_not_checked() -> None:
    assert result(Unreadable("refused", "")).status is Status.NOT_CHECKED


def test_without_clients_in_the_cluster_there_is_no_such_check() -> None:
    assert list(judge(samples.blue(), {})) == []


def test_of_the_secret_digests_alone_are_kept(tmp_path: Path) -> None:
    path = "/api/v1/namespaces/blue-apps/secrets/tiller-client"
    data = {"ca.crt": samples.encoded("a CA"), "tls.crt": samples.encoded("a certificate")}
    with api_server.running() as server:
        server.answers[path] = (200, {"data": {**data, "tls.key": samples.encoded("a key")}})
        with calling(Access(kubeconfig(tmp_path, server.url), "here")) as client:
            assert read_cluster._client_secret(client, "blue-apps", "tiller-client") == WELL
            server.answers[path] = FORBIDDEN
            assert isinstance(read_cluster._client_secret(client, "blue-apps", "tiller-client"), Unreadable)
            del server.answers[path]
            assert read_cluster._client_secret(client, "blue-apps", "tiller-client") is None

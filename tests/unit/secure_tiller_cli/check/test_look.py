"""How the cluster is asked: a refusal is distinguished from an absent object."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from secure_tiller.problems import ClusterError
from secure_tiller_cli.check import read_cluster
from secure_tiller_cli.check.observed_state import ObservedState, Records, Unreadable, Workload
from secure_tiller_cli.check.questions import of_tiller
from secure_tiller_stack.cluster.connection import calling
from secure_tiller_stack.kubeconfig import Access
from tests.support import api_server
from tests.support.api_server import FORBIDDEN, NONE, REVIEW, ApiServer, kubeconfig, review
from tests.unit.secure_tiller_cli.check import samples

GREEN = samples.green()
IN = "/api/v1/namespaces/green-tiller"
APPS = "/apis/apps/v1/namespaces/green-tiller"
PARTS = ("workload", "secret", "records", "policies", "services")
RBAC = "/apis/rbac.authorization.k8s.io/v1"


def another_pod() -> dict[str, Any]:
    other = samples.pod("another")
    other["metadata"]["labels"] = {"app": "helm"}
    return other


@pytest.fixture
def api() -> Iterator[ApiServer]:
    with api_server.running() as server:
        server.answers |= {
            "/api/v1/namespaces/green-tiller": (200, api_server.namespace("green-tiller")),
            "/api/v1/namespaces/green-apps": (200, api_server.namespace("green-apps")),
            f"{APPS}/deployments/tiller-deploy": (200, samples.workload().deployment),
            f"{APPS}/replicasets": (200, {"items": list(samples.workload().replica_sets)}),
            f"{IN}/pods": (200, {"items": [samples.pod(), samples.pod("done", phase="Succeeded"), another_pod()]}),
            f"{IN}/secrets/blue-tls-1": (200, {"data": {"tls.crt": "eA==", "ca.crt": "eA==", "tls.key": "a2V5"}}),
            f"{IN}/secrets": (200, {"items": [api_server.release("web", 1)]}),
            f"{IN}/configmaps": NONE,
            f"{IN}/services": (200, {"items": [samples.service()]}),
            "/apis/networking.k8s.io/v1/namespaces/green-tiller/networkpolicies": NONE,
            f"{RBAC}/clusterroles": NONE,
            f"{RBAC}/clusterrolebindings": NONE,
        }
        yield server


def seen(folder: Path, api: ApiServer) -> ObservedState:
    with calling(Access(kubeconfig(folder, api.url), "here")) as client:
        return read_cluster.observe(client, GREEN)


def test_what_is_there_is_read(tmp_path: Path, api: ApiServer) -> None:
    found = seen(tmp_path, api)
    assert isinstance(found.workload, Workload)
    assert [pod["metadata"]["name"] for pod in found.workload.ready] == ["tiller-1"]
    assert [pod["metadata"]["name"] for pod in found.workload.pods] == ["tiller-1"]
    assert [pod["metadata"]["name"] for pod in found.workload.others] == ["another"]
    assert found.records == Records(1, ())
    assert found.policies == ()
    assert found.services == (samples.service(),)


def test_of_the_tls_secret_the_key_is_not_kept(tmp_path: Path, api: ApiServer) -> None:
    assert "a2V5" not in repr(seen(tmp_path, api))


def test_of_release_records_the_metadata_alone_is_asked_for(tmp_path: Path, api: ApiServer) -> None:
    seen(tmp_path, api)
    (asked,) = api.asked_at(f"{IN}/secrets")
    assert "PartialObjectMetadataList" in asked.accept
    assert asked.query["labelSelector"] == ["OWNER=TILLER"]


def test_what_is_not_there_is_nothing_and_no_refusal(tmp_path: Path, api: ApiServer) -> None:
    for path in (f"{APPS}/deployments/tiller-deploy", f"{IN}/secrets/blue-tls-1", "/api/v1/namespaces/green-apps"):
        del api.answers[path]
    found = seen(tmp_path, api)
    assert isinstance(found.workload, Workload)
    assert found.workload.deployment is None
    assert found.secret is None
    assert found.namespaces["green-apps"] is None


@pytest.mark.parametrize(
    ("path", "part"),
    [
        (f"{IN}/pods", "workload"),
        (f"{APPS}/replicasets", "workload"),
        (f"{IN}/secrets/blue-tls-1", "secret"),
        (f"{IN}/configmaps", "records"),
        (f"{IN}/services", "services"),
        ("/apis/networking.k8s.io/v1/namespaces/green-tiller/networkpolicies", "policies"),
    ],
)
def test_a_refused_valueis_unreadable_and_the_rest_is_read(
    path: str, part: str, tmp_path: Path, api: ApiServer
) -> None:
    api.answers[path] = FORBIDDEN
    found = seen(tmp_path, api)
    parts: dict[str, Any] = {name: getattr(found, name) for name in PARTS}
    assert [name for name, value in parts.items() if isinstance(value, Unreadable)] == [part]
    assert "green-tiller" in parts[part].remedy


def test_a_refused_namespace_is_unreadable(tmp_path: Path, api: ApiServer) -> None:
    api.answers["/api/v1/namespaces/green-apps"] = FORBIDDEN
    assert isinstance(seen(tmp_path, api).namespaces["green-apps"], Unreadable)


def test_a_cluster_that_fails_is_no_refusal(tmp_path: Path, api: ApiServer) -> None:
    api.answers[f"{IN}/pods"] = (500, {"message": "no"})
    with pytest.raises(ClusterError):
        seen(tmp_path, api)


def test_bindings_that_may_not_be_listed_are_unreadable(tmp_path: Path, api: ApiServer) -> None:
    with calling(Access(kubeconfig(tmp_path, api.url), "here")) as client:
        assert read_cluster.all_grants(client) == ()
        api.answers[f"{RBAC}/clusterrolebindings"] = FORBIDDEN
        assert isinstance(read_cluster.all_grants(client), Unreadable)


def test_each_question_is_one_review_of_the_account_with_its_groups(tmp_path: Path, api: ApiServer) -> None:
    api.answers[REVIEW] = review(allowed=True)
    asked = of_tiller(GREEN, [GREEN])
    with calling(Access(kubeconfig(tmp_path, api.url), "here")) as client:
        answers = read_cluster.review_access(client, [asked])
    assert not isinstance(answers, Unreadable)
    assert set(answers) == {(asked.asker, right) for right in asked.rights()}
    sent = [question.body["spec"] for question in api.asked_at(REVIEW)]
    assert {spec["user"] for spec in sent} == {"system:serviceaccount:green-tiller:tiller"}
    exec_ = {"verb": "create", "resource": "pods", "subresource": "exec", "namespace": "green-tiller"}
    assert exec_ in [spec["resourceAttributes"] for spec in sent]


def test_refused_reviews_are_unreadable(tmp_path: Path, api: ApiServer) -> None:
    api.answers[REVIEW] = FORBIDDEN
    with calling(Access(kubeconfig(tmp_path, api.url), "here")) as client:
        assert isinstance(read_cluster.review_access(client, [of_tiller(GREEN, [GREEN])]), Unreadable)


def test_a_denial_by_a_failing_authorizer_proves_nothing(tmp_path: Path, api: ApiServer) -> None:
    api.answers[REVIEW] = (201, {"spec": {}, "status": {"allowed": False, "evaluationError": "webhook: timeout"}})
    with calling(Access(kubeconfig(tmp_path, api.url), "here")) as client:
        answers = read_cluster.review_access(client, [of_tiller(GREEN, [GREEN])])
    assert isinstance(answers, Unreadable)
    assert "webhook: timeout" in answers.why

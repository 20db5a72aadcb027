"""The kinds that the cluster serves are read."""

from pathlib import Path
from typing import Any

import pytest

from secure_tiller_cli.charts import Discovery, discover
from secure_tiller_stack.cluster.connection import calling
from tests.support.api_server import ApiServer
from tests.unit.secure_tiller_cli.charts.world import DISCOVERY
from tests.unit.secure_tiller_stack.cluster.asking import access


def resources(version: str, *kinds: tuple[str, str, bool]) -> tuple[int, dict[str, Any]]:
    listed = [
        {"kind": kind, "name": name, "namespaced": namespaced, "singularName": "", "verbs": ["get"]}
        for kind, name, namespaced in kinds
    ]
    return 200, {"kind": "APIResourceList", "groupVersion": version, "resources": listed}


@pytest.fixture
def found(server: ApiServer, tmp_path: Path) -> Discovery:
    apps = [{"groupVersion": f"apps/{version}", "version": version} for version in ("v1beta1", "v1")]
    metrics = [{"groupVersion": "metrics.example/v1", "version": "v1"}]
    words = server.answers["/version"][1]  # type: ignore[index]
    server.answers |= {
        "/version": (200, words | {"gitVersion": "v1.36.3+vendor.1"}),
        "/api/v1": resources("v1", ("Pod", "pods", True), ("Pod", "pods/log", True), ("Node", "nodes", False)),
        "/apis": (
            200,
            {
                "groups": [
                    {"name": "apps", "versions": apps, "preferredVersion": apps[1]},
                    {"name": "metrics.example", "versions": metrics},
                ]
            },
        ),
        "/apis/apps/v1": resources("apps/v1", ("Deployment", "deployments", True)),
        "/apis/apps/v1beta1": resources("apps/v1beta1", ("Deployment", "deployments", True)),
        "/apis/metrics.example/v1": (503, {"message": "unavailable"}),
    }
    with calling(access(tmp_path, server.url)) as client:
        return discover(client)


def test_kinds_are_reported_without_subresources(found: Discovery) -> None:
    pod, node = found.find("v1", "Pod"), found.find("v1", "Node")
    assert pod
    assert node
    assert (pod.resource, pod.namespaced, node.namespaced) == ("pods", True, False)
    assert found.find("v1", "Deployment") is None


def test_the_preferred_version_of_a_group_comes_first(found: Discovery) -> None:
    successor = found.successor("apps/v1beta2", "Deployment")
    assert successor
    assert successor.api_version == "apps/v1"


def test_a_server_that_does_not_answer_is_remembered(found: Discovery) -> None:
    assert found.unanswered == {"metrics.example/v1"}


def test_charts_are_shown_what_tiller_shows_them(found: Discovery) -> None:
    assert (found.version, found.release) == ("1.36", "v1.36.3")
    assert {"v1", "v1/Pod", "apps/v1", "apps/v1/Deployment", "metrics.example/v1"} <= {*found.capabilities}
    assert "v1/pods" not in found.capabilities


@pytest.mark.parametrize(
    ("api_version", "kind", "successor"),
    [
        ("extensions/v1beta1", "Deployment", "apps/v1"),
        ("extensions/v1beta1", "Ingress", "networking.k8s.io/v1"),
        ("policy/v1beta1", "PodDisruptionBudget", "policy/v1"),
        ("batch/v1beta1", "CronJob", "batch/v1"),
        ("policy/v1beta1", "PodSecurityPolicy", None),
        ("networking.example/v1beta1", "Ingress", "networking.example/v1"),
        ("traefik.example/v1", "Ingress", None),
    ],
)
def test_the_successor_is_in_the_same_group_or_where_kubernetes_moved_the_kind(
    api_version: str, kind: str, successor: str | None
) -> None:
    found = DISCOVERY.successor(api_version, kind)
    assert (found.api_version if found else None) == successor

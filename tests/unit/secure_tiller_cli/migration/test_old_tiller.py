"""The pods that run a Tiller are found."""

from typing import Any

import pytest

from secure_tiller_cli.migration import old_tiller
from tests.support.fake_core import FakeCore, tiller_pod

OTHER = {"labels": {"app": "web"}, "image": "registry.example.org/web:1"}


@pytest.mark.parametrize(
    ("changes", "runs"),
    [
        ({}, True),
        ({"phase": "Pending"}, True),
        ({"image": "registry.example.org/helm2:patched"}, True),
        ({"labels": None}, True),
        ({"labels": {"app": "web"}, "image": "registry.example.org/helm-tiller@sha256:00"}, True),
        ({"labels": {"app": "web"}, "image": "registry.example.org/distiller:1"}, False),
        ({"labels": {"app": "web"}, "image": "registry.example.org/tiller-proxy:1"}, False),
        ({"phase": "Succeeded"}, False),
        ({"phase": "Failed"}, False),
        (OTHER, False),
        ({**OTHER, "command": ["sh", "-c", "exec /tiller"]}, True),
        ({**OTHER, "command": ["kubectl", "get", "pods", "--namespace", "tiller"]}, False),
        ({**OTHER, "port": 44134}, True),
        ({"labels": {"app": "helm"}, "image": "registry.example.org/tiller/web:1"}, False),
    ],
)
def test_it_is_known_by_helms_labels_or_by_its_image_command_or_port(changes: dict[str, Any], runs: bool) -> None:
    core = FakeCore(pods=[tiller_pod("kube-system", **changes), tiller_pod("elsewhere")])
    assert len(old_tiller.running(core, "kube-system")) == runs


@pytest.mark.parametrize(
    ("changes", "remedy"),
    [
        ({}, "kubectl scale deployment tiller-deploy --namespace kube-system --replicas=0"),
        ({"owners": None}, "kubectl get pod tiller-deploy-abc-x --namespace kube-system --output yaml"),
        ({"owners": [{"kind": "DaemonSet", "name": "x-abc"}]}, "kubectl get pod tiller-deploy-abc-x"),
        ({"labels": {"app": "helm", "name": "tiller"}}, "kubectl get pod tiller-deploy-abc-x"),
    ],
)
def test_the_remedy_names_the_deployment_where_it_is_known(changes: dict[str, Any], remedy: str) -> None:
    core = FakeCore(pods=[tiller_pod("kube-system", **changes)])
    (problem,) = old_tiller.problems(old_tiller.running(core, "kube-system"))
    assert remedy in problem.remedy


@pytest.mark.parametrize("image", ["registry.example.org/web:1", "registry.example.org/ml/distiller:3"])
def test_a_pod_that_has_only_tillers_port_is_suspected_and_looked_at_before_it_is_stopped(image: str) -> None:
    core = FakeCore(pods=[tiller_pod("kube-system", **{**OTHER, "image": image}, port=44134)])
    (problem,) = old_tiller.problems(old_tiller.running(core, "kube-system"))
    assert "has Tiller's port" in problem.why
    assert problem.remedy.startswith("see what it runs: kubectl get pod")

"""What is a Tiller, and what only looks like one."""

from typing import Any

import pytest

from tests.unit.tiller_policies.samples import LABELS, container, pod, resource, workload
from tiller_policies.resources import Resource
from tiller_policies.tillers import tillers
from tiller_policies.values import UNKNOWN

TEMPLATE = {"metadata": {"labels": {"app": "web"}}, "spec": pod(container())}
OTHER = {"app": "web"}


@pytest.mark.parametrize(
    ("kind", "props"),
    [
        ("core/v1:Pod", TEMPLATE),
        ("core/v1:PodTemplate", {"template": TEMPLATE}),
        ("core/v1:ReplicationController", {"spec": {"template": TEMPLATE}}),
        ("apps/v1:Deployment", {"spec": {"template": TEMPLATE}}),
        ("apps/v1beta1:Deployment", {"spec": {"template": TEMPLATE}}),
        ("extensions/v1beta1:Deployment", {"spec": {"template": TEMPLATE}}),
        ("apps/v1:StatefulSet", {"spec": {"template": TEMPLATE}}),
        ("apps/v1:DaemonSet", {"spec": {"template": TEMPLATE}}),
        ("extensions/v1beta1:ReplicaSet", {"spec": {"template": TEMPLATE}}),
        ("batch/v1:Job", {"spec": {"template": TEMPLATE}}),
        ("batch/v1:CronJob", {"spec": {"jobTemplate": {"spec": {"template": TEMPLATE}}}}),
        ("apps.openshift.io/v1:DeploymentConfig", {"spec": {"template": TEMPLATE}}),
        ("core/v1:PodList", {"items": [TEMPLATE]}),
        ("apps/v1:DeploymentList", {"items": [UNKNOWN, {"spec": {"template": TEMPLATE}}]}),
    ],
)
def test_a_tiller_is_found_in_whatever_runs_pods(kind: str, props: dict[str, Any]) -> None:
    assert len(list(tillers([resource(kind, "blue", props)]))) == 1


def image(name: str, **further: Any) -> dict[str, Any]:
    return {"name": "main", "image": name, **further}


@pytest.mark.parametrize(
    "one",
    [
        image("tiller"),
        image("gcr.io/kubernetes-helm/tiller:v2.7.2"),
        image("mirror.example:5000/helm/tiller@sha256:00"),
        image("mirror.example/own:1", command=["/tiller"]),
        image("mirror.example/own:1", command=["/usr/local/bin/tiller", "--storage=secret"]),
        image("mirror.example/own:1", command=["dumb-init", "/tiller"]),
        image("mirror.example/own:1", command=["sh", "-c", "sleep 1; exec /tiller --storage=secret"]),
        image("mirror.example/own:1", command=["sh", "-ec"], args=["set -x\n/tiller \\\n --storage=secret\n"]),
        image("ghcr.io/helm/tiller:v2.17.0", command=["/entrypoint.sh"]),
        image("ghcr.io/helm/tiller:v2.17.0", command=[UNKNOWN]),
        image(UNKNOWN, command=["/tiller"]),  # type: ignore[arg-type]
    ],
)
def test_a_tiller_is_known_by_its_image_or_its_command(one: dict[str, Any]) -> None:
    assert len(list(tillers([workload("blue", pod(one), OTHER)]))) == 1


@pytest.mark.parametrize(
    "one",
    [
        image("mirror.example/web:1"),
        image("mirror.example/tiller-exporter:1"),
        image("tiller.example/web:1"),
        image("mirror.example/web:tiller"),
        image("mirror.example/web:1", args=["--upstream", "tiller"]),
        image("ghcr.io/helm/tiller:v2.17.0", command=["/helm", "version", "--client"]),
        image("mirror.example/web:1", command=["sh", "-c", "it's"]),
        image(UNKNOWN),  # type: ignore[arg-type]
    ],
)
def test_what_is_no_tiller_is_not_taken_for_one(one: dict[str, Any]) -> None:
    assert list(tillers([workload("blue", pod(one), OTHER)])) == []


def only_container(resource: Resource) -> Any:
    (found,) = tillers([resource])
    return found.container


def test_a_pod_that_helm_would_choose_is_a_tiller_whatever_its_image_is_called() -> None:
    assert only_container(workload("blue", pod(image("mirror.example/own:1"), image("proxy"))))["name"] == "main"


def test_the_container_named_tiller_is_it_among_several() -> None:
    two = pod(image("proxy"), {"name": "tiller", "image": "mirror.example/own:1"})
    assert only_container(workload("blue", two))["name"] == "tiller"


def test_a_tiller_is_found_among_sidecars_and_in_one() -> None:
    assert only_container(workload("blue", pod(image("proxy"), container())))["name"] == "tiller"
    sidecar = pod(image("proxy"), initContainers=[container(restartPolicy="Always"), image("tiller")])
    assert only_container(workload("blue", sidecar, OTHER))["name"] == "tiller"


@pytest.mark.parametrize(
    "other",
    [
        Resource("urn:pulumi:test::probe::aws:ecs:Task::blue", "aws:ecs:Task", {"spec": {"template": TEMPLATE}}),
        resource("apps/v1:DeploymentPatch", "blue", {"spec": {"template": TEMPLATE}}),
        resource("apps/v1:Deployment", "blue", {"spec": UNKNOWN}),
        resource("apps/v1:Deployment", "blue", {"spec": {"template": {**TEMPLATE, "spec": {"containers": UNKNOWN}}}}),
    ],
    ids=["not of Kubernetes", "part of an object", "not known", "containers not known"],
)
def test_what_is_not_whole_or_not_known_is_not_judged(other: Resource) -> None:
    assert list(tillers([other])) == []


def test_labels_that_helm_does_not_ask_for_do_not_hide_a_pod() -> None:
    assert len(list(tillers([workload("blue", pod(image("own")), {**LABELS, "team": "blue"})]))) == 1

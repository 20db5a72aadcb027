"""Pods of a chart are sent to the API server to be judged, and nothing is made."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from secure_tiller_cli.charts import Concern, Effect, Group, Manifest
from secure_tiller_cli.vet.asking import Asker, Way
from secure_tiller_cli.vet.pods import pods
from secure_tiller_stack.cluster.connection import calling
from tests.support.api_server import Answer, ApiServer
from tests.unit.secure_tiller_cli.charts.world import blue, one
from tests.unit.secure_tiller_stack.cluster.asking import access

PODS = "/api/v1/namespaces/blue-apps/pods"
SPEC = {"containers": [{"name": "web", "image": "busybox", "aFieldOfTomorrow": 1}]}
TEMPLATE = {"metadata": {"labels": {"app": "web"}, "annotations": {"a": "b"}, "name": "web"}, "spec": SPEC}
SENT = {
    "apiVersion": "v1",
    "kind": "Pod",
    "metadata": {"generateName": "vet-", "labels": {"app": "web"}, "annotations": {"a": "b"}},
    "spec": SPEC,
}

Judged = Callable[..., list[Concern]]


@pytest.fixture
def judged(server: ApiServer, tmp_path: Path) -> Judged:
    """Return a function that has manifests judged by the cluster `server`, which admits every pod by default."""
    server.answers[PODS] = (201, {})

    def run(*manifests: Manifest, managed: tuple[str, ...] = ("blue-apps",)) -> list[Concern]:
        with calling(access(tmp_path, server.url)) as client:
            asker = Asker(client, blue(*managed), Way.CALLER, frozenset())
            return list(pods(asker, manifests, "blue-apps"))

    return run


WORKLOADS = [
    one("ReplicationController", spec={"template": TEMPLATE}),
    *(one(kind, "apps/v1", spec={"template": TEMPLATE}) for kind in ("DaemonSet", "Deployment", "ReplicaSet")),
    one("StatefulSet", "apps/v1", spec={"template": TEMPLATE}),
    one("Deployment", "extensions/v1beta1", spec={"template": TEMPLATE}),
    one("Job", "batch/v1", spec={"template": TEMPLATE}),
    one("CronJob", "batch/v1", spec={"jobTemplate": {"spec": {"template": TEMPLATE}}}),
]


@pytest.mark.parametrize("workload", WORKLOADS, ids=lambda each: f"{each.kind} {each.api_version}")
def test_the_pod_of_every_workload_is_sent_as_it_is_and_dry(
    server: ApiServer, judged: Judged, workload: Manifest
) -> None:
    assert judged(workload) == []
    (question,) = server.asked
    assert question.query == {"dryRun": ["All"]}
    assert question.body == SENT


def test_a_stateful_set_gives_its_pods_the_volumes_that_it_claims(server: ApiServer, judged: Judged) -> None:
    volumes = [{"name": "data", "emptyDir": {}}, {"name": "cache", "emptyDir": {}}]
    template = {"spec": {**SPEC, "volumes": volumes}}
    judged(
        one(
            "StatefulSet",
            "apps/v1",
            spec={"template": template, "volumeClaimTemplates": [{"metadata": {"name": "data"}}]},
        )
    )
    claimed = {"name": "data", "persistentVolumeClaim": {"claimName": "data"}}
    assert server.asked[0].body["spec"]["volumes"] == [volumes[1], claimed]


def test_what_a_pod_names_and_the_chart_may_bring_is_not_sent(server: ApiServer, judged: Judged) -> None:
    named = {"serviceAccountName": "web", "priorityClassName": "high", "runtimeClassName": "kata"}
    judged(one("Job", "batch/v1", spec={"template": {"spec": {**SPEC, **named}}}))
    assert server.asked[0].body["spec"] == SPEC


def test_what_makes_no_pod_is_not_sent_nor_what_is_elsewhere_or_left_out(server: ApiServer, judged: Judged) -> None:
    hook = {"annotations": {"helm.sh/hook": "test"}}
    judged(
        one("ConfigMap"),
        one("Pod", spec=SPEC),
        one("Job", "batch/v1", namespace="kube-system", spec={"template": TEMPLATE}),
    )
    judged(one("Job", "batch/v1", metadata=hook, spec={"template": TEMPLATE}))
    assert server.asked == []


def test_a_pod_of_another_namespace_of_the_team_is_sent_there(server: ApiServer, judged: Judged) -> None:
    server.answers["/api/v1/namespaces/blue-jobs/pods"] = (201, {})
    assert (
        judged(
            one("Job", "batch/v1", namespace="blue-jobs", spec={"template": TEMPLATE}),
            managed=("blue-apps", "blue-jobs"),
        )
        == []
    )
    assert server.paths == ["/api/v1/namespaces/blue-jobs/pods"]


def said(status: int, message: str) -> Answer:
    return status, {"kind": "Status", "message": message}


VIOLATION = said(403, 'pods "vet-1" is forbidden: violates PodSecurity "baseline:latest": privileged (container "web")')
NO_RIGHT = said(403, 'pods is forbidden: User "carol" cannot create resource "pods" in API group "" in the namespace')
QUOTA = said(403, 'pods "vet-1" is forbidden: exceeded quota: compute')
NOT_DRY = said(400, 'admission webhook "stamp.example" does not support dry run')
INVALID = said(422, 'Pod "vet-1" is invalid: spec.containers: Required value')

ANSWERS = {
    "pod security": (
        VIOLATION,
        Group.POD_SECURITY,
        Effect.STOPS,
        'violates PodSecurity "baseline:latest": privileged',
    ),
    "no right": (
        NO_RIGHT,
        Group.POD_SECURITY,
        Effect.NOT_CHECKED,
        "your account may not create pods in blue-apps",
    ),
    "a quota": (QUOTA, Group.CANNOT_INSTALL, Effect.STOPS, "exceeded quota: compute"),
    "no pod": (INVALID, Group.CANNOT_INSTALL, Effect.STOPS, "its pod is invalid: spec.containers: Required value"),
    "no namespace": (said(404, "not found"), Group.POD_SECURITY, Effect.NOT_CHECKED, "answered 404: not found"),
    "a webhook that cannot be asked": (
        NOT_DRY,
        Group.POD_SECURITY,
        Effect.NOT_CHECKED,
        "does not support dry run",
    ),
    "a webhook": (
        said(500, "failed calling webhook"),
        Group.POD_SECURITY,
        Effect.NOT_CHECKED,
        "calling webhook",
    ),
    "no JSON": ((503, "no"), Group.POD_SECURITY, Effect.NOT_CHECKED, "answered 503"),
}


@pytest.mark.parametrize("answer", ANSWERS)
def test_what_the_api_server_says_is_reported_and_never_passed(server: ApiServer, judged: Judged, answer: str) -> None:
    server.answers[PODS], group, severity, words = ANSWERS[answer]
    (finding,) = judged(WORKLOADS[0])
    assert (finding.group, finding.severity) == (group, severity)
    assert words in finding.text


def test_a_controller_is_made_although_its_pods_are_refused(server: ApiServer, judged: Judged) -> None:
    server.answers[PODS] = VIOLATION
    (finding,) = judged(WORKLOADS[2])
    assert finding.text.startswith("the Deployment would be created and get no pod: violates PodSecurity")


def test_a_missing_right_is_reported_once_for_a_namespace(server: ApiServer, judged: Judged) -> None:
    server.answers[PODS] = NO_RIGHT
    (finding,) = judged(*WORKLOADS[1:4])
    assert finding.subject == "DaemonSet web, Deployment web, ReplicaSet web"


@pytest.mark.parametrize(
    "spec",
    [
        *(None, "text", {"template": "text"}, {"template": {"spec": [], "metadata": 1}}),
        {"template": {"spec": {"volumes": 1}}, "volumeClaimTemplates": 1},
        {"template": {"spec": {"volumes": [1]}}, "volumeClaimTemplates": [1, {"metadata": 1}]},
    ],
)
def test_what_has_not_the_form_of_a_pod_is_left_to_the_api_server(server: ApiServer, judged: Judged, spec: Any) -> None:
    server.answers[PODS] = INVALID
    (finding,) = judged(one("StatefulSet", "apps/v1", spec=spec))
    assert finding.severity is Effect.STOPS

"""The comparison of the workload with the plan: each change is found, and what the API server fills in is none."""

import copy
from collections.abc import Callable
from typing import Any

import pytest

from secure_tiller_cli.check.observed_state import Unreadable, Workload
from secure_tiller_cli.check.pod import ALONE, DEPLOYMENT, IMPOSTORS, POD, judge
from secure_tiller_cli.results.result import Result, Status
from tests.unit.secure_tiller_cli.check import samples

Change = Callable[[dict[str, Any]], None]


def results(workload: Workload | Unreadable) -> dict[str, Result]:
    return {result.check: result for result in judge(samples.blue(), workload)}


def failed(workload: Workload) -> set[str]:
    return {check for check, result in results(workload).items() if result.status is Status.FAILED}


def test_what_is_as_planned_passes_with_the_defaults_of_the_api_server() -> None:
    assert failed(samples.workload()) == set()
    assert {result.status for result in results(samples.workload()).values()} == {Status.PASSED}


def container(spec: dict[str, Any]) -> dict[str, Any]:
    (found,) = spec["containers"]
    assert isinstance(found, dict)
    return found


def without_verification(spec: dict[str, Any]) -> None:
    container(spec)["args"] = [each for each in container(spec)["args"] if "tls-verify" not in each]


CHANGES: dict[str, tuple[Change, str]] = {
    "image": (lambda spec: container(spec).update(image="evil"), "spec.containers[tiller].image is evil"),
    "arguments": (without_verification, "spec.containers[tiller].args is"),
    "command": (lambda spec: container(spec).update(command=["sh"]), "command is ['sh'], not (nothing)"),
    "account": (lambda spec: spec.update(serviceAccountName="admin"), "serviceAccountName is admin, not tiller"),
    "token": (lambda spec: spec.update(automountServiceAccountToken=True), "automountServiceAccountToken is True"),
    "host network": (lambda spec: spec.update(hostNetwork=True), "spec.hostNetwork is True, not (nothing)"),
    "a second container": (
        lambda spec: spec["containers"].append({"name": "spy", "image": "spy"}),
        "spec.containers[spy] is a map with name, image, not (nothing)",
    ),
    "an init container": (lambda spec: spec.update(initContainers=[{"name": "i"}]), "spec.initContainers is"),
    "user": (lambda spec: spec["securityContext"].update(runAsUser=0), "runAsUser is 0, not 65534"),
    "privileged": (
        lambda spec: container(spec)["securityContext"].update(privileged=True),
        "securityContext.privileged is True",
    ),
    "another Secret": (lambda spec: spec["volumes"][0]["secret"].update(secretName="mine"), "secretName is mine"),
    "one more volume": (
        lambda spec: spec["volumes"].append({"name": "node", "hostPath": {"path": "/"}}),
        "spec.volumes[node] is a map with name, hostPath",
    ),
    "environment": (
        lambda spec: container(spec)["env"].append({"name": "TILLER_NAMESPACE", "value": "kube-system"}),
        "spec.containers[tiller].env[TILLER_NAMESPACE] is",
    ),
    "a volume that is mounted once more": (
        lambda spec: container(spec)["volumeMounts"].insert(0, {"name": "certificates", "mountPath": "/bin"}),
        "spec.containers[tiller].volumeMounts[/bin] is a map with name, mountPath, not (nothing)",
    ),
    "a variable that is set twice": (
        lambda spec: container(spec)["env"].insert(0, {"name": "HOME", "value": "/etc"}),
        "spec.containers[tiller].env is",
    ),
    "limits": (lambda spec: container(spec)["resources"]["limits"].update(cpu="2"), "limits.cpu is 2, not 1000m"),
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_change_of_the_deployment_is_found_and_named(name: str) -> None:
    change, said = CHANGES[name]
    deployment = copy.deepcopy(dict(samples.workload().deployment or {}))
    change(deployment["spec"]["template"]["spec"])
    result = results(samples.workload(deployment=deployment))[DEPLOYMENT]
    assert result.status is Status.FAILED
    assert said in result.text


@pytest.mark.parametrize("name", CHANGES)
def test_a_change_of_the_running_pod_is_found_though_the_deployment_hides_it(name: str) -> None:
    change, said = CHANGES[name]
    changed = samples.pod()
    change(changed["spec"])
    found = results(samples.workload(pods=(changed,)))
    assert found[DEPLOYMENT].status is Status.PASSED
    assert found[POD].status is Status.FAILED
    assert said in found[POD].text


def test_a_deployment_that_is_not_there_is_a_failure() -> None:
    assert failed(samples.workload(deployment=None)) == {DEPLOYMENT, POD, IMPOSTORS}


@pytest.mark.parametrize(
    ("field", "value", "text"),
    [
        ("replicas", 2, "spec.replicas is 2, not 1"),
        ("selector", {"matchLabels": {"app": "other"}}, "spec.selector.matchLabels.app is other, not helm"),
        ("paused", True, "spec.paused is True, not (nothing)"),
    ],
)
def test_a_deployment_that_starts_other_pods_or_none_is_a_failure(field: str, value: object, text: str) -> None:
    changed = copy.deepcopy(samples.workload().deployment) or {}
    changed["spec"][field] = value
    assert text in results(samples.workload(deployment=changed))[DEPLOYMENT].text


def test_whom_the_pod_says_that_it_answers_is_compared() -> None:
    changed = samples.pod()
    changed["metadata"]["annotations"]["secure-tiller/trusts"] = "alice ci mallory"
    assert (
        "annotations.secure-tiller/trusts is alice ci mallory" in results(samples.workload(pods=(changed,)))[POD].text
    )


def test_further_labels_and_annotations_are_no_difference() -> None:
    restarted = samples.pod()
    restarted["metadata"]["annotations"]["kubectl.kubernetes.io/restartedAt"] = "now"
    restarted["metadata"]["labels"]["pod-template-hash"] = "abc"
    assert failed(samples.workload(pods=(restarted,))) == set()


def test_a_pod_that_is_not_ready_is_named_with_its_state() -> None:
    waiting = samples.pod(phase="Pending", conditions=[])
    assert results(samples.workload(pods=(waiting,)))[POD].text == "no pod is ready: tiller-1 is Pending"


@pytest.mark.parametrize("owner", ["", "another set"])
def test_a_pod_with_tillers_labels_that_the_deployment_did_not_make_is_an_impostor(owner: str) -> None:
    found = results(samples.workload(pods=(samples.pod(), samples.pod("impostor", owner))))
    assert found[IMPOSTORS].status is Status.FAILED
    assert "not of the Deployment: impostor" in found[IMPOSTORS].text
    assert "delete pod impostor" in found[IMPOSTORS].remedy
    assert found[POD].status is Status.PASSED


@pytest.mark.parametrize(("owner", "status"), [("a set that is gone", Status.WARNING), ("", Status.FAILED)])
def test_a_pod_that_stops_may_be_of_a_replica_set_that_is_gone(owner: str, status: Status) -> None:
    stopping = samples.pod("old", owner)
    stopping["metadata"]["deletionTimestamp"] = "2026-01-01T00:00:00Z"
    assert results(samples.workload(pods=(samples.pod(), stopping)))[IMPOSTORS].status is status


def with_another_pod(change: Change = lambda _: None) -> Workload:
    """Return the workload with another pod without its labels, account and Secret, but for a change."""
    other = samples.pod("other", "")
    other["metadata"]["labels"] = {}
    other["spec"] |= {"serviceAccountName": "default", "volumes": []}
    change(other["spec"])
    return samples.workload(others=(other,))


@pytest.mark.parametrize(
    ("change", "status"),
    [
        (lambda _: None, Status.WARNING),
        (lambda spec: spec.update(serviceAccountName="tiller"), Status.FAILED),
        (lambda spec: spec.update(volumes=[{"name": "a", "secret": {"secretName": "blue-tls-1"}}]), Status.FAILED),
        (lambda spec: container(spec).update(envFrom=[{"secretRef": {"name": "blue-tls-1"}}]), Status.FAILED),
    ],
)
def test_another_pod_is_reported_and_fails_if_it_holds_what_tiller_holds(change: Change, status: Status) -> None:
    found = results(with_another_pod(change))
    assert found[ALONE].status is status
    assert "other" in found[ALONE].text
    assert found[IMPOSTORS].status is Status.PASSED


def older(**metadata: Any) -> dict[str, Any]:
    """A pod of the Deployment with another trust, which is not ready."""
    old = samples.pod("old", conditions=[])
    old["metadata"]["annotations"]["secure-tiller/trusts"] = "alice ci mallory"
    old["metadata"] |= metadata
    return old


@pytest.mark.parametrize(
    ("metadata", "status"), [({}, Status.FAILED), ({"deletionTimestamp": "2026-01-01T00:00:00Z"}, Status.WARNING)]
)
def test_a_pod_that_is_not_ready_is_compared_too(metadata: dict[str, Any], status: Status) -> None:
    found = results(samples.workload(pods=(samples.pod(), older(**metadata))))[POD]
    assert found.status is status
    assert "old" in found.text


def test_a_pod_as_planned_that_stops_next_to_a_ready_one_passes() -> None:
    stopping = samples.pod("old", conditions=[])
    stopping["metadata"]["deletionTimestamp"] = "2026-01-01T00:00:00Z"
    assert results(samples.workload(pods=(samples.pod(), stopping)))[POD].status is Status.PASSED


def test_what_the_cluster_does_not_tell_is_not_checked_and_never_passed() -> None:
    found = results(Unreadable("the cluster refused to show what is in blue-tiller", "use another account"))
    assert {result.status for result in found.values()} == {Status.NOT_CHECKED}
    assert found[POD].text == "the cluster refused to show what is in blue-tiller"

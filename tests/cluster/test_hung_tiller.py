"""A Tiller that hangs is restarted, and serves again."""

import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

from kubernetes import client

from testbed.waiting import until
from tests.cluster.copies import copy_of_tiller
from tests.support.projects import TestStack


def _impatient(container: Any) -> None:
    """Ask often whether it lives, so that the test need not wait long."""
    container.liveness_probe.period_seconds = 1
    container.liveness_probe.failure_threshold = 2
    container.liveness_probe.termination_grace_period_seconds = 2


def _without_a_new_beginning(container: Any) -> None:
    """Do not take back, at the start, the signal that the previous container got at its end."""
    _impatient(container)
    container.lifecycle.post_start = None


def test_a_hung_tiller_is_restarted_and_becomes_ready(deployed: TestStack, api: client.ApiClient, red: str) -> None:
    assert deployed
    with copy_of_tiller(api, f"{red}-tiller", _impatient) as namespace:
        pod = _hang(api, namespace)
        until(lambda: _restarted(pod()) and pod().ready, "the Tiller that hung is ready again")


def test_control_without_a_new_beginning_it_is_started_and_stays_unready(
    deployed: TestStack, api: client.ApiClient, red: str
) -> None:
    assert deployed
    core = client.CoreV1Api(api)
    with copy_of_tiller(api, f"{red}-tiller", _without_a_new_beginning) as namespace:
        pod = _hang(api, namespace)
        until(lambda: _restarted(pod()), "the Tiller that hung has been restarted")

        def found_unready() -> bool:
            return any("Readiness probe failed" in e.message for e in core.list_namespaced_event(namespace).items)

        until(found_unready, "its readiness is seen to fail")
        assert not pod().ready


def _hang(api: client.ApiClient, namespace: str) -> Callable[[], Any]:
    """Stop the process of the Tiller in a namespace; return what reads its container's status."""
    core = client.CoreV1Api(api)
    (pod,) = core.list_namespaced_pod(namespace).items
    os.kill(_process(pod.metadata.uid), signal.SIGSTOP)
    return lambda: core.read_namespaced_pod_status(pod.metadata.name, namespace).status.container_statuses[0]


def _restarted(container: Any) -> bool:
    return bool(container.restart_count and container.started)


def _process(pod_uid: str) -> int:
    """The process of Tiller in a pod of this machine's cluster."""
    for process in Path("/proc").glob("[0-9]*"):
        try:
            in_pod = pod_uid in (process / "cgroup").read_text()
            if in_pod and (process / "comm").read_text().strip() == "tiller":
                return int(process.name)
        except OSError:
            continue  # it has ended since
    raise AssertionError(f"no process of pod {pod_uid}")

"""The local cluster comes up, is found, survives what happens to it, and leaves no trace.

A second instance runs next to that of the other tests: both live in namespaces of their own.
"""

import dataclasses
import multiprocessing
import os
import signal
import subprocess
import sys
from collections.abc import Iterator

import pytest
from kubernetes import client, config
from rich.console import Console

from testbed.cluster import Instance, down, is_running, machine, up
from testbed.cluster.machine import _holder
from testbed.demo.place import Place
from testbed.pulumi_stack import PROJECT
from testbed.toolchain import Toolchain
from testbed.toolchain.pins import COREDNS_IMAGE
from testbed.waiting import until
from tests.cluster.machine_state import picture

pytestmark = pytest.mark.alone
SECOND = Instance("test", 1)


@pytest.fixture
def before(cluster: Place, tools: Toolchain) -> Iterator[dict[str, set[str]]]:
    """The machine before the second instance; whatever a test does, it is gone afterwards."""
    assert cluster.server != SECOND.server
    down(SECOND)
    yield picture(tools)
    down(SECOND)


def _left(before: dict[str, set[str]], tools: Toolchain) -> dict[str, set[str]]:
    after = picture(tools)
    return {kind: after[kind] - before[kind] for kind in before if after[kind] - before[kind]}


def test_a_second_start_finds_it_running_and_down_leaves_no_trace(
    before: dict[str, set[str]], tools: Toolchain, console: Console
) -> None:
    assert up(SECOND, tools, console)
    assert not up(SECOND, tools, console)
    seen = _left(before, tools)
    assert {"processes", "namespaces", "addresses", "cgroups", "files"} <= seen.keys(), "the picture shows a cluster"
    assert {"mounts", "packet filter", "ip sets", "settings"}.isdisjoint(seen), "the node keeps these to itself"
    assert down(SECOND)
    assert _left(before, tools) == {}
    assert not down(SECOND)


def test_a_cluster_that_was_started_without_dns_gets_it_from_who_has_it(
    before: dict[str, set[str]], tools: Toolchain, console: Console
) -> None:
    assert before
    without = {name: archive for name, archive in tools.images.items() if name != COREDNS_IMAGE.reference}
    assert up(SECOND, dataclasses.replace(tools, images=without), console)
    apps = client.AppsV1Api(config.new_client_from_config(str(SECOND.kubeconfig)))
    assert apps.list_namespaced_deployment("kube-system").items == []
    assert not up(SECOND, tools, console)
    (dns,) = apps.list_namespaced_deployment("kube-system").items
    assert dns.status.available_replicas
    assert not up(SECOND, tools, console)


def test_a_node_that_was_killed_is_not_taken_for_running_and_leaves_no_trace(
    before: dict[str, set[str]], tools: Toolchain, console: Console
) -> None:
    up(SECOND, tools, console)
    os.kill(_holder(SECOND) or 0, signal.SIGKILL)
    until(lambda: not is_running(SECOND), "the killed node is noticed")
    assert down(SECOND)
    assert _left(before, tools) == {}


def _start(tools: Toolchain) -> None:
    up(SECOND, tools, Console(quiet=True))


def test_a_start_that_was_cut_off_is_repeated_and_leaves_no_trace(
    before: dict[str, set[str]], tools: Toolchain, console: Console
) -> None:
    starter = multiprocessing.get_context("spawn").Process(target=_start, args=(tools,))
    starter.start()
    until(lambda: (SECOND.folder / "logs" / "kube-apiserver.log").exists(), "the start is half-way")
    starter.kill()
    starter.join()
    assert not is_running(SECOND)
    assert up(SECOND, tools, console)
    down(SECOND)
    assert _left(before, tools) == {}


def test_what_a_reboot_leaves_is_removed(before: dict[str, set[str]], tools: Toolchain) -> None:
    # A reboot takes processes, links and cgroups, and leaves the folder.
    machine._prepare(SECOND, tools)
    SECOND.ready.touch()
    SECOND.lock.touch()
    assert not is_running(SECOND)
    assert down(SECOND)
    assert _left(before, tools) == {}


@pytest.mark.parametrize("command", [["testbed.cluster", "up"], ["testbed.cluster", "down"], ["testbed.demo"]])
def test_without_root_it_says_what_to_do_in_two_lines_and_exits_2(command: list[str]) -> None:
    # A user namespace takes root away and leaves the files readable.
    unprivileged = ["unshare", "--user", sys.executable, "-m", *command]
    done = subprocess.run(unprivileged, cwd=PROJECT, capture_output=True, text=True, check=False)
    assert done.returncode == 2, done.stderr
    assert len(done.stderr.strip().splitlines()) == 2
    assert "make demo CLUSTER=existing" in done.stderr

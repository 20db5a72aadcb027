"""A mistake ends `pulumi preview` with one clear message, without a traceback, a call to the cluster or a change."""

import socket
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from kubernetes import client

from testbed.toolchain import Toolchain
from tests.projects import TestStack, make_stack

GOOD: dict[str, object] = {"namespaces": {"apps": {}}, "clients": {"ann": {}}}


@pytest.fixture(scope="module")
def dead_end(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A kubeconfig that leads nowhere: whoever calls the cluster shows it."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    file = tmp_path_factory.mktemp("kube") / "config"
    cluster = {"server": f"https://127.0.0.1:{port}"}
    content = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "nowhere", "cluster": cluster}],
        "users": [{"name": "nobody", "user": {"token": "none"}}],
        "contexts": [{"name": "nowhere", "context": {"cluster": "nowhere", "user": "nobody"}}],
        "current-context": "nowhere",
    }
    file.write_text(yaml.safe_dump(content))
    return file


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory, tools: Toolchain, dead_end: Path) -> TestStack:
    return make_stack(tmp_path_factory.mktemp("stack"), tools, dead_end, {"blue": GOOD})


MISTAKES: dict[str, tuple[dict[str, object], list[str]]] = {
    "an unknown key": ({"blue": GOOD | {"nmespaces": {}}}, ["blue", "nmespaces", "namespaces"]),
    "a missing key": ({"blue": {"namespaces": {"apps": {}}}}, ["blue", "clients"]),
    "a wrong type": ({"blue": GOOD | {"namespace": 5}}, ["blue", "namespace", "5"]),
    "a name that Kubernetes would refuse": ({"blue": GOOD | {"namespaces": {"My_Apps": {}}}}, ["blue", "My_Apps"]),
    "an empty team map": ({}, ["teams"]),
    "several mistakes in several teams": (
        {"Blue": GOOD, "green": GOOD | {"colour": 1}, "red": {"namespaces": {}, "clients": {"X": {}}}},
        ["Blue", "green", "colour", "red", "namespaces", "X"],
    ),
}


@pytest.mark.parametrize(("teams", "named"), [pytest.param(*case, id=name) for name, case in MISTAKES.items()])
def test_a_mistake_is_named_before_anything_happens(
    stack: TestStack, dead_end: Path, teams: dict[str, object], named: list[str]
) -> None:
    stack.configure({"secure-tiller:teams": teams})
    before = stack.export()
    done = stack.preview(check=False)
    printed = done.stdout + done.stderr
    assert done.returncode != 0
    assert [word for word in named if word not in printed] == []
    assert "Traceback" not in printed
    assert str(dead_end) not in printed, "the cluster was called"
    assert stack.export() == before


def test_an_unreachable_cluster_is_named_with_its_address_and_its_kubeconfig(stack: TestStack, dead_end: Path) -> None:
    stack.configure({"secure-tiller:teams": {"blue": GOOD}})
    done = stack.preview(check=False)
    printed = done.stdout + done.stderr
    address = yaml.safe_load(dead_end.read_text())["clusters"][0]["cluster"]["server"]
    assert done.returncode != 0
    assert address in printed
    assert str(dead_end) in printed
    assert "Traceback" not in printed


def test_a_namespace_of_somebody_else_in_the_way_is_refused_and_stays_as_it_is(
    new_stack: Callable[..., TestStack], api: client.ApiClient, suffix: str
) -> None:
    core = client.CoreV1Api(api)
    name = f"theirs-{suffix}"
    core.create_namespace({"metadata": {"name": name, "labels": {"owner": "them"}}})
    try:
        before = core.read_namespace(name).to_dict()
        stack = new_stack({f"ours-{suffix}": {"namespaces": {name: {}}, "clients": {"ann": {}}}})
        done = stack.up(check=False)
        assert done.returncode != 0
        assert name in done.stdout + done.stderr
        assert "existing" in done.stdout + done.stderr
        assert core.read_namespace(name).to_dict() == before
    finally:
        core.delete_namespace(name)

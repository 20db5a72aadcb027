"""A mistake ends `pulumi preview` with one clear message, without a traceback, a call to the cluster or a change."""

import socket
import threading
import uuid
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from kubernetes import client

from testbed.toolchain import Toolchain
from tests.support.cluster_objects import item
from tests.support.live_objects import existing, uid_of
from tests.support.projects import TestStack, make_stack

GOOD: dict[str, object] = {"namespaces": {"apps": {}}, "clients": {"ann": {}}}


class Listener:
    """A port that counts who connects and answers nobody."""

    def __init__(self) -> None:
        self.connections = 0
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"https://127.0.0.1:{self._socket.getsockname()[1]}"
        threading.Thread(target=self._count, daemon=True).start()

    def _count(self) -> None:
        while True:
            connection, _ = self._socket.accept()
            self.connections += 1
            connection.close()


@pytest.fixture(scope="module")
def listener() -> Listener:
    return Listener()


@pytest.fixture(scope="module")
def kubeconfig(tmp_path_factory: pytest.TempPathFactory, listener: Listener) -> Path:
    """A kubeconfig that leads to the listener."""
    file = tmp_path_factory.mktemp("kube") / "config"
    content = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "nowhere", "cluster": {"server": listener.url}}],
        "users": [{"name": "nobody", "user": {"token": "none"}}],
        "contexts": [{"name": "nowhere", "context": {"cluster": "nowhere", "user": "nobody"}}],
        "current-context": "nowhere",
    }
    file.write_text(yaml.safe_dump(content))
    return file


@pytest.fixture(scope="module")
def stack(
    tmp_path_factory: pytest.TempPathFactory, tools: Toolchain, kubeconfig: Path, key_variables: dict[str, str]
) -> TestStack:
    return make_stack(tmp_path_factory.mktemp("stack"), tools, kubeconfig, {"blue": GOOD}, key_variables)


MISTAKES: dict[str, tuple[dict[str, object], list[str]]] = {
    "an unknown key": (
        {"blue": GOOD | {"nmespace": "x"}},
        ['team blue: nmespace = "x"', "is an unknown key", "did you mean 'namespace'?"],
    ),
    "a missing key": ({"blue": {"namespaces": {"apps": {}}}}, ["team blue: clients = (missing)", "is required"]),
    "a wrong type": ({"blue": GOOD | {"namespace": 5}}, ["team blue: namespace = 5", "must be text"]),
    "a name that Kubernetes would refuse": (
        {"blue": GOOD | {"namespaces": {"My_Apps": {}}}},
        ['team blue: namespaces = "My_Apps"', "RFC 1123 label"],
    ),
    "an empty team map": ({}, ["secure-tiller:teams = {}", "at least one team"]),
    "several mistakes in several teams": (
        {"Blue": GOOD, "green": GOOD | {"colour": 1}, "red": {"namespaces": {}, "clients": {"X": {}}}},
        [
            'team Blue: (name of the team) = "Blue"',
            "team green: colour = 1",
            'team green: namespaces = "apps"',  # is managed by team Blue too
            "team red: namespaces = {}",
            'team red: clients = "X"',
            "(5 problems)",
        ],
    ),
}


@pytest.mark.parametrize(("teams", "named"), [pytest.param(*case, id=name) for name, case in MISTAKES.items()])
def test_a_mistake_is_named_before_anything_happens(
    stack: TestStack, listener: Listener, teams: dict[str, dict[str, object]], named: list[str]
) -> None:
    stack.configure_teams(teams)
    state, connections = stack.export(), listener.connections
    done = stack.preview(check=False)
    printed = done.stdout + done.stderr
    assert done.returncode != 0
    assert [words for words in named if words not in printed] == [], printed
    assert "Traceback" not in printed
    assert listener.connections == connections, "the cluster was called"
    assert stack.export() == state


def test_an_unreachable_cluster_is_named_with_its_address_and_its_kubeconfig(
    stack: TestStack, listener: Listener, kubeconfig: Path
) -> None:
    stack.configure_teams({"blue": GOOD})
    connections = listener.connections
    done = stack.preview(check=False)
    printed = done.stdout + done.stderr
    assert done.returncode != 0
    assert f"cluster at {listener.url} = (context nowhere of {kubeconfig})" in printed
    assert "Traceback" not in printed
    assert listener.connections > connections, "control: a call to the cluster is counted"


def test_a_stack_that_names_no_cluster_is_refused_with_the_lines_to_write(
    new_stack: Callable[..., TestStack], api: client.ApiClient
) -> None:
    stack = new_stack({"blue": GOOD})
    stack.configure({"secure-tiller:teams": {"blue": GOOD}})
    done = stack.preview(check=False)
    uid = uid_of(api)
    assert done.returncode != 0
    assert f"write uid: {uid}" in done.stdout


def _labels(team: str) -> dict[str, str]:
    return {"app.kubernetes.io/managed-by": "secure-tiller", "secure-tiller/team": team}


CLAIMS: dict[str, tuple[dict[str, object], dict[str, object], str]] = {
    "somebody else's namespace": ({"labels": {"owner": "them"}}, {}, "exists already"),
    "another team's namespace, declared existing": ({"labels": _labels("theirs")}, {"existing": True}, "belongs to"),
    "a namespace of a team of the same name in another stack": (
        {"labels": _labels("ours"), "annotations": {"secure-tiller/stack": "organization/secure-tiller/other"}},
        {},
        "was not made for this team by the stack organization/secure-tiller/test",
    ),
}


@pytest.mark.parametrize(
    ("metadata", "settings", "why"), [pytest.param(*case, id=name) for name, case in CLAIMS.items()]
)
def test_a_namespace_that_is_not_ours_is_refused_and_stays_as_it_is(
    new_stack: Callable[..., TestStack],
    api: client.ApiClient,
    metadata: dict[str, object],
    settings: dict[str, object],
    why: str,
) -> None:
    core, name = client.CoreV1Api(api), f"claimed-{uuid.uuid4().hex[:6]}"
    with existing(api, item("Namespace", name, "", metadata=metadata)):
        before = core.read_namespace(name).to_dict()
        done = new_stack({"ours": {"namespaces": {name: settings}, "clients": {"ann": {}}}}).up(check=False)
        assert done.returncode != 0
        assert name in done.stdout
        assert why in done.stdout
        assert core.read_namespace(name).to_dict() == before

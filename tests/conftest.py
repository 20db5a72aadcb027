"""The real parts, for the tests that claim behaviour: toolchain, cluster, and stacks of the tests' own."""

import gc
import secrets
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import hypothesis
import pytest
from kubernetes import client
from rich.console import Console

from testbed import cluster as local_cluster
from testbed.cluster import LOCAL
from testbed.demo import place
from testbed.demo.place import Place
from testbed.toolchain import Toolchain, prepare, prepare_browser, prepare_helm_3, prepare_wheels, prepare_yaml
from tests.support import remedies, remedy_tests
from tests.support.key_service import key_service
from tests.support.order import longest_first
from tests.support.projects import TestStack, make_stack

# Examples are the same in every run: a failure seen once can be seen again. A busy machine fails none.
hypothesis.settings.register_profile("same", deadline=None, derandomize=True, max_examples=100)
hypothesis.settings.load_profile("same")

gc.set_threshold(100_000, 20, 100)  # thousands of tests stay alive to the end: each look for garbage passes them all


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the files that take longest; without `--no-loadscope-reorder` the number of tests would decide."""
    items[:] = longest_first(items)


def pytest_collection_finish() -> None:
    """Let no look for garbage pass the tests, and the packages that they import."""
    gc.freeze()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Iterator[None]:
    """Fail a test that has not run a command of a remedy which it runs by the list."""
    remedies.ran.clear()
    yield
    missing = remedy_tests.not_run(remedy_tests.claims(item.nodeid.removeprefix("tests/")), remedies.ran)
    assert not missing, f"not run as printed: {missing}; run: {remedies.ran}"


@pytest.fixture(scope="session")
def console(request: pytest.FixtureRequest) -> Iterator[Console]:
    """Progress past pytest's capture: a first build takes minutes, and nobody likes to wait in silence."""
    capture = request.config.pluginmanager.getplugin("capturemanager")
    with capture.global_and_fixture_disabled():
        progress = Console(file=sys.stderr, soft_wrap=True)
        progress.line()  # pytest is in the middle of one
        yield progress


@pytest.fixture(scope="session")
def tools(console: Console) -> Toolchain:
    """Every program, found or built."""
    return prepare(console)


@pytest.fixture(scope="session")
def chromium(console: Console) -> Path:
    """A browser, found or unpacked."""
    return prepare_browser(console)


@pytest.fixture(scope="session")
def helm_3(console: Console) -> dict[str, Path]:
    """The folders of Helm 3, helm-2to3 and helm-mapkubeapis, built."""
    return prepare_helm_3(console)


@pytest.fixture(scope="session")
def yaml_host(console: Console) -> Path:
    """The folder of Pulumi's host of programs in YAML, built."""
    return prepare_yaml(console)


@pytest.fixture(scope="session")
def wheels(console: Console) -> dict[str, str]:
    """The variables by which pip takes packages from a folder of those in the lock, and asks no index."""
    return {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": prepare_wheels(console).as_uri()}


@pytest.fixture(scope="session")
def cluster(tools: Toolchain, console: Console) -> Iterator[Place]:
    """The local cluster; one that the tests started they also stop."""
    started = local_cluster.up(LOCAL, tools, console)
    yield place.local()
    if started:
        local_cluster.down(LOCAL)


@pytest.fixture(scope="session")
def api(cluster: Place) -> client.ApiClient:
    """A client of the cluster with all rights."""
    return cluster.api()


@pytest.fixture(scope="session")
def key_variables() -> Iterator[dict[str, str]]:
    """The variables by which stacks find the service that keeps the key of their secrets."""
    with key_service() as variables:
        yield variables


@pytest.fixture(scope="session")
def new_stack(
    cluster: Place, tools: Toolchain, key_variables: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Callable[..., TestStack]:
    """Make a stack with a project folder, a backend and team names of its own."""

    def make(teams: dict[str, dict[str, object]], keys: Mapping[str, str] = key_variables) -> TestStack:
        return make_stack(tmp_path_factory.mktemp("stack"), tools, cluster.kubeconfig, teams, keys)

    return make


def new_suffix() -> str:
    """Return an ending that nobody else has: no demo, no run that was killed, and no other file of tests.

    It begins with a letter that no number has: YAML reads `082270` and `12e345` as numbers.
    """
    return f"t{secrets.token_hex(3)}"


@pytest.fixture(scope="module")
def suffix() -> str:
    """The ending of a file's namespaces: a team of another file may have the same word before it."""
    return new_suffix()


@pytest.fixture(scope="session")
def shared_suffix() -> str:
    """The ending of the namespaces that files share."""
    return new_suffix()


@pytest.fixture(scope="session")
def red(shared_suffix: str) -> str:
    """A team of the stack `deployed`."""
    return f"red-{shared_suffix}"


@pytest.fixture(scope="session")
def gold(shared_suffix: str) -> str:
    """The other team of the stack `deployed`."""
    return f"gold-{shared_suffix}"


@pytest.fixture(scope="session")
def deployed(new_stack: Callable[..., TestStack], red: str, gold: str) -> Iterator[TestStack]:
    """Two teams, deployed once for all tests that only look: red (clients rita, bot) and gold (client gus)."""
    stack = new_stack(
        {
            red: {
                "namespaces": {f"{red}-apps": {"retain_on_delete": False}, f"{red}-jobs": {"retain_on_delete": False}},
                "clients": {"rita": {}, "bot": {}},
                "subjects": {"groups": ["red-developers"]},
            },
            gold: {"namespaces": {f"{gold}-apps": {"retain_on_delete": False}}, "clients": {"gus": {}}},
        }
    )
    with stack:
        stack.up()
        yield stack

"""Real API servers that a stack must not touch, or that do not serve: it is refused before anything is registered.

And the right one under another address, which is no reason to replace anything.
"""

import contextlib
import dataclasses
import functools
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import yaml
from kubernetes import client, config

from testbed import control_plane
from testbed.control_plane import ControlPlane
from testbed.demo.place import Place
from testbed.toolchain import Toolchain
from tests.cluster import api_proxy
from tests.support.cluster_objects import binding
from tests.support.live_objects import existing
from tests.support.projects import PROGRAM, TestStack, make_stack, restored
from tiller_facts.rbac import ANONYMOUS, EVERYBODY

# Were it not refused, its Tiller would never become ready: the update shall not wait for long.
TEAM: dict[str, object] = {"namespaces": {"apps": {}}, "clients": {"ann": {}}, "pod": {"rollout_timeout": "10s"}}
IDENTIFIER = "    cluster_identifier=cluster.uid,\n"
EVERYBODY_IS_ALLOWED = (
    "everybody may read the Secrets of kube-system, as system:anonymous, system:authenticated, "
    "system:serviceaccounts, system:unauthenticated: RBAC is not enforced"
)


def uid_of(there: Place | ControlPlane) -> str:
    """Return the UID by which a stack recognises a cluster."""
    core = client.CoreV1Api(config.new_client_from_config(str(there.kubeconfig)))
    return str(core.read_namespace("kube-system").metadata.uid)


def namespaces_of(there: Place | ControlPlane, suffix: str = "") -> dict[str, str]:
    """Return the version, which any change changes, of each namespace that stays, by name, if that holds some words."""
    core = client.CoreV1Api(config.new_client_from_config(str(there.kubeconfig)))
    # One that is being deleted changes by itself: that of another file's tests.
    stays = (found.metadata for found in core.list_namespace().items if not found.metadata.deletion_timestamp)
    return {found.name: found.resource_version for found in stays if suffix in found.name}


def registered(stack: TestStack) -> list[Any]:
    """Return the resources of the state, but the stack itself, which the engine registers before the program runs."""
    kept = json.loads(stack.export(secrets=True))["deployment"].get("resources", ())
    return [resource for resource in kept if resource["type"] != "pulumi:pulumi:Stack"]


@pytest.fixture(scope="module")
def plane(tools: Toolchain, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], ControlPlane]]:
    """A control plane with a mode of authorization; each is started once."""
    with contextlib.ExitStack() as until_used:

        @functools.cache
        def start(mode: str) -> ControlPlane:
            home = tmp_path_factory.mktemp("plane")
            return until_used.enter_context(control_plane.running(home, tools, mode))

        yield start


@pytest.fixture
def new_stack_on(
    tools: Toolchain, key_variables: dict[str, str], tmp_path: Path
) -> Callable[[ControlPlane], TestStack]:
    """Make a stack of one team on a control plane."""

    def make(plane: ControlPlane) -> TestStack:
        return make_stack(tmp_path, tools, plane.kubeconfig, {"blue": TEAM}, key_variables)

    return make


def test_an_update_is_refused_where_everybody_is_allowed_everything(
    plane: Callable[[str], ControlPlane], new_stack_on: Callable[[ControlPlane], TestStack]
) -> None:
    everybody = plane("AlwaysAllow")
    stack, before = new_stack_on(everybody), namespaces_of(everybody)
    done = stack.up(check=False)
    assert done.returncode != 0
    assert f"authorization of {everybody.server} = allowed" in done.stdout, done.stdout
    assert EVERYBODY_IS_ALLOWED in done.stdout
    assert "remedy: start the API server with --authorization-mode=Node,RBAC" in done.stdout
    assert "Traceback" not in done.stdout
    assert registered(stack) == []
    assert namespaces_of(everybody) == before


def test_a_preview_does_not_ask_it_because_that_takes_a_right_to_write(
    plane: Callable[[str], ControlPlane], new_stack_on: Callable[[ControlPlane], TestStack]
) -> None:
    done = new_stack_on(plane("AlwaysAllow")).preview(check=False)
    assert done.returncode == 0, done.stdout
    assert "RBAC is not enforced" not in done.stdout


def test_control_with_rbac_alone_changed_the_update_begins(
    plane: Callable[[str], ControlPlane], new_stack_on: Callable[[ControlPlane], TestStack]
) -> None:
    stack = new_stack_on(plane("RBAC"))
    # No more than the first thing that is registered: no Tiller would ever become ready there.
    done = stack.up("--target", "**::cluster", check=False)
    assert "RBAC is not enforced" not in done.stdout
    assert "pulumi:providers:kubernetes" in [resource["type"] for resource in registered(stack)], done.stdout


@pytest.mark.parametrize("name", sorted(EVERYBODY))
def test_an_update_is_refused_where_a_binding_lets_any_of_everybody_read_secrets(
    name: str, plane: Callable[[str], ControlPlane], new_stack_on: Callable[[ControlPlane], TestStack]
) -> None:
    there = plane("RBAC")
    everybody = f"{'User' if name == ANONYMOUS else 'Group'} {name}"
    admin = config.new_client_from_config(str(there.kubeconfig))
    with existing(admin, binding("ClusterRole cluster-admin", everybody, name="open")):
        done = new_stack_on(there).up(check=False)
    assert done.returncode != 0
    said = next(line for line in done.stdout.splitlines() if "everybody may read the Secrets" in line)
    assert name in said


@contextmanager
def naming(stack: TestStack, uid: str) -> Iterator[None]:
    """Have a stack name the one cluster that it may touch."""
    with restored(stack.file) as before:
        settings = yaml.safe_load(before)
        settings["config"]["secure-tiller:cluster"] = {"uid": uid}
        stack.file.write_text(yaml.safe_dump(settings))
        yield


def with_kubeconfig(stack: TestStack, kubeconfig: Path) -> TestStack:
    """The same stack for somebody whose KUBECONFIG is another file."""
    return dataclasses.replace(stack, environment={**stack.environment, "KUBECONFIG": str(kubeconfig)})


def test_a_stack_that_would_reach_another_cluster_is_refused_and_nothing_changes(
    plane: Callable[[str], ControlPlane], deployed: TestStack, cluster: Place, shared_suffix: str
) -> None:
    other, uid = plane("RBAC"), uid_of(cluster)
    state, here, there = registered(deployed), namespaces_of(cluster, shared_suffix), namespaces_of(other)
    with naming(deployed, uid):
        done = with_kubeconfig(deployed, other.kubeconfig).up(check=False)
    assert done.returncode != 0
    assert f'secure-tiller:cluster.uid = "{uid}"' in done.stdout
    assert f"the cluster at {other.server} has the UID {uid_of(other)}" in done.stdout
    assert "choose the right kubeconfig and context" in done.stdout
    assert registered(deployed) == state
    assert (namespaces_of(cluster, shared_suffix), namespaces_of(other)) == (here, there)


def test_a_kubernetes_that_ignores_pod_security_is_refused(deployed: TestStack, cluster: Place, tmp_path: Path) -> None:
    with api_proxy.leading_to(cluster.kubeconfig, tmp_path / "config", version="1.24"):
        done = with_kubeconfig(deployed, tmp_path / "config").preview(check=False)
    assert done.returncode != 0
    assert "version of Kubernetes = 1.24" in done.stdout
    assert "remedy: upgrade the cluster to 1.25 or newer" in done.stdout


def changes(stack: TestStack) -> dict[str, str]:
    """Return the operations of a preview, by logical name."""
    steps = json.loads(stack.preview("--json").stdout)["steps"]
    return {urn_name(step): step["op"] for step in steps if step["op"] != "same"}


def urn_name(resource: Any) -> str:
    """The logical name of a resource of the state, or of a step."""
    return str(resource["urn"].rsplit("::", 1)[-1])


def test_another_address_of_the_same_cluster_in_another_file_replaces_nothing(
    deployed: TestStack, cluster: Place, tmp_path: Path
) -> None:
    """The control of the two refusals before, too: what has the right UID and its true version is accepted."""
    with naming(deployed, uid_of(cluster)), api_proxy.leading_to(cluster.kubeconfig, tmp_path / "config"):
        found = changes(with_kubeconfig(deployed, tmp_path / "config"))
    assert found == {"cluster": "update"}, "more than the file's name in the state"


def test_control_without_the_clusters_identifier_another_address_would_replace_everything(
    deployed: TestStack, cluster: Place, tmp_path: Path
) -> None:
    with deployed.edited(PROGRAM, IDENTIFIER, ""), api_proxy.leading_to(cluster.kubeconfig, tmp_path / "config"):
        found = changes(with_kubeconfig(deployed, tmp_path / "config"))
    of_the_cluster = {urn_name(kept) for kept in registered(deployed) if kept["type"].startswith("kubernetes:")}
    assert {found.get(name) for name in of_the_cluster} == {"replace"}

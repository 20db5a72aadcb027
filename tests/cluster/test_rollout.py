"""What `pulumi up`, run again and taken back, does to a real cluster."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
from kubernetes import client

from tests.projects import TestStack


def test_a_second_up_changes_nothing(deployed: TestStack) -> None:
    done = deployed.up("--expect-no-changes")
    assert "unchanged" in done.stdout


def test_a_preview_expects_no_changes(deployed: TestStack) -> None:
    deployed.preview("--expect-no-changes")


def test_control_a_changed_setting_is_a_change(deployed: TestStack, red: str) -> None:
    before = deployed.file.read_text()
    deployed.file.write_text(before.replace("red-developers", "others"))
    try:
        done = deployed.preview("--expect-no-changes", check=False)
    finally:
        deployed.file.write_text(before)
    assert done.returncode != 0
    assert f"{red}-people" in done.stdout
    assert "no changes were expected" in done.stdout + done.stderr


@pytest.mark.usefixtures("deployed")
def test_tillers_namespace_enforces_restricted_and_managed_ones_baseline(api: client.ApiClient, red: str) -> None:
    core = client.CoreV1Api(api)
    levels = {
        namespace: core.read_namespace(namespace).metadata.labels["pod-security.kubernetes.io/enforce"]
        for namespace in (f"{red}-tiller", f"{red}-apps", f"{red}-jobs")
    }
    assert levels == {f"{red}-tiller": "restricted", f"{red}-apps": "baseline", f"{red}-jobs": "baseline"}


@dataclass(frozen=True)
class Lifetime:
    """The objects of a team before a stack, with it, and after it."""

    team: str
    before: set[str]
    deployed: set[str]
    after: set[str]


@pytest.fixture(scope="module")
def lifetime(new_stack: Callable[..., TestStack], api: client.ApiClient, suffix: str) -> Iterator[Lifetime]:
    """A stack that came and went; one of its managed namespaces may go with it, the other is kept."""
    team = f"brief-{suffix}"
    namespaces: dict[str, object] = {f"{team}-apps": {"retain_on_delete": False}, f"{team}-kept": {}}
    before = _objects(api, team)
    stack = new_stack({team: {"namespaces": namespaces, "clients": {"ben": {}}}})
    try:
        stack.up()
        deployed = _objects(api, team)
    finally:
        stack.destroy()
    yield Lifetime(team, before, deployed, _objects(api, team))
    client.CoreV1Api(api).delete_namespace(f"{team}-kept")


def test_a_team_has_a_tiller_and_its_namespaces(lifetime: Lifetime) -> None:
    namespaces = {f"Namespace /{lifetime.team}-{part}" for part in ("tiller", "apps", "kept")}
    assert namespaces | {f"Deployment {lifetime.team}-tiller/tiller-deploy"} <= lifetime.deployed


def test_nothing_that_was_made_is_cluster_scoped_but_namespaces(lifetime: Lifetime) -> None:
    cluster_scoped = {name.split()[0] for name in lifetime.deployed - lifetime.before if " /" in name}
    assert cluster_scoped == {"Namespace"}


def test_destroy_leaves_no_object_but_what_is_kept(lifetime: Lifetime) -> None:
    left = lifetime.after - lifetime.before
    assert {name for name in left if f"{lifetime.team}-kept" not in name} == set()


def test_a_managed_namespace_is_kept_unless_the_config_lets_it_go(lifetime: Lifetime) -> None:
    assert f"Namespace /{lifetime.team}-kept" in lifetime.after
    assert f"Namespace /{lifetime.team}-apps" not in lifetime.after


def test_tillers_rights_go_from_a_namespace_that_is_kept(lifetime: Lifetime) -> None:
    rights = {f"{kind} {lifetime.team}-kept/tiller-{lifetime.team}" for kind in ("Role", "RoleBinding")}
    assert rights <= lifetime.deployed
    assert rights & lifetime.after == set()


def _objects(api: client.ApiClient, team: str) -> set[str]:
    """Every namespace and cluster-scoped RBAC object that could be of a team, by kind and name."""
    core, rbac = client.CoreV1Api(api), client.RbacAuthorizationV1Api(api)
    kinds = {
        "Namespace": core.list_namespace,
        "ClusterRole": rbac.list_cluster_role,
        "ClusterRoleBinding": rbac.list_cluster_role_binding,
        "Role": rbac.list_role_for_all_namespaces,
        "RoleBinding": rbac.list_role_binding_for_all_namespaces,
        "ServiceAccount": core.list_service_account_for_all_namespaces,
        "Secret": core.list_secret_for_all_namespaces,
        "ConfigMap": core.list_config_map_for_all_namespaces,
        "Deployment": client.AppsV1Api(api).list_deployment_for_all_namespaces,
        "NetworkPolicy": client.NetworkingV1Api(api).list_network_policy_for_all_namespaces,
    }
    return {
        f"{kind} {item.metadata.namespace or ''}/{item.metadata.name}"
        for kind, listed in kinds.items()
        for item in listed().items
        if team in f"{item.metadata.namespace}/{item.metadata.name}"
    }

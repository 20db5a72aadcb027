"""What `pulumi up`, run again and taken back, does to a real cluster."""

from collections.abc import Callable

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


def test_destroy_leaves_no_object(new_stack: Callable[..., TestStack], api: client.ApiClient, suffix: str) -> None:
    team = f"brief-{suffix}"
    before = _objects(api, team)
    stack = new_stack({team: {"namespaces": {f"{team}-apps": {"retain_on_delete": False}}, "clients": {"ben": {}}}})
    stack.up()
    assert _objects(api, team) - before, "the deployment made nothing: this test would show nothing"
    stack.destroy()
    assert _objects(api, team) == before


def test_a_managed_namespace_is_kept_unless_the_config_lets_it_go(
    new_stack: Callable[..., TestStack], api: client.ApiClient, suffix: str
) -> None:
    team = f"keeper-{suffix}"
    stack = new_stack({team: {"namespaces": {f"{team}-apps": {}}, "clients": {"kim": {}}}})
    stack.up()
    stack.destroy()
    core = client.CoreV1Api(api)
    names = {namespace.metadata.name for namespace in core.list_namespace().items}
    assert f"{team}-apps" in names
    assert f"{team}-tiller" not in names
    core.delete_namespace(f"{team}-apps")


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

"""A repeated `pulumi up`, a changed setting and a destroy, on a real cluster."""

import pytest
from kubernetes import client

from tests.cluster.conftest import Story
from tests.support.projects import TestStack, restored


def test_a_second_up_changes_nothing(deployed: TestStack) -> None:
    done = deployed.up("--expect-no-changes")
    assert "unchanged" in done.stdout


def test_a_preview_expects_no_changes(deployed: TestStack) -> None:
    deployed.preview("--expect-no-changes")


def test_control_a_changed_setting_is_a_change(deployed: TestStack, red: str) -> None:
    with restored(deployed.file) as before:
        deployed.file.write_text(before.replace("red-developers", "others"))
        done = deployed.preview("--expect-no-changes", check=False)
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


def test_a_team_has_a_tiller_and_its_namespaces(story: Story) -> None:
    namespaces = {f"Namespace /{story.team}-{part}" for part in ("tiller", "apps", "kept")}
    assert namespaces | {f"Deployment {story.team}-tiller/tiller-deploy"} <= story.objects["deployed"]


def test_nothing_that_was_made_is_cluster_scoped_but_namespaces(story: Story) -> None:
    made = story.objects["deployed"] - story.objects["before"]
    assert {name.split()[0] for name in made if " /" in name} == {"Namespace"}


def test_destroy_leaves_no_object_but_what_is_kept(story: Story) -> None:
    left = story.objects["after"] - story.objects["before"]
    assert {name for name in left if f"{story.team}-kept" not in name} == set()


def test_a_managed_namespace_is_kept_unless_the_config_lets_it_go(story: Story) -> None:
    assert f"Namespace /{story.team}-kept" in story.objects["after"]
    assert f"Namespace /{story.team}-apps" not in story.objects["after"]


def test_tillers_rights_go_from_a_namespace_that_is_kept(story: Story) -> None:
    rights = {f"{kind} {story.team}-kept/tiller-{story.team}" for kind in ("Role", "RoleBinding")}
    assert rights <= story.objects["deployed"]
    assert rights & story.objects["after"] == set()

"""Settings of the pod, of labels and of rights do in the cluster what they say."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from kubernetes import client

from secure_tiller.plan.validation.rights import CLUSTER_SCOPED
from testbed.access_reviews import Server
from testbed.demo.checks import CHART
from testbed.demo.place import Place
from testbed.helm import Helm
from testbed.pulumi_stack import PROJECT
from tests.support.projects import TestStack, restored

OPTED = str(PROJECT / "tests" / "charts" / "opted")
DIGEST = "@sha256:" + "0" * 64
POD: dict[str, Any] = {
    "history_max": 2,
    "resources": {"requests": {"cpu": "10m"}, "limits": {"memory": "256Mi"}},
    "node_selector": {"kubernetes.io/os": "linux"},
    "tolerations": [{"key": "spot", "operator": "Exists", "effect": "NoSchedule"}],
    "priority_class": "system-cluster-critical",
    "rollout_timeout": "2m",
}
RIGHTS: dict[str, Any] = {
    "network_policies": True,
    "roles": True,
    "rules": [
        {
            "api_groups": ["coordination.k8s.io"],
            "resources": ["leases"],
            "verbs": ["get", "list", "create", "patch", "delete"],
        }
    ],
}


@dataclass(frozen=True)
class Team:
    """A team with a setting of every kind.

    Attributes:
        name: its name.
        stack: the stack it is in.
        helm: its client ann.
    """

    name: str
    stack: TestStack
    helm: Helm

    def install(self, release: str, *settings: str) -> Any:
        """Install the chart of what a team opts into."""
        sets = [f"--set={setting}" for setting in settings]
        return self.helm.run("install", OPTED, "--name", release, "--namespace", f"{self.name}-apps", *sets)


@pytest.fixture(scope="module")
def team(new_stack: Callable[..., TestStack], suffix: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Team]:
    name = f"full-{suffix}"
    stack = new_stack(
        {
            name: {
                "namespaces": {f"{name}-apps": {"retain_on_delete": False}},
                "clients": {"ann": {}},
                "pod": POD,
                "rights": RIGHTS,
                "labels": {"cost-center": "42"},
                "annotations": {"example.org/owner": "platform"},
            }
        }
    )
    with stack:
        stack.up()
        home = tmp_path_factory.mktemp("helm")
        yield Team(name, stack, Helm.of(stack.bundle(name, "ann"), stack.environment, home, f"{name}-tiller"))


def test_the_pod_runs_with_what_was_set(team: Team, api: client.ApiClient) -> None:
    (pod,) = client.CoreV1Api(api).list_namespaced_pod(f"{team.name}-tiller").items
    resources = pod.spec.containers[0].resources
    assert pod.spec.node_selector == POD["node_selector"]
    assert pod.spec.priority_class_name == POD["priority_class"]
    assert ("spot", "Exists", "NoSchedule") in {(t.key, t.operator, t.effect) for t in pod.spec.tolerations}
    assert (resources.requests["cpu"], resources.requests["memory"]) == ("10m", "64Mi")
    assert (resources.limits["cpu"], resources.limits["memory"]) == ("1", "256Mi")


def test_labels_and_annotations_are_on_every_object_and_on_the_pod(team: Team, api: client.ApiClient) -> None:
    core, rbac = client.CoreV1Api(api), client.RbacAuthorizationV1Api(api)
    tiller, apps = f"{team.name}-tiller", f"{team.name}-apps"
    objects = [
        *(core.read_namespace(name) for name in (tiller, apps)),
        *core.list_namespaced_pod(tiller).items,
        core.read_namespaced_service_account("tiller", tiller),
        *core.list_namespaced_secret(tiller, label_selector=f"secure-tiller/team={team.name}").items,
        *(role for name in (tiller, apps) for role in rbac.list_namespaced_role(name).items),
        *(binding for name in (tiller, apps) for binding in rbac.list_namespaced_role_binding(name).items),
        client.AppsV1Api(api).read_namespaced_deployment("tiller-deploy", tiller),
        *client.NetworkingV1Api(api).list_namespaced_network_policy(tiller).items,
    ]
    assert len(objects) >= 11
    bare = [o.metadata.name for o in objects if (o.metadata.labels or {}).get("cost-center") != "42"]
    unmarked = [
        o.metadata.name for o in objects if (o.metadata.annotations or {}).get("example.org/owner") != "platform"
    ]
    assert (bare, unmarked) == ([], [])


def test_the_history_of_a_release_ends_at_the_setting(team: Team, api: client.ApiClient, cluster: Place) -> None:
    image = f"--set=image={cluster.busybox}"
    team.helm.run("install", str(CHART), "--name", "web", "--namespace", f"{team.name}-apps", image)
    for replicas in (0, 1, 0):
        team.helm.run("upgrade", "web", str(CHART), "--reuse-values", f"--set=replicas={replicas}")
    selector = "OWNER=TILLER,NAME=web"
    kept = client.CoreV1Api(api).list_namespaced_secret(f"{team.name}-tiller", label_selector=selector).items
    assert sorted(record.metadata.labels["VERSION"] for record in kept) == ["3", "4"]


def test_a_chart_of_what_the_team_opted_into_is_installed_changed_and_deleted(team: Team) -> None:
    installed = team.install("fits")
    assert "STATUS: DEPLOYED" in installed.stdout, installed.stderr
    changed = team.helm.run("upgrade", "fits", OPTED, "--set=resource=secrets")
    assert changed.returncode == 0, changed.stderr
    deleted = team.helm.run("delete", "--purge", "fits")
    assert deleted.returncode == 0, deleted.stderr


@pytest.mark.parametrize(
    "setting",
    [
        pytest.param("resource=resourcequotas", id="a Role with more than Tiller holds"),
        pytest.param("reference=ClusterRole", id="a RoleBinding to cluster-admin"),
    ],
)
def test_even_then_it_can_grant_no_more_than_it_holds(team: Team, setting: str) -> None:
    refused = team.install("greedy", setting)
    team.helm.run("delete", "--purge", "greedy")
    assert refused.returncode != 0
    assert "attempting to grant RBAC permissions not currently held" in refused.stderr


def test_control_a_team_that_did_not_opt_in_cannot_install_that_chart(
    deployed: TestStack, red: str, tmp_path: Path
) -> None:
    rita = Helm.of(deployed.bundle(red, "rita"), deployed.environment, tmp_path / "helm", f"{red}-tiller")
    refused = rita.run("install", OPTED, "--name", "opted", "--namespace", f"{red}-apps")
    rita.run("delete", "--purge", "opted")
    assert refused.returncode != 0
    assert "is forbidden" in refused.stderr


def test_an_image_with_a_digest_is_taken_as_it_is(team: Team) -> None:
    """The user chooses the digest; none is computed."""
    image = f"registry.example.org/helm/tiller:v2.17.0{DIGEST}"
    with restored(team.stack.file) as before:
        team.stack.file.write_text(before.replace("history_max: 2", f"history_max: 2\n        image: {image}"))
        planned = team.stack.preview("--diff").stdout
    assert f'"ghcr.io/helm/tiller:v2.17.0" => "{image}"' in planned


def test_every_cluster_scoped_kind_that_the_api_server_offers_is_refused_in_a_rule(api: client.ApiClient) -> None:
    server = Server(api)
    versions = (version for group in server.get("/apis")["groups"] for version in group["versions"])
    paths = ["/api/v1", *(f"/apis/{version['groupVersion']}" for version in versions)]
    resources = (resource for path in paths for resource in server.get(path)["resources"])
    offered = {r["name"] for r in resources if not r["namespaced"] and "/" not in r["name"]}
    assert len(offered) > 20
    assert offered - CLUSTER_SCOPED == set()

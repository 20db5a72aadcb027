"""Which pods run Tiller."""

from typing import Any

import pytest

from secure_tiller_cli.audit.tillers import find
from tests.unit.secure_tiller_cli.audit.samples import LABELS, Object, deployment, facts, item, pod, template


def tillers(*objects: Object) -> list[str]:
    return [f"{tiller.kind} {tiller}: {len(tiller.pods)}" for tiller in find(facts(*objects))]


RUNS: list[tuple[dict[str, Any], dict[str, str], bool]] = [
    ({"image": "ghcr.io/helm/tiller:v2.17.0"}, {}, True),
    ({"image": "gcr.io/kubernetes-helm/tiller@sha256:0"}, {}, True),
    ({"image": "registry:5000/tiller"}, {"app": "something-else"}, True),
    ({"image": "mine/server:1", "command": ["/bin/tiller", "--tls"]}, {}, True),
    ({"image": "mine/server:1", "command": ["sh", "-c", "exec /tiller --tls"]}, {}, True),
    ({"image": "mine/server:1", "args": ["/tiller"]}, {}, True),
    ({"image": "mine/server:1", "command": ["tini", "-g", "--", "tiller"]}, {}, True),
    ({"image": "mine/server:1", "command": ["tini", "-s", "/tiller"]}, {}, True),
    ({"image": "mine/server:1", "command": ["sh", "-c", "A=b tiller"]}, {}, True),
    ({"image": "mine/server:1", "command": ["sh", "-c", "sleep 1 && tiller"]}, {}, True),
    ({"image": "mine/server:1", "args": ["--tiller-namespace", "tiller"]}, {}, False),
    ({"image": "mine/server:1", "args": ["--tiller-binary", "/tiller"]}, {}, False),
    ({"image": "mine/kubectl:1", "command": ["kubectl", "get", "namespace", "tiller"]}, {}, False),
    ({"image": "mine/kubectl:1", "command": ["sh", "-c", "kubectl get pods -n tiller"]}, {}, False),
    ({"image": "mine/server:1"}, LABELS, True),
    ({"image": "mine/server:1"}, {"app": "helm", "name": "tiller", "more": "too"}, True),
    ({"image": "mine/server:1"}, {"app": "helm"}, False),
    ({"image": "mine/server:1"}, {"name": "tiller"}, False),
    ({"image": "mine/tiller-exporter:1"}, {}, False),
    ({"image": "mine/helm-tiller:v2.17.0"}, {}, True),
    ({"image": "mine/distiller:1"}, {}, False),
    ({"image": "mine/server:1", "ports": [{"containerPort": 44134}]}, {}, True),
    ({"image": "mine/server:1", "ports": [{"containerPort": 8080}]}, {}, False),
    ({"image": "mine/server:1", "command": ["sh", "-c", "# serves\nexec /tiller"]}, {}, True),
    ({"image": "tiller.example.org/backup:1"}, {}, False),
    ({"image": "ghcr.io/helm/tiller:v2.17.0", "command": ["/helm", "ls"]}, {}, False),  # the client is there too
    ({"image": "mine/server:1", "command": ["echo", "tillers"]}, {}, False),
]


@pytest.mark.parametrize(("described", "labels", "runs"), RUNS)
def test_what_is_a_tiller(described: dict[str, Any], labels: dict[str, str], runs: bool) -> None:
    made = deployment(template({"name": "main", **described}, labels=labels))
    assert tillers(made) == (["Deployment blue-tiller/tiller-deploy: 0"] if runs else [])


@pytest.mark.parametrize("kind", ["Deployment", "StatefulSet", "DaemonSet"])
def test_what_keeps_it_running_is_named(kind: str) -> None:
    assert tillers(item(kind, "helm-server", spec={"template": template()})) == [f"{kind} blue-tiller/helm-server: 0"]


def test_a_sidecar_counts_and_what_ends_before_the_pod_starts_does_not() -> None:
    main, own = {"name": "main", "image": "mine/app:1"}, {"name": "t", "image": "tiller"}
    assert tillers(deployment(template(main, labels={}, initContainers=[own]))) == []
    sidecar = {**own, "restartPolicy": "Always"}
    assert tillers(deployment(template(main, labels={}, initContainers=[sidecar])))


def test_a_proxy_with_its_port_before_a_tiller_is_none() -> None:
    proxy = {"name": "proxy", "image": "mine/proxy:1", "ports": [{"containerPort": 44134}]}
    (found,) = find(facts(deployment(template(proxy, {"name": "t", "image": "tiller"}, labels={}))))
    assert found.container["name"] == "t"


def test_each_container_that_runs_tiller_is_one() -> None:
    two = [{"name": name, "image": "tiller"} for name in ("one", "two")]
    found = find(facts(deployment(template(*two))))
    assert [tiller.container["name"] for tiller in found] == ["one", "two"]


def test_pods_belong_to_what_made_them_and_ended_ones_to_nobody() -> None:
    own = pod(template(), owner="ReplicaSet/tiller-deploy-5d8f")
    ended = pod(template(), "done", owner="ReplicaSet/tiller-deploy-5d8f", phase="Succeeded")
    assert tillers(deployment(), own, ended) == ["Deployment blue-tiller/tiller-deploy: 1"]


def test_an_impostor_with_the_labels_is_one_of_its_own() -> None:
    assert tillers(deployment(), pod(template(), "impostor")) == [
        "Pod blue-tiller/impostor: 1",
        "Deployment blue-tiller/tiller-deploy: 0",
    ]


def test_pods_of_something_else_are_one_tiller_by_their_owner() -> None:
    pods = [pod(template(), name, owner="Job/ci") for name in ("ci-1", "ci-2")]
    assert tillers(*pods) == ["Job blue-tiller/ci: 2"]


def test_a_pod_that_runs_on_after_its_deployment_became_something_else_is_found() -> None:
    other = deployment(template({"name": "main", "image": "mine/app:1"}, labels={}))
    left = pod(template(), owner="ReplicaSet/tiller-deploy-5d8f")
    assert tillers(other, left) == ["Deployment blue-tiller/tiller-deploy: 1"]


VOLUMES: list[tuple[list[dict[str, Any]], tuple[str, str] | None]] = [
    ([{"name": "certificates", "secret": {"secretName": "tls"}}], ("tls", "tls.crt")),
    (
        [{"name": "certificates", "secret": {"secretName": "tls", "items": [{"key": "crt", "path": "tls.crt"}]}}],
        ("tls", "crt"),
    ),
    ([{"name": "certificates", "secret": {"secretName": "tls", "items": [{"key": "a", "path": "b"}]}}], None),
    ([{"name": "certificates", "projected": {"sources": [{"secret": {"name": "tls"}}]}}], ("tls", "tls.crt")),
    ([{"name": "certificates", "hostPath": {"path": "/certs"}}], None),
    ([{"name": "other", "secret": {"secretName": "tls"}}], None),
]


@pytest.mark.parametrize(("volumes", "source"), VOLUMES)
def test_which_secret_a_file_comes_from(volumes: list[dict[str, Any]], source: tuple[str, str] | None) -> None:
    (tiller,) = find(facts(deployment(template(volumes=volumes))))
    assert tiller.source("/etc/certs/tls.crt") == source
    assert tiller.source("/elsewhere/tls.crt") is None

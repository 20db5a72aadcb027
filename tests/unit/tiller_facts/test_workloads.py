"""Workloads that run Tiller, what is only suspected, and where the files of a container come from."""

from typing import Any

import pytest

from tests.unit.tiller_facts.samples import (
    IMAGE,
    LABELS,
    Object,
    container,
    deployment,
    facts,
    found,
    item,
    pod,
    template,
)
from tiller_facts.facts import Facts, Source
from tiller_facts.values import UNKNOWN, Hidden
from tiller_facts.workloads import find, workloads

OTHER = {"app": "web"}
PORT = [{"containerPort": 44134}]
TEMPLATE = template(labels=OTHER)


def tillers(*objects: Object) -> list[str]:
    return [f"{one.kind} {one.namespace}/{one.name}: {len(one.pods)}" for one in find(facts(*objects))]


@pytest.mark.parametrize(
    ("kind", "content"),
    [
        ("Pod", TEMPLATE),
        ("PodTemplate", {"template": TEMPLATE}),
        ("ReplicationController", {"spec": {"template": TEMPLATE}}),
        ("Deployment", {"spec": {"template": TEMPLATE}}),
        ("StatefulSet", {"spec": {"template": TEMPLATE}}),
        ("DaemonSet", {"spec": {"template": TEMPLATE}}),
        ("ReplicaSet", {"spec": {"template": TEMPLATE}}),
        ("Job", {"spec": {"template": TEMPLATE}}),
        ("CronJob", {"spec": {"jobTemplate": {"spec": {"template": TEMPLATE}}}}),
        ("Rollout", {"spec": {"template": TEMPLATE}}),
    ],
)
def test_a_tiller_is_found_in_whatever_runs_pods(kind: str, content: Any) -> None:
    assert len(find(facts(item(kind, "blue", **content)))) == 1


def test_what_is_not_known_is_not_judged() -> None:
    for spec in (UNKNOWN, {"template": UNKNOWN}, {"template": {"spec": {"containers": UNKNOWN}}}):
        assert list(workloads(facts(item("Deployment", "blue", spec=spec)))) == []
    assert find(facts(deployment(template(UNKNOWN)))) == ()  # type: ignore[arg-type]
    assert len(find(facts(deployment(inside=UNKNOWN, name=UNKNOWN)))) == 1


@pytest.mark.parametrize(
    ("described", "labels", "recognised"),
    [
        ({"image": "mine/server:1"}, LABELS, "a Tiller"),
        ({"image": "mine/server:1"}, {**LABELS, "more": "too"}, "a Tiller"),
        ({"image": "mine/server:1", "ports": PORT}, LABELS, "a Tiller"),
        ({"image": IMAGE, "ports": PORT}, OTHER, "a Tiller"),
        ({"image": "me/helm-tiller"}, OTHER, "a Tiller"),
        ({"image": "mine/server:1", "ports": PORT}, OTHER, "suspected"),
        ({"image": "mine/server:1", "command": ["/serve"], "ports": [{"containerPort": 44134.0}]}, OTHER, "suspected"),
        ({"image": "mine/server:1"}, {"app": "helm"}, ""),
        ({"image": "mine/server:1"}, {"name": "tiller"}, ""),
        ({"image": "mine/server:1"}, UNKNOWN, ""),
        ({"image": "mine/server:1", "ports": [{"containerPort": 8080}]}, OTHER, ""),
        ({"image": "mine/server:1", "ports": UNKNOWN}, OTHER, ""),
        ({"image": "mine/distiller:1"}, OTHER, ""),
        ({"image": "mine/tiller-proxy:1", "args": ["--host=tiller-deploy.old:44134"]}, OTHER, ""),
        ({"image": "mine/helm:2", "command": ["helm", "ls", "--tiller-namespace", "tiller"]}, OTHER, ""),
        ({"image": "mine/kubectl:1", "command": ["kubectl", "get", "pods", "-n", "tiller"]}, OTHER, ""),
    ],
)
def test_what_is_a_tiller(described: Any, labels: Any, recognised: str) -> None:
    seen = find(facts(deployment(template({"name": "main", **described}, labels=labels))))
    assert ["suspected" if one.suspected else "a Tiller" for one in seen] == ([recognised] if recognised else [])


def container_of(*containers: Object, labels: Any = OTHER, **further: Any) -> list[str]:
    return [one.container["name"] for one in find(facts(deployment(template(*containers, labels=labels, **further))))]


def named(name: str, image: str = "mine/app:1", **further: Any) -> Object:
    return {"name": name, "image": image, **further}


def test_the_container_that_runs_tiller_is_found_among_several() -> None:
    assert container_of(named("proxy"), named("t", "tiller")) == ["t"]
    assert container_of(named("proxy", ports=PORT), named("t", "tiller")) == ["t"]
    assert container_of(named("one", "tiller"), named("two", "tiller")) == ["one", "two"]
    assert container_of(named("proxy"), named("tiller"), labels=LABELS) == ["tiller"]
    assert container_of(named("proxy"), named("server", ports=PORT), labels=LABELS) == ["server"]
    assert container_of(named("main"), named("proxy"), labels=LABELS) == ["main"]


def test_a_sidecar_counts_and_what_ends_before_the_pod_starts_does_not() -> None:
    own = named("t", "tiller")
    assert container_of(named("main"), initContainers=[own]) == []
    assert container_of(named("main"), initContainers=[{**own, "restartPolicy": "Always"}]) == ["t"]


def test_pods_belong_to_what_made_them_and_ended_ones_to_nobody() -> None:
    own = pod(template(), owner="ReplicaSet/tiller-deploy-5d8f")
    ended = pod(template(), "done", owner="ReplicaSet/tiller-deploy-5d8f", phase="Succeeded")
    assert tillers(deployment(), own, ended) == ["Deployment blue-tiller/tiller-deploy: 1"]


def test_what_an_owner_describes_is_counted_once() -> None:
    owner = {"ownerReferences": [{"kind": "Deployment", "name": "tiller-deploy", "controller": True}]}
    replicas = item("ReplicaSet", "tiller-deploy-5d8f", metadata=owner, spec={"template": template()})
    assert tillers(deployment(), replicas) == ["Deployment blue-tiller/tiller-deploy: 0"]
    assert tillers(replicas) == ["ReplicaSet blue-tiller/tiller-deploy-5d8f: 0"]


def test_an_impostor_with_the_labels_is_one_of_its_own() -> None:
    assert tillers(deployment(), pod(template(), "impostor")) == [
        "Pod blue-tiller/impostor: 1",
        "Deployment blue-tiller/tiller-deploy: 0",
    ]


def test_pods_of_something_else_are_one_tiller_by_their_owner() -> None:
    pods = [pod(template(), name, owner="Job/ci") for name in ("ci-1", "ci-2")]
    assert tillers(*pods) == ["Job blue-tiller/ci: 2"]


def owned(kind: str, name: str, by: str, **content: Any) -> Object:
    """An object with an owner, as `CronJob/nightly`."""
    owner, _, named_so = by.partition("/")
    metadata = {"ownerReferences": [{"kind": owner, "name": named_so, "controller": True}]}
    return item(kind, name, metadata=metadata, spec={"template": template()}, **content)


def test_the_pods_of_a_job_are_those_of_its_cron_job() -> None:
    nightly = item("CronJob", "nightly", spec={"jobTemplate": {"spec": {"template": template()}}})
    job, running = owned("Job", "nightly-1", "CronJob/nightly"), pod(template(), owner="Job/nightly-1")
    assert tillers(nightly, job, running) == ["CronJob blue-tiller/nightly: 1"]
    assert tillers(job, running) == ["Job blue-tiller/nightly-1: 1"]


def test_objects_that_own_each_other_hide_no_pod() -> None:
    one, other = owned("Job", "one", "Job/other"), owned("Job", "other", "Job/one")
    assert len(tillers(one, other, pod(template(), owner="Job/one"))) == 1


@pytest.mark.parametrize(("condition", "ended"), [("Complete", True), ("Failed", True), ("Suspended", False)])
def test_a_job_that_has_ended_runs_nothing(condition: str, ended: bool) -> None:
    job = item(
        "Job", "ci", spec={"template": template()}, status={"conditions": [{"type": condition, "status": "True"}]}
    )
    assert tillers(job) == ([] if ended else ["Job blue-tiller/ci: 0"])


def test_a_pod_that_runs_on_after_its_deployment_became_something_else_is_found() -> None:
    other = deployment(template(named("main"), labels=OTHER))
    left = pod(template(), owner="ReplicaSet/tiller-deploy-5d8f")
    assert tillers(other, left) == ["Deployment blue-tiller/tiller-deploy: 1"]


SECRET, CONFIG_MAP = "Secret", "ConfigMap"
VOLUMES: list[tuple[Any, list[tuple[str, str, str]]]] = [
    ({"secret": {"secretName": "tls"}}, [(SECRET, "tls", "tls.crt")]),
    ({"secret": {"secretName": "tls", "defaultMode": 256}}, [(SECRET, "tls", "tls.crt")]),
    ({"configMap": {"name": "cas"}}, [(CONFIG_MAP, "cas", "tls.crt")]),
    ({"secret": {"secretName": "tls", "items": [{"key": "crt", "path": "tls.crt"}]}}, [(SECRET, "tls", "crt")]),
    ({"secret": {"secretName": "tls", "items": [{"key": "a", "path": "b"}]}}, []),
    ({"projected": {"sources": [{"secret": {"name": "tls"}}]}}, [(SECRET, "tls", "tls.crt")]),
    (
        {"projected": {"sources": [{"secret": {"name": "tls"}}, {"configMap": {"name": "cas"}}]}},
        [(CONFIG_MAP, "cas", "tls.crt"), (SECRET, "tls", "tls.crt")],  # the later one hides the earlier one
    ),
    ({"hostPath": {"path": "/certs"}}, []),
    ({"name": "other", "secret": {"secretName": "tls"}}, []),
]


def sources(volume: Any, *mounts: Any, path: str = "/etc/certs/tls.crt") -> Any:
    mounted = container(volumeMounts=list(mounts) or [{"name": "files", "mountPath": "/etc/certs"}])
    (tiller,) = find(facts(deployment(template(mounted, volumes=[{"name": "files", **volume}]))))
    return tiller.sources(path)


@pytest.mark.parametrize(("volume", "expected"), VOLUMES)
def test_where_a_file_comes_from(volume: Any, expected: list[tuple[str, str, str]]) -> None:
    assert [(one.kind, one.name, one.file) for one in sources(volume)] == expected
    assert sources(volume, path="/elsewhere/tls.crt") == sources(volume, path="/etc/certs-more/tls.crt") == ()


def test_a_file_can_be_mounted_alone() -> None:
    files = {"secret": {"secretName": "tls"}}
    alone = {"name": "files", "mountPath": "/etc/certs/tls.crt", "subPath": "crt"}
    assert sources(files, alone) == (Source("", SECRET, "blue-tiller", "tls", "crt"),)
    assert sources(files, {**alone, "mountPath": "/etc/certs/", "subPath": "in"})[0].file == "in/tls.crt"
    whole = {"name": "other", "mountPath": "/etc/certs"}
    assert [one.file for one in sources(files, whole, alone)] == ["crt"]
    assert sources(files, alone, {**whole, "mountPath": "/etc/certs/tls.crt/deeper"})[0].file == "crt"


def test_a_file_that_an_expression_chooses_is_hidden() -> None:
    mount = {"name": "files", "mountPath": "/etc/certs", "subPathExpr": "$(POD)"}
    assert isinstance(sources({"secret": {"secretName": "tls"}}, mount), Hidden)


def test_clusters_are_kept_apart() -> None:
    (tiller,) = find(Facts((found(deployment(), cluster="two"),)))
    assert tiller.place == ("two", "blue-tiller")

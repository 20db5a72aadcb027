"""`secure-tiller audit` on real Tillers that trust one CA, by ConfigMap or subPath, and on what looks like one."""

import json
from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest
from kubernetes import client
from typer.testing import CliRunner

from secure_tiller_cli.commands import app
from secure_tiller_cli.diagnosis import Accepted, Credentials, Refused
from testbed.demo.place import Place
from testbed.tiller import ask
from testbed.toolchain import Toolchain
from testbed.toolchain.pins import TILLER_IMAGE
from testbed.waiting import until
from tests.support import pki
from tests.support.cluster_objects import (
    Object,
    authority,
    config_map,
    container,
    item,
    secret,
    server,
    template,
    workload,
)
from tests.support.live_objects import create, existing, is_rolled_out
from tests.support.tillers.files import BY_FILE, CERTIFICATES, CLIENTS, OF_CONFIG_MAP, OF_SECRET
from tests.support.tillers.rows import but, other

OPTIONS = but("--tls-ca-cert=/etc/clients/ca.crt")
SMALL = {"limits": {"cpu": "100m", "memory": "128Mi"}}
SIDES = ("a", "b")
SHARED = ("configmap", "subpath")
CONTROL = "control"

LIKE_ONE: dict[str, Object] = {
    "dashboard": other("registry.example.org/dashboard/tiller-proxy:v1.5.0", "/proxy", args=["--host=tiller:44134"]),
    "distiller": other("registry.example.org/ml/distiller:3"),
    "chat": other("registry.example.org/chat:1", ports=[{"containerPort": 44134}]),
}
"""Containers of programs that are no Tiller; the last one has its port."""


def tiller(case: str, namespace: str) -> list[Object]:
    """Return a Tiller that trusts a CA of a file of its own: the same one on both sides, or in the control another."""
    clients = f"clients of {namespace if case == CONTROL else case}"
    mounts, volume = (BY_FILE if case == "subpath" else CLIENTS), OF_CONFIG_MAP if case == "configmap" else OF_SECRET
    of = container(image=TILLER_IMAGE.reference, args=OPTIONS, volumeMounts=mounts, resources=SMALL)
    holds = secret(namespace, name="client-cas", clients=clients)
    files = config_map(clients, namespace) if case == "configmap" else holds
    return [
        item("ServiceAccount", "tiller", namespace),
        secret(namespace),
        files,
        workload("Deployment", template(of, volumes=[CERTIFICATES, volume]), namespace),
    ]


@pytest.fixture(scope="module")
def namespaces(api: client.ApiClient, suffix: str) -> Iterator[dict[tuple[str, str], str]]:
    """Real Tillers of each case, ready, by case and side; and what looks like one, in `like`."""
    names = {(case, side): f"cas-{suffix}-{case}-{side}" for case in (*SHARED, CONTROL) for side in SIDES}
    names["like", ""] = f"cas-{suffix}-like"
    with existing(api, *(item("Namespace", name, "") for name in names.values())):
        for (case, _), namespace in names.items():
            for one in _like(namespace) if case == "like" else tiller(case, namespace):
                create(api, one)
        for (case, _), namespace in names.items():
            if case != "like":
                until(partial(is_rolled_out, api, namespace), f"the Tiller of {namespace} is ready")
        yield names


def _like(namespace: str) -> list[Object]:
    made = [
        workload("Deployment", template(of, labels={"app": name}), namespace, name) for name, of in LIKE_ONE.items()
    ]
    return [{**one, "spec": {**one["spec"], "replicas": 0}} for one in made]


@pytest.fixture(scope="module")
def said(cluster: Place, namespaces: dict[tuple[str, str], str]) -> dict[str, Any]:
    assert namespaces
    done = CliRunner().invoke(app, ["audit", f"--kubeconfig={cluster.kubeconfig}", "--format=json"])
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def entry(said: dict[str, Any], namespace: str) -> dict[str, Any]:
    (found,) = (one for one in said["tillers"] if one["namespace"] == namespace)
    return dict(found)


@pytest.mark.parametrize("case", SHARED)
def test_tillers_that_trust_one_ca_name_each_other(said: Any, namespaces: Any, case: str) -> None:
    for side, opposite in (SIDES, SIDES[::-1]):
        found = entry(said, namespaces[case, side])
        (finding,) = (one for one in found["findings"] if one["code"] == "shared-client-ca")
        assert f"{namespaces[case, opposite]}/tiller-deploy" in finding["text"]
        assert (finding["practice"], found["practices"][4]["answer"]) == ("client-ca-of-its-own", "no")


def test_control_tillers_with_cas_of_their_own_follow_every_practice(said: Any, namespaces: Any) -> None:
    for side in SIDES:
        found = entry(said, namespaces[CONTROL, side])
        assert {one["code"] for one in found["findings"]} == {"probe-port-open"}
        assert [one["answer"] for one in found["practices"]] == ["yes"] * 5


@pytest.mark.parametrize("case", [*SHARED, CONTROL])
def test_one_certificate_is_answered_by_both_where_and_only_where_it_says_so(
    namespaces: Any, cluster: Place, tools: Toolchain, case: str
) -> None:
    of_a = f"clients of {namespaces[case, 'a'] if case == CONTROL else case}"
    alice = pki.client(authority(of_a), "alice")
    environment = {**tools.environment, "KUBECONFIG": str(cluster.kubeconfig)}

    def answer(side: str) -> type:
        namespace = namespaces[case, side]
        ca = authority(f"server CA of {namespace}").pem
        assert server(namespace)
        return type(ask(namespace, environment, Credentials(ca, alice.pem, alice.key_pem)))

    assert answer("a") is Accepted
    assert answer("b") is (Refused if case == CONTROL else Accepted)


def test_what_looks_like_a_tiller_is_none_or_suspected(said: Any, namespaces: Any) -> None:
    namespace = namespaces["like", ""]
    assert not [one for one in said["tillers"] if one["namespace"] == namespace]
    assert [one["name"] for one in said["suspected"] if one["namespace"] == namespace] == ["chat"]

"""How a cluster is asked: page by page, and of Secrets and ConfigMaps only those with the certificates of Tillers."""

from pathlib import Path
from typing import Any

import pytest

from secure_tiller.problems import ClusterError
from secure_tiller_cli import audit
from secure_tiller_cli.audit.ask import LISTED
from secure_tiller_stack import kubeconfig
from secure_tiller_stack.cluster.connection import calling
from secure_tiller_stack.cluster.lister import path
from tests.support.api_server import FORBIDDEN, NOT_FOUND, REVIEW, ApiServer, Question, review
from tests.support.api_server import kubeconfig as written
from tests.support.cluster_objects import (
    BLUE,
    Object,
    authority,
    config_map,
    container,
    item,
    secret,
    server,
    surroundings,
    template,
    without,
    workload,
)
from tests.support.tillers.files import CERTIFICATES, ELSEWHERE_CA, OF_CONFIG_MAP
from tests.unit.secure_tiller_cli.audit.served import serve
from tiller_facts import certificates
from tiller_facts.facts import Facts
from tiller_facts.kinds import CONFIG_MAPS, DEPLOYMENTS, NODES, PODS, RUNNING, SECRETS
from tiller_facts.rbac import EVERYBODY
from tiller_facts.values import UNKNOWN, Hidden

OWN = workload("Deployment", template(container()))
SECRET = path(SECRETS, BLUE, "tiller-tls")
TLS = ("", "Secret", BLUE, "tiller-tls")


@pytest.fixture
def one(server: ApiServer) -> ApiServer:
    """An API server with one Tiller and its surroundings."""
    return serve(server, OWN, *surroundings())


def ask(server: ApiServer, folder: Path) -> Facts:
    access = kubeconfig.find({"kubeconfig": str(written(folder, server.url))})
    with calling(access, "to show Tillers", audit.RIGHT) as client:
        return audit.ask(client, lambda _: None)


def digests(*pems: str) -> tuple[str, ...]:
    return tuple(digest for pem in pems for digest in certificates.keys(pem.encode()))


def test_every_kind_is_listed_in_all_namespaces_once(one: ApiServer, tmp_path: Path) -> None:
    facts = ask(one, tmp_path)
    assert [str(found) for found in facts.of(DEPLOYMENTS)] == [f"Deployment {BLUE}/tiller-deploy"]
    assert facts.refused == frozenset()
    assert {one.paths.count(path(kind)) for kind in LISTED} == {1}


def test_of_a_secret_the_keys_of_certificates_are_kept_and_nothing_else(one: ApiServer, tmp_path: Path) -> None:
    facts = ask(one, tmp_path)
    crt, ca = digests(server(BLUE).pem, authority(f"clients of {BLUE}").pem)
    assert facts.files == {TLS: {"tls.crt": (crt,), "tls.key": (), "ca.crt": (ca,)}}
    assert not facts.of(SECRETS)
    assert "PRIVATE" not in repr((facts, [found.data for found in facts.objects]))


def test_of_the_secret_of_the_component_it_is_kept_whether_it_can_change(server: ApiServer, tmp_path: Path) -> None:
    labels = {"app.kubernetes.io/managed-by": "secure-tiller"}
    made = {**secret(), "immutable": True}
    made["metadata"] = {**made["metadata"], "labels": labels}
    (kept,) = ask(serve(server, OWN, made), tmp_path).of(SECRETS)
    assert (kept.part, kept.data) == ("tls", {"metadata": made["metadata"], "immutable": True})


def test_client_cas_are_read_from_a_config_map(server: ApiServer, tmp_path: Path) -> None:
    made = workload("Deployment", template(ELSEWHERE_CA, volumes=[CERTIFICATES, OF_CONFIG_MAP]))
    facts = ask(serve(server, made, *surroundings(), config_map("of blue")), tmp_path)
    assert facts.files["", "ConfigMap", BLUE, "client-cas"] == {"ca.crt": digests(authority("of blue").pem)}


def test_nothing_is_read_but_the_files_of_tillers_that_speak_tls(server: ApiServer, tmp_path: Path) -> None:
    plaintext = workload("Deployment", template(container(args=["--storage=secret"])))
    asked = serve(server, plaintext, *surroundings(), config_map("of blue"))
    assert ask(asked, tmp_path).files == {}
    read = [question for question in asked.paths if question.startswith("/api/v1/namespaces/")]
    assert read == []


@pytest.mark.parametrize(("answer", "files"), [(FORBIDDEN, Hidden), (NOT_FOUND, dict)])
def test_a_secret_that_is_refused_or_not_there(one: ApiServer, tmp_path: Path, answer: Any, files: type) -> None:
    one.answers[SECRET] = answer
    assert isinstance(ask(one, tmp_path).files[TLS], files)


def test_releases_in_config_maps_are_asked_for_without_what_they_hold(server: ApiServer, tmp_path: Path) -> None:
    record = item("ConfigMap", "shop.v1", metadata={"labels": {"OWNER": "TILLER"}})
    asked = serve(server, OWN, *surroundings(), record, config_map("of blue"))
    assert ask(asked, tmp_path).records == {BLUE: ("shop.v1",)}
    (question,) = asked.asked_at(path(CONFIG_MAPS))
    assert question.query["labelSelector"] == ["OWNER=TILLER"]
    assert "PartialObjectMetadataList" in question.accept


NODE = item(
    "Node",
    "n",
    "",
    spec={"podCIDR": "10.1.0.0/24", "podCIDRs": ["10.1.0.0/24", "fd00:1::/64"]},
    status={"addresses": [{"type": "InternalIP", "address": "192.0.2.1"}, {"type": "Hostname", "address": "n"}]},
)
POD = item("Pod", "p", spec={}, status={"podIP": "10.1.0.7", "podIPs": [{"ip": "10.1.0.7"}, {"ip": "fd00:1::7"}]})


def test_addresses_are_those_of_pods_and_nodes_and_the_networks_of_pods(server: ApiServer, tmp_path: Path) -> None:
    found = {"192.0.2.1", "n", "10.1.0.0/24", "fd00:1::/64", "10.1.0.7", "fd00:1::7"}
    addresses: Any = ask(serve(server, NODE, POD), tmp_path).addresses
    assert set(addresses) == found
    assert ask(serve(server, OWN), tmp_path).addresses is UNKNOWN
    for kind in (NODES, PODS):
        asked = serve(server, NODE, POD)
        asked.answers[path(kind)] = FORBIDDEN
        assert isinstance(ask(asked, tmp_path).addresses, Hidden)


@pytest.mark.parametrize("who", sorted(EVERYBODY))
def test_everybody_is_asked_about(one: ApiServer, tmp_path: Path, who: str) -> None:
    def answer(question: Question) -> Any:
        spec = question.body["spec"]
        return review(allowed=who in (spec["user"], *spec["groups"]))

    one.answers[REVIEW] = answer
    everybody: Any = ask(one, tmp_path).everybody
    assert who in everybody


def test_what_is_refused_is_hidden(one: ApiServer, tmp_path: Path) -> None:
    one.answers |= {path(kind): FORBIDDEN for kind in (PODS, CONFIG_MAPS)} | {REVIEW: FORBIDDEN}
    facts = ask(one, tmp_path)
    assert facts.refused == {PODS, CONFIG_MAPS}
    assert isinstance(facts.records, Hidden)
    assert isinstance(facts.everybody, Hidden)


def test_an_account_that_may_see_no_tiller_gets_the_right_that_it_lacks(one: ApiServer, tmp_path: Path) -> None:
    one.answers |= {path(kind): FORBIDDEN for kind in RUNNING}
    with pytest.raises(ClusterError, match="it refused to show Tillers: 403 Forbidden") as refused:
        ask(one, tmp_path)
    assert "cronjobs, jobs and pods in all namespaces" in refused.value.problems[0].remedy


def test_a_cluster_that_fails_is_no_cluster_without_tillers(one: ApiServer, tmp_path: Path) -> None:
    one.answers[path(DEPLOYMENTS)] = (500, {"message": "etcd is away"})
    with pytest.raises(ClusterError, match="500"):
        ask(one, tmp_path)


def test_the_parts_of_the_component_are_known_by_labels_and_names(server: ApiServer, tmp_path: Path) -> None:
    ours = {"labels": {"app.kubernetes.io/managed-by": "secure-tiller"}}

    def of_us(one: Object) -> Object:
        return {**one, "metadata": {**one["metadata"], **ours}}

    objects = (
        of_us(OWN),
        *map(of_us, (item("Namespace", BLUE, ""), item("Namespace", "blue-apps", ""))),
        of_us(item("NetworkPolicy", "deny-ingress", spec={})),
        item("NetworkPolicy", "deny-ingress", "elsewhere", spec={}),
        *without(surroundings(), "Namespace"),
    )
    facts = ask(serve(server, *objects), tmp_path)
    assert {str(one): one.part for one in facts.objects if one.part} == {
        f"Deployment {BLUE}/tiller-deploy": "deployment",
        f"Namespace {BLUE}": "namespace",
        "Namespace blue-apps": "namespace:",
        f"NetworkPolicy {BLUE}/deny-ingress": "deny-ingress",
    }

"""How the facts are asked for: page by page, and of Secrets only the certificates of Tillers."""

from pathlib import Path
from typing import Any

import pytest

from secure_tiller.problems import ClusterError
from secure_tiller_cli import audit
from secure_tiller_cli.audit import Facts
from secure_tiller_cli.audit.ask import digests
from secure_tiller_cli.audit.facts import LISTED, PODS
from secure_tiller_stack import kubeconfig
from secure_tiller_stack.cluster.connection import calling
from tests.support.api_server import FORBIDDEN, NOT_FOUND, REVIEW, ApiServer, release
from tests.support.api_server import kubeconfig as written
from tests.unit.secure_tiller_cli.audit.conftest import CA, CONFIG_MAPS, DEPLOYED, OTHER_CA, SECRET, path
from tests.unit.secure_tiller_cli.audit.samples import HOME, deployment, template
from tiller_facts.kinds import DEPLOYMENTS


def ask(server: ApiServer, folder: Path) -> Facts:
    access = kubeconfig.find({"kubeconfig": str(written(folder, server.url))})
    with calling(access, "to show Tillers", "list pods") as client:
        return audit.ask(client, lambda _: None)


def test_every_kind_is_listed_in_all_namespaces(tillers: ApiServer, tmp_path: Path) -> None:
    facts = ask(tillers, tmp_path)
    assert facts.server == tillers.url
    assert set(facts.listed) == set(LISTED)
    assert [item["metadata"]["name"] for item in facts.of(DEPLOYMENTS)] == ["tiller-deploy"]
    assert {path(kind) for kind in LISTED} <= set(tillers.paths)


def test_a_list_comes_page_by_page(tillers: ApiServer, tmp_path: Path) -> None:
    tillers.page = 1
    tillers.answers[DEPLOYED] = (200, {"items": [deployment(), deployment(name="second")]})
    assert len(ask(tillers, tmp_path).of(DEPLOYMENTS)) == 2
    assert [asked.query.get("continue") for asked in tillers.asked_at(DEPLOYED)] == [None, ["1"]]


def test_of_a_secret_the_digests_of_certificates_are_kept_and_nothing_else(tillers: ApiServer, tmp_path: Path) -> None:
    facts = ask(tillers, tmp_path)
    (one,), (two,) = digests(CA.encode()), digests(OTHER_CA.encode())
    assert facts.certificates == {(HOME, "tls"): {"tls.crt": (one,), "tls.key": (), "ca.crt": (one, two)}}
    assert "sesame" not in repr(facts)


def test_no_secret_is_read_but_those_of_tillers_that_speak_tls(tillers: ApiServer, tmp_path: Path) -> None:
    tillers.answers[DEPLOYED] = (200, {"items": [deployment(template({"name": "tiller", "image": "tiller"}))]})
    assert ask(tillers, tmp_path).certificates == {}
    assert not [asked for asked in tillers.paths if "secrets" in asked]


@pytest.mark.parametrize(("answer", "files"), [(FORBIDDEN, None), (NOT_FOUND, {})])
def test_a_secret_that_is_refused_or_not_there(
    tillers: ApiServer, tmp_path: Path, answer: tuple[int, Any], files: Any
) -> None:
    tillers.answers[SECRET] = answer
    assert ask(tillers, tmp_path).certificates == {(HOME, "tls"): files}


def test_releases_in_configmaps_are_asked_for_without_what_they_hold(tillers: ApiServer, tmp_path: Path) -> None:
    tillers.answers[CONFIG_MAPS] = (200, {"items": [release("shop", 1)]})
    assert [record["name"] for record in ask(tillers, tmp_path).records or ()] == ["shop.v1"]
    (asked,) = tillers.asked_at(CONFIG_MAPS)
    assert asked.query["labelSelector"] == ["OWNER=TILLER"]
    assert "PartialObjectMetadataList" in asked.accept


def test_what_is_refused_is_none(tillers: ApiServer, tmp_path: Path) -> None:
    tillers.answers |= {"/api/v1/pods": FORBIDDEN, CONFIG_MAPS: FORBIDDEN, REVIEW: FORBIDDEN}
    facts = ask(tillers, tmp_path)
    assert (facts.listed[PODS], facts.records, facts.strangers_allowed) == (None, None, None)


def test_an_account_that_may_see_no_tiller_is_told_what_it_must_be_allowed(tillers: ApiServer, tmp_path: Path) -> None:
    tillers.answers |= {path(kind): FORBIDDEN for kind in LISTED}
    with pytest.raises(ClusterError, match="it refused to show Tillers: 403 Forbidden") as refused:
        ask(tillers, tmp_path)
    assert "list pods" in refused.value.problems[0].remedy


def test_a_cluster_that_fails_is_no_cluster_without_tillers(tillers: ApiServer, tmp_path: Path) -> None:
    tillers.answers[DEPLOYED] = (500, {"message": "etcd is away"})
    with pytest.raises(ClusterError, match="500"):
        ask(tillers, tmp_path)


@pytest.mark.parametrize("content", [b"", b"garbage", b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----"])
def test_what_is_no_certificate_has_no_digest(content: bytes) -> None:
    assert digests(content) == ()

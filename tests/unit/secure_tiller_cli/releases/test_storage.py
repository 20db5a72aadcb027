"""The records of a namespace are read from ConfigMaps and Secrets, and each that cannot be trusted is kept apart."""

from typing import Any

import pytest
from kubernetes import client

from secure_tiller_cli.releases import Kind
from secure_tiller_cli.releases.storage import read
from tests.support import records
from tests.support.fake_core import FakeCore, answer


@pytest.fixture
def core() -> FakeCore:
    return FakeCore()


@pytest.mark.parametrize("kind", list(Kind))
def test_the_records_of_both_kinds_are_read_alike(core: FakeCore, kind: Kind) -> None:
    core.put(kind, "kube-system", records.config_map(records.release("shop", 1)))
    (found,) = read(core, kind, "kube-system").records
    assert (found.name, found.kind, found.release.name) == ("shop.v1", kind, "shop")
    assert found.encoded == records.encoded(records.release("shop", 1))
    assert found.digest == read(core, kind, "kube-system").records[0].digest


def test_they_come_by_release_and_revision_and_not_as_text_sorts(core: FakeCore) -> None:
    for revision in (10, 9, 1):
        core.put("secret", "t", records.config_map(records.release("shop", revision)))
    core.put("secret", "t", records.config_map(records.release("blog", 2)))
    found = [record.name for record in read(core, Kind.SECRET, "t").records]
    assert found == ["blog.v2", "shop.v1", "shop.v9", "shop.v10"]


def test_every_page_of_the_answer_is_read(core: FakeCore) -> None:
    core.page = 2
    for revision in range(1, 6):
        core.put("secret", "t", records.config_map(records.release("shop", revision)))
    assert len(read(core, Kind.SECRET, "t").records) == 5


def test_objects_that_are_no_records_are_not_looked_at(core: FakeCore) -> None:
    core.put("configmap", "kube-system", {"metadata": {"name": "other"}, "data": {"release": "x"}})
    found = read(core, Kind.CONFIG_MAP, "kube-system")
    assert (found.records, found.unreadable) == ((), ())


def wrong(**changes: Any) -> dict[str, Any]:
    made = records.config_map(records.release("shop", 1))
    labels = made["metadata"]["labels"] | changes.pop("labels", {})
    return {"metadata": made["metadata"] | {"labels": labels} | changes, "data": made["data"]}


@pytest.mark.parametrize(
    ("made", "why"),
    [
        (wrong(labels={"NAME": "blog"}), "its label NAME is blog, its content says shop"),
        (wrong(labels={"VERSION": "2"}), "its label VERSION is 2, its content says 1"),
        (wrong(labels={"STATUS": "DELETED"}), "its label STATUS is DELETED, its content says DEPLOYED"),
        (wrong(name="shop.v2"), "its content is that of shop.v1"),
        ({**wrong(), "data": {}}, "has no key `release`"),
        ({**wrong(), "data": {"release": "H4sI"}}, "is damaged"),
    ],
)
@pytest.mark.parametrize("kind", list(Kind))
def test_a_record_that_is_torn_or_contradicts_itself_is_reported_and_the_others_are_read(
    core: FakeCore, kind: Kind, made: dict[str, Any], why: str
) -> None:
    core.put(kind, "t", made)
    core.put(kind, "t", records.config_map(records.release("blog", 7)))
    found = read(core, kind, "t")
    (unreadable,) = found.unreadable
    assert why in unreadable.why
    assert str(unreadable) == f"{kind} t/{made['metadata']['name']}"
    assert unreadable.claimed == made["metadata"]["labels"]["NAME"]
    assert [record.name for record in found.records] == ["blog.v7"]


def test_a_secret_that_is_not_base64_twice_is_reported(core: FakeCore) -> None:
    core.put("secret", "t", wrong())
    core.objects["secret", "t", "shop.v1"]["data"] = {"release": "/w=="}
    assert read(core, Kind.SECRET, "t").unreadable[0].why == "is no base64"


def test_a_refusal_is_no_empty_answer(core: FakeCore) -> None:
    def refuse(*_: Any) -> None:
        raise answer(403)

    core.refuses = refuse
    with pytest.raises(client.ApiException):
        read(core, Kind.SECRET, "t")

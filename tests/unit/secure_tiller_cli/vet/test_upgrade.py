"""The revision that an upgrade begins with."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from secure_tiller_cli.charts import Concern, Effect
from secure_tiller_cli.releases import Kind, Record, Release, Status, Unreadable, storage
from secure_tiller_cli.vet.upgrade import Previous, previous, taken
from secure_tiller_stack.cluster.connection import calling, clients
from tests.support import records
from tests.support.api_server import FORBIDDEN, ApiServer, release
from tests.support.remedies import commands
from tests.unit.secure_tiller_cli.charts.world import DISCOVERY, blue, one
from tests.unit.secure_tiller_stack.cluster.asking import access

OWN = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: web}\n"
OLD = "apiVersion: extensions/v1beta1\nkind: Deployment\nmetadata: {name: web}\n"
FIRST = Release("shop", 1, "blue-apps", Status.DEPLOYED, "shop-1.0.0", 1, 1, "")
UNREADABLE = Unreadable(Kind.SECRET, "blue-tiller", "shop.v1", "shop", "is no base64")


def stored(*revisions: Release, manifest: str = OWN, unreadable: tuple[Unreadable, ...] = ()) -> storage.Stored:
    encoded = records.encoded(records.release(manifest=manifest))
    found = (Record(Kind.SECRET, "blue-tiller", f"shop.v{r.revision}", {}, "", "", encoded, r) for r in revisions)
    return storage.Stored(tuple(found), unreadable)


def read(monkeypatch: pytest.MonkeyPatch, given: Any) -> Previous:
    """Return the revision before, where the storage answers so."""

    def answer(*_: object, release: str) -> Any:
        assert release == "shop"
        if isinstance(given, Exception):
            raise given
        return given

    monkeypatch.setattr(storage, "read", answer)
    return previous(None, blue(), "shop", "blue-apps", DISCOVERY)


def test_the_objects_of_the_deployed_revision_are_found_again(monkeypatch: pytest.MonkeyPatch) -> None:
    failed = replace(FIRST, revision=2, status=Status.FAILED)
    found = read(monkeypatch, stored(FIRST, failed))
    assert (found.known, found.concerns) == (True, ())
    assert found.of(one("ConfigMap")) is not None
    assert found.of(one("ConfigMap", namespace="blue-apps")) is not None
    assert found.of(one("ConfigMap", namespace="other")) is found.of(one("Secret")) is None


STOPPED = {
    "no revision": (stored(), "has no deployed revision"),
    "none that is deployed": (stored(replace(FIRST, status=Status.FAILED)), "has no deployed revision"),
    "one that is under way": (
        stored(FIRST, replace(FIRST, revision=2, status=Status.PENDING_UPGRADE)),
        "its last revision is PENDING_UPGRADE",
    ),
    "another namespace": (stored(replace(FIRST, namespace="other")), "the release is in other"),
    "a kind that is gone": (stored(FIRST, manifest=OLD), "has a Deployment of extensions/v1beta1, which the"),
    "what cannot be read": (stored(FIRST, manifest="a: b: c"), "the manifest of the release shop is no YAML"),
}


@pytest.mark.parametrize("case", STOPPED)
def test_a_release_that_tiller_does_not_upgrade_is_found(monkeypatch: pytest.MonkeyPatch, case: str) -> None:
    given, words = STOPPED[case]
    (finding,) = read(monkeypatch, given).concerns
    assert finding.severity is Effect.STOPS
    assert words in finding.text


REFUSED = clients.ApiException(status=403)
REFUSED.body = '{"message": "forbidden"}'


@pytest.mark.parametrize(
    ("given", "words"), [(REFUSED, "may not list Secrets"), (stored(unreadable=(UNREADABLE,)), "is no base64")]
)
def test_a_release_that_cannot_be_read_is_not_passed(monkeypatch: pytest.MonkeyPatch, given: Any, words: str) -> None:
    found = read(monkeypatch, given)
    (finding,) = found.concerns
    assert (found.known, finding.severity) == (False, Effect.NOT_CHECKED)
    assert words in finding.text


SECRETS = "/api/v1/namespaces/blue-tiller/secrets"


def looked_for(server: ApiServer, folder: Path, name: str) -> list[Concern]:
    with calling(access(folder, server.url)) as client:
        return list(taken(client, blue(), name))


def test_a_release_that_is_there_is_not_installed_again(server: ApiServer, tmp_path: Path) -> None:
    server.answers[SECRETS] = (200, {"items": [release("shop", 1, "DELETED", "blue-tiller")]})
    (finding,) = looked_for(server, tmp_path, "shop")
    assert (finding.severity, finding.remedy[:30]) == (Effect.STOPS, "vet its upgrade: --upgrade --n")
    (question,) = server.asked
    assert question.query["labelSelector"] == ["OWNER=TILLER,NAME=shop"]
    assert "PartialObjectMetadata" in question.accept


def test_a_name_that_is_free_or_not_given_is_passed(server: ApiServer, tmp_path: Path) -> None:
    server.answers[SECRETS] = (200, {"items": []})
    assert looked_for(server, tmp_path, "shop") == looked_for(server, tmp_path, "") == []
    assert len(server.asked) == 1


def test_what_may_not_be_looked_at_is_said(server: ApiServer, tmp_path: Path) -> None:
    server.answers[SECRETS] = FORBIDDEN
    (finding,) = looked_for(server, tmp_path, "shop")
    assert (finding.severity, "was not looked up" in finding.text) == (Effect.NOT_CHECKED, True)


def test_a_release_is_looked_at_by_its_name_and_tillers_namespace(
    monkeypatch: pytest.MonkeyPatch, server: ApiServer, tmp_path: Path
) -> None:
    server.answers[SECRETS] = FORBIDDEN
    found = [*looked_for(server, tmp_path, "shop")]
    found += [
        each for case in ("no revision", "what cannot be read") for each in read(monkeypatch, STOPPED[case][0]).concerns
    ]
    assert [command for each in found for command in commands(each.remedy)] == [
        "helm ls --all --tiller-namespace blue-tiller",
        "helm history --tiller-namespace blue-tiller shop",
        "helm get manifest --tiller-namespace blue-tiller shop",
    ]

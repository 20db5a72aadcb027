"""Findings stand by release; a manifest that cannot be read is one of them."""

from typing import Any

import pytest

from secure_tiller_cli.charts import Concern, Effect, Group
from secure_tiller_cli.migration import judge
from secure_tiller_cli.releases import Status
from tests.unit.secure_tiller_cli.migration.samples import record, tiller

NOTE = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: note}\n"
HOOK = "apiVersion: batch/v1\nkind: Job\nmetadata: {name: hook}\n"


@pytest.fixture
def examined(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, list[str]]]:
    """The namespaces and kinds that were examined."""
    seen: list[tuple[str, list[str]]] = []

    def examine(_: Any, manifests: Any, __: Any, namespace: str, **___: Any) -> tuple[Concern, ...]:
        kinds = [each.kind for each in manifests]
        seen.append((namespace, kinds))
        found = (Group.API_GONE, Effect.STOPS) if "Job" in kinds else (Group.CANNOT_INSTALL, Effect.NOTE)
        return (Concern(*found, "text", "remedy"),)

    monkeypatch.setattr(judge, "examine", examine)
    monkeypatch.setattr(judge, "discover", lambda _: None)
    return seen


def test_manifests_and_hooks_are_examined_and_notes_left_out(examined: list[tuple[str, list[str]]]) -> None:
    releases = [record("web", manifest=NOTE, hooks=[HOOK]), record("blog", manifest=NOTE)]
    found = judge.judge(None, releases, tiller())
    assert examined == [("blue-apps", ["ConfigMap", "Job"]), ("blue-apps", ["ConfigMap"])]
    assert list(found) == ["web"]
    assert judge.gone(found["web"])


def test_a_deleted_release_has_no_objects_to_examine(examined: list[tuple[str, list[str]]]) -> None:
    assert judge.judge(None, [record("web", manifest=NOTE, status=Status.DELETED)], tiller()) == {}
    assert examined == []


def test_a_manifest_that_cannot_be_read_is_not_checked_and_not_quoted(examined: list[tuple[str, list[str]]]) -> None:
    found = judge.judge(None, [record("web", manifest="password: [")], tiller())
    assert (found["web"][0].severity, "not checked" in found["web"][0].text) == (Effect.NOT_CHECKED, True)
    assert "password" not in str(found)
    assert not judge.gone(found["web"])
    assert examined == []


def test_each_release_is_counted(examined: list[tuple[str, list[str]]]) -> None:
    done: list[None] = []
    judge.judge(None, [record(name) for name in ("a", "b")], tiller(), lambda: done.append(None))
    assert len(done) == len(examined) == 2

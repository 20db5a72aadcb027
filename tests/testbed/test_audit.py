"""Reading an audit log, and comparing the granted rights with the requests in it."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from testbed.audit import Asked, AuditError, Right, asked, differences, granted
from tiller_facts.rbac import Rule

TILLER, NOON = "system:serviceaccount:blue-tiller:tiller", datetime(2026, 11, 23, 12, tzinfo=UTC)
GET, PATCH = Right("apps", "deployments", "get"), Right("apps", "deployments", "patch")


def event(
    *, user: str = TILLER, decision: str = "allow", code: int = 200, at: datetime = NOON, **about: str
) -> dict[str, Any]:
    """An event as the API server writes it, with the fields that are read and some that are not."""
    return {
        "kind": "Event",
        "apiVersion": "audit.k8s.io/v1",
        "level": "Metadata",
        "stage": "ResponseComplete",
        "verb": "get",
        "user": {"username": user},
        "objectRef": {"apiGroup": "apps", "resource": "deployments", "namespace": "blue-apps", "name": "web"} | about,
        "responseStatus": {"code": code},
        "requestReceivedTimestamp": at.isoformat(timespec="microseconds").replace("+00:00", "Z"),
        "annotations": {"authorization.k8s.io/decision": decision},
    }


def log_of(folder: Path, *events: dict[str, Any], name: str = "audit.log") -> Path:
    file = folder / name
    file.write_text("".join(json.dumps(event) + "\n" for event in events))
    return file


def read(folder: Path, *events: dict[str, Any]) -> Asked:
    return asked(log_of(folder, *events), TILLER, "blue-apps", NOON)


@pytest.mark.parametrize(
    ("logged", "expected"),
    [
        pytest.param(event(), Asked(frozenset({GET}), frozenset()), id="allowed"),
        pytest.param(event(decision="forbid", code=403), Asked(frozenset(), frozenset({GET})), id="refused"),
        pytest.param(event(code=403), Asked(frozenset({GET}), frozenset()), id="allowed, and refused by admission"),
        pytest.param(event(code=404), Asked(frozenset({GET}), frozenset()), id="allowed, and not found"),
        pytest.param(event(user="alice"), Asked(frozenset(), frozenset()), id="by somebody else"),
        pytest.param(event(namespace="green-apps"), Asked(frozenset(), frozenset()), id="in another namespace"),
        pytest.param(event(at=NOON - timedelta(microseconds=1)), Asked(frozenset(), frozenset()), id="before"),
    ],
)
def test_what_a_user_asked_for_is_read(tmp_path: Path, logged: dict[str, Any], expected: Asked) -> None:
    assert read(tmp_path, logged) == expected


def test_a_subresource_is_part_of_the_resource(tmp_path: Path) -> None:
    log = event(apiGroup="", resource="pods", subresource="log")
    assert read(tmp_path, log).allowed == {Right("", "pods/log", "get")}


def test_what_has_no_namespace_is_asked_for_under_the_empty_one(tmp_path: Path) -> None:
    cluster_scoped = event()
    del cluster_scoped["objectRef"]["namespace"]
    assert asked(log_of(tmp_path, cluster_scoped), TILLER, "", NOON).allowed == {GET}


def test_what_was_rotated_away_is_read_too(tmp_path: Path) -> None:
    log_of(tmp_path, event(), name="audit-2026-11-23T12-00-00.000.log")
    assert read(tmp_path).allowed == {GET}


def test_a_line_that_is_being_written_is_left_for_the_next_time(tmp_path: Path) -> None:
    log = log_of(tmp_path, event())
    with log.open("a") as file:
        file.write('{"kind": "Ev')
    assert asked(log, TILLER, "blue-apps", NOON).allowed == {GET}


def test_without_a_log_nothing_is_shown(tmp_path: Path) -> None:
    with pytest.raises(AuditError, match=r"audit\.log is not there; .* make down cluster"):
        asked(tmp_path / "audit.log", TILLER, "blue-apps", NOON)


def test_the_rights_of_rules_are_every_verb_on_every_resource() -> None:
    rules = [Rule(("apps",), ("deployments", "statefulsets"), ("get", "list")), Rule(("",), ("pods",), ("get",))]
    assert sorted(map(str, granted(rules))) == [
        "get deployments.apps",
        "get pods",
        "get statefulsets.apps",
        "list deployments.apps",
        "list statefulsets.apps",
    ]


@pytest.mark.parametrize(
    ("rights", "allowed", "refused", "said"),
    [
        pytest.param({GET}, {GET}, set(), [], id="exactly"),
        pytest.param({GET, PATCH}, {GET}, set(), ["granted and never used: patch deployments.apps"], id="too many"),
        pytest.param({GET}, {GET}, {PATCH}, ["refused: patch deployments.apps"], id="too few"),
        pytest.param({GET}, {GET, PATCH}, set(), ["used and not granted here: patch deployments.apps"], id="others"),
    ],
)
def test_rights_are_held_against_what_was_asked_for(
    rights: set[Right], allowed: set[Right], refused: set[Right], said: list[str]
) -> None:
    assert differences(frozenset(rights), Asked(frozenset(allowed), frozenset(refused))) == said

"""The table of Tillers, as the audit judges a cluster that holds each row's objects."""

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from secure_tiller_cli import audit
from secure_tiller_stack.cluster.connection import calling
from secure_tiller_stack.kubeconfig import Access
from tests.support import api_server
from tests.support.row import HIDDEN, Recognition, Row
from tests.support.tillers import ROWS
from tests.unit.secure_tiller_cli.audit.served import serve
from tiller_facts.practices import evaluate


@pytest.fixture(scope="module")
def audited(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """Return what audits a row, once, and gives the JSON."""
    with api_server.running() as server:
        access = Access(api_server.kubeconfig(Path(tmp_path_factory.mktemp("audit")), server.url), "here")

        @cache
        def of(row: Row) -> dict[str, Any]:
            serve(server, *row.objects)
            with calling(access) as client:
                return audit.to_json("", evaluate(audit.ask(client, lambda _: None)))

        yield of


def findings(said: dict[str, Any]) -> list[dict[str, str]]:
    of_tillers = (finding for one in (*said["tillers"], *said["suspected"]) for finding in one["findings"])
    return [*said["findings"], *of_tillers]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.id)
def test_a_row_has_its_verdicts(row: Row, audited: Any) -> None:
    found = findings(audited(row))
    assert {one["code"] for one in found} == row.finds
    assert {one["practice"] for one in found} == row.practices
    assert {one["code"]: one["level"] for one in found if one["code"] in row.severities} == row.severities


def own(row: Row, audited: Any, part: str = "tillers") -> list[dict[str, Any]]:
    """Return the entries about the object that a row is about."""
    namespace = row.workload["metadata"]["namespace"]
    return [one for one in audited(row)[part] if (one["namespace"], one["name"]) == (namespace, name(row))]


def name(row: Row) -> str:
    return str(row.workload["metadata"]["name"])


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.id)
def test_a_row_is_a_tiller_a_suspected_one_or_none(row: Row, audited: Any) -> None:
    counts = (len(own(row, audited)), len(own(row, audited, "suspected")))
    assert counts == {Recognition.YES: (1, 0), Recognition.SUSPECTED: (0, 1), Recognition.NO: (0, 0)}[row.tiller]


SETTINGS = {"tls": "tls", "verifies": "verifies", "storage": "storage", "listen": "listen", "history_max": "historyMax"}


@pytest.mark.parametrize("row", [row for row in ROWS if row.settings], ids=lambda row: row.id)
def test_the_settings_of_a_row(row: Row, audited: Any) -> None:
    (entry,) = own(row, audited)
    expected = {field: row.settings[name] for name, field in SETTINGS.items() if name in row.settings}
    assert {field: entry["settings"][field] for field in expected} == {
        field: None if value is HIDDEN else value for field, value in expected.items()
    }


@pytest.mark.parametrize("row", [row for row in ROWS if row.answers], ids=lambda row: row.id)
def test_the_answers_of_a_row(row: Row, audited: Any) -> None:
    (entry,) = (*own(row, audited), *own(row, audited, "suspected"))
    answers = {one["number"]: one["answer"] for one in entry["practices"]}
    assert {number: answers[number] for number in row.answers} == row.answers

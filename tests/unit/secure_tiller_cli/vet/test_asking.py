"""The API server's messages are searched for the values of the chart's Secrets, within a limit of time."""

import json
import time
from typing import Any

import pytest

from secure_tiller_cli.vet import asking
from secure_tiller_cli.vet.asking import Asker, Way
from secure_tiller_stack.cluster.connection import clients
from tests.unit.secure_tiller_cli.charts.world import blue, one

SAID = {"message": "Pod is wrong: value999", "details": {"causes": [{"field": "spec.a"}]}}


def test_of_many_values_none_is_shown_and_none_is_searched_for(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        error = clients.ApiException(status=422)
        error.body = json.dumps(SAID)
        raise error

    monkeypatch.setattr(asking, "call", refuse)
    asker = Asker(None, blue(), Way.CALLER, frozenset(f"value{number}" for number in range(200_000)))
    began = time.process_time()
    for _ in range(200):
        said = asker.ask(one("Pod"), "/", {}).message
        assert said == "spec.a (what the API server says is not shown: it can quote a Secret)"
    assert time.process_time() - began < 5

"""Releases are in Secrets alone, and the Tiller that runs puts them there."""

import copy
from typing import Any

import pytest

from secure_tiller_cli.check.observed_state import ObservedState, Records, Unreadable
from secure_tiller_cli.check.storage import RECORDS, SETTING, judge
from secure_tiller_cli.results.result import Result, Status
from tests.unit.secure_tiller_cli.check import samples


def results(seen: ObservedState) -> dict[str, Result]:
    return {result.check: result for result in judge(samples.blue(), seen)}


def test_records_in_secrets_pass_with_their_number() -> None:
    found = results(samples.seen(samples.blue()))
    assert {result.status for result in found.values()} == {Status.PASSED}
    assert found[RECORDS].text == "records in Secrets: 3, in ConfigMaps: none"


def test_a_record_in_a_config_map_fails_and_is_named() -> None:
    found = results(samples.seen(samples.blue(), records=Records(3, ("web.v1",))))
    assert found[RECORDS].status is Status.FAILED
    assert "web.v1" in found[RECORDS].text
    assert found[SETTING].status is Status.PASSED


@pytest.mark.parametrize(
    ("changes", "stores"),
    [
        ({"args": ["--storage=configmap"]}, "configmap"),
        ({"args": ["--storage=secret", "-storage=configmap"]}, "configmap"),
        ({"args": ["--storage=secret"], "command": ["sh", "-c", "tiller; tiller --storage=secret"]}, "hidden"),
        ({"args": [], "command": ["sleep", "9"], "image": "web:1"}, "no Tiller in it"),
    ],
)
def test_a_tiller_that_runs_with_another_storage_fails(changes: dict[str, Any], stores: str) -> None:
    template = copy.deepcopy(samples.POD)
    template["spec"]["containers"][0] |= changes
    other = samples.workload(pods=(samples.pod(template=template),))
    found = results(samples.seen(samples.blue(), workload=other))
    assert (found[SETTING].status, found[SETTING].text) == (Status.FAILED, f"not in Secrets: tiller-1 ({stores})")


def test_no_ready_pod_is_no_proof() -> None:
    nothing = samples.workload(pods=())
    assert results(samples.seen(samples.blue(), workload=nothing))[SETTING].status is Status.FAILED


def test_what_the_cluster_does_not_tell_is_not_checked() -> None:
    refused = Unreadable("refused", "")
    found = results(samples.seen(samples.blue(), records=refused, workload=refused))
    assert {result.status for result in found.values()} == {Status.NOT_CHECKED}

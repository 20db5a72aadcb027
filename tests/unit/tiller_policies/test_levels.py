"""The level at which the pack reports what the catalogue finds."""

import re

import pytest

from tests.support.cluster_objects import container, service, surroundings, template, workload
from tests.support.tillers import ROWS
from tests.unit.tiller_policies.samples import program, resource, violations
from tiller_facts.practices import Severity, evaluate
from tiller_facts.values import UNKNOWN
from tiller_policies.policies import LEVELS, POLICIES, Level, level
from tiller_policies.resources import facts

BY_NAME = {policy.name: policy for policy in POLICIES}
BY_ID = {row.id: row for row in ROWS}


def levels(row: str) -> dict[str, str]:
    return {name: BY_NAME[name].level.value for name, _ in violations(program(BY_ID[row]))}


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ("deployment", {}),
        ("cluster-admin", {"rights-in-namespaces-only": "mandatory"}),
        ("network-of-the-node", {"endpoint-closed": "mandatory"}),
        ("listens-for-every-pod", {"endpoint-closed": "mandatory"}),
        ("listens-for-named-pods", {"endpoint-closed-advice": "advisory"}),
        ("probes-for-everybody", {"probe-closed": "advisory"}),
        ("component", {}),
        ("component-exposed", {"endpoint-closed-advice": "advisory", "no-service-advice": "advisory"}),
    ],
)
def test_what_is_low_warns_and_everything_worse_blocks(row: str, expected: dict[str, str]) -> None:
    assert levels(row) == expected


def test_what_a_script_hides_blocks_as_a_violation_does() -> None:
    hidden = container(command=["/bin/sh", "-c"], args=["tiller; tiller --tls-verify --storage=secret"])
    every = [resource(one) for one in (workload("Deployment", template(hidden)), *surroundings())]
    found = {name for name, _ in violations(every)}
    assert found == {"clients-verified", "releases-in-secrets", "endpoint-closed", "history-limited"}


def test_what_may_be_a_tiller_warns() -> None:
    suspected = [row for row in ROWS if row.tiller == "suspected"]
    assert suspected
    assert {name: level for row in suspected for name, level in levels(row.id).items()} == {
        "tiller-recognised": "advisory"
    }


def test_a_service_of_the_nodes_blocks_where_tiller_listens() -> None:
    listening = workload("Deployment", template(container(args=["--tls-verify", "--listen=:44134"])))
    found = {name for name, _ in violations([resource(listening), resource(service(type="NodePort"))])}
    assert "no-service" in found


def test_what_only_the_update_decides_is_no_violation() -> None:
    unknown = workload("Deployment", template({**container(), "args": UNKNOWN, "resources": UNKNOWN}))
    assert violations([resource(unknown), *map(resource, surroundings())]) == []


def test_each_finding_of_the_table_has_the_policy_of_its_level() -> None:
    for row in ROWS:
        for finding in evaluate(facts(program(row))).every:
            allowed = LEVELS.get(finding.practice, (Level.MANDATORY,))
            assert level(finding) in (None, *allowed), (row.id, finding)


@pytest.mark.parametrize("policy", POLICIES, ids=lambda policy: policy.name)
def test_a_policy_is_described(policy: object) -> None:
    (policy,) = (one for one in POLICIES if one is policy)
    assert re.fullmatch(r"[a-z]+(-[a-z]+)*", policy.name)
    assert policy.severity is (Severity.LOW if policy.name.endswith("-advice") else policy.practice.severity)

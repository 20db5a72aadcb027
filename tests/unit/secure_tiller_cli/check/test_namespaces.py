"""Pod Security of the namespaces, and the NetworkPolicy that closes Tiller's."""

from typing import Any

import pytest

from secure_tiller_cli.check.namespaces import EXISTING, MADE, POLICY, judge
from secure_tiller_cli.check.observed_state import Unreadable
from secure_tiller_cli.results.result import Result, Status
from tests.unit.secure_tiller_cli.check import samples

ENFORCE = "pod-security.kubernetes.io/enforce"


def results(**changes: Any) -> dict[str, Result]:
    tiller = samples.exposed() if changes.pop("exposed", False) else samples.blue()
    return {result.check: result for result in judge(tiller, samples.seen(tiller, **changes))}


def with_namespace(name: str, found: Any) -> dict[str, Result]:
    return results(namespaces={**samples.seen(samples.blue()).namespaces, name: found})


def test_namespaces_as_planned_pass_with_their_levels() -> None:
    found = results()
    assert {result.status for result in found.values()} == {Status.PASSED}
    assert "blue-tiller enforces restricted" in found[MADE].text
    assert found[EXISTING].text == "shared-tools enforces baseline"


@pytest.mark.parametrize(
    ("labels", "said"),
    [({}, "is (missing), not baseline"), ({ENFORCE: "privileged"}, "is privileged, not baseline")],
)
def test_a_label_that_was_taken_away_or_changed_fails(labels: dict[str, str], said: str) -> None:
    result = with_namespace("blue-apps", samples.namespace("blue-apps", labels))[MADE]
    assert result.status is Status.FAILED
    assert f"blue-apps: the label {ENFORCE} {said}" in result.text


def test_a_namespace_that_is_gone_fails() -> None:
    assert with_namespace("blue-jobs", None)[MADE].text == "blue-jobs: is not there"
    assert with_namespace("shared-tools", None)[EXISTING].status is Status.FAILED


@pytest.mark.parametrize(("level", "said"), [("", "no level"), ("privileged", "privileged")])
def test_an_existing_namespace_that_refuses_nothing_is_a_warning(level: str, said: str) -> None:
    labels = {ENFORCE: level} if level else {}
    result = with_namespace("shared-tools", samples.namespace("shared-tools", labels))[EXISTING]
    assert result.status is Status.WARNING
    assert result.text == f"shared-tools enforces {said}"


def test_without_existing_namespaces_there_is_no_such_check() -> None:
    tiller = samples.green()
    assert EXISTING not in {result.check for result in judge(tiller, samples.seen(tiller))}


@pytest.mark.parametrize(
    ("policies", "status"),
    [
        ((), Status.FAILED),
        ((samples.policy(ingress=[{}]),), Status.FAILED),
        ((samples.policy(podSelector={"matchLabels": {"a": "b"}}),), Status.FAILED),
        ((samples.policy(policyTypes=["Egress"]),), Status.FAILED),
        ((samples.policy(), samples.policy("open", ingress=[{}])), Status.WARNING),
        ((samples.policy(), samples.policy("admit-clients", ingress=[{}])), Status.WARNING),
        ((samples.policy(), samples.policy("egress", policyTypes=["Egress"], egress=[{}])), Status.PASSED),
        ((samples.policy(ingress=[]),), Status.PASSED),
    ],
)
def test_the_policy_that_closes_the_namespace(policies: tuple[Any, ...], status: Status) -> None:
    assert results(policies=policies)[POLICY].status is status


def test_the_policy_that_admits_clients_is_expected_where_tiller_is_exposed() -> None:
    policies = (samples.policy(), samples.policy("admit-clients", ingress=samples.ADMITTED))
    assert results(policies=policies, exposed=True)[POLICY].status is Status.PASSED


@pytest.mark.parametrize(
    "admitting",
    [
        (),
        (samples.policy("admit-clients", ingress=[{}]),),
        (samples.policy("admit-clients", ingress=[*samples.ADMITTED, {}]),),
        (samples.policy("admit-clients", ingress=[{**samples.ADMITTED[0], "ports": []}]),),
        (samples.policy("admit-clients", ingress=samples.ADMITTED, podSelector={"matchLabels": {"no": "pod"}}),),
    ],
)
def test_the_policy_that_admits_clients_is_compared_with_the_plan(admitting: tuple[Any, ...]) -> None:
    result = results(policies=(samples.policy(), *admitting), exposed=True)[POLICY]
    assert result.status is Status.FAILED
    assert "admit-clients is not as planned" in result.text


def test_what_the_cluster_does_not_tell_is_not_checked() -> None:
    refused = Unreadable("refused", "")
    assert results(policies=refused)[POLICY].status is Status.NOT_CHECKED
    assert with_namespace("blue-apps", refused)[MADE].status is Status.NOT_CHECKED
    assert with_namespace("shared-tools", refused)[EXISTING].status is Status.NOT_CHECKED

"""Service accounts where Tiller installs, and what a chart's pod could do as one of them."""

from dataclasses import replace

import pytest

from secure_tiller_cli.check.accounts import judge
from secure_tiller_cli.check.grants import Binding
from secure_tiller_cli.check.observed_state import Unreadable
from secure_tiller_cli.results.result import Result, Status
from tests.unit.secure_tiller_cli.check import samples
from tiller_facts.rbac import Rule, Subject

BLUE = samples.blue()
BUILDER = Subject("ServiceAccount", "builder", "blue-apps")
EVERYTHING = Rule(("*",), ("*",), ("*",))
PODS = Rule(("",), ("pods",), ("get", "create"))
EXEC = Rule(("",), ("pods/exec",), ("create",))


def result(rule: Rule, namespace: str = "blue-apps", subject: Subject = BUILDER) -> Result:
    (found,) = judge(BLUE, (BLUE,), (Binding("rolebinding/b", namespace, "some-role", (subject,), (rule,)),))
    return found


@pytest.mark.parametrize(
    ("rule", "namespace", "status"),
    [
        (PODS, "blue-apps", Status.PASSED),
        (PODS, "blue-jobs", Status.PASSED),
        (EXEC, "blue-apps", Status.WARNING),
        (EVERYTHING, "blue-apps", Status.FAILED),
        (PODS, "blue-tiller", Status.FAILED),
        (PODS, "kube-system", Status.FAILED),
        (PODS, "", Status.FAILED),
        (EVERYTHING, "", Status.FAILED),
    ],
)
def test_what_an_account_may_hold(rule: Rule, namespace: str, status: Status) -> None:
    assert result(rule, namespace).status is status


def test_the_account_its_binding_role_and_rights_are_named() -> None:
    assert result(EVERYTHING, "").text == (
        "service account blue-apps:builder by rolebinding/b (some-role): * *.* in the whole cluster"
    )


@pytest.mark.parametrize(
    ("subject", "status"),
    [
        (Subject("Group", "system:serviceaccounts:blue-apps"), Status.FAILED),
        (Subject("ServiceAccount", "builder", "elsewhere"), Status.PASSED),
        (Subject("Group", "system:serviceaccounts:elsewhere"), Status.PASSED),
        (Subject("Group", "system:serviceaccounts"), Status.FAILED),
        (Subject("Group", "system:authenticated"), Status.FAILED),
        (Subject("Group", "system:unauthenticated"), Status.PASSED),
        (Subject("Group", "blue-apps"), Status.PASSED),
        (Subject("User", "blue-apps"), Status.PASSED),
    ],
)
def test_accounts_of_the_managed_namespaces_count_and_no_others(subject: Subject, status: Status) -> None:
    assert result(EVERYTHING, "", subject).status is status


def test_what_every_cluster_gives_to_everybody_passes() -> None:
    discovery = Rule(("",), ("/version", "/apis/*"), ("get",))
    assert result(discovery, "", Subject("Group", "system:authenticated")).status is Status.PASSED


def test_an_account_that_the_stack_names_among_the_people_may_reach_tillers_port() -> None:
    roles = tuple(
        replace(role, subjects=(*role.subjects, BUILDER)) if role.part == "people" else role for role in BLUE.roles
    )
    planned = replace(BLUE, roles=roles)
    forward = Rule(("",), ("pods/portforward",), ("create",))
    binding = Binding("rolebinding/tiller-people", "blue-tiller", "tiller-people", (BUILDER,), (forward,))
    assert [found.status for found in judge(planned, (planned,), (binding,))] == [Status.PASSED]
    assert [found.status for found in judge(BLUE, (BLUE, planned), (binding,))] == [Status.PASSED]
    assert [found.status for found in judge(BLUE, (BLUE,), (binding,))] == [Status.FAILED]


def test_what_the_cluster_does_not_tell_is_not_checked() -> None:
    (found,) = judge(BLUE, (BLUE,), Unreadable("refused", ""))
    assert found.status is Status.NOT_CHECKED

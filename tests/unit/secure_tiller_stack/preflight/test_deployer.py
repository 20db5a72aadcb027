"""Missing rights of the account that updates the stack are named before they are needed."""

from collections.abc import Iterable
from dataclasses import replace

import pytest

from secure_tiller.plan.build import plan
from secure_tiller_stack.cluster import ClusterFacts
from secure_tiller_stack.permissions import acts, grants
from secure_tiller_stack.preflight.deployer import REMEDY
from tests.support.samples import LEASES, STACK, smallest
from tests.unit.secure_tiller_stack.preflight.facts import FACTS, PLANS, fit, refused
from tiller_facts.kinds import DEPLOYMENTS, NAMESPACES, SECRETS, Kind
from tiller_facts.rbac import Right

ACTS, GRANTS = "(the deployer's rights)", "(the deployer's rights to grant)"
CREATE = Right.on(DEPLOYMENTS, "create", "green-tiller")
CRON_JOBS = Right.on(Kind("batch", "cronjobs"), "delete", "green-apps")


def lacking(rights: Iterable[Right] | None) -> ClusterFacts:
    return replace(FACTS, lacking=None if rights is None else frozenset(rights))


def test_an_account_that_may_do_everything_lacks_nothing() -> None:
    assert fit(lacking([])).warnings == ()


def test_what_the_deployer_may_not_do_is_refused() -> None:
    (problem,) = refused(lacking([CREATE]))
    assert (problem.team, problem.key, problem.value) == ("green", ACTS, "(lacking)")
    assert problem.why == "it may not create deployments.apps in green-tiller"
    assert problem.remedy == REMEDY


def test_what_the_deployer_may_not_grant_is_refused_with_the_reason() -> None:
    (problem,) = refused(lacking([CRON_JOBS]))
    assert (problem.team, problem.key) == ("green", GRANTS)
    assert problem.why == (
        "it may not delete cronjobs.batch in green-apps, and Kubernetes lets nobody grant what he does not hold"
    )


def test_a_right_of_the_settings_own_rules_is_reported_with_its_group() -> None:
    plans = [plan("green", smallest(rights={"rules": [LEASES]}), STACK)]
    (problem,) = refused(
        lacking([Right.on(Kind("coordination.k8s.io", "leases"), "update", "green-apps")]), plans=plans
    )
    assert "update leases.coordination.k8s.io in green-apps" in problem.why
    assert "further `rights` that teams are given" in problem.remedy


def test_what_it_may_neither_do_nor_grant_is_reported_once() -> None:
    both = Right.on(SECRETS, "create", "green-tiller")
    assert both in {*acts(PLANS[1])} & {*grants(PLANS[1])}
    assert [problem.key for problem in refused(lacking([both]))] == [ACTS]


def test_each_lacking_right_is_reported_for_its_team() -> None:
    missing = {*acts(PLANS[0]), *grants(PLANS[0]), *acts(PLANS[1]), *grants(PLANS[1])}
    problems = refused(lacking(missing))
    reported = [(p.team, p.key) for p in problems if p.team]
    assert reported == [("blue", ACTS), ("blue", GRANTS), ("green", ACTS), ("green", GRANTS)]


def test_what_is_of_no_namespace_is_reported_once_for_all_teams() -> None:
    (problem,) = refused(lacking([Right.on(NAMESPACES, "create", "")]))
    assert (problem.team, problem.why) == ("", "it may not create namespaces in the whole cluster")


@pytest.mark.parametrize(("number", "more"), [(6, ""), (7, "; and 1 more"), (30, "; and 24 more")])
def test_few_are_named_and_the_others_counted(number: int, more: str) -> None:
    missing = sorted(right for right in set(acts(PLANS[1])) if right.namespace)[:number]
    assert len(missing) == number
    (problem,) = refused(lacking(missing))
    assert problem.why == f"it may not {'; '.join(sorted(map(str, missing))[:6])}{more}"


def test_a_cluster_that_does_not_answer_what_the_account_may_do_gives_a_warning() -> None:
    (sentence,) = fit(lacking(None)).warnings
    assert sentence.startswith("Not checked: whether this account may do what the update takes.")

"""Whether a cluster is the right one, and fit, decided from its answers."""

from dataclasses import replace

import pytest

from secure_tiller_stack.preflight import Cluster
from tests.unit.secure_tiller_stack.preflight.facts import ACCESS, FACTS, fit, refused
from tiller_facts.rbac import EVERYBODY
from tiller_facts.values import UNKNOWN, Hidden


def test_a_fit_cluster_is_returned_with_its_identity_and_nothing_to_say() -> None:
    assert fit(FACTS) == Cluster("42", warnings=())


@pytest.mark.parametrize("uid", ["42", "any"])
def test_the_cluster_named_by_the_stack_is_accepted(uid: str) -> None:
    assert fit(FACTS, replace(ACCESS, uid=uid)).uid == "42"


def test_a_stack_that_names_no_cluster_is_refused_with_the_line_to_write() -> None:
    (problem,) = refused(FACTS, replace(ACCESS, uid=""))
    assert problem.key == "secure-tiller:cluster.uid"
    assert "write uid: 42" in problem.remedy


def test_another_cluster_is_refused_and_not_looked_at_any_further() -> None:
    (problem,) = refused(replace(FACTS, version=(1, 1)), replace(ACCESS, uid="41"))
    assert problem.key == "secure-tiller:cluster.uid"
    assert "https://10.0.0.1:6443 has the UID 42" in problem.why
    assert "new stack" in problem.remedy


@pytest.mark.parametrize("version", [(1, 16), (1, 24), (0, 0)])
def test_a_kubernetes_that_would_drop_what_we_rely_on_is_refused(version: tuple[int, int]) -> None:
    (problem,) = refused(replace(FACTS, version=version))
    assert "1.25" in problem.remedy


@pytest.mark.parametrize("version", [(1, 25), (1, 36), (2, 0)])
def test_a_newer_kubernetes_is_accepted(version: tuple[int, int]) -> None:
    assert fit(replace(FACTS, version=version))


@pytest.mark.parametrize("who", sorted(EVERYBODY))
def test_a_cluster_that_lets_any_of_everybody_read_secrets_is_refused_with_their_name(who: str) -> None:
    (problem,) = refused(replace(FACTS, everybody=frozenset((who,))))
    assert f"as {who}: RBAC is not enforced" in problem.why


def test_a_review_that_the_cluster_refuses_is_reported_as_not_checked() -> None:
    (sentence,) = fit(replace(FACTS, everybody=Hidden("refused"))).warnings
    assert "Not checked" in sentence


def test_a_preview_does_not_report_the_review_that_it_never_makes() -> None:
    assert fit(replace(FACTS, everybody=UNKNOWN), deploying=False).warnings == ()

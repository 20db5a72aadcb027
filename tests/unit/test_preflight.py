"""What is decided about a cluster from what it told; the facts are given, no cluster is asked."""

from dataclasses import replace
from pathlib import Path

import pytest

from secure_tiller.cluster import Facts
from secure_tiller.kubeconfig import Access
from secure_tiller.plan import plan
from secure_tiller.preflight import Cluster, look
from secure_tiller.problems import ClusterError, Problem
from tests.unit.samples import BLUE, SMALLEST

ACCESS = Access(Path("/home/me/.kube/config"), "kind")
FACTS = Facts(
    server="https://10.0.0.1:6443",
    uid="42",
    version=(1, 36),
    namespaces={"default": {}, "kube-system": {}},
    strangers_allowed=False,
)
PLANS = [plan("blue", BLUE), plan("green", SMALLEST)]
OURS = PLANS[1].labels


def fit(facts: Facts, access: Access = ACCESS, deploying: bool = True) -> Cluster:
    return look(access, PLANS, deploying=deploying, ask=lambda _access, _deploying: facts)


def refused(facts: Facts, access: Access = ACCESS) -> tuple[Problem, ...]:
    with pytest.raises(ClusterError) as error:
        fit(facts, access)
    return error.value.problems


def test_a_fit_cluster_is_returned_with_what_the_provider_needs() -> None:
    assert fit(FACTS) == Cluster(ACCESS.kubeconfig, "kind", "42", unchecked=())


def test_whether_strangers_are_let_in_is_asked_on_an_update_only() -> None:
    asked: list[bool] = []

    def ask(_access: Access, deploying: bool) -> Facts:
        asked.append(deploying)
        return FACTS

    for deploying in (True, False):
        look(ACCESS, PLANS, deploying=deploying, ask=ask)
    assert asked == [True, False]


def test_the_cluster_named_by_the_stack_is_accepted() -> None:
    assert fit(FACTS, replace(ACCESS, uid="42")).uid == "42"


def test_another_cluster_is_refused_and_not_looked_at_any_further() -> None:
    (problem,) = refused(replace(FACTS, version=(1, 1)), replace(ACCESS, uid="41"))
    assert problem.key == "secure-tiller:cluster.uid"
    assert "https://10.0.0.1:6443 has the UID 42" in problem.why


@pytest.mark.parametrize("version", [(1, 16), (1, 25), (1, 29), (0, 0)])
def test_a_kubernetes_that_would_drop_what_we_rely_on_is_refused(version: tuple[int, int]) -> None:
    (problem,) = refused(replace(FACTS, version=version))
    assert "1.30" in problem.remedy


@pytest.mark.parametrize("version", [(1, 30), (1, 36), (2, 0)])
def test_a_newer_kubernetes_is_accepted(version: tuple[int, int]) -> None:
    assert fit(replace(FACTS, version=version))


def test_a_cluster_that_lets_strangers_read_secrets_is_refused() -> None:
    (problem,) = refused(replace(FACTS, strangers_allowed=True))
    assert "RBAC is not enforced" in problem.why


def test_a_review_that_the_cluster_refuses_is_reported_as_not_checked() -> None:
    (sentence,) = fit(replace(FACTS, strangers_allowed=None)).unchecked
    assert "Not checked" in sentence


def test_a_preview_does_not_report_the_review_that_it_never_makes() -> None:
    assert fit(replace(FACTS, strangers_allowed=None), deploying=False).unchecked == ()


@pytest.mark.parametrize(
    "labels",
    [
        {},
        {"secure-tiller/team": "green"},
        {"app.kubernetes.io/managed-by": "secure-tiller", "secure-tiller/team": "blue"},
        {"app.kubernetes.io/managed-by": "Helm", "secure-tiller/team": "green"},
    ],
)
def test_a_namespace_in_the_way_is_refused_unless_it_was_made_for_this_team(labels: dict[str, str]) -> None:
    (problem,) = refused(replace(FACTS, namespaces={"green-apps": labels}))
    assert (problem.team, problem.key) == ("green", "namespaces.green-apps")
    assert "existing: true" in problem.remedy


def test_tillers_namespace_in_the_way_is_refused_and_cannot_be_declared_existing() -> None:
    (problem,) = refused(replace(FACTS, namespaces={"green-tiller": {}}))
    assert (problem.team, problem.key) == ("green", "namespace")
    assert "existing" not in problem.remedy


def test_a_namespace_that_stayed_behind_is_taken_back() -> None:
    assert fit(replace(FACTS, namespaces={"green-apps": OURS, "green-tiller": OURS}))


def test_a_namespace_declared_existing_may_be_anybodys() -> None:
    assert fit(replace(FACTS, namespaces={"shared-tools": {}}))


def test_every_namespace_in_the_way_is_named_at_once() -> None:
    names = [one.name for tiller in PLANS for one in (tiller.namespace, *tiller.managed)]
    assert len(refused(replace(FACTS, namespaces={name: {} for name in names}))) == len(names) == 5

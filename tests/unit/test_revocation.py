"""The end of a revocation: when no pod answers any more, and what is said until then."""

import asyncio
from pathlib import Path

import pytest

from secure_tiller import revocation
from secure_tiller.kubeconfig import Access
from secure_tiller.plan import plan
from secure_tiller.problems import ClusterError
from tests.unit.samples import SMALLEST, STACK

ACCESS = Access(Path("/home/me/.kube/config"), "kind")
MALLORY = frozenset({"mallory@1"})
NOBODY: frozenset[str] = frozenset()


class Pods:
    """Whom the pods answer, look after look; the last look stays."""

    def __init__(self, *looks: frozenset[str]) -> None:
        self.looks = list(looks)
        self.asked: list[tuple[Access, str]] = []

    def __call__(self, access: Access, namespace: str) -> frozenset[str]:
        self.asked.append((access, namespace))
        return self.looks[min(len(self.asked), len(self.looks)) - 1]


def wait(pods: Pods, seconds: float = 60) -> str:
    return asyncio.run(revocation.ended(ACCESS, "blue-tiller", MALLORY, trusts=pods, seconds=seconds, pause=0.001))


@pytest.fixture(autouse=True)
def heard(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What people are told."""
    told: list[str] = []
    monkeypatch.setattr("pulumi.log.info", told.append)
    return told


def test_nothing_is_waited_for_when_nobody_is_answered_who_left(heard: list[str]) -> None:
    pods = Pods(frozenset({"alice@1"}))
    assert wait(pods) == "blue-tiller"
    assert pods.asked == [(ACCESS, "blue-tiller")]
    assert heard == []


def test_the_update_ends_when_no_pod_answers_them_any_more_and_says_once_what_it_waits_for(heard: list[str]) -> None:
    pods = Pods(MALLORY | {"alice@1"}, MALLORY, MALLORY, frozenset({"alice@1"}))
    assert wait(pods) == "blue-tiller"
    assert len(pods.asked) == 4
    (sentence,) = heard
    assert "still answers client mallory with the key of generation 1" in sentence
    assert "alice" not in sentence


def test_a_pod_that_goes_on_answering_fails_the_update_and_is_told_how_to_be_ended() -> None:
    with pytest.raises(ClusterError, match="NOT YET REVOKED") as failed:
        wait(Pods(MALLORY), seconds=0.01)
    (problem,) = failed.value.problems
    assert problem.value == "client mallory with the key of generation 1"
    assert "kubectl delete pod --grace-period=0 --force --namespace blue-tiller" in problem.remedy


def test_a_cluster_that_does_not_tell_fails_the_update() -> None:
    def refuse(_access: Access, _namespace: str) -> frozenset[str]:
        raise ClusterError([])

    with pytest.raises(ClusterError):
        asyncio.run(revocation.ended(ACCESS, "blue-tiller", MALLORY, trusts=refuse, pause=0.001))


def test_the_time_is_longer_than_a_pod_can_take_to_stop() -> None:
    assert plan("green", SMALLEST, STACK).pod.grace_seconds < revocation.LONGEST_SECONDS

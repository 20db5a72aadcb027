"""The end of a revocation: when no pod answers any more, and what is said until then."""

import asyncio
from pathlib import Path

import pytest

from secure_tiller.plan.build import plan
from secure_tiller.problems import ClusterError, NotRevokedError, Problem
from secure_tiller_stack import revocation
from secure_tiller_stack.cluster import FoundTiller
from secure_tiller_stack.kubeconfig import Access
from tests.support.remedies import commands
from tests.support.samples import SMALLEST, STACK

ACCESS = Access(Path("/home/me/.kube/config"), "kind")
LEAVING = frozenset({"mallory"})
SILENCE = Problem("", "cluster at there", "kind", "it does not tell", "see that it answers")

Look = tuple[FoundTiller, ...] | ClusterError


def alive(*trusts: str) -> FoundTiller:
    return FoundTiller("blue-tiller", frozenset(trusts), stopping=False)


def stopping(*trusts: str) -> FoundTiller:
    return FoundTiller("blue-tiller", frozenset(trusts), stopping=True, name="tiller-0")


def silent() -> ClusterError:
    return ClusterError([SILENCE])


class Pods:
    """The pods that there are, look after look; the last look stays. Each look takes a second of its clock."""

    def __init__(self, *looks: Look) -> None:
        self.looks = looks
        self.asked: list[tuple[Access, str]] = []

    def __call__(self, access: Access, namespace: str) -> tuple[FoundTiller, ...]:
        self.asked.append((access, namespace))
        look = self.looks[min(len(self.asked), len(self.looks)) - 1]
        if isinstance(look, ClusterError):
            raise look
        return look

    def clock(self) -> float:
        return float(len(self.asked))


def wait(pods: Pods, *, seconds: float = 60, noticed_seconds: float = 60) -> str:
    ended = revocation.ended(
        ACCESS,
        "blue-tiller",
        LEAVING,
        tillers=pods,
        seconds=seconds,
        noticed_seconds=noticed_seconds,
        pause=0,
        clock=pods.clock,
    )
    return asyncio.run(ended)


def failed(pods: Pods, *, seconds: float = 60, noticed_seconds: float = 60) -> Problem:
    with pytest.raises(NotRevokedError) as error:
        wait(pods, seconds=seconds, noticed_seconds=noticed_seconds)
    (problem,) = error.value.problems
    return problem


@pytest.fixture(autouse=True)
def heard(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The messages that a user reads."""
    messages: list[str] = []
    monkeypatch.setattr("pulumi.log.info", messages.append)
    return messages


@pytest.mark.parametrize("pods", [(), (alive("alice"),), (alive("alice"), stopping("alice", "ci"))], ids=len)
def test_nothing_is_waited_for_when_nobody_is_answered_who_left(pods: Look, heard: list[str]) -> None:
    looks = Pods(pods)
    assert wait(looks) == "blue-tiller"
    assert looks.asked == [(ACCESS, "blue-tiller")]
    assert heard == ["blue-tiller: the revocation is complete: client mallory"]


def test_the_update_ends_when_no_pod_answers_them_any_more_and_says_once_what_it_waits_for(heard: list[str]) -> None:
    old, new = stopping("mallory", "alice"), alive("alice")
    looks = Pods((old, new), (old, new), (old,), (new,))
    assert wait(looks) == "blue-tiller"
    assert len(looks.asked) == 4
    waits, complete = heard
    assert "still answers client mallory" in waits
    assert "alice" not in waits
    assert complete == "blue-tiller: the revocation is complete: client mallory"


def test_a_pod_that_is_stopping_is_waited_for_beyond_the_time_in_which_it_would_have_been_asked_to() -> None:
    looks = Pods(*[(stopping("mallory"),)] * 5, (alive("alice"),))
    assert wait(looks, noticed_seconds=0) == "blue-tiller"
    assert len(looks.asked) == 6


def test_a_pod_that_the_update_has_not_yet_asked_to_stop_is_given_the_time_to_be_asked() -> None:
    looks = Pods((alive("mallory"),), (alive("mallory"),), (stopping("mallory"),), ())
    assert wait(looks) == "blue-tiller"


@pytest.mark.parametrize(
    "pods",
    [(alive("mallory"),), (stopping("mallory"), alive("mallory")), (alive("alice"), alive("mallory"))],
    ids=["alone", "with one that is stopping", "with one that does not answer them"],
)
def test_a_live_pod_that_goes_on_answering_was_not_replaced_and_fails_the_update_soon(pods: Look) -> None:
    looks = Pods(pods)
    problem = failed(looks, noticed_seconds=1)
    assert (problem.key, problem.value) == ("namespace blue-tiller", "client mallory")
    assert "NOT YET REVOKED: this update did not replace the Tiller" in problem.why
    assert "without --target or --exclude" in problem.remedy
    assert len(looks.asked) == 3, "it looked again before it gave up"


def test_a_pod_that_is_stopping_and_never_goes_fails_the_update_with_the_command_to_end_it() -> None:
    problem = failed(Pods((stopping("mallory"),)), seconds=1, noticed_seconds=0)
    assert problem.value == "client mallory"
    assert "NOT YET REVOKED: an old pod still runs" in problem.why
    assert commands(problem.remedy) == [
        "kubectl get pods --namespace blue-tiller --output wide",
        "kubectl delete pod --grace-period=0 --force --namespace blue-tiller tiller-0",
    ]


def test_a_cluster_that_does_not_answer_for_a_while_is_asked_again(heard: list[str]) -> None:
    looks = Pods(silent(), (stopping("mallory"),), silent(), silent(), (alive("alice"),))
    assert wait(looks, noticed_seconds=0) == "blue-tiller"
    assert len(looks.asked) == 5
    assert len(heard) == 2, "that it waits, and that it is complete"


def test_a_cluster_that_never_answers_fails_the_update_with_its_own_reason() -> None:
    assert failed(Pods(silent()), seconds=1, noticed_seconds=0) == SILENCE


def test_an_answer_from_before_a_cluster_fell_silent_is_no_proof_that_nobody_is_answered() -> None:
    looks = Pods((stopping("mallory"),), silent())
    assert failed(looks, seconds=2, noticed_seconds=0) == SILENCE
    assert len(looks.asked) == 4


def test_the_time_is_longer_than_a_pod_can_take_to_stop() -> None:
    assert plan("green", SMALLEST, STACK).pod["terminationGracePeriodSeconds"] < revocation.LONGEST_SECONDS


def test_a_pod_that_was_replaced_is_missed_long_before_one_that_is_stopping() -> None:
    assert revocation.NOTICED_SECONDS < revocation.LONGEST_SECONDS / 10

"""The rights of the account that asks, by as few questions as possible."""

from collections.abc import Callable, Iterable, Set
from dataclasses import replace
from pathlib import Path

import pytest

from secure_tiller.problems import ClusterError
from secure_tiller_stack import cluster
from secure_tiller_stack.permissions import escalate
from tests.support.api_server import FORBIDDEN, REVIEW, SELF_REVIEW, Answer, ApiServer, Question, review
from tests.unit.secure_tiller_stack.cluster.asking import PREVIEW, access
from tiller_facts.kinds import DEPLOYMENTS, ROLES, SECRETS, Kind
from tiller_facts.rbac import Right
from tiller_facts.values import Hidden

EVERYTHING = {"verb": "*", "group": "*", "resource": "*"}
BLUE, GREEN, EVERYWHERE = (Right.on(SECRETS, "create", namespace) for namespace in ("blue", "green", ""))
LOGS = Right.on(Kind("", "pods/log"), "get", "blue")
ONE_NAMESPACE = Right.on(Kind("", "namespaces"), "get", "blue", "blue")

Lacking = Set[Right] | None
Ask = Callable[..., Lacking]


def attributes(right: Right) -> dict[str, str]:
    """Return a right in the words of a review (authorization.k8s.io/v1, ResourceAttributes)."""
    resource, _, subresource = right.kind.resource.partition("/")
    words = {
        "namespace": right.namespace,
        "verb": right.verb,
        "group": right.kind.group,
        "resource": resource,
        "subresource": subresource,
        "name": right.name,
    }
    return {key: word for key, word in words.items() if word}


def holding(*rights: Right) -> Callable[[Question], Answer]:
    """Return the answers of a cluster that lets an account do some things, in every namespace if none is named."""

    def answer(question: Question) -> Answer:
        asked = question.body["spec"]["resourceAttributes"]
        held = [attributes(right) for right in rights]
        return review(allowed=asked in held or {**asked, "namespace": ""} in [{"namespace": "", **one} for one in held])

    return answer


@pytest.fixture
def lacking(server: ApiServer, tmp_path: Path) -> Ask:
    """Return a function that asks the cluster `server` in an update for rights."""

    def ask(acts: Iterable[Right] = (), grants: Iterable[Right] = ()) -> Lacking:
        questions = replace(PREVIEW, deploying=True, acts=frozenset(acts), grants=frozenset(grants))
        return cluster.ask(access(tmp_path, server.url), questions).lacking

    return ask


def asked(server: ApiServer) -> list[dict[str, str]]:
    return [question.body["spec"]["resourceAttributes"] for question in server.asked_at(SELF_REVIEW)]


def test_an_account_that_may_do_everything_is_asked_one_question(server: ApiServer, lacking: Ask) -> None:
    assert lacking([BLUE, GREEN], [LOGS]) == frozenset()
    assert asked(server) == [EVERYTHING]


def test_what_is_allowed_everywhere_is_not_asked_again_in_each_namespace(server: ApiServer, lacking: Ask) -> None:
    server.answers[SELF_REVIEW] = holding(EVERYWHERE)
    assert lacking([BLUE, GREEN]) == frozenset()
    assert asked(server) == [EVERYTHING, attributes(EVERYWHERE)]


def test_what_is_not_allowed_everywhere_is_asked_in_each_namespace(server: ApiServer, lacking: Ask) -> None:
    server.answers[SELF_REVIEW] = holding(BLUE)
    assert lacking([BLUE, GREEN]) == {GREEN}
    everywhere, *each = asked(server)[1:]
    assert everywhere == attributes(EVERYWHERE)
    assert sorted(each, key=str) == [attributes(BLUE), attributes(GREEN)]


def test_what_is_of_no_namespace_is_asked_once(server: ApiServer, lacking: Ask) -> None:
    server.answers[SELF_REVIEW] = holding()
    assert lacking([EVERYWHERE]) == {EVERYWHERE}
    assert asked(server) == [EVERYTHING, attributes(EVERYWHERE)]


@pytest.mark.parametrize("right", [LOGS, ONE_NAMESPACE, Right.on(ROLES, "bind", "blue")], ids=str)
def test_subresource_name_and_group_are_part_of_the_question(server: ApiServer, lacking: Ask, right: Right) -> None:
    server.answers[SELF_REVIEW] = holding(right)
    assert lacking([right]) == frozenset()
    assert asked(server)[-1] == attributes(right)


@pytest.mark.parametrize(
    "held",
    [
        Right.on(Kind("", "pods"), "get", "blue"),
        Right.on(Kind("", "pods/exec"), "get", "blue"),
        Right.on(LOGS.kind, "list", "blue"),
        Right.on(LOGS.kind, "get", "green"),
        replace(LOGS, name="tiller"),
    ],
    ids=str,
)
def test_a_right_that_is_near_is_not_the_one(server: ApiServer, lacking: Ask, held: Right) -> None:
    server.answers[SELF_REVIEW] = holding(held)
    assert lacking([LOGS]) == {LOGS}


# What it must be allowed to grant.


def test_what_it_does_not_hold_it_cannot_grant(server: ApiServer, lacking: Ask) -> None:
    server.answers[SELF_REVIEW] = holding(BLUE)
    assert lacking(grants=[BLUE, GREEN]) == {GREEN}


def test_who_holds_all_that_he_grants_is_not_asked_whether_he_may_escalate(server: ApiServer, lacking: Ask) -> None:
    server.answers[SELF_REVIEW] = holding(BLUE)
    assert lacking(grants=[BLUE]) == frozenset()
    assert "escalate" not in [question["verb"] for question in asked(server)]


@pytest.mark.parametrize(
    ("held", "missing"),
    [
        pytest.param([escalate("")], set(), id="everywhere"),
        pytest.param([escalate("blue"), escalate("green")], set(), id="in both namespaces"),
        pytest.param([escalate("blue")], {GREEN}, id="in one of them"),
        pytest.param([Right.on(Kind("apps", "roles"), "escalate", "")], {BLUE, GREEN}, id="something else"),
    ],
)
def test_who_may_escalate_roles_may_grant_what_he_does_not_hold(
    server: ApiServer, lacking: Ask, held: list[Right], missing: set[Right]
) -> None:
    server.answers[SELF_REVIEW] = holding(*held)
    assert lacking(grants=[BLUE, GREEN]) == missing


def test_who_may_escalate_roles_still_needs_the_rights_for_what_he_does_himself(
    server: ApiServer, lacking: Ask
) -> None:
    server.answers[SELF_REVIEW] = holding(escalate(""))
    deploy = Right.on(DEPLOYMENTS, "create", "blue")
    assert lacking([deploy], [BLUE]) == {deploy}


# What is not answered.


def test_a_cluster_that_refuses_to_tell_gives_no_answer(server: ApiServer, lacking: Ask) -> None:
    server.answers[SELF_REVIEW] = FORBIDDEN
    assert lacking([BLUE]) is None


def test_it_gives_none_either_if_it_refuses_in_the_middle(server: ApiServer, lacking: Ask) -> None:
    def answer(question: Question) -> Answer:
        everything = question.body["spec"]["resourceAttributes"] == EVERYTHING
        return review(allowed=False) if everything else FORBIDDEN

    server.answers[SELF_REVIEW] = answer
    assert lacking([BLUE, GREEN]) is None


UNDECIDED = (201, {"spec": {}, "status": {"allowed": False, "evaluationError": "webhook: timeout"}})


def test_a_denial_by_a_failing_authorizer_is_no_answer(server: ApiServer, lacking: Ask, tmp_path: Path) -> None:
    server.answers |= {SELF_REVIEW: UNDECIDED, REVIEW: UNDECIDED}
    assert lacking([BLUE]) is None
    facts = cluster.ask(access(tmp_path, server.url), replace(PREVIEW, deploying=True))
    assert isinstance(facts.everybody, Hidden)


def test_what_is_allowed_although_an_authorizer_failed_is_allowed(server: ApiServer, lacking: Ask) -> None:
    server.answers[SELF_REVIEW] = (201, {"status": {"allowed": True, "evaluationError": "webhook: timeout"}})
    assert lacking([BLUE]) == frozenset()


def test_a_review_that_fails_refuses_the_cluster(server: ApiServer, lacking: Ask) -> None:
    server.answers[SELF_REVIEW] = (500, {"message": "no"})
    with pytest.raises(ClusterError, match="500"):
        lacking([BLUE])


def test_a_preview_asks_nothing_of_this_and_lacks_nothing(server: ApiServer, tmp_path: Path) -> None:
    server.answers[SELF_REVIEW] = holding()
    questions = replace(PREVIEW, acts=frozenset({BLUE}), grants=frozenset({GREEN}))
    assert cluster.ask(access(tmp_path, server.url), questions).lacking == frozenset()
    assert asked(server) == []

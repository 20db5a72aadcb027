"""Rights: what is asked about whom, and what the answers and the bindings show."""

from dataclasses import replace

import pytest

from secure_tiller_cli.check.observed_state import Readable, Unreadable
from secure_tiller_cli.check.questions import (
    Answers,
    Asker,
    Questions,
    account,
    asked,
    asker,
    of_everybody,
    of_people,
    of_tiller,
)
from secure_tiller_cli.check.rights import OTHERS, Grants, judge
from secure_tiller_cli.results.result import Result, Status
from tests.unit.secure_tiller_cli.check import samples
from tiller_facts.rbac import EVERYBODY, Right, Rule, Subject

BLUE, GREEN = samples.blue(), samples.green()
STACK = (BLUE, GREEN)
TILLER = asker(account(BLUE))
PLANNED, NOTHING_MORE = "all that is planned", "nothing dangerous beyond"
REFUSED = Unreadable("the cluster refused access reviews", "use another account")


def answers(*changed: tuple[Asker, Right]) -> Answers:
    """Return what a cluster answers where all is as planned, but for these questions."""
    questions = asked(BLUE, STACK)
    right = {(each.asker, right): right in each.planned for each in questions for right in each.rights()}
    assert set(changed) <= set(right)
    return right | {key: not right[key] for key in changed}


def results(reviewed: Readable[Answers], grants: Readable[Grants] = ()) -> dict[str, Result]:
    return {result.check: result for result in judge(BLUE, STACK, reviewed, grants)}


def failed(found: dict[str, Result]) -> list[str]:
    return [check for check, result in found.items() if result.status is Status.FAILED]


def test_rights_as_planned_pass_with_the_number_of_reviews() -> None:
    found = results(answers())
    assert [result.status for result in found.values()] == [Status.PASSED] * 5
    assert "access reviews allowed" in found[f"rights of Tiller: {PLANNED}"].text


LACKING = Right("create", "apps", "deployments", "blue-apps")
PEOPLE = [asker(subject) for subject in (BLUE.people.subjects if BLUE.people else ())]


@pytest.mark.parametrize(
    ("question", "check", "said"),
    [
        ((TILLER, LACKING), f"rights of Tiller: {PLANNED}", "create deployments.apps in blue-apps"),
        (
            (TILLER, Right("get", "", "secrets", "kube-system")),
            f"rights of Tiller: {NOTHING_MORE}",
            "service account blue-tiller:tiller: get secrets in kube-system",
        ),
        ((TILLER, Right("list", "", "secrets", "green-tiller")), f"rights of Tiller: {NOTHING_MORE}", "green-tiller"),
        ((TILLER, Right("*", "*", "*")), f"rights of Tiller: {NOTHING_MORE}", "* *.* in the whole cluster"),
        (
            (PEOPLE[0], Right("create", "", "pods/portforward", "blue-tiller")),
            f"rights of people: {PLANNED}",
            "group blue-developers: create pods/portforward in blue-tiller",
        ),
        (
            (PEOPLE[1], Right("get", "", "secrets", "blue-tiller")),
            f"rights of people: {NOTHING_MORE}",
            "user carol@example.org: get secrets in blue-tiller",
        ),
        (
            (PEOPLE[2], Right("create", "", "pods/portforward", "green-tiller")),
            f"rights of people: {NOTHING_MORE}",
            "service account pipelines:deployer",
        ),
    ],
)
def test_one_answer_that_is_not_as_planned_fails_its_check_alone(
    question: tuple[Asker, Right], check: str, said: str
) -> None:
    found = results(answers(question))
    assert failed(found) == [check]
    assert said in found[check].text


def test_what_an_opted_rule_grants_is_not_dangerous() -> None:
    def dangerous(role_rules: tuple[Rule, ...]) -> frozenset[Right]:
        roles = tuple(replace(role, rules=(*role.rules, *role_rules)) for role in BLUE.roles)
        changed = replace(BLUE, roles=roles)
        return of_tiller(changed, (changed, GREEN)).dangerous

    opted = Right("create", "rbac.authorization.k8s.io", "rolebindings", "blue-apps")
    assert opted in dangerous(())
    assert opted not in dangerous((Rule(("rbac.authorization.k8s.io",), ("rolebindings",), ("create",)),))


def test_who_is_of_two_teams_may_reach_both() -> None:
    both = replace(GREEN, roles=tuple(replace(role, namespace="green-tiller") for role in BLUE.roles))
    reach = Right("create", "", "pods/portforward", "green-tiller")
    assert reach in of_people(BLUE, STACK)[0].dangerous
    assert reach not in of_people(BLUE, (BLUE, both))[0].dangerous


def test_a_service_account_is_asked_for_with_all_its_groups() -> None:
    assert TILLER.user == "system:serviceaccount:blue-tiller:tiller"
    assert TILLER.groups == ("system:serviceaccounts", "system:serviceaccounts:blue-tiller", "system:authenticated")


def test_a_group_is_asked_for_as_somebody_whom_no_binding_names() -> None:
    found = asker(Subject("Group", "developers"))
    assert (found.user, found.groups) == ("secure-tiller-check", ("developers", "system:authenticated"))


def test_a_team_whose_people_the_stack_does_not_name_passes() -> None:
    questions = asked(GREEN, STACK)
    reviewed = {(each.asker, right): right in each.planned for each in questions for right in each.rights()}
    found = {result.check: result for result in judge(GREEN, STACK, reviewed, ())}
    assert found[f"rights of people: {PLANNED}"].text == "the stack names nobody"
    assert failed(found) == []


def binding(*rules: Rule, namespace: str = "blue-apps", subject: Subject | None = None) -> Grants:
    return samples.grants(*rules, name="more", namespace=namespace, role="more", subject=subject or account(BLUE))


def test_a_binding_beyond_the_plan_is_named_with_what_it_grants() -> None:
    more = binding(Rule(("coordination.k8s.io",), ("leases",), ("get",)), namespace="default")
    found = results(answers(), more)
    assert failed(found) == [f"rights of Tiller: {NOTHING_MORE}"]
    assert found[f"rights of Tiller: {NOTHING_MORE}"].text == (
        "rolebinding/more in default (more) grants what is beyond the plan (1), such as: "
        "get leases.coordination.k8s.io in default"
    )


def test_of_many_rights_beyond_the_plan_the_dangerous_ones_are_named() -> None:
    more = binding(Rule(("",), ("endpoints", "pods/exec"), ("create", "get", "list")))
    assert results(answers(), more)[f"rights of Tiller: {NOTHING_MORE}"].text == (
        "rolebinding/more in blue-apps (more) grants what is beyond the plan (6), such as: "
        "create pods/exec in blue-apps, get pods/exec in blue-apps"
    )


@pytest.mark.parametrize(
    "harmless",
    [
        binding(Rule(("",), ("pods",), ("get",))),
        binding(Rule(("*",), ("*",), ("*",)), subject=Subject("ServiceAccount", "tiller", "green-tiller")),
    ],
)
def test_a_binding_within_the_plan_and_one_of_another_account_add_nothing(harmless: Grants) -> None:
    assert failed(results(answers(), harmless)) == []


def test_what_the_cluster_does_not_tell_is_not_checked_and_never_passed() -> None:
    assert {result.status for result in results(REFUSED, REFUSED).values()} == {Status.NOT_CHECKED}
    partly = results(answers(), Unreadable("the cluster refused to show the bindings of the cluster", ""))
    assert [check for check, result in partly.items() if result.status is Status.NOT_CHECKED] == [
        f"rights of Tiller: {NOTHING_MORE}",
        OTHERS,
        f"rights of people: {NOTHING_MORE}",
    ]


def test_control_what_a_binding_shows_fails_though_reviews_are_refused() -> None:
    more = binding(Rule(("*",), ("*",), ("*",)), namespace="")
    assert failed(results(REFUSED, more)) == [f"rights of Tiller: {NOTHING_MORE}"]


EVERY_ACCOUNT, AUTHENTICATED = (Subject("Group", f"system:{name}") for name in ("serviceaccounts", "authenticated"))
ALL = [Subject("User" if name == "system:anonymous" else "Group", name) for name in sorted(EVERYBODY)]


@pytest.mark.parametrize("everybody", ALL, ids=str)
@pytest.mark.parametrize(
    ("rule", "fails"),
    [
        (Rule(("apps",), ("deployments",), ("update",)), True),
        (Rule(("",), ("secrets",), ("watch",)), True),
        (Rule(("",), ("*",), ("get",)), True),
        (Rule(("",), ("nodes/proxy",), ("get",)), True),
        (Rule(("authentication.k8s.io",), ("tokenreviews",), ("create",)), True),
        (Rule(("authorization.k8s.io",), ("selfsubjectaccessreviews",), ("create",)), False),
        (Rule(("",), ("nodes", "pods/log"), ("get", "list", "watch")), False),
        (Rule((), (), ("get",), (), ("/api", "/apis/*", "/version")), False),
    ],
)
def test_what_everybody_is_given_counts_for_tiller_if_it_gives_something_away(
    everybody: Subject, rule: Rule, fails: bool
) -> None:
    given = binding(rule, namespace="elsewhere", subject=everybody)
    assert failed(results(answers(), given)) == ([f"rights of Tiller: {NOTHING_MORE}"] if fails else [])


SERVED = BLUE.people.subjects if BLUE.people else ()


@pytest.mark.parametrize("subject", [*SERVED, AUTHENTICATED], ids=str)
def test_a_role_binding_in_tillers_namespace_that_no_question_asks_about_is_found(subject: Subject) -> None:
    given = binding(Rule(("",), ("services",), ("patch",)), namespace="blue-tiller", subject=subject)
    found = results(answers(), given)
    assert f"rights of people: {NOTHING_MORE}" in failed(found)
    assert "patch services in blue-tiller" in found[f"rights of people: {NOTHING_MORE}"].text


@pytest.mark.parametrize(
    "harmless",
    [
        binding(Rule(("",), ("pods", "pods/log", "events"), ("get",)), namespace="blue-tiller", subject=SERVED[0]),
        binding(Rule(("",), ("services",), ("patch",)), namespace="blue-apps", subject=SERVED[0]),
        binding(Rule(("",), ("services",), ("patch",)), namespace="blue-tiller", subject=Subject("User", "root")),
    ],
)
def test_reading_elsewhere_and_others_are_not_the_peoples(harmless: Grants) -> None:
    assert failed(results(answers(), harmless)) == []


@pytest.mark.parametrize(
    ("verb", "group", "resource"),
    [
        ("watch", "", "secrets"),
        ("patch", "", "pods/ephemeralcontainers"),
        ("create", "batch", "jobs"),
        ("patch", "networking.k8s.io", "networkpolicies"),
    ],
)
def test_each_way_to_the_secrets_of_tillers_namespace_is_asked_about(verb: str, group: str, resource: str) -> None:
    for each in of_people(BLUE, STACK):
        ways = {(right.verb, right.group, right.resource) for right in each.dangerous if right.namespace}
        assert (verb, group, resource) in ways


FORWARD = Rule(("",), ("pods/portforward",), ("create",))


@pytest.mark.parametrize(
    ("given", "status"),
    [
        (binding(FORWARD, namespace="blue-tiller", subject=Subject("Group", "strangers")), Status.WARNING),
        (
            binding(Rule(("",), ("secrets",), ("get",)), namespace="blue-tiller", subject=Subject("User", "x")),
            Status.WARNING,
        ),
        (binding(FORWARD, namespace="blue-tiller", subject=AUTHENTICATED), Status.FAILED),
        (binding(FORWARD, namespace="blue-tiller", subject=EVERY_ACCOUNT), Status.FAILED),
        (binding(FORWARD, namespace="blue-tiller", subject=SERVED[0]), Status.PASSED),
        (binding(FORWARD, namespace="green-tiller", subject=Subject("Group", "strangers")), Status.PASSED),
        (binding(Rule(("",), ("pods",), ("get",)), namespace="blue-tiller", subject=AUTHENTICATED), Status.PASSED),
    ],
)
def test_a_role_binding_in_tillers_namespace_for_others_than_the_stack_names(given: Grants, status: Status) -> None:
    found = results(answers(), given)[OTHERS]
    assert found.status is status
    if status is not Status.PASSED:
        assert f"rolebinding/more in blue-tiller (more) is for {given[0].subject.kind}" in found.text


@pytest.mark.parametrize("subject", ALL, ids=str)
def test_a_role_binding_for_any_of_everybody_in_tillers_namespace_fails(subject: Subject) -> None:
    given = binding(Rule(("",), ("secrets",), ("get", "list")), namespace="blue-tiller", subject=subject)
    found = results(answers(), given)[OTHERS]
    assert (found.status, subject.name in found.text) == (Status.FAILED, True)


def test_each_of_everybody_is_asked_about() -> None:
    asked_about = [(each.asker.user, each.asker.groups) for each in of_everybody(BLUE)]
    assert {word for user, groups in asked_about for word in (user, *groups)} >= EVERYBODY
    assert all(Right("get", "", "secrets", "blue-tiller") in each.dangerous for each in of_everybody(BLUE))


@pytest.mark.parametrize("everybody", of_everybody(BLUE), ids=lambda each: each.asker.label)
def test_what_an_authorizer_allows_everybody_in_tillers_namespace_fails(everybody: Questions) -> None:
    """By RBAC or another authorizer: no RoleBinding shows it."""
    found = results(answers((everybody.asker, Right("list", "", "secrets", "blue-tiller"))))
    assert failed(found) == [OTHERS]
    assert found[OTHERS].text == f"everybody may, as {everybody.asker.label}: list secrets in blue-tiller"


def test_refused_reviews_are_no_pass_though_no_binding_is_for_others() -> None:
    assert results(REFUSED)[OTHERS].status is Status.NOT_CHECKED

"""The content of the page of a stack, by its state and the last check."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from secure_tiller.plan.model import RolePlan
from secure_tiller.plan.pod import arguments
from secure_tiller_cli.report import build
from secure_tiller_cli.report.model import Level, Person, Report
from secure_tiller_cli.results.result import Result, Status
from secure_tiller_cli.state import ClusterReference, DeployedTiller
from tests.support.objects import changed
from tests.support.samples import own_certificate, smallest
from tests.unit.secure_tiller_cli.report.samples import DEMO, DIGEST, NOW, ONE, OPEN, STACK, proof, started, tiller
from tiller_facts.rbac import Subject

IN_THE_CLUSTER = {"secret": {"namespace": "green-apps", "name": "tiller-ci"}}


def report(*tillers: DeployedTiller, check: Any = None) -> Report:
    return build(STACK, tillers, check, NOW, DIGEST)


def found(made: Report) -> list[tuple[Level, str, str]]:
    return [(each.level, each.word, each.team) for each in made.findings]


def test_a_stack_with_which_all_is_well_has_nothing_to_read_but_that_no_check_was_given() -> None:
    made = report(*ONE)
    assert found(made) == [(Level.WARNING, "Not checked", "")]
    assert [promise.exceptions for promise in made.promises] == [()] * len(made.promises)
    assert [promise.practice for promise in made.promises if promise.unknown] == ["certificate-of-its-own"]


def test_a_team_whose_first_update_never_ended_is_not_passed_over() -> None:
    made = build(STACK, ONE, None, NOW, DIGEST, ["blue"])
    assert (Level.BAD, "Unfinished", "blue") in found(made)


def test_a_check_that_passed_leaves_nothing_to_read() -> None:
    passed = Result("green", "port refuses plaintext", Status.PASSED, "closed")
    assert report(*ONE, check=proof(passed)).findings == ()


def test_a_team_with_everything_that_is_shown_of_it() -> None:
    (team,) = report(tiller()).teams
    assert (team.name, team.namespace, team.service_account) == ("blue", "blue-tiller", "tiller")
    assert team.clients == ("alice", "ci")
    assert team.people == (
        Person("group", "blue-developers"),
        Person("user", "carol@example.org"),
        Person("service account", "pipelines/deployer"),
    )
    assert (team.verifies, team.listens, team.storage, team.exposed) == (True, "127.0.0.1:44134", "secret", False)
    assert [(each.name, each.made, each.pod_security) for each in team.namespaces] == [
        ("blue-apps", True, "baseline"),
        ("blue-jobs", True, "baseline"),
        ("shared-tools", False, ""),
    ]


def test_the_cluster_is_named_without_the_path_of_its_kubeconfig() -> None:
    (words,) = report(tiller()).clusters
    assert "context production" in words
    assert "/home/ann" not in words


def test_tillers_in_several_clusters_name_each() -> None:
    other = ClusterReference(context="staging")
    assert len(report(tiller(), tiller("green", OPEN, cluster=other)).clusters) == 2


@pytest.mark.parametrize(
    ("settings", "level", "word", "text"),
    [
        ({"rights": {"roles": True}}, Level.WARNING, "More rights", "rolebindings, roles"),
        ({"expose": "cluster", "clients": {"ci": IN_THE_CLUSTER}}, Level.WARNING, "no-service", "leads to it"),
        (
            {"namespaces": {"green-apps": {"pod_security": "privileged", "pod_security_reason": "devices"}}},
            Level.WARNING,
            "Pod Security",
            "green-apps (privileged)",
        ),
        ({"namespaces": {"tools": {"existing": True}}}, Level.NOTE, "Existing", "tools"),
        (
            {"certificates": {"trusted_client_cas": OPEN["certificates"]["trusted_client_cas"]}},
            Level.NOTE,
            "Further CA",
            "the CA partner",
        ),
    ],
)
def test_what_was_chosen_and_a_reviewer_should_know(settings: Any, level: Level, word: str, text: str) -> None:
    made = report(tiller("green", smallest(**settings)))
    assert (level, word, "green") in found(made)
    assert text in next(each.text for each in made.findings if each.word == word)


def kept(made: Report, code: str) -> str:
    """Return whether a practice is shown as kept."""
    (promise,) = [each for each in made.promises if each.practice == code]
    return "broken" if promise.exceptions else "not known" if promise.unknown else "holds"


@pytest.mark.parametrize(
    ("argument", "code"),
    [
        ("--tls-verify=true", "clients-verified"),
        ("--storage=secret", "releases-in-secrets"),
        ("--listen=127.0.0.1:44134", "endpoint-closed"),
    ],
)
def test_a_tiller_without_an_argument_that_makes_it_safe_is_not_called_safe(argument: str, code: str) -> None:
    """Only a transform of the user's can do that: what is missing fails open in Tiller."""
    safe, unsafe = (
        report(started(ONE[0], *(each for each in arguments() if each != left_out))) for left_out in ("", argument)
    )
    assert (kept(safe, code), kept(unsafe, code)) == ("holds", "broken")
    assert code not in {each.word for each in safe.findings}
    (found,) = [each for each in unsafe.findings if each.word == code]
    assert found.page == f"docs/practices.md#{code}"


def test_a_tiller_without_tls_has_no_certificate_of_its_own() -> None:
    made = report(started(ONE[0], "--storage=secret"))
    assert {kept(made, code) for code in ("certificate-of-its-own", "client-ca-of-its-own")} == {"broken"}


@pytest.mark.parametrize(
    ("appended", "broken"),
    [
        (("-tls-verify=false", "-storage=configmap"), {"clients-verified", "releases-in-secrets"}),
        (("--tls-ca-cert=",), {"clients-verified"}),
    ],
)
def test_what_a_transform_appends_counts(appended: tuple[str, ...], broken: set[str]) -> None:
    made = report(started(ONE[0], *arguments(), *appended))
    assert {code for code in broken if kept(made, code) == "holds"} == set()
    assert broken <= {each.word for each in made.findings}


def test_what_a_script_hides_does_not_hold() -> None:
    def hide(deployment: Any) -> None:
        container = deployment["spec"]["template"]["spec"]["containers"][0]
        container |= {"command": ["sh", "-c", "tiller; tiller --tls-verify --storage=secret"], "args": []}

    made = report(replace(ONE[0], objects=changed(ONE[0].objects, "deployment", hide)))
    codes = ("clients-verified", "releases-in-secrets", "certificate-of-its-own")
    assert "holds" not in {kept(made, code) for code in codes}
    assert {"clients-verified", "releases-in-secrets"} <= {each.word for each in made.findings}


def test_the_certificate_of_a_secret_that_the_state_does_not_show_is_not_known() -> None:
    assert kept(report(*ONE), "certificate-of-its-own") == "not known"


def test_a_tiller_whose_pod_is_not_known_keeps_no_promise_of_it() -> None:
    made = report(replace(ONE[0], objects=()))
    assert "holds" not in {kept(made, each.practice) for each in made.promises if each.practice}
    assert (Level.BAD, "Not seen", "green") in found(made)


def test_a_wildcard_that_somebody_put_in_is_the_first_to_read() -> None:
    def widen(role: Any) -> None:
        role["rules"] = [{"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]}]

    made = report(replace(ONE[0], objects=changed(ONE[0].objects, "manage:", widen, "Role")))
    assert kept(made, "rights-by-name") == "broken"
    assert made.findings[0].level == Level.BAD
    assert "rights-by-name" in {each.word for each in made.findings}


def test_rights_that_are_bound_to_nobody_are_known_as_such() -> None:
    unbound = tuple(replace(role, subjects=()) for role in ONE[0].roles)
    (team,) = report(replace(ONE[0], roles=unbound)).teams
    assert [namespace.bound for namespace in team.namespaces] == [False]


def test_a_namespace_that_two_tillers_manage_is_told_of_both() -> None:
    made = report(*DEMO)
    assert [(each.team) for each in made.findings if each.word == "Shared"] == ["blue", "green"]


@pytest.mark.parametrize(
    ("issued_days_ago", "word", "level"),
    [(70, "Renewal due", Level.WARNING), (91, "Expired", Level.BAD), (-1, "Not yet valid", Level.BAD)],
)
def test_a_certificate_that_is_due_or_serves_nobody_is_found(issued_days_ago: int, word: str, level: Level) -> None:
    made = report(tiller("green", smallest(), issued=timedelta(days=-issued_days_ago)))
    (finding,) = [each for each in made.findings if each.word == word]
    assert finding.level == level
    assert "client bob" in finding.text


def test_control_a_young_certificate_is_not_found() -> None:
    assert not {"Renewal due", "Expired", "Ends soon"} & {each.word for each in report(*ONE).findings}


def test_a_certificate_of_the_users_own_that_ends_soon_is_found() -> None:
    ends = {"serial": "2A", "notAfter": (NOW + timedelta(days=9)).isoformat(), "renewalBegins": None}
    made = report(
        tiller("green", smallest(certificates={"server_certificate": own_certificate()}), expirations={"server": ends})
    )
    (finding,) = [each for each in made.findings if each.word == "Ends soon"]
    assert "Tiller (2026-12-04): the stack does not renew it" in finding.text


def test_the_results_of_a_check_stand_worst_first_and_are_found() -> None:
    results = [Result("blue", f"check {status}", status, "seen", "fix it") for status in Status]
    made = report(tiller(), check=proof(*results))
    assert made.check is not None
    assert [each.status for each in made.check.results] == ["failed", "not checked", "warning", "passed"]
    assert made.teams[0].checked is Status.FAILED
    words = [each.word for each in made.findings]
    assert words[0] == "Check failed"
    assert {"Not checked", "Check warns"} <= set(words)


def test_a_check_that_did_not_look_at_a_team_is_no_pass_of_it() -> None:
    made = report(*DEMO, check=proof())
    assert made.teams[1].checked is None
    assert "the check did not look at green" in {each.text for each in made.findings}


def test_an_old_check_is_called_old() -> None:
    words = [
        {each.word for each in report(tiller(), check=proof(checked_at=NOW - timedelta(days=days))).findings}
        for days in (6, 8)
    ]
    assert ["Old check" in each for each in words] == [False, True]


@pytest.mark.parametrize(
    ("checked_at", "state", "why"),
    [
        (NOW, "0a" * 32, "after the check"),
        (NOW, "", "after the check"),
        (NOW + timedelta(minutes=6), DIGEST, "after this page was made"),
        (NOW, DIGEST, ""),
        (NOW + timedelta(minutes=4), DIGEST, ""),  # two machines, two clocks
    ],
)
def test_a_check_counts_that_was_made_of_this_state_and_before_the_page(
    checked_at: datetime, state: str, why: str
) -> None:
    passed = Result(ONE[0].name, "pod runs as planned", Status.PASSED, "as planned", "")
    made = report(*ONE, check=proof(passed, checked_at=checked_at, state=state))
    outdated = [each for each in made.findings if each.word == "Outdated check"]
    assert [each.level for each in outdated] == ([Level.BAD] if why else [])
    assert made.check is not None
    assert why in made.check.outdated
    assert [team.checked for team in made.teams] == [None if why else Status.PASSED]


def test_who_else_is_bound_as_one_of_the_people_is_shown_by_the_kind_that_it_has() -> None:
    people = RolePlan("people", "p", "green-tiller", (), (Subject("Robot", "r2"),))
    (team,) = report(replace(ONE[0], roles=(people,))).teams
    assert team.people == (Person("Robot", "r2"),)

"""The map of teams: every error of every team, and what two teams may not both claim."""

from typing import Any

import pytest
from hypothesis import given

from secure_tiller.plan.conflicts import conflicts
from secure_tiller.plan.validation import Settings
from secure_tiller.problems import ConfigurationError, Problem
from secure_tiller_stack.teams import Team, read_teams
from tests.support import pki, strategies
from tests.support.samples import BLUE, OWN_CA, PARTNER, SMALLEST, smallest


def refused(value: object) -> tuple[Problem, ...]:
    with pytest.raises(ConfigurationError) as error:
        read_teams(value)
    return error.value.problems


def problems(value: object) -> list[tuple[str, str, str, str]]:
    return [(p.team, p.key, p.value, p.why) for p in refused(value)]


def test_teams_come_in_the_order_of_their_names() -> None:
    assert read_teams({"green": SMALLEST, "blue": BLUE}) == (Team("blue", BLUE), Team("green", SMALLEST))


@pytest.mark.parametrize(
    ("value", "shown"), [(None, "(missing)"), ({}, "{}"), ([], "[]"), ("blue", '"blue"'), (["blue"], '["blue"]')]
)
def test_without_a_team_there_is_nothing_to_do(value: object, shown: str) -> None:
    ((team, key, text, why),) = problems(value)
    assert (team, key, text) == ("", "secure-tiller:teams", shown)
    assert "at least one team" in why


def test_the_errors_of_all_teams_come_at_once() -> None:
    value = {"blue": smallest(clients={}), "Green": smallest(namespaces={"g": {}}), "red": None}
    assert [(team, key) for team, key, *_ in problems(value)] == [
        ("Green", "(name of the team)"),
        ("blue", "clients"),
        ("red", "(settings)"),
    ]


def team(*namespaces: str, **changes: Any) -> Any:
    return smallest(namespaces={name: {} for name in namespaces}, **changes)


EXISTING = {"existing": True}
SHARED = {"existing": True, "shared": True}


def within(**namespaces: object) -> Any:
    return smallest(namespaces=namespaces)


def with_secret(namespace: str, name: str = "tiller", inside: str = "own") -> Any:
    secret = {"namespace": namespace, "name": name}
    return smallest(namespaces={inside: {}}, clients={"ci": {"secret": secret}})


def trusting(text: object, inside: str) -> Any:
    return smallest(namespaces={inside: {}}, certificates={"trusted_client_cas": {"partner": text}})


BELOW_PARTNER = pki.authority("below", issuer=PARTNER)

TWICE = "is managed by team a too"
KEY_IN_REACH = "which could read the key"
TRUSTED = "certificates.trusted_client_cas.partner"


@pytest.mark.parametrize(
    ("value", "about", "words"),
    [
        pytest.param({"a": team("apps"), "b": team("apps")}, ("b", "namespaces", '"apps"'), TWICE, id="managed twice"),
        pytest.param(
            {"a": team("apps"), "b": within(apps=EXISTING)},
            ("b", "namespaces", '"apps"'),
            TWICE,
            id="made and existing",
        ),
        pytest.param(
            {"a": within(apps=EXISTING), "b": within(apps=EXISTING)},
            ("b", "namespaces", '"apps"'),
            "set `shared: true` in both",
            id="existing in both",
        ),
        pytest.param(
            {"a": within(apps=SHARED), "b": within(apps=EXISTING)},
            ("b", "namespaces", '"apps"'),
            TWICE,
            id="shared by the first alone",
        ),
        pytest.param(
            {"a": within(apps=EXISTING), "b": within(apps=SHARED)},
            ("b", "namespaces", '"apps"'),
            TWICE,
            id="shared by the second alone",
        ),
        pytest.param(
            {"a": team("a1", namespace="helm"), "b": team("b1", namespace="helm")},
            ("b", "namespace", '"helm"'),
            "Tiller namespace of team a too",
            id="one Tiller namespace for two",
        ),
        pytest.param(
            {"a": team("a1"), "b": team("b1", "a-tiller")},
            ("b", "namespaces", '"a-tiller"'),
            "Tiller namespace of team a",
            id="Tiller namespace of an earlier team",
        ),
        pytest.param(
            {"a": team("a1", "b-tiller"), "b": team("b1")},
            ("a", "namespaces", '"b-tiller"'),
            "Tiller namespace of team b",
            id="Tiller namespace of a later team",
        ),
        pytest.param(
            {"a": with_secret("b-tiller"), "b": team("b1")},
            ("a", "clients.ci.secret.namespace", '"b-tiller"'),
            "Tiller namespace of team b",
            id="Secret in the Tiller namespace of another team",
        ),
        pytest.param(
            {"a": with_secret("b1"), "b": team("b1")},
            ("a", "clients.ci.secret.namespace", '"b1"'),
            f"is managed by team b, {KEY_IN_REACH}",
            id="Secret in a namespace of a later team",
        ),
        pytest.param(
            {"a": within(a1=EXISTING), "b": with_secret("a1")},
            ("b", "clients.ci.secret.namespace", '"a1"'),
            f"is managed by team a, {KEY_IN_REACH}",
            id="Secret in an existing namespace of an earlier team",
        ),
        pytest.param(
            {"a": with_secret("pipelines", inside="a1"), "b": with_secret("pipelines", inside="b1")},
            ("b", "clients.ci.secret", '{"namespace": "pipelines", "name": "tiller"}'),
            "is the Secret of a client of team a too",
            id="one Secret for two",
        ),
        pytest.param(
            {"a": trusting(PARTNER.pem, "a1"), "b": trusting(OWN_CA.pem + PARTNER.pem, "b1")},
            ("b", TRUSTED, "(not shown)"),
            "is trusted by team a too",
            id="one CA for two",
        ),
        pytest.param(
            {"a": trusting(PARTNER.pem, "a1"), "b": trusting(pki.authority("x", key=PARTNER.key).pem, "b1")},
            ("b", TRUSTED, "(not shown)"),
            "is trusted by team a too",
            id="one key of a CA for two",
        ),
        pytest.param(
            {"a": trusting(PARTNER.pem, "a1"), "b": trusting(BELOW_PARTNER.pem, "b1")},
            ("b", TRUSTED, "(not shown)"),
            "is trusted by team a too, or signed by what it trusts",
            id="a CA signed by the other team's",
        ),
        pytest.param(
            {"a": trusting(BELOW_PARTNER.pem, "a1"), "b": trusting(OWN_CA.pem + PARTNER.pem, "b1")},
            ("b", TRUSTED, "(not shown)"),
            "is trusted by team a too, or signed by what it trusts",
            id="a CA that signed the other team's",
        ),
        pytest.param(
            {"a": trusting(BELOW_PARTNER.pem, "a1"), "b": trusting(pki.authority("partner").pem, "b1")},
            ("b", TRUSTED, "(not shown)"),
            "a CA of team a may stand one above the other, through a CA that neither team lists",
            id="a CA that may stand above the other team's",
        ),
    ],
)
def test_what_two_teams_claim_is_refused_once_and_names_both(
    value: object, about: tuple[str, str, str], words: str
) -> None:
    (problem,) = refused(value)
    assert (problem.team, problem.key, problem.value) == about
    assert words in f"{problem.why}; {problem.remedy}"


@pytest.mark.parametrize(
    "value",
    [
        pytest.param({"a": within(apps=SHARED), "b": within(apps=SHARED)}, id="shared by both"),
        pytest.param(
            {"a": with_secret("pipelines", "a", "a1"), "b": with_secret("pipelines", "b", "b1")}, id="Secrets"
        ),
        pytest.param({"a": with_secret("a1", inside="a1"), "b": team("b1")}, id="Secret in a namespace of one's own"),
        pytest.param({"a": trusting(PARTNER.pem, "a1"), "b": trusting(OWN_CA.pem, "b1")}, id="CAs of each"),
        pytest.param(
            {"a": trusting(BELOW_PARTNER.pem, "a1"), "b": trusting(pki.authority("partner", path_length=0).pem, "b1")},
            id="a CA and a namesake of the one that signed it",
        ),
        pytest.param({"a": trusting(PARTNER.pem * 2, "a1"), "b": team("b1")}, id="one CA twice for one"),
    ],
)
def test_what_two_teams_do_not_both_claim_is_accepted(value: object) -> None:
    assert len(read_teams(value)) == 2


def test_a_namespace_that_three_share_must_be_shared_by_all() -> None:
    value = {"a": within(apps=SHARED), "b": within(apps=SHARED), "c": within(apps=EXISTING)}
    assert [(problem.team, problem.value) for problem in refused(value)] == [("c", '"apps"')]


def test_a_secret_in_a_shared_namespace_is_refused_because_the_other_team_could_read_it() -> None:
    one = smallest(namespaces={"apps": SHARED}, clients={"ci": {"secret": {"namespace": "apps", "name": "tiller"}}})
    (problem,) = refused({"a": one, "b": within(apps=SHARED)})
    assert (problem.team, problem.key) == ("a", "clients.ci.secret.namespace")
    assert "is shared with another team" in problem.why


def test_a_secret_of_a_third_team_in_a_namespace_that_two_share_is_refused() -> None:
    (problem,) = refused({"a": within(apps=SHARED), "b": within(apps=SHARED), "c": with_secret("apps")})
    assert (problem.team, problem.key) == ("c", "clients.ci.secret.namespace")
    assert KEY_IN_REACH in problem.why


def test_two_tillers_of_one_name_on_one_cluster_are_refused() -> None:
    other = {**team("tools"), "namespace": "elsewhere"}
    (problem,) = conflicts([Settings("a", team("apps")), Settings("a", other)])  # type: ignore[arg-type]
    assert "names two Tillers on one cluster" in problem.why


def test_the_conflicts_of_sound_settings_are_reported_without_reading_them_again() -> None:
    (problem,) = conflicts([Settings("a", team("apps")), Settings("b", team("apps"))])
    assert (problem.team, problem.value) == ("b", '"apps"')
    assert list(conflicts([Settings("a", team("a1")), Settings("b", team("b1"))])) == []


def test_cas_that_cannot_be_read_are_reported_as_such_and_not_as_shared() -> None:
    value = {"a": trusting("hello", "a1"), "b": trusting("hello", "b1")}
    assert [problem.team for problem in refused(value)] == ["a", "b"]
    assert all("line 1" in problem.why for problem in refused(value))


def test_teams_with_namespaces_of_their_own_are_accepted() -> None:
    assert len(read_teams({"a": team("a1"), "b": team("b1"), "a-b": team("a-b1")})) == 3


def test_errors_within_teams_do_not_hide_errors_between_teams() -> None:
    value = {"a": team("apps", clients={}), "b": team("apps", colour="blue")}
    assert [(who, key) for who, key, *_ in problems(value)] == [("a", "clients"), ("b", "colour"), ("b", "namespaces")]


@given(value=strategies.plain)
def test_anything_else_is_refused_in_words(value: object) -> None:
    assert problems(value)

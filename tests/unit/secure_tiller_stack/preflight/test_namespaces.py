"""Existing namespaces: those that the stack takes over, and those that are somebody else's."""

from dataclasses import replace
from typing import Any

import pytest

from secure_tiller.plan.build import plan
from secure_tiller.plan.model import TillerPlan
from secure_tiller_stack.cluster import ClusterFacts, FoundNamespace
from tests.support.samples import STACK, smallest
from tests.unit.secure_tiller_stack.preflight.facts import FACTS, GREENS, OURS, PLANS, fit, found, refused


@pytest.mark.parametrize(
    "namespace",
    [
        pytest.param(FoundNamespace(), id="nobody's"),
        pytest.param(FoundNamespace({"secure-tiller/team": "green"}), id="not managed by us"),
        pytest.param(FoundNamespace(GREENS), id="of no stack"),
        pytest.param(FoundNamespace(GREENS, {"secure-tiller/stack": "them/secure-tiller/test"}), id="of another stack"),
        pytest.param(replace(OURS, labels={**GREENS, "secure-tiller/team": "blue"}), id="of another team"),
        pytest.param(replace(OURS, labels={**GREENS, "app.kubernetes.io/managed-by": "Helm"}), id="of another tool"),
    ],
)
@pytest.mark.parametrize("name", ["green_apps", "green_tiller"])
def test_a_namespace_in_the_way_is_refused_unless_this_stack_made_it_for_this_team(
    name: str, namespace: FoundNamespace
) -> None:
    (problem,) = refused(found(**{name: namespace}))
    assert problem.team == "green"
    assert name.replace("_", "-") in problem.value


def test_a_namespace_of_nobody_may_be_declared_existing_or_handed_over() -> None:
    (problem,) = refused(found(green_apps=FoundNamespace()))
    assert problem.key == "namespaces.green-apps"
    assert "existing: true" in problem.remedy
    assert f"kubectl annotate --overwrite namespace green-apps secure-tiller/stack={STACK}" in problem.remedy


def test_a_namespace_of_another_team_may_not_be_declared_existing_and_is_handed_over_only_if_the_team_is_gone() -> None:
    (problem,) = refused(found(green_apps=FoundNamespace({**GREENS, "secure-tiller/team": "blue"})))
    assert "existing" not in problem.remedy
    assert "only if no stack and no team has it any more" in problem.remedy


@pytest.mark.parametrize("labels", [{}, {**GREENS, "secure-tiller/team": "blue"}], ids=["nobody's", "another team's"])
def test_tillers_namespace_in_the_way_is_neither_declared_existing_nor_handed_over(labels: dict[str, str]) -> None:
    (problem,) = refused(found(green_tiller=FoundNamespace(labels)))
    assert (problem.key, problem.remedy) == ("namespace", "set another `namespace`")


def test_tillers_namespace_of_the_same_team_can_be_handed_over_to_a_stack_that_was_renamed() -> None:
    renamed = FoundNamespace(GREENS, {"secure-tiller/stack": "organization/secure-tiller/old-name"})
    (problem,) = refused(found(green_tiller=renamed))
    assert "this stack was renamed" in problem.remedy
    assert f"kubectl annotate --overwrite namespace green-tiller secure-tiller/stack={STACK}" in problem.remedy


def test_a_namespace_that_stayed_behind_is_taken_back() -> None:
    assert fit(found(green_apps=OURS, green_tiller=OURS)).warnings == ()


@pytest.mark.parametrize("name", ["green_apps", "shared_tools"])
def test_a_namespace_that_is_being_deleted_is_refused(name: str) -> None:
    (problem,) = refused(found(**{name: replace(OURS, terminating=True)}))
    assert "is being deleted" in problem.why


def test_a_namespace_declared_existing_must_exist() -> None:
    missing = {name: one for name, one in FACTS.namespaces.items() if name != "shared-tools"}
    (problem,) = refused(replace(FACTS, namespaces=missing))
    assert (problem.team, problem.key) == ("blue", "namespaces.shared-tools.existing")
    assert "does not exist" in problem.why


@pytest.mark.parametrize("team", ["green", "of-another-stack"])
def test_a_namespace_of_another_team_is_not_to_be_shared(team: str) -> None:
    theirs = FoundNamespace({**GREENS, "secure-tiller/team": team}, {"secure-tiller/stack": STACK})
    (problem,) = refused(found(shared_tools=theirs))
    assert (problem.team, problem.key) == ("blue", "namespaces.shared-tools.existing")
    assert f'"{team}"' in problem.why


def test_a_namespace_that_we_made_is_not_declared_existing_because_pulumi_would_delete_it() -> None:
    ours = FoundNamespace({**GREENS, "secure-tiller/team": "blue"}, {"secure-tiller/stack": STACK})
    (problem,) = refused(found(shared_tools=ours))
    assert "would delete it" in problem.why
    assert "retain_on_delete: true" in problem.remedy


@pytest.mark.parametrize(
    ("labels", "warned"),
    [
        ({}, True),
        ({"pod-security.kubernetes.io/enforce": "privileged"}, True),
        ({"pod-security.kubernetes.io/enforce": "baseline"}, False),
        ({"pod-security.kubernetes.io/enforce": "restricted"}, False),
    ],
)
def test_an_existing_namespace_open_to_privileged_pods_is_warned_of(labels: dict[str, str], warned: bool) -> None:
    warnings = fit(found(shared_tools=FoundNamespace(labels))).warnings
    assert [("team blue" in one, "shared-tools" in one) for one in warnings] == [(True, True)] * warned


def test_every_namespace_in_the_way_is_named_at_once() -> None:
    names = [one.name for tiller in PLANS for one in (tiller.namespace, *tiller.managed)]
    assert len(refused(found(**{name: FoundNamespace() for name in names}))) == len(names) == 5


# Of a team that was renamed.


def lime(**changes: Any) -> list[TillerPlan]:
    return [plan("lime", smallest(**changes), STACK)]


def test_the_namespaces_of_a_team_that_was_renamed_are_kept_and_reported() -> None:
    facts = found(green_apps=OURS, green_tiller=OURS)
    (warning,) = fit(facts, plans=lime(namespace="green-tiller"), formerly={"lime": "green"}).warnings
    assert warning == "team lime takes over from green, with all that is in them: green-tiller, green-apps."


def test_what_has_its_new_name_already_is_not_reported_again() -> None:
    renamed = replace(OURS, labels={**GREENS, "secure-tiller/team": "lime"})
    facts = found(green_apps=renamed, green_tiller=renamed)
    assert fit(facts, plans=lime(namespace="green-tiller"), formerly={"lime": "green"}).warnings == ()


def test_without_its_name_from_before_they_are_refused_and_the_message_says_what_to_write() -> None:
    facts = found(green_apps=OURS, green_tiller=OURS)
    for problem in refused(facts, plans=lime(namespace="green-tiller")):
        words = "if this team is green under another name, write `formerly: green` and its `namespace`; else "
        assert problem.remedy.startswith(words)


@pytest.mark.parametrize(
    "namespace",
    [
        pytest.param(FoundNamespace(), id="nobody's"),
        pytest.param(replace(OURS, labels={**GREENS, "secure-tiller/team": "lime"}, annotations={}), id="of no stack"),
        pytest.param(FoundNamespace(GREENS, {"secure-tiller/stack": "them/secure-tiller/test"}), id="another stack's"),
        pytest.param(replace(OURS, labels={**GREENS, "secure-tiller/team": "blue"}), id="a team's that is there"),
    ],
)
def test_a_name_from_before_is_not_suggested_for_what_it_would_not_help(namespace: FoundNamespace) -> None:
    plans = [PLANS[0], *lime()]
    (problem,) = refused(found(green_apps=namespace), plans=plans)
    assert problem.team == "lime"
    assert "formerly" not in problem.remedy


def test_a_name_from_before_makes_nothing_ours_that_another_stack_made() -> None:
    theirs = FoundNamespace(GREENS, {"secure-tiller/stack": "them/secure-tiller/test"})
    (problem,) = refused(found(green_apps=theirs), plans=lime(), formerly={"lime": "green"})
    assert problem.key == "namespaces.green-apps"


def test_a_namespace_that_was_made_under_the_name_from_before_is_not_declared_existing() -> None:
    plans = lime(namespaces={"green-apps": {"existing": True}}, namespace="green-tiller")
    (problem,) = refused(found(green_apps=OURS), plans=plans, formerly={"lime": "green"})
    assert "Pulumi would delete it" in problem.why


# Where the Secrets of clients are to lie.

AT = "clients.ci.secret.namespace"


def with_secret(namespace: str, **namespaces: object) -> list[TillerPlan]:
    clients = {"ci": {"secret": {"namespace": namespace, "name": "tiller"}}}
    return [plan("green", smallest(clients=clients, namespaces=namespaces or {"green-apps": {}}), STACK)]


@pytest.mark.parametrize(
    "namespace",
    [FoundNamespace(), FoundNamespace({"team": "data"}), OURS],
    ids=["nobody's", "labelled otherwise", "the team's"],
)
def test_a_clients_secret_lies_in_a_namespace_that_is_there_and_is_no_other_teams(namespace: FoundNamespace) -> None:
    assert fit(found(pipelines=namespace), plans=with_secret("pipelines")).warnings == ()


def test_a_clients_secret_may_lie_in_a_namespace_that_the_team_creates() -> None:
    assert fit(FACTS, plans=with_secret("green-apps")).warnings == ()


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        (FACTS, "does not exist in the cluster"),
        (found(pipelines=FoundNamespace(terminating=True)), "is being deleted"),
        (
            found(pipelines=FoundNamespace({**GREENS, "secure-tiller/team": "blue"})),
            'belongs to the team "blue", which could read the client\'s key',
        ),
        (
            found(pipelines=FoundNamespace(GREENS, {"secure-tiller/stack": "them/secure-tiller/test"})),
            'belongs to the team "green", which could read the client\'s key',
        ),
        (found(pipelines=FoundNamespace(GREENS)), 'belongs to the team "green"'),
    ],
    ids=["absent", "being deleted", "another team's", "of the team's namesake in another stack", "of no stack"],
)
def test_a_namespace_that_cannot_hold_a_clients_secret_is_refused(facts: ClusterFacts, words: str) -> None:
    (problem,) = refused(facts, plans=with_secret("pipelines"))
    assert (problem.team, problem.key, problem.value) == ("green", AT, '"pipelines"')
    assert words in problem.why


def test_an_existing_namespace_that_is_being_deleted_holds_no_secret_either() -> None:
    facts = found(pipelines=FoundNamespace(terminating=True))
    problems = refused(facts, plans=with_secret("pipelines", pipelines={"existing": True}))
    assert [problem.key for problem in problems] == ["namespaces.pipelines.existing", AT]

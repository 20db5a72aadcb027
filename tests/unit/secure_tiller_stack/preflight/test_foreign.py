"""Objects of others under a name that is to be ours."""

from dataclasses import replace

import pytest

from secure_tiller.plan.objects import named
from secure_tiller_stack.cluster import ClusterFacts, FoundObjects
from tests.support.samples import STACK
from tests.unit.secure_tiller_stack.preflight.facts import FACTS, PLANS, fit, refused
from tiller_facts.kinds import DEPLOYMENTS, NETWORK_POLICIES, ROLES, SECRETS, Kind, Object

ROLE = Object(ROLES, "shared-tools", "tiller-blue")


def there(*objects: Object, team: str = "") -> ClusterFacts:
    """Return facts with objects that are there, made for a team; empty: not made by us."""
    return replace(FACTS, objects=FoundObjects(dict.fromkeys(objects, team)))


def test_an_object_of_somebody_else_under_a_name_of_ours_is_refused_with_what_would_remove_it() -> None:
    (problem,) = refused(there(ROLE))
    assert (problem.team, problem.key, problem.value) == ("blue", "roles in shared-tools", '"tiller-blue"')
    assert problem.why == f"exists already, and was not made by the stack {STACK}"
    assert problem.remedy.endswith("kubectl delete roles --namespace shared-tools tiller-blue")


def test_an_object_of_another_team_is_refused_and_is_that_teams_to_give_up() -> None:
    (problem,) = refused(there(ROLE, team="green"))
    assert (problem.team, problem.why) == ("blue", "exists already, and is team green's")
    assert "let team green give it up" in problem.remedy
    assert "delete" not in problem.remedy


def test_an_object_of_the_team_itself_is_gone_on_with() -> None:
    assert fit(there(ROLE, team="blue")).warnings == ()


def test_so_is_one_that_was_made_under_the_teams_name_from_before() -> None:
    assert fit(there(ROLE, team="navy"), formerly={"blue": "navy"}).warnings == ()


def test_the_name_from_before_is_that_of_the_one_team() -> None:
    (problem,) = refused(there(ROLE, team="navy"), formerly={"green": "navy"})
    assert (problem.team, problem.why) == ("blue", "exists already, and is team navy's")


def test_all_of_them_are_reported_at_once_each_for_its_team() -> None:
    every = {tiller.name: set(named(tiller)) for tiller in PLANS}
    problems = refused(there(*set().union(*every.values())))
    assert {team: sum(problem.team == team for problem in problems) for team in every} == {
        team: len(items) for team, items in every.items()
    }


@pytest.mark.parametrize(
    "other",
    [
        Object(DEPLOYMENTS, "shared-tools", "tiller-blue"),
        Object(ROLES, "default", "tiller-blue"),
        Object(ROLES, "shared-tools", "tiller-red"),
    ],
    ids=["of another kind", "in another namespace", "of another name"],
)
def test_what_stands_elsewhere_is_in_nobodys_way(other: Object) -> None:
    assert fit(there(other)).warnings == ()


@pytest.mark.parametrize("deploying", [True, False], ids=["update", "preview"])
@pytest.mark.parametrize(
    ("kinds", "words"),
    [
        ({SECRETS}, "whether secrets of others"),
        ({ROLES, NETWORK_POLICIES}, "networkpolicies.networking.k8s.io, roles.rbac.authorization.k8s.io"),
    ],
)
def test_the_kinds_that_the_cluster_refuses_to_list_are_said_not_to_be_checked(
    kinds: set[Kind], words: str, deploying: bool
) -> None:
    (sentence,) = fit(replace(FACTS, objects=FoundObjects(refused=frozenset(kinds))), deploying=deploying).warnings
    assert sentence.startswith("Not checked: ")
    assert words in sentence

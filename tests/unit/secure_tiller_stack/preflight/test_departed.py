"""Tillers that have left the settings while they hold releases."""

from dataclasses import replace
from typing import Any

import pytest

from secure_tiller.plan.build import plan
from secure_tiller_stack.cluster import ClusterFacts, FoundNamespace, FoundRelease
from tests.support.samples import STACK, smallest
from tests.unit.secure_tiller_stack.preflight.facts import FACTS, GREENS, OURS, fit, refused

WEB = FoundRelease("web", 3, "DEPLOYED")
DB = FoundRelease("db", 1, "FAILED")


def left(team: str, namespace: str, releases: tuple[FoundRelease, ...] | None = (WEB, DB)) -> ClusterFacts:
    """Return the facts about a cluster where a team's Tiller is in a namespace that the settings do not name."""
    there = replace(OURS, labels={**GREENS, "secure-tiller/team": team})
    return replace(FACTS, namespaces={**FACTS.namespaces, namespace: there}, departed={namespace: releases})


RED = left("red", "red-tiller")


# A team that is not in the file any more.


@pytest.mark.parametrize("deploying", [True, False], ids=["update", "preview"])
def test_a_team_that_left_with_releases_is_refused_and_they_are_named(deploying: bool) -> None:
    (problem,) = refused(RED, deploying=deploying)
    assert (problem.team, problem.key, problem.value) == ("", "secure-tiller:teams.red", "(missing)")
    assert problem.why == (
        "has left the settings, but its Tiller in red-tiller holds releases: web (revision 3, DEPLOYED), "
        "db (revision 1, FAILED)"
    )


@pytest.mark.parametrize(
    "words",
    [
        "put the team back (under another name: with `formerly`)",
        "with all that they installed: helm delete --purge --tiller-namespace red-tiller web db;",
        "secure-tiller:removed: {red: with-releases}",
        f"If another stack of the name {STACK} made it",
    ],
)
def test_every_way_out_is_named(words: str) -> None:
    assert words in refused(RED)[0].remedy


def test_a_team_that_left_without_releases_may_go() -> None:
    assert fit(left("red", "red-tiller", ())).warnings == ()


@pytest.mark.parametrize("deploying", [True, False], ids=["update", "preview"])
def test_a_team_that_the_file_says_is_removed_may_go_and_what_goes_with_it_is_reported(deploying: bool) -> None:
    (sentence,) = fit(RED, deploying=deploying, removed={"red"}).warnings
    assert sentence.startswith("team red has left: with its namespace red-tiller go the records of web (revision 3,")
    assert "What they installed stays" in sentence


def test_the_word_for_one_team_lets_no_other_go() -> None:
    (problem,) = refused(RED, removed={"blue-green", "olive"})
    assert problem.key == "secure-tiller:teams.red"


def test_the_word_for_a_team_that_holds_nothing_says_nothing() -> None:
    assert fit(FACTS, removed={"red"}).warnings == ()


def test_every_team_that_left_is_reported_at_once() -> None:
    other = left("olive", "olive-tiller")
    both = replace(RED, namespaces={**RED.namespaces, **other.namespaces}, departed={**RED.departed, **other.departed})
    assert [problem.key for problem in refused(both)] == ["secure-tiller:teams.olive", "secure-tiller:teams.red"]


@pytest.mark.parametrize(("number", "more"), [(9, ""), (10, ""), (11, " and 1 more"), (200, " and 190 more")])
def test_of_many_releases_ten_are_named_and_the_others_counted(number: int, more: str) -> None:
    releases = tuple(FoundRelease(f"app-{at:03}", 1, "DEPLOYED") for at in range(number))
    (problem,) = refused(left("red", "red-tiller", releases))
    assert problem.why.count("revision") == min(number, 10)
    assert problem.why.endswith(f"(revision 1, DEPLOYED){more}")


# A team that stays, and leaves its namespace.


def test_a_team_whose_namespace_is_another_now_is_refused_because_its_releases_are_in_the_old_one() -> None:
    (problem,) = refused(left("green", "helm-green"))
    assert (problem.team, problem.key, problem.value) == ("green", "namespace", '"green-tiller"')
    assert (
        "leaves the namespace helm-green, where this Tiller holds releases: web (revision 3, DEPLOYED)" in problem.why
    )
    assert problem.remedy.startswith("set `namespace: helm-green`")


def renamed(**changes: Any) -> Any:
    return [plan("lime", smallest(**changes), STACK)]


def test_a_team_that_was_renamed_into_another_namespace_is_refused_under_its_new_name() -> None:
    (problem,) = refused(left("green", "green-tiller"), plans=renamed(), formerly={"lime": "green"})
    assert (problem.team, problem.key, problem.value) == ("lime", "namespace", '"lime-tiller"')
    assert problem.remedy.startswith("set `namespace: green-tiller`")


def test_the_word_for_a_team_that_left_is_none_for_one_that_was_renamed() -> None:
    facts = left("green", "green-tiller")
    (problem,) = refused(facts, plans=renamed(), formerly={"lime": "green"}, removed={"green"})
    assert problem.team == "lime"


def test_a_team_that_was_renamed_and_keeps_its_namespace_has_not_left() -> None:
    facts = replace(FACTS, namespaces={**FACTS.namespaces, "green-tiller": OURS})
    assert fit(facts, plans=renamed(namespace="green-tiller"), formerly={"lime": "green"})


@pytest.mark.parametrize("releases", [(), None], ids=["none", "refused"])
def test_an_old_name_whose_tiller_would_go_is_refused_even_without_releases(
    releases: tuple[FoundRelease, ...] | None,
) -> None:
    facts = left("green", "green-tiller", releases)
    (problem,) = refused(facts, deploying=False, plans=renamed(), formerly={"lime": "green"})
    assert (problem.team, problem.key, problem.value) == ("lime", "formerly", '"green"')
    assert "would be deleted" in problem.why
    assert problem.remedy.startswith("set `namespace: green-tiller`")


# What the cluster does not tell.

REFUSED = left("red", "red-tiller", None)


def test_a_preview_says_which_tillers_it_could_not_look_into() -> None:
    (sentence,) = fit(REFUSED, deploying=False).warnings
    assert "Not checked: whether the Tillers that have left the settings hold releases (red-tiller)" in sentence
    assert sentence.endswith("An update asks again.")


@pytest.mark.parametrize("removed", [set(), {"red"}], ids=["not said", "said to be removed"])
def test_an_update_does_not_delete_what_it_could_not_look_into(removed: set[str]) -> None:
    (problem,) = refused(REFUSED, removed=removed)
    assert (problem.key, problem.value) == ("namespace red-tiller", "(unknown)")
    assert problem.remedy == "let the deployer list Secrets there"


def test_a_tiller_whose_namespace_names_no_team_is_refused_all_the_same() -> None:
    nameless = FoundNamespace({"app.kubernetes.io/managed-by": "secure-tiller"}, OURS.annotations)
    facts = replace(RED, namespaces={**RED.namespaces, "red-tiller": nameless})
    assert [problem.key for problem in refused(facts)] == ["secure-tiller:teams.(unknown)"]

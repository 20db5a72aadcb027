"""Clients that are still answered although the settings no longer name them."""

from dataclasses import replace

import pytest

from secure_tiller.plan.build import plan
from secure_tiller_stack.cluster import ClusterFacts, FoundTiller
from secure_tiller_stack.preflight import TILLERS_REFUSED
from secure_tiller_stack.preflight.revoked import describe_trust
from tests.support import pki
from tests.support.samples import OWN_CA, PARTNER, STACK, smallest
from tests.unit.secure_tiller_stack.preflight.facts import FACTS, PLANS, fit


def answering(**trusts: str) -> ClusterFacts:
    """Facts about what the pods of Tillers say whom they answer; `_` stands for `-` in the names of namespaces."""
    pods = (FoundTiller(name.replace("_", "-"), frozenset(words.split()), False) for name, words in trusts.items())
    return replace(FACTS, tillers=tuple(pods))


def test_a_client_that_has_left_the_settings_is_said_to_be_not_yet_revoked() -> None:
    found = fit(answering(blue_tiller="alice ci mallory", green_tiller="bob"))
    assert found.leaving == {"blue-tiller": {"mallory"}}
    (sentence,) = found.warnings
    assert sentence.startswith("team blue: NOT YET REVOKED: client mallory. The Tiller that runs answers")
    assert "if the update fails, it goes on answering" in sentence


def test_it_is_said_of_every_pod_of_the_tiller_and_of_one_that_is_being_stopped_too() -> None:
    pods = [
        FoundTiller("blue-tiller", frozenset(words.split()), stopping)
        for words, stopping in (("alice ci", False), ("alice mallory", True), ("eve", False))
    ]
    assert fit(replace(FACTS, tillers=tuple(pods))).leaving == {"blue-tiller": {"eve", "mallory"}}


@pytest.mark.parametrize("deploying", [True, False])
def test_it_is_said_in_a_preview_too(deploying: bool) -> None:
    (sentence,) = fit(answering(green_tiller="bob eve"), deploying=deploying).warnings
    assert "NOT YET REVOKED: client eve" in sentence


@pytest.mark.parametrize(
    "trusts",
    [{}, {"blue_tiller": "alice ci", "green_tiller": "bob"}, {"blue_tiller": ""}, {"of_another": "mallory"}],
    ids=["no pods", "as in the settings", "pods that do not say", "a Tiller of somebody else"],
)
def test_nobody_is_said_to_be_leaving_who_is_not(trusts: dict[str, str]) -> None:
    found = fit(answering(**trusts))
    assert (found.leaving, found.warnings) == ({}, ())


def test_a_new_client_is_not_leaving() -> None:
    assert fit(answering(blue_tiller="alice")).leaving == {}


def test_an_older_generation_is_revoked_client_by_client() -> None:
    plans = [plan("green", smallest(certificates={"generation": 2}), STACK)]
    found = fit(answering(green_tiller="bob"), plans=plans)
    assert found.leaving == {"green-tiller": {"bob"}}
    assert "NOT YET REVOKED: client bob with the bundle from before." in found.warnings[0]


@pytest.mark.parametrize(
    "settings", [{"generation": 2}, {"csr": pki.request("bob")}], ids=["another generation", "a key of its own"]
)
def test_a_client_whose_key_is_replaced_is_revoked_with_the_bundle_from_before(settings: dict[str, object]) -> None:
    plans = [plan("green", smallest(clients={"bob": settings}), STACK)]
    found = fit(answering(green_tiller="bob mallory"), plans=plans)
    assert found.leaving == {"green-tiller": {"bob", "mallory"}}
    assert "client bob with the bundle from before, client mallory." in found.warnings[0]
    assert fit(answering(green_tiller=" ".join(plans[0].trust_anchors)), plans=plans).leaving == {}


def test_a_ca_that_is_no_longer_trusted_or_is_another_under_the_old_name_is_leaving() -> None:
    plans = [
        plan("green", smallest(certificates={"trusted_client_cas": {"partner": ca.pem}}), STACK)
        for ca in (PARTNER, OWN_CA)
    ]
    facts = answering(green_tiller=" ".join(plans[0].trust_anchors))
    assert fit(facts, plans=plans[:1]).leaving == {}
    for after in (plans[1], PLANS[1]):
        found = fit(facts, plans=[after])
        assert found.leaving == {"green-tiller": set(plans[0].trust_anchors) - {"bob"}}
        assert "whom the CA partner signs for" in found.warnings[0]


def test_a_cluster_that_does_not_let_pods_be_listed_says_what_was_not_checked() -> None:
    found = fit(replace(FACTS, tillers=None))
    assert (found.leaving, found.warnings) == ({}, (TILLERS_REFUSED,))


@pytest.mark.parametrize(
    ("trusts", "words"),
    [
        (["alice"], "client alice"),
        (["ci@2", "alice"], "client alice, client ci"),
        (["bob@1.2", "bob#0a1b2c3d4e5f"], "client bob with the bundle from before, client bob with the bundle from be"),
        (["bob@2#0a1b2c3d4e5f", "carol@1.2"], "client bob with the bundle from before, client carol"),
        (["ca:partner#0a1b2c3d4e5f"], "whom the CA partner signs for"),
        (["ca:partner"], "whom the CA partner signs for"),
    ],
)
def test_who_is_answered_is_said_as_people_say_it(trusts: list[str], words: str) -> None:
    assert describe_trust(trusts, clients=["bob"]).startswith(words)


def test_nobody_is_said_to_have_another_bundle_unless_it_is_known() -> None:
    assert describe_trust(["bob@2", "bob#0a1b2c3d4e5f"]) == "client bob, client bob"

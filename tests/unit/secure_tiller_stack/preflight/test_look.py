"""The questions of the look at the cluster, and those that it says it did not ask."""

from dataclasses import replace

import pytest

from secure_tiller.plan.build import plan
from secure_tiller.plan.objects import named
from secure_tiller_stack.cluster import ClusterFacts, FoundNamespace, FoundObjects, Questions
from secure_tiller_stack.kubeconfig import Access
from secure_tiller_stack.permissions import acts, grants
from secure_tiller_stack.preflight import PREVIEW, RIGHTS_REFUSED, TILLERS_REFUSED, look
from tests.support.samples import FULL, STACK
from tests.unit.secure_tiller_stack.preflight.facts import ACCESS, FACTS, PLANS, fit, refused
from tiller_facts.kinds import ROLES, SECRETS, Object
from tiller_facts.values import Hidden


def asked(deploying: bool) -> Questions:
    """Return the one question that a look asks."""
    questions: list[Questions] = []

    def ask(access: Access, question: Questions) -> ClusterFacts:
        assert access == ACCESS
        questions.append(question)
        return FACTS

    look(ACCESS, PLANS, deploying=deploying, ask=ask)
    (question,) = questions
    return question


@pytest.mark.parametrize("deploying", [True, False])
def test_the_cluster_knows_whether_this_is_an_update(deploying: bool) -> None:
    assert asked(deploying).deploying is deploying


def test_it_asks_for_tillers_of_this_stack_in_other_namespaces_than_those_of_the_settings() -> None:
    assert asked(True).stack == STACK
    assert asked(True).namespaces == {
        "blue-tiller", "blue-apps", "blue-jobs", "shared-tools", "green-tiller", "green-apps",
    }  # fmt: skip


def test_it_asks_for_the_objects_and_the_rights_of_every_team() -> None:
    for tiller in PLANS:
        assert asked(True).objects >= set(named(tiller))
        assert asked(True).acts >= set(acts(tiller))
        assert asked(True).grants >= set(grants(tiller))


def test_a_preview_notes_what_it_leaves_to_the_update_and_warns_of_nothing() -> None:
    found = fit(FACTS, deploying=False)
    assert (found.warnings, found.notes) == ((), (PREVIEW,))


@pytest.mark.parametrize("words", ["whether RBAC is enforced", "whether the deployer may do and grant"])
def test_that_note_names_both_questions(words: str) -> None:
    assert words in PREVIEW


def test_an_update_has_nothing_to_note() -> None:
    assert fit(FACTS).notes == ()


def test_what_was_seen_is_kept_for_the_second_look() -> None:
    role = Object(ROLES, "shared-tools", "tiller-blue")
    there = FoundObjects({role: "blue"}, frozenset({SECRETS}), frozenset({"the role's"}))
    cluster = fit(replace(FACTS, objects=there, namespaces={**FACTS.namespaces, "old": FoundNamespace(uid="its")}))
    assert cluster.seen == {"the role's", "its"}
    assert cluster.unlisted == {SECRETS}


def test_everything_that_was_not_answered_is_reported() -> None:
    silent = replace(
        FACTS,
        everybody=Hidden("refused"),
        tillers=None,
        lacking=None,
        objects=FoundObjects(refused=frozenset({SECRETS})),
    )
    warnings = fit(silent).warnings
    assert {RIGHTS_REFUSED, TILLERS_REFUSED} < set(warnings)
    assert len([sentence for sentence in warnings if sentence.startswith("Not checked:")]) == len(warnings) == 4


def test_a_cluster_that_is_refused_is_refused_for_everything_at_once() -> None:
    tiller = plan("blue", FULL, STACK)
    facts = replace(
        FACTS,
        version=(1, 24),
        everybody=frozenset(("system:anonymous",)),
        objects=FoundObjects(dict.fromkeys(named(tiller), "")),
        lacking=frozenset(acts(tiller)),
    )
    keys = {problem.key for problem in refused(facts, plans=[tiller])}
    assert keys >= {
        "version of Kubernetes",
        "authorization of https://10.0.0.1:6443",
        "clients.ci.secret.namespace",
        "roles in shared-tools",
        "(the deployer's rights)",
    }

"""The values that each rule refuses, in which words, and those that it accepts."""

from typing import cast

import pytest

from secure_tiller.args import SecureTillerArgs
from secure_tiller.plan import validation
from secure_tiller.plan.validation import Settings
from secure_tiller.plan.validation.namespaces import team_name_is_a_label
from tests.support.samples import smallest
from tests.unit.secure_tiller.validation import certificates, clients, namespaces, objects, pod, rights
from tests.unit.secure_tiller.validation.table import Accepted, Refused

TABLES = (certificates, clients, namespaces, objects, pod, rights)
REFUSED = [pytest.param(line, id=f"{line.rule.__name__}: {line.words}") for table in TABLES for line in table.REFUSED]
ACCEPTED = [pytest.param(line, id=line.rule.__name__) for table in TABLES for line in table.ACCEPTED]

OF_NAMES = team_name_is_a_label
"""The one rule that settings alone cannot break; see below."""


@pytest.mark.parametrize("line", REFUSED)
def test_wrong_settings_are_refused_by_their_rule_alone(line: Refused) -> None:
    (problem,) = validation.check("green", line.args)
    assert tuple(line.rule(Settings("green", cast("SecureTillerArgs", line.args)))) == (problem,)
    assert (problem.team, problem.key, problem.value) == ("green", line.key, line.value)
    assert line.words in f"{problem.why}; {problem.remedy}"


@pytest.mark.parametrize("line", ACCEPTED)
def test_right_settings_are_accepted(line: Accepted) -> None:
    assert validation.check("green", line.args) == ()


def test_every_rule_is_seen_to_refuse_and_to_accept() -> None:
    refused = {line.rule for table in TABLES for line in table.REFUSED}
    accepted = {line.rule for table in TABLES for line in table.ACCEPTED}
    assert refused | {OF_NAMES} == accepted == set(validation.CHECKS)


@pytest.mark.parametrize("name", ["", "Blue", "blue_1", "-blue", "blue-", "b.lue", "blue\n", "blu\u0435", "b" * 64])
def test_names_of_teams_that_kubernetes_would_refuse_are_refused(name: str) -> None:
    (problem,) = OF_NAMES(Settings(name, smallest(namespace="tiller")))
    assert "RFC 1123 label" in problem.why
    assert validation.check(name, smallest(namespace="tiller")) == (problem,)


def test_a_name_too_long_for_its_derived_namespace_is_refused_with_a_remedy() -> None:
    (problem,) = validation.check("b" * 57, smallest())
    assert problem.key == "namespace"
    assert "set a shorter `namespace`" in problem.remedy


def test_the_longest_name_with_a_derived_namespace_is_accepted() -> None:
    assert validation.check("b" * 56, smallest()) == ()

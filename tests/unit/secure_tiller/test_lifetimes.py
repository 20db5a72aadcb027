"""How long certificates live."""

import re
from typing import Any

import pytest
import yaml
from hypothesis import assume, given

from secure_tiller.args import CertificatesArgs, LifetimeArgs
from secure_tiller.plan import lifetimes, validation
from secure_tiller.plan.lifetimes import Lifetime, Lifetimes
from tests.support import strategies
from tests.support.samples import smallest

LEAF = Lifetime(validity=100, renew_before=30)
SHORT_LEAF = Lifetime(validity=10, renew_before=3)
DAY = 24


def test_the_defaults_are_90_days_for_a_leaf_and_a_year_for_a_ca() -> None:
    leaf = Lifetime(90 * DAY, 30 * DAY)
    assert Lifetimes(ca=Lifetime(365 * DAY, 120 * DAY), server=leaf, client=leaf) == lifetimes.DEFAULT


@pytest.mark.parametrize(("validity", "renew_before"), [(0, 0), (1, 1), (10, 0), (10, -1), (10, 10), (10, 11)])
def test_a_certificate_that_would_renew_always_or_never_is_refused(validity: int, renew_before: int) -> None:
    with pytest.raises(ValueError, match="cannot be renewed"):
        Lifetime(validity, renew_before)


@pytest.mark.parametrize(("server", "client"), [(LEAF, SHORT_LEAF), (SHORT_LEAF, LEAF)])
@pytest.mark.parametrize("renew_before", [1, 99, 100])
def test_a_ca_that_a_leaf_could_outlive_is_refused(renew_before: int, server: Lifetime, client: Lifetime) -> None:
    with pytest.raises(ValueError, match="cannot sign"):
        Lifetimes(ca=Lifetime(1000, renew_before), server=server, client=client)


def test_a_ca_that_renews_while_more_than_a_leafs_life_is_left_is_accepted() -> None:
    assert Lifetimes(ca=Lifetime(1000, 101), server=LEAF, client=SHORT_LEAF).ca.renew_before == 101


@pytest.mark.parametrize(
    ("settings", "life"),
    [
        ({}, Lifetime(90 * DAY, 30 * DAY)),
        ({"validity": "60d"}, Lifetime(60 * DAY, 20 * DAY)),
        ({"validity": "10h"}, Lifetime(10, 3)),
        ({"validity": "2h"}, Lifetime(2, 1)),
        ({"renew_before": "45d"}, Lifetime(90 * DAY, 45 * DAY)),
        ({"validity": "36h", "renew_before": "6h"}, Lifetime(36, 6)),
        ({"validity": "3650d"}, Lifetime(3650 * DAY, 29200)),
    ],
    ids=str,
)
def test_a_certificate_is_renewed_in_the_last_third_of_its_life_by_default(
    settings: LifetimeArgs, life: Lifetime
) -> None:
    assert lifetimes.lifetime(settings, lifetimes.DEFAULT.client) == life


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"validity": "1h"}, "from 2h to 3650d"),
        ({"validity": "3651d"}, "from 2h to 3650d"),
        ({"validity": "1y"}, "whole hours or days"),
        ({"validity": "90d", "renew_before": "90d"}, "cannot be renewed"),
        ({"renew_before": "91d"}, "cannot be renewed"),
        ({"renew_before": "0h"}, "whole hours or days"),
    ],
    ids=str,
)
def test_a_life_out_of_bounds_is_refused(settings: LifetimeArgs, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        lifetimes.lifetime(settings, lifetimes.DEFAULT.client)


def test_each_life_can_be_set_by_itself() -> None:
    lives = lifetimes.lifetimes({"client": {"validity": "9d"}, "server": {"validity": "6d"}})
    assert (lives.client.validity, lives.server.validity) == (9 * DAY, 6 * DAY)
    assert lives.ca == lifetimes.DEFAULT.ca


@given(settings=strategies.certificates | strategies.possible_lives())
def test_no_certificate_outlives_its_ca_whatever_settings_pass_the_checks(settings: CertificatesArgs) -> None:
    assume(not validation.check("team", smallest(certificates=settings)))
    lives = lifetimes.lifetimes(settings)
    # The least that a CA has left when it signs, because otherwise it is renewed first.
    left = lives.ca.renew_before
    assert left > max(lives.server.validity, lives.client.validity)


OUTLIVING: list[dict[str, dict[str, str]]] = [
    {"client": {"validity": "120d"}},
    {"server": {"validity": "200d"}, "client": {"validity": "130d"}},
    {"client": {"validity": "2881h", "renew_before": "1h"}},
    {"ca": {"validity": "10d"}},
    {"ca": {"renew_before": "90d"}},
    {"ca": {"validity": "3650d", "renew_before": "1000d"}, "server": {"validity": "1000d"}},
    {"client": {"validity": "1186d"}},
    {"client": {"validity": "1187d"}},
    {"server": {"validity": "3650d"}},
]


def remedy_settings(remedy: str) -> dict[str, Any]:
    """Return what the remedy for a CA that is outlived says to write; nothing: to shorten the certificate."""
    written = re.match(r"write (ca: \{.*\}), or shorten it$", remedy)
    return dict(yaml.safe_load(written[1])) if written else {}


@pytest.mark.parametrize("settings", OUTLIVING, ids=str)
def test_who_follows_the_remedy_for_a_ca_that_is_outlived_passes(settings: dict[str, Any]) -> None:
    (problem,) = validation.check("team", smallest(certificates=settings))
    corrected = {**settings, **remedy_settings(problem.remedy)}
    if corrected == settings:
        assert problem.remedy == "shorten the validity of the certificate"
        corrected |= {part: {"validity": "90d"} for part in ("server", "client")}
    assert validation.check("team", smallest(certificates=corrected)) == ()


@given(settings=strategies.certificates)
def test_so_does_everybody_else_who_does(settings: dict[str, Any]) -> None:
    problems = [p for p in validation.check("team", smallest(certificates=settings)) if "outlive" in p.why]
    assume(problems)
    ((problem,), written) = problems, remedy_settings(problems[0].remedy)
    assert written
    assert validation.check("team", smallest(certificates={**settings, **written})) == (), problem


def test_control_settings_that_the_checks_refuse_do_break_the_promise() -> None:
    ca = lifetimes.lifetime({"validity": "200d"}, lifetimes.DEFAULT.ca)
    assert validation.check("team", smallest(certificates={"ca": {"validity": "200d"}}))
    assert ca.renew_before < lifetimes.DEFAULT.client.validity

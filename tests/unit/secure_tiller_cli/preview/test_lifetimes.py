"""Lifetimes of certificates: longer ones are risks, and so are those that no settings can ask for."""

from typing import Any

import pytest

from secure_tiller_cli.preview.digest import UNKNOWN
from secure_tiller_cli.preview.findings import Meaning
from secure_tiller_cli.preview.summary import summarize
from tests.support.samples import FULL, SMALLEST, smallest
from tests.unit.secure_tiller_cli.preview.previews import Resources, preview, resources, urn_of
from tests.unit.secure_tiller_cli.preview.test_issued import SELF_SIGNED, SIGNED
from tests.unit.secure_tiller_cli.preview.test_rules import put, transformed

VALIDITY, RENEWAL = "validityPeriodHours", "earlyRenewalHours"
CLIENTS: dict[str, Any] = {"bob": {}, "carol": {}, "dora": {}}


def team(**certificates: Any) -> Resources:
    return resources("green", smallest(clients=CLIENTS, certificates=certificates))


GREEN = team()
BOB, SERVER = (urn_of("green", SIGNED, part) for part in ("client:bob", "server"))
BOBS_CA, SERVER_CA = (urn_of("green", SELF_SIGNED, part) for part in ("client-ca:bob", "server-ca"))


def found(before: Resources, after: Resources) -> list[Meaning]:
    return [finding for part in summarize(preview(before, after)).parts for finding in part.findings]


def risks(before: Resources, after: Resources) -> dict[str, str]:
    every = (finding for finding in found(before, after) if finding.code.startswith("lives") and finding.risk)
    return {finding.code: finding.plain() for finding in every}


@pytest.mark.parametrize("before", [GREEN, {}], ids=["renewed", "new"])
@pytest.mark.parametrize(
    ("urn", "key", "hours", "said"),
    [
        (BOB, VALIDITY, 87601, "it is valid for 87601h, not from 2h to 3650d"),
        (SERVER, VALIDITY, 1, "it is valid for 1h, not from 2h to 3650d"),
        (SERVER, RENEWAL, 0, "it is renewed 0d before the end of 90d"),
        (SERVER, RENEWAL, 2160, "it is renewed 90d before the end of 90d"),
        (SERVER, VALIDITY, 120 * 24, "server, 120d, can outlive server-ca, renewed 120d before its end"),
        (SERVER_CA, RENEWAL, 90 * 24, "server, 90d, can outlive server-ca, renewed 90d before its end"),
        (BOBS_CA, RENEWAL, 24, "client:bob, 90d, can outlive client-ca:bob, renewed 1d before its end"),
        (BOB, VALIDITY, 24 * 91, "91d (renewed 30d before the end), others of its kind have 90d"),
        (BOB, RENEWAL, 1, "90d (renewed 1h before the end), others of its kind have 90d"),
        (BOBS_CA, VALIDITY, 24 * 3650, "3650d (renewed 120d before the end), others of its kind have 365d"),
        (BOB, VALIDITY, UNKNOWN, "its hours are unknown"),
        (BOB, VALIDITY, None, "its hours are unknown"),
        (BOB, VALIDITY, True, "its hours are unknown"),
        (BOB, VALIDITY, 1.5, "its hours are unknown"),
    ],
)
def test_a_lifetime_that_no_settings_ask_for_is_a_risk(
    before: Resources, urn: str, key: str, hours: Any, said: str
) -> None:
    after = transformed(GREEN, urn, put(hours, key))
    beyond = [finding.plain() for finding in found(before, after) if finding.code == "lives-beyond" and finding.risk]
    assert [text for text in beyond if said in text]
    assert "lives-beyond" not in risks(after, after)
    assert "lives-beyond" not in risks(after, transformed(after, SERVER, put("other", "caCertPem")))


@pytest.mark.parametrize("of", ["client", "server"])
@pytest.mark.parametrize("before", [GREEN, {}], ids=["changed", "new"])
def test_a_longer_lifetime_is_a_risk(of: str, before: Resources) -> None:
    said = risks(before, team(**{of: {"validity": "100d"}}))
    assert said.keys() == {"lives-longer"}
    assert "90d (renewed 30d before the end) → 100d (renewed 800h before the end)" in said["lives-longer"]


def test_control_a_shorter_lifetime_is_named_and_no_risk() -> None:
    assert risks(GREEN, team(client={"validity": "30d"})) == {}
    assert "lives" in {finding.code for finding in found(GREEN, team(client={"validity": "30d"}))}


def test_control_a_client_that_joins_a_team_of_longer_lifetimes_is_no_risk() -> None:
    longer = {"client": {"validity": "100d"}}
    more = resources("green", smallest(clients={**CLIENTS, "eve": {}}, certificates=longer))
    assert risks(team(**longer), more) == {}


@pytest.mark.parametrize("args", [SMALLEST, FULL])
def test_control_the_lifetimes_of_the_settings_are_not_beyond_them(args: Any) -> None:
    assert "lives-beyond" not in risks({}, resources("green", args))
    assert "lives-beyond" not in risks(resources("green", SMALLEST), resources("green", args))

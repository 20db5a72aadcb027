"""The results that the calls of Tiller's port prove, and those that they leave open."""

from dataclasses import replace
from typing import Any

import pytest

from secure_tiller_cli.check.endpoint import (
    CLIENTS,
    NO_CERTIFICATE,
    OTHER_TEAMS,
    PLAINTEXT,
    SERVER,
    STRANGER,
    Calls,
    first_clients,
    judge,
)
from secure_tiller_cli.diagnosis import Accepted, Cause, Diagnosis, Kind, NoVerdictError, Refused, UnverifiedError
from secure_tiller_cli.diagnosis.handshake import ServerHandshake
from secure_tiller_cli.results.result import Result, Status
from tests.unit.secure_tiller_cli.check import samples

ALERT, ANSWER = Refused("alert bad certificate"), Accepted("v2.17.0")
SERIAL = str(samples.blue().expirations["server"]["serial"])
DENIED = Cause(Kind.FORWARD_DENIED, "the account lacks the right to create pods/portforward", "ask")
EXPIRED = Cause(Kind.CLIENT_EXPIRED, "the certificate ended on 2025-12-31", "pulumi up")

CALLS = Calls(
    plaintext=Refused("connection closed"),
    no_certificate=ALERT,
    stranger=ALERT,
    others={"green/bob": ALERT},
    clients={"alice": Diagnosis(ANSWER, ()), "ci": Diagnosis(ANSWER, ())},
    keyless=(),
    unseen=(),
    presented=SERIAL,
    shown=ServerHandshake(),
)


def results(**changes: Any) -> dict[str, Result]:
    return {result.check: result for result in judge(samples.blue(), replace(CALLS, **changes))}


def test_a_port_that_answers_the_teams_clients_alone_passes() -> None:
    found = results()
    assert {result.status for result in found.values()} == {Status.PASSED}
    assert found[OTHER_TEAMS].text == "refused green/bob: alert bad certificate"
    assert found[CLIENTS].text == "alice, ci (v2.17.0)"


@pytest.mark.parametrize(
    ("call", "check"),
    [
        ({"plaintext": ANSWER}, PLAINTEXT),
        ({"no_certificate": ANSWER}, NO_CERTIFICATE),
        ({"stranger": ANSWER}, STRANGER),
        ({"others": {"green/bob": ANSWER, "red/rita": ALERT}}, OTHER_TEAMS),
        ({"clients": {"alice": Diagnosis(None, (EXPIRED,))}}, CLIENTS),
        ({"presented": UnverifiedError("IP address mismatch")}, SERVER),
        ({"presented": "beef"}, SERVER),
    ],
)
def test_one_wrong_answer_fails_its_check_alone(call: dict[str, Any], check: str) -> None:
    assert [name for name, result in results(**call).items() if result.status is Status.FAILED] == [check]


@pytest.mark.parametrize(
    ("call", "check"),
    [
        ({"plaintext": NoVerdictError("no word")}, PLAINTEXT),
        ({"others": {"green/bob": NoVerdictError("no word")}}, OTHER_TEAMS),
        ({"presented": NoVerdictError("no word")}, SERVER),
    ],
)
def test_no_verdict_is_no_proof(call: dict[str, Any], check: str) -> None:
    result = results(**call)[check]
    assert result.status is Status.NOT_CHECKED
    assert "no word" in result.text


def test_the_cause_of_a_client_without_an_answer_is_named_and_the_others_pass() -> None:
    calls = replace(CALLS, clients={**CALLS.clients, "ci": Diagnosis(None, (EXPIRED,))})
    failed, passed = (result for result in judge(samples.blue(), calls) if result.check == CLIENTS)
    assert (failed.status, failed.text) == (Status.FAILED, "ci: the certificate ended on 2025-12-31")
    assert failed.remedy == "pulumi up"
    assert (passed.status, passed.text) == (Status.PASSED, "alice (v2.17.0)")


@pytest.mark.parametrize(("causes", "status"), [((DENIED,), Status.NOT_CHECKED), ((DENIED, EXPIRED), Status.FAILED)])
def test_what_the_account_that_checks_may_not_do_tells_nothing_of_a_client(
    causes: tuple[Cause, ...], status: Status
) -> None:
    assert results(clients={"alice": Diagnosis(None, causes)})[CLIENTS].status is status


def test_a_client_with_a_key_of_its_own_cannot_be_tried_and_is_no_failure() -> None:
    assert (
        results(keyless=("dora",))[CLIENTS].text == "alice, ci (v2.17.0); not tried, for they made their own keys: dora"
    )
    alone = results(clients={}, keyless=("dora",))[CLIENTS]
    assert alone.status is Status.PASSED
    assert "not tried" in alone.text


def test_of_each_other_team_the_first_client_with_a_key_is_tried() -> None:
    bundles = {"zoe": {"ca": "", "cert": "z", "key": "k"}, "dora": {"ca": "", "cert": "d"}}
    assert list(first_clients([samples.blue(bundles=bundles), samples.green()])) == ["blue/zoe"]


def test_a_client_of_which_the_state_holds_no_bundle_is_not_checked() -> None:
    found = list(judge(samples.blue(), replace(CALLS, clients={}, unseen=("alice",))))
    (clients,) = [result for result in found if result.check == CLIENTS]
    assert (clients.status, clients.text) == (Status.NOT_CHECKED, "alice: the state holds no bundle of them")

"""How long certificates last, with a clock of the test's own."""

from datetime import timedelta

import pytest

from secure_tiller_cli.check.certificates import LIFE, Limits, judge
from secure_tiller_cli.results.result import Result, Status
from tests.support import pki
from tests.unit.secure_tiller_cli.check import samples
from tests.unit.secure_tiller_cli.check.samples import NOW

DAY = timedelta(days=1)
LIMITS = Limits(warn=30 * DAY, fail=7 * DAY)


def result(renewed_before: timedelta | None = 30 * DAY, **left: timedelta) -> Result:
    ends = {
        part.replace("_", ":", 1): samples.expiration(
            pki.authority(life=pki.Life(NOW - 100 * DAY, NOW + time)).pem, renewed_before
        )
        for part, time in left.items()
    }
    (found,) = judge(samples.blue(expirations=ends), NOW, LIMITS)
    assert found.check == LIFE
    return found


@pytest.mark.parametrize(
    ("left", "status", "text"),
    [
        (90 * DAY, Status.PASSED, "1; the first to end: server ends in 90 days (2026-04-01)"),
        (30 * DAY + timedelta(seconds=1), Status.PASSED, "1; the first to end: server ends in 30 days (2026-01-31)"),
        (30 * DAY, Status.WARNING, "server ends in 30 days (2026-01-31)"),
        (8 * DAY, Status.WARNING, "server ends in 8 days (2026-01-09)"),
        (7 * DAY, Status.FAILED, "server ends in 7 days (2026-01-08)"),
        (timedelta(hours=5), Status.FAILED, "server ends in 5 hours (2026-01-01)"),
        (-DAY, Status.FAILED, "server ended on 2025-12-31"),
    ],
)
def test_the_time_left_decides(left: timedelta, status: Status, text: str) -> None:
    found = result(server=left)
    assert (found.status, found.text) == (status, text)


def test_the_first_to_end_stands_first_and_decides() -> None:
    found = result(server=90 * DAY, client_alice=20 * DAY, client_ci=2 * DAY)
    assert found.status is Status.FAILED
    assert found.text == "client:ci ends in 2 days (2026-01-03), client:alice ends in 20 days (2026-01-21)"


def test_the_remedy_is_an_update_once_renewal_has_begun() -> None:
    assert result(server=8 * DAY).remedy.startswith("pulumi up renews them")


def test_before_renewal_begins_there_is_nothing_to_do() -> None:
    assert (
        result(renewed_before=DAY, server=8 * DAY).remedy == "nothing yet: pulumi up renews server from 2026-01-08 on"
    )


def test_what_the_stack_does_not_renew_is_to_be_issued_again() -> None:
    assert result(renewed_before=None, server=8 * DAY).remedy.startswith("have server issued again by its own PKI")

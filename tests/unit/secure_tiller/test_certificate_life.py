"""Where in its life a certificate is, by a clock of the test's own."""

from datetime import UTC, datetime, timedelta

import pytest

from secure_tiller.plan.certificate_life import Life, State, read

DAY, SECOND = timedelta(days=1), timedelta(seconds=1)
NOW = datetime(2030, 1, 1, tzinfo=UTC)
TIME = "2030-01-01T02:00:00+02:00"


@pytest.mark.parametrize(
    ("ends", "renewal", "begins", "state"),
    [
        (60 * DAY, 30 * DAY, None, State.VALID),
        (60 * DAY, SECOND, -DAY, State.VALID),
        (60 * DAY, timedelta(), -DAY, State.DUE),
        (SECOND, -DAY, -2 * DAY, State.DUE),
        (timedelta(), -DAY, -2 * DAY, State.EXPIRED),
        (-DAY, None, None, State.EXPIRED),
        (30 * DAY, None, None, State.VALID),
        (30 * DAY - SECOND, None, None, State.ENDING),
        (60 * DAY, 30 * DAY, SECOND, State.NOT_YET),
        (DAY, None, SECOND, State.NOT_YET),
        (60 * DAY, 30 * DAY, timedelta(), State.VALID),
    ],
)
def test_the_times_decide_the_state(
    ends: timedelta, renewal: timedelta | None, begins: timedelta | None, state: State
) -> None:
    renewal_begins = None if renewal is None else NOW + renewal
    assert Life(NOW + ends, renewal_begins, None if begins is None else NOW + begins).state(NOW) is state


@pytest.mark.parametrize(
    ("life", "within", "due"),
    [
        (Life(NOW + 9 * DAY, NOW + DAY), DAY, True),
        (Life(NOW + 9 * DAY, NOW + DAY), DAY - SECOND, False),
        (Life(NOW + 9 * DAY), 9 * DAY, True),
        (Life(NOW + 9 * DAY), 8 * DAY, False),
        (Life(NOW - DAY), timedelta(), True),
    ],
)
def test_due_is_what_renews_within_a_time_or_ends_where_nothing_renews_it(
    life: Life, within: timedelta, due: bool
) -> None:
    assert life.due(NOW, within) is due


def test_the_output_of_the_component_is_read_in_utc() -> None:
    given = {"serial": "1F", "notAfter": TIME, "renewalBegins": None}
    assert read("server", given) == Life(NOW)
    assert read("server", {**given, "renewalBegins": TIME}) == Life(NOW, NOW)


@pytest.mark.parametrize(
    ("expiration", "why"),
    [
        ({}, "the end of server is not known"),
        ({"notAfter": None}, "the end of server is not known"),
        ({"notAfter": "soon"}, "notAfter of server is no time"),
        ({"notAfter": "2030-01-01T00:00:00"}, "notAfter of server is no time"),
        ({"notAfter": 5}, "notAfter of server is no time"),
        ({"notAfter": TIME, "renewalBegins": "soon"}, "renewalBegins of server is no time"),
    ],
)
def test_an_output_without_a_time_is_refused(expiration: dict[str, object], why: str) -> None:
    with pytest.raises(ValueError, match=why):
        read("server", expiration)

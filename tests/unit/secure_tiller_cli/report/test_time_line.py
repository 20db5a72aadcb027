"""Certificates: where in their lives they are, and where on the line."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from secure_tiller.plan.certificate_life import State
from secure_tiller_cli.report.certificates import certificates, left
from secure_tiller_cli.report.model import Certificate
from secure_tiller_cli.report.timeline import END, LABELS, Bar, TimeLine, soonest, time_line
from tests.unit.secure_tiller_cli.report.samples import NOW, thirty, tiller

DAY = timedelta(days=1)


def certificate(
    begin: float | None = -20, renewal: float | None = 40, end: float = 70, team: str = "blue"
) -> Certificate:
    """A certificate by days from now."""
    at = [None if day is None else NOW + day * DAY for day in (begin, renewal)]
    return Certificate(team, "client alice", "2A", at[0], at[1], NOW + end * DAY, State.VALID)


def bar(*drawn: Certificate) -> tuple[TimeLine, Bar]:
    line = time_line(drawn, NOW)
    return line, line.groups[0].bars[0]


def test_a_certificate_lies_on_the_line_in_the_order_of_its_life() -> None:
    line, drawn = bar(certificate())
    assert drawn.renewal is not None
    assert LABELS < drawn.begin < line.today < drawn.renewal < drawn.end < END
    assert (drawn.open_begin, drawn.open_end) == (False, False)


def test_positions_are_in_proportion_to_time() -> None:
    line, drawn = bar(certificate(begin=-20, renewal=20, end=60))
    assert drawn.renewal is not None
    assert line.today - drawn.begin == pytest.approx(drawn.renewal - line.today, abs=0.2)
    assert drawn.end - drawn.renewal == pytest.approx(2 * (drawn.renewal - line.today), abs=0.2)


def test_one_that_has_ended_lies_left_of_today() -> None:
    line, drawn = bar(certificate(begin=-100, renewal=-40, end=-10))
    assert drawn.end < line.today < END
    assert drawn.text == "2026-11-15, 10 days ago"


def test_one_that_is_not_yet_valid_lies_right_of_today() -> None:
    line, drawn = bar(certificate(begin=10))
    assert LABELS < line.today < drawn.begin


@pytest.mark.parametrize(
    ("begin", "end", "open_begin", "open_end"),
    [(-20, 70, False, False), (None, 70, True, False), (-4000, 70, True, False), (-20, 4000, False, True)],
)
def test_what_is_beyond_the_line_or_not_known_is_open(
    begin: float | None, end: float, open_begin: bool, open_end: bool
) -> None:
    _, drawn = bar(certificate(begin=begin, end=end))
    assert (drawn.open_begin, drawn.open_end) == (open_begin, open_end)
    assert LABELS <= drawn.begin < drawn.end <= END


def test_one_that_the_stack_does_not_renew_has_no_renewal() -> None:
    assert bar(certificate(renewal=None))[1].renewal is None


@pytest.mark.parametrize(("begin", "end"), [(-0.02, 0.04), (-20, 70), (-200, 365), (-4000, 4000)])
def test_the_marks_are_few_and_apart(begin: float, end: float) -> None:
    marks = [mark for mark in bar(certificate(begin=begin, end=end))[0].marks if mark.text]
    assert len(marks) <= 10
    assert all(after.x - before.x > 40 for before, after in pairwise(marks))


def test_certificates_stand_by_team_below_each_other() -> None:
    line = time_line([certificate(), certificate(), certificate(team="green")], NOW)
    assert [(group.team, len(group.bars)) for group in line.groups] == [("blue", 2), ("green", 1)]
    heights = [y for group in line.groups for y in (group.y, *(each.y for each in group.bars))]
    assert heights == sorted(heights)
    assert heights[-1] < line.height


def test_the_soonest_of_thirty_teams_are_those_that_end_first() -> None:
    every = [each for one in thirty() for each in certificates(one, NOW)]
    first = soonest(every, 12)
    assert len(first) == 12
    assert max(each.ends for each in first) <= min(each.ends for each in every if each not in first)
    assert [group.team for group in time_line(first, NOW).groups] == ["team-29", "team-28", "team-27", "team-26"]


@pytest.mark.parametrize(
    ("now", "state"),
    [
        (-1, State.NOT_YET),
        (0, State.VALID),
        (59, State.VALID),
        (60, State.DUE),
        (89, State.DUE),
        (90, State.EXPIRED),
    ],
)
def test_the_state_of_a_certificate_changes_at_its_times(now: int, state: State) -> None:
    blue = tiller(issued=timedelta())
    (server,) = [each for each in certificates(blue, NOW + now * DAY) if each.name == "Tiller"]
    assert server.state is state


def test_the_dates_are_those_of_the_certificate_itself() -> None:
    """The component's outputs are those of the last update; the certificate is what is served."""
    blue = tiller()
    older = {
        part: {**each, "notAfter": "2030-01-02T00:00:00+00:00", "renewalBegins": "2030-01-01T00:00:00+00:00"}
        for part, each in blue.expirations.items()
    }
    shown = certificates(tiller(expirations=older, certificates=blue.certificates), NOW)
    assert {each.ends.year for each in shown} == {2027}
    assert {each.ends - each.renewal_begins for each in shown if each.renewal_begins} == {DAY}


def test_one_that_the_stack_did_not_issue_has_the_dates_of_the_outputs() -> None:
    ends = {"serial": "2A", "notAfter": "2027-01-01T00:00:00+00:00", "renewalBegins": None}
    (shown,) = certificates(tiller(expirations={"server": ends}, certificates={}), NOW)
    assert (shown.issued, shown.renewal_begins, shown.ends) == (None, None, datetime(2027, 1, 1, tzinfo=UTC))


def test_tillers_own_stand_first_and_each_before_its_ca() -> None:
    assert [each.name for each in certificates(tiller(), NOW)] == [
        "Tiller",
        "CA of Tiller",
        "client alice",
        "CA of client alice",
        "client ci",
        "CA of client ci",
    ]


@pytest.mark.parametrize(
    ("end", "text"),
    [(1, "1 day left"), (2.5, "2 days left"), (1 / 24, "1 hour left"), (-0.2, "4 hours ago"), (-3, "3 days ago")],
)
def test_what_is_left_is_said_in_words(end: float, text: str) -> None:
    assert left(certificate(end=end), NOW) == text

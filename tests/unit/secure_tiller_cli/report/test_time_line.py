"""Certificates: where in their lives they are, and where on the line."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from secure_tiller.plan.certificate_life import State
from secure_tiller_cli.report import build, to_html
from secure_tiller_cli.report.certificates import certificates, left
from secure_tiller_cli.report.model import Certificate
from secure_tiller_cli.report.timeline import TimeLine
from tests.unit.secure_tiller_cli.report.samples import DIGEST, NOW, ONE, STACK, thirty, tiller

DAY = timedelta(days=1)


def certificate(begin: float | None = -20, renewal: float | None = 40, end: float = 70) -> Certificate:
    """A certificate by days from now."""
    at = [None if day is None else NOW + day * DAY for day in (begin, renewal)]
    return Certificate("blue", "client alice", "2A", at[0], at[1], NOW + end * DAY, State.VALID)


def bars(page: str) -> list[tuple[str, float, float]]:
    """Of each bar of a page its class, and where it begins and ends."""
    found = re.findall(r'<span class="(\w+)" style="left: ([-\d.]+)%; width: ([-\d.]+)%">', page)
    return [(kind, float(left), float(left) + float(width)) for kind, left, width in found]


def drawn(*lives: Certificate) -> tuple[float, list[tuple[str, float, float]]]:
    """Where today is on the page of a team with these certificates, and its bars."""
    report = build(STACK, ONE, None, NOW, DIGEST)
    page = to_html(replace(report, teams=(replace(report.teams[0], certificates=lives),)))
    return TimeLine.of(lives, NOW).at(NOW), bars(page)


def test_a_certificate_lies_on_the_line_in_the_order_of_its_life() -> None:
    today, [(_, issued, _), (kind, renewal, ends)] = drawn(certificate())
    assert 0 < issued < today < renewal < ends < 100
    assert kind == "renewing"


def test_positions_are_in_proportion_to_time() -> None:
    line = TimeLine.of([certificate(begin=-20, end=60)], NOW)
    begin, today, later = (line.at(NOW + days * DAY) for days in (-20, 0, 40))
    assert later - today == pytest.approx(2 * (today - begin), abs=0.1)


@pytest.mark.parametrize(("begin", "end", "order"), [(-100, -10, "before"), (10, 70, "after")])
def test_what_has_ended_lies_before_today_and_what_begins_after_it(begin: float, end: float, order: str) -> None:
    today, [(_, begins, _), (_, _, ends), *_] = drawn(certificate(begin, (begin + end) / 2, end))
    assert 0 < (ends if order == "before" else today) < (today if order == "before" else begins) < 100


@pytest.mark.parametrize("begin", [None, -4000])
def test_a_life_from_before_the_line_or_an_unknown_time_leaves_it(begin: float | None) -> None:
    _, [(_, begins, _), *_] = drawn(certificate(begin=begin))
    assert begins < 0


def test_a_life_beyond_the_line_leaves_it() -> None:
    _, [*_, (_, _, ends)] = drawn(certificate(end=4000))
    assert ends > 100


def test_one_that_the_stack_does_not_renew_has_no_renewal() -> None:
    _, [(kind, *_)] = drawn(certificate(renewal=None))
    assert kind == "valid"


def test_a_renewal_from_before_the_issue_begins_with_it() -> None:
    _, [(_, begins, _), (_, renewal, _)] = drawn(certificate(begin=-20, renewal=-30))
    assert renewal == begins


@pytest.mark.parametrize(("begin", "end"), [(-0.02, 0.04), (-20, 70), (-200, 365), (-4000, 4000)])
def test_the_marks_are_few_and_apart(begin: float, end: float) -> None:
    line = TimeLine.of([certificate(begin=begin, end=end)], NOW)
    named = [at for at, text in line.marks() if text]
    assert len(list(line.marks())) <= 6
    assert all(after - before > 18 for before, after in pairwise(named))
    assert all(8 < at < 92 for at in named)


def test_marks_are_the_first_days_of_months() -> None:
    line = TimeLine.of([certificate(begin=-200, end=365)], NOW)
    assert [text for _, text in line.marks() if text] == ["Jul 2026", "Jan 2027", "Jul 2027"]
    assert (line.at(datetime(2027, 1, 1, tzinfo=UTC)), "Jan 2027") in line.marks()


def test_of_thirty_teams_those_that_end_first_stand_first() -> None:
    every = [each for one in thirty() for each in certificates(one, NOW)]
    shown = re.findall(
        r"<td[^>]*><time>(\d{4}-\d\d-\d\d \d\d:\d\d)</time></td>", to_html(build(STACK, thirty(), None, NOW, DIGEST))
    )
    ends = sorted(f"{each.ends:%Y-%m-%d %H:%M}" for each in every)
    assert shown[:12] == ends[:12]
    assert sorted(shown[12:]) == ends


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

"""Certificates on a time line: issued, renewal begins, end; and today."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import groupby

from secure_tiller.plan.certificate_life import State
from secure_tiller_cli.report.certificates import left
from secure_tiller_cli.report.drawing import Name, fit
from secure_tiller_cli.report.model import Certificate

WIDTH = 960
LABELS = 220
"""Where the line begins."""
END = 680
"""Where the line ends; what is said of each certificate stands right of it."""
_TOP, _ROW, _TEAM, _FOOT = 44, 22, 30, 10

_PAST, _AHEAD = timedelta(days=400), timedelta(days=800)
"""What is shown at the most: a certificate of ten years would press all others into one spot."""
_STEPS = (1, 2, 3, 6, 12)
"""Months between two marks."""
_MOST_MARKS = 9
_BESIDE = 36
"""How near the words of two marks may stand, in pixels."""


@dataclass(frozen=True)
class Mark:
    """The first of a month."""

    x: float
    text: str
    """Empty beside today's line, which is more."""


@dataclass(frozen=True)
class Bar:
    """A certificate."""

    y: float
    """Its middle."""
    name: Name
    begin: float
    renewal: float | None
    """Where renewal begins; None: the stack does not renew it."""
    end: float
    open_begin: bool
    """Whether it began before what is shown, or when is not known."""
    open_end: bool
    """Whether it ends after what is shown."""
    state: State
    text: str
    """What is said of it."""
    title: str
    """All of it, in words."""


@dataclass(frozen=True)
class Group:
    """A team."""

    y: float
    """Where its name stands."""
    team: str
    bars: tuple[Bar, ...]


@dataclass(frozen=True)
class TimeLine:
    """Certificates of one or more teams."""

    height: float
    today: float
    today_text: str
    marks: tuple[Mark, ...]
    groups: tuple[Group, ...]


def time_line(certificates: Sequence[Certificate], now: datetime) -> TimeLine:
    """Draw certificates, those of a team together.

    Args:
        certificates: in the order in which they are drawn; at least one.
        now: the present time, which is always on the line.
    """
    scale = _Scale.of(certificates, now)
    groups, y = [], float(_TOP)
    for team, of_team in groupby(certificates, key=lambda each: each.team):
        bars = tuple(_bar(each, scale, now, y + _TEAM + _ROW * (n + 0.5)) for n, each in enumerate(of_team))
        groups.append(Group(y + _TEAM - 9, team, bars))
        y = bars[-1].y + _ROW / 2
    return TimeLine(y + _FOOT, scale.x(now), f"today, {now:%Y-%m-%d}", tuple(_marks(scale, now)), tuple(groups))


def soonest(certificates: Sequence[Certificate], most: int) -> tuple[Certificate, ...]:
    """Return the certificates that end first, so many at the most; those of a team stand together."""
    first = sorted(certificates, key=lambda each: each.ends)[:most]
    order = list(dict.fromkeys(each.team for each in first))
    return tuple(sorted(first, key=lambda each: order.index(each.team)))


@dataclass(frozen=True)
class _Scale:
    begin: datetime
    end: datetime

    @classmethod
    def of(cls, certificates: Sequence[Certificate], now: datetime) -> "_Scale":
        begins = [each.issued for each in certificates if each.issued]
        begin = max(min([*begins, now]), now - _PAST)
        end = min(max([*(each.ends for each in certificates), now]), now + _AHEAD)
        margin = max((end - begin) / 50, timedelta(hours=1))
        return cls(begin - margin, end + margin)

    def x(self, time: datetime) -> float:
        """Return where a time is on the line; at an end of it what is beyond."""
        share = (time - self.begin) / (self.end - self.begin)
        return round(LABELS + (END - LABELS) * min(max(share, 0), 1), 1)


def _bar(certificate: Certificate, scale: _Scale, now: datetime, y: float) -> Bar:
    issued, renewal = certificate.issued, certificate.renewal_begins
    return Bar(
        y=y,
        name=fit(certificate.name, LABELS - 24),
        begin=scale.x(issued or scale.begin),
        renewal=scale.x(max(renewal, issued) if issued else renewal) if renewal else None,
        end=scale.x(certificate.ends),
        open_begin=issued is None or issued < scale.begin,
        open_end=certificate.ends > scale.end,
        state=certificate.state,
        text=f"{certificate.ends:%Y-%m-%d}, {left(certificate, now)}",
        title=_title(certificate),
    )


def _title(certificate: Certificate) -> str:
    issued = f"issued {certificate.issued:%Y-%m-%d}" if certificate.issued else "not issued by the stack"
    begins = certificate.renewal_begins
    renewal = f"renewal from {begins:%Y-%m-%d}" if begins else "not renewed by the stack"
    return f"{certificate.name}: {certificate.state}; {issued}, {renewal}, ends {certificate.ends:%Y-%m-%d %H:%M} UTC"


def _marks(scale: _Scale, now: datetime) -> Iterator[Mark]:
    months = (scale.end.year - scale.begin.year) * 12 + scale.end.month - scale.begin.month
    step = next((step for step in _STEPS if months / step < _MOST_MARKS), _STEPS[-1])
    # In whole years of steps, so that a mark is January whenever it can be.
    first = (scale.begin.year * 12 + scale.begin.month - 1) // step * step
    for month in range(first, first + months + step + 1, step):
        time = datetime(month // 12, month % 12 + 1, 1, tzinfo=UTC)
        if scale.begin <= time <= scale.end:
            x, text = scale.x(time), f"{time:%b %Y}" if step < 12 else f"{time:%Y}"
            yield Mark(x, text if abs(x - scale.x(now)) > _BESIDE else "")

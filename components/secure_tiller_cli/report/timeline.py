"""The time line of certificates: where a time stands on it, in per cent of its length."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from secure_tiller_cli.report.model import Certificate

_PAST, _AHEAD = timedelta(days=400), timedelta(days=800)
"""The longest time that is shown: a certificate of ten years would press all others into one spot."""
_STEPS = (1, 2, 3, 6, 12)
"""Months between two marks."""
_MOST_MARKS = 4
_ROOM = 9
"""Per cent that the text of a mark needs on either side."""


@dataclass(frozen=True)
class TimeLine:
    """A period that holds the present and, up to a limit, the lives of some certificates."""

    begin: datetime
    end: datetime
    now: datetime

    @classmethod
    def of(cls, certificates: Sequence[Certificate], now: datetime) -> "TimeLine":
        """Return the time line of certificates."""
        begin = max(min([now, *(each.issued for each in certificates if each.issued)]), now - _PAST)
        end = min(max([now, *(each.ends for each in certificates)]), now + _AHEAD)
        margin = max((end - begin) / 50, timedelta(hours=1))
        return cls(begin - margin, end + margin, now)

    def at(self, time: datetime | None) -> float:
        """Return where a time stands; one outside 0 to 100 is not shown, and an unknown one lies before the line."""
        return round(100 * ((time - self.begin) / (self.end - self.begin)), 2) if time else -_ROOM

    def marks(self) -> Iterator[tuple[float, str]]:
        """Yield where months begin, with their names where there is room."""
        months = (self.end.year - self.begin.year) * 12 + self.end.month - self.begin.month
        step = next((step for step in _STEPS if months / step < _MOST_MARKS), _STEPS[-1])
        # In whole years of steps, so that a mark is January whenever it can be.
        first = (self.begin.year * 12 + self.begin.month - 1) // step * step
        for month in range(first, first + months + step + 1, step):
            at = self.at(time := datetime(month // 12, month % 12 + 1, 1, tzinfo=UTC))
            if 0 <= at <= 100:
                yield at, f"{time:%b %Y}" if _ROOM <= at <= 100 - _ROOM else ""

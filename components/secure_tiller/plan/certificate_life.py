"""Where in its life a certificate is, at a time that the caller gives. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

SOON = timedelta(days=30)
"""How long before its end a certificate that no update renews is warned of: as long as the default renewal of ours."""


class State(StrEnum):
    """Where in its life a certificate is, in words."""

    VALID = "valid"
    DUE = "renewal due"
    """The next update of the stack renews it."""
    ENDING = "ends soon"
    """And the stack does not renew it."""
    EXPIRED = "expired"
    NOT_YET = "not yet valid"


@dataclass(frozen=True)
class Life:
    """The times of a certificate, each with its zone."""

    ends: datetime
    renewal_begins: datetime | None = None
    """From when on an update of the stack renews it; None: its own PKI does."""
    begins: datetime | None = None
    """From when on it is valid; None: not known."""

    def expired(self, now: datetime) -> bool:
        """Return whether it has ended."""
        return self.ends <= now

    def due(self, now: datetime, within: timedelta = timedelta()) -> bool:
        """Return whether it renews within a time from now, or ends where the stack does not renew it."""
        return (self.renewal_begins or self.ends) <= now + within

    def state(self, now: datetime) -> State:
        """Return where in its life it is."""
        if self.expired(now):
            return State.EXPIRED
        if self.begins and now < self.begins:
            return State.NOT_YET
        if self.renewal_begins:
            return State.DUE if self.due(now) else State.VALID
        return State.ENDING if self.ends - now < SOON else State.VALID


def read(part: str, expiration: Mapping[str, object]) -> Life:
    """Return the life that an output of the component gives.

    Args:
        part: the certificate's, of the logical name, for the error.
        expiration: `notAfter` and `renewalBegins` (`secure_tiller.plan.model.Expiration`).

    Raises:
        ValueError: the end is not there, or a time is none with an offset.
    """
    ends, renewal_begins = (_time(part, word, expiration.get(word)) for word in ("notAfter", "renewalBegins"))
    if ends is None:
        raise ValueError(f"the end of {part} is not known")
    return Life(ends, renewal_begins)


def span(time: timedelta) -> str:
    """Return a time in words, in whole days, or in whole hours where it is less than a day."""
    number, unit = (time.days, "day") if time.days else (time.seconds // 3600, "hour")
    return f"{number} {unit}" if number == 1 else f"{number} {unit}s"


def _time(part: str, word: str, text: object) -> datetime | None:
    if text is None:
        return None
    try:
        time = datetime.fromisoformat(str(text))
    except ValueError:
        time = datetime.min
    if time.tzinfo is None:
        raise ValueError(f"{word} of {part} is no time with an offset: run `pulumi up` once")
    return time.astimezone(UTC)

"""How long the certificates last."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from secure_tiller_cli.results.result import Result, Status, join_limited
from secure_tiller_cli.state import DeployedTiller

LIFE = "certificates last"
_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Limits:
    """Below which time left a certificate is spoken of."""

    warn: timedelta
    fail: timedelta


def judge(tiller: DeployedTiller, now: datetime, limits: Limits) -> Iterator[Result]:
    """Yield the result about the ends of the certificates that the stack knows.

    Args:
        tiller: the team's.
        now: with a time zone.
        limits: from when on to warn, and to fail.
    """
    ends = {part: datetime.fromisoformat(str(each["notAfter"])) for part, each in tiller.expirations.items()}
    in_order = sorted(ends, key=lambda part: (ends[part], part))
    due = [part for part in in_order if ends[part] - now <= max(limits.warn, limits.fail)]
    if not due:
        first = in_order[0] if in_order else ""
        text = f"{len(ends)}; the first to end: {_left(first, ends[first], now)}" if first else "there are none"
        yield Result(tiller.name, LIFE, Status.PASSED, text)
        return
    failed = ends[due[0]] - now <= limits.fail
    text = join_limited((_left(part, ends[part], now) for part in due), most=4, keep_order=True)
    yield Result(tiller.name, LIFE, Status.FAILED if failed else Status.WARNING, text, _remedy(tiller, due, now))


def _left(part: str, end: datetime, now: datetime) -> str:
    day = f"{end:%Y-%m-%d}"
    if end <= now:
        return f"{part} ended on {day}"
    days = (end - now) // _DAY
    left = f"{days} days" if days != 1 else "1 day"
    return f"{part} ends in {left if days else f'{(end - now).seconds // 3600} hours'} ({day})"


def _remedy(tiller: DeployedTiller, due: list[str], now: datetime) -> str:
    """Say what renews them: an update does where the stack renews and the time has come."""
    begins = {part: tiller.expirations[part].get("renewalBegins") for part in due}
    given = [part for part, begin in begins.items() if begin is None]
    if given:
        return f"have {join_limited(given)} issued anew by its own PKI, and give it to the stack"
    later = [part for part, begin in begins.items() if datetime.fromisoformat(str(begin)) > now]
    if len(later) == len(due):
        return (
            f"nothing yet: pulumi up renews {join_limited(due)} from {min(str(begins[part])[:10] for part in due)} on"
        )
    return "pulumi up renews them; then hand the new bundles to the clients"

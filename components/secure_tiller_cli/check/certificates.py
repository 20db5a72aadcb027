"""How long the certificates last."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from secure_tiller.plan import certificate_life
from secure_tiller.plan.certificate_life import Life, span
from secure_tiller_cli.results.result import Result, Status, join_limited
from secure_tiller_cli.state import DeployedTiller

LIFE = "certificates last"


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
    lives = {part: certificate_life.read(part, each) for part, each in tiller.expirations.items()}
    in_order = dict(sorted(lives.items(), key=lambda item: (item[1].ends, item[0])))
    ahead = now + max(limits.warn, limits.fail)
    due = {part: life for part, life in in_order.items() if life.expired(ahead)}
    if not due:
        first = next((_left(part, life, now) for part, life in in_order.items()), "")
        text = f"{len(lives)}; the first to end: {first}" if first else "there are none"
        yield Result(tiller.name, LIFE, Status.PASSED, text)
        return
    failed = any(life.expired(now + limits.fail) for life in due.values())
    text = join_limited((_left(part, life, now) for part, life in due.items()), most=4, keep_order=True)
    yield Result(tiller.name, LIFE, Status.FAILED if failed else Status.WARNING, text, _remedy(due, now))


def _left(part: str, life: Life, now: datetime) -> str:
    day = f"{life.ends:%Y-%m-%d}"
    return f"{part} ended on {day}" if life.expired(now) else f"{part} ends in {span(life.ends - now)} ({day})"


def _remedy(due: Mapping[str, Life], now: datetime) -> str:
    """Return how to renew them: an update does where the stack renews and the time has come."""
    begins = {part: life.renewal_begins for part, life in due.items() if life.renewal_begins}
    if given := due.keys() - begins.keys():
        return f"have {join_limited(given)} issued again by its own PKI, and give it to the stack"
    if (first := min(begins.values())) > now:
        return f"nothing yet: pulumi up renews {join_limited(due)} from {first:%Y-%m-%d} on"
    return "pulumi up renews them; then hand the new bundles to the clients"

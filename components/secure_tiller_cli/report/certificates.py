"""The certificates of a Tiller, with where in their lives they are."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from secure_tiller.plan import pem
from secure_tiller.resources.certificates import Expiration
from secure_tiller_cli.report.model import Certificate, State
from secure_tiller_cli.state import DeployedTiller


def certificates(tiller: DeployedTiller, now: datetime) -> tuple[Certificate, ...]:
    """Return what is on the time line: each certificate before its CA, Tiller's own first."""
    return tuple(sorted(_certificates(tiller, now), key=lambda found: _order(found.name)))


def _certificates(tiller: DeployedTiller, now: datetime) -> Iterator[Certificate]:
    for part, expiration in tiller.expirations.items():
        issued, ends = _life(tiller.certificates.get(part, ""), expiration)
        begins = _renewal_begins(expiration, ends)
        state = _state(now, issued, begins, ends)
        yield Certificate(tiller.name, _name(part), str(expiration["serial"]), issued, begins, ends, state)


def _life(text: str, expiration: Expiration) -> tuple[datetime | None, datetime]:
    """Return from when to when a certificate is valid: as it says itself, else as the component's output does."""
    try:
        certificate = pem.certificates(text)[0]
    except pem.UnreadableError:
        return None, _time(expiration["notAfter"])
    return certificate.not_valid_before_utc, certificate.not_valid_after_utc


def _renewal_begins(expiration: Expiration, ends: datetime) -> datetime | None:
    if not expiration["renewalBegins"]:
        return None
    return ends - (_time(expiration["notAfter"]) - _time(expiration["renewalBegins"]))


def _time(text: str | None) -> datetime:
    return datetime.fromisoformat(str(text))


def _state(now: datetime, issued: datetime | None, begins: datetime | None, ends: datetime) -> State:
    if ends <= now:
        return State.EXPIRED
    if issued and now < issued:
        return State.NOT_YET
    if begins:
        return State.DUE if begins <= now else State.VALID
    return State.ENDING if ends - now < pem.SOON else State.VALID


def left(certificate: Certificate, now: datetime) -> str:
    """Return how long a certificate still lives, or for how long it has not, in words."""
    away = certificate.ends - now
    return f"{_span(away)} left" if away > timedelta() else f"{_span(-away)} ago"


def _span(time: timedelta) -> str:
    number, unit = (time.days, "day") if time.days else (int(time.total_seconds()) // 3600, "hour")
    return f"{number} {unit}" if number == 1 else f"{number} {unit}s"


def _name(part: str) -> str:
    """Return whose certificate it is, by its part of the logical name."""
    kind, _, name = part.partition(":")
    match kind:
        case "server":
            return "Tiller"
        case "server-ca":
            return f"CA {name} of Tiller" if name else "CA of Tiller"
        case "client":
            return f"client {name}"
        case "client-ca":
            return f"CA of client {name}"
        case _:
            return part


def _order(name: str) -> tuple[bool, str, bool]:
    of_tiller = name.endswith("Tiller")
    return not of_tiller, "" if of_tiller else name.removeprefix("CA of "), name.startswith("CA ")

"""The certificates of a Tiller, with where in their lives they are."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from secure_tiller.plan import certificate_life, pem
from secure_tiller.plan.certificate_life import Life, span
from secure_tiller_cli.report.model import Certificate
from secure_tiller_cli.state import DeployedTiller


def certificates(tiller: DeployedTiller, now: datetime) -> tuple[Certificate, ...]:
    """Return what is on the time line: each certificate before its CA, Tiller's own first."""
    return tuple(sorted(_certificates(tiller, now), key=lambda found: _order(found.name)))


def _certificates(tiller: DeployedTiller, now: datetime) -> Iterator[Certificate]:
    for part, expiration in tiller.expirations.items():
        life = _life(tiller.certificates.get(part, ""), certificate_life.read(part, expiration))
        times = life.begins, life.renewal_begins, life.ends
        yield Certificate(tiller.name, _name(part), str(expiration["serial"]), *times, life.state(now))


def _life(text: str, known: Life) -> Life:
    """Return the life of a certificate as it says itself; one that the stack does not hold, as the outputs say."""
    try:
        certificate = pem.certificates(text)[0]
    except pem.UnreadableError:
        return known
    begins, ends = certificate.not_valid_before_utc, certificate.not_valid_after_utc
    return Life(ends, known.renewal_begins and known.renewal_begins + (ends - known.ends), begins)


def left(certificate: Certificate, now: datetime) -> str:
    """Return how long a certificate still lives, or for how long it has not, in words."""
    away = certificate.ends - now
    return f"{span(away)} left" if away > timedelta() else f"{span(-away)} ago"


def _name(part: str) -> str:
    """Return whose certificate it is, by its part of the logical name."""
    kind, _, name = part.partition(":")
    names = {
        "server": "Tiller",
        "server-ca": f"CA {name} of Tiller" if name else "CA of Tiller",
        "client": f"client {name}",
        "client-ca": f"CA of client {name}",
    }
    return names.get(kind, part)


def _order(name: str) -> tuple[bool, str, bool]:
    of_tiller = name.endswith("Tiller")
    return not of_tiller, "" if of_tiller else name.removeprefix("CA of "), name.startswith("CA ")

"""Lifetimes of certificates: how long each is valid, when it is renewed, and what no team's file can ask for."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from secure_tiller.plan.durations import written
from secure_tiller.plan.lifetimes import DEFAULT, LONGEST, SHORTEST, Lifetime
from secure_tiller_cli.preview.changes import Change, Team
from secure_tiller_cli.preview.findings import Meaning
from secure_tiller_cli.preview.paths import Path

KINDS = ("LocallySignedCert", "SelfSignedCert")
VALIDITY, RENEWAL = "validityPeriodHours", "earlyRenewalHours"
PATHS: tuple[Path, ...] = ((VALIDITY,), (RENEWAL,))

Hours = tuple[int | None, int | None]
"""Hours of validity, and hours before the end from which on an update renews; None: not whole hours, or unknown."""


@dataclass(frozen=True)
class Certificate:
    """A certificate with its lifetime before and after the update."""

    change: Change
    before: Hours | None
    """None if it is new."""
    after: Hours

    @property
    def role(self) -> str:
        """The setting that chooses its lifetime: `ca`, `server` or `client`."""
        return "ca" if self.change.kind == "SelfSignedCert" else self.change.part.partition(":")[0]

    @property
    def is_changed(self) -> bool:
        """Whether its lifetime is another one than before."""
        return self.before != self.after


def change(team: Team) -> Iterator[Meaning]:
    """Report lifetimes that differ from those before; in a new team, from the default."""
    longer: list[tuple[Change, str]] = []
    other: list[tuple[Change, str]] = []
    for one in _certificates(team):
        before = one.before or (_default(one) if team.operation == "create" else one.after)
        if before != one.after:
            is_longer = (one.after[0] or 0) > (before[0] or LONGEST)
            words = f"{one.change.part} {_words(before)} → {_words(one.after)}"
            (longer if is_longer else other).append((one.change, words))
    yield from _meaning("lives-longer", "certificates get longer lifetimes: {certificates}", longer, risk=True)
    yield from _meaning("lives", "the lifetimes of certificates change: {certificates}", other, risk=False)


def beyond_settings(team: Team) -> Iterator[Meaning]:
    """Report a lifetime that no team's file can ask for: out of bounds, longer than its CA allows, or unlike others."""
    every = list(_certificates(team))
    usual = {role: _usual([one for one in every if one.role == role]) for role in {one.role for one in every}}
    for one in (one for one in every if one.is_changed):
        for fault in (*_out_of_bounds(one), *_unlike(one, usual[one.role]), *_outlives(one, every)):
            names = {"certificate": f"{one.change.kind} {one.change.name}", "what": fault}
            sentence = "{certificate} has a lifetime that no team's file can ask for: {what}"
            yield Meaning("lives-beyond", sentence, names, risk=True, explains=_paths(one.change))


def _meaning(code: str, sentence: str, found: list[tuple[Change, str]], *, risk: bool) -> Iterator[Meaning]:
    if found:
        explains = tuple(each for certificate, _ in found for each in _paths(certificate))
        yield Meaning(
            code, sentence, {"certificates": tuple(words for _, words in found)}, risk=risk, explains=explains
        )


def _paths(certificate: Change) -> tuple[tuple[Change, Path], ...]:
    return tuple((certificate, path) for path in PATHS)


def _certificates(team: Team) -> Iterator[Certificate]:
    """Yield the certificates that exist after the update."""
    for each in team.changes:
        if each.kind in KINDS and each.known and each.operation not in ("delete", "clean up"):
            yield Certificate(each, _hours(each.old) if each.old else None, _hours(each.new or each.state.inputs))


def _out_of_bounds(one: Certificate) -> Iterator[str]:
    validity, renewal = one.after
    if validity is None or renewal is None:
        yield "its hours are unknown"
        return
    if not SHORTEST <= validity <= LONGEST:
        yield f"it is valid for {written(validity)}, not from {written(SHORTEST)} to {written(LONGEST)}"
    if not 1 <= renewal < validity:
        yield f"it is renewed {written(renewal)} before the end of {written(validity)}"


def _unlike(one: Certificate, usual: Hours) -> Iterator[str]:
    if one.after != usual:
        yield f"it has {_words(one.after)}, others of its kind have {_words(usual)}"


def _outlives(one: Certificate, every: list[Certificate]) -> Iterator[str]:
    """Yield the pairs of this certificate with its CA, or this CA with a certificate, in which the CA can end first."""
    pairs = ((one, other) if one.role == "ca" else (other, one) for other in every)
    for ca, leaf in pairs:
        margin, validity = ca.after[1], leaf.after[0]
        if _signs(ca.change, leaf.change) and margin is not None and validity is not None and validity >= margin:
            renewed = f"renewed {written(margin)} before its end"
            yield f"{leaf.change.part}, {written(validity)}, can outlive {ca.change.part}, {renewed}"


def _usual(certificates: list[Certificate]) -> Hours:
    """Return the most frequent lifetime of a role: of the certificates that keep theirs, or of all if none does."""
    kept = [one.after for one in certificates if not one.is_changed]
    return Counter(kept or [one.after for one in certificates]).most_common(1)[0][0]


def _signs(ca: Change, leaf: Change) -> bool:
    """Return whether a CA may sign a certificate."""
    if (ca.kind, leaf.kind) != ("SelfSignedCert", "LocallySignedCert"):
        return False
    role, colon, client = leaf.part.partition(":")
    return ca.part == f"{role}-ca{colon}{client}" or (role == "server" and ca.part.startswith("server-ca:"))


def _default(one: Certificate) -> Hours:
    default: Lifetime = getattr(DEFAULT, one.role)
    return default.validity, default.renew_before


def _hours(properties: Mapping[str, Any]) -> Hours:
    validity, renewal = (_whole_hours(properties.get(key)) for key in (VALIDITY, RENEWAL))
    return validity, renewal


def _whole_hours(value: Any) -> int | None:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return int(value) if is_number and value == value // 1 else None


def _words(hours: Hours) -> str:
    validity, renewal = ("unknown" if each is None else written(each) for each in hours)
    return f"{validity} (renewed {renewal} before the end)"

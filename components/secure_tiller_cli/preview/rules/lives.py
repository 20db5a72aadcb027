"""Lives of certificates: how long each is valid and when it is renewed, and what no team's file can ask for."""

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
"""Validity, and hours before the end from which on an update renews; None: no whole hours, or not known."""


@dataclass(frozen=True)
class Life:
    """The life of a certificate, before and after."""

    of: Change
    before: Hours | None
    """None if there is nothing before."""
    after: Hours

    @property
    def role(self) -> str:
        """The setting that chooses it: `ca`, `server` or `client`."""
        return "ca" if self.of.kind == "SelfSignedCert" else self.of.part.partition(":")[0]

    @property
    def changes(self) -> bool:
        """Whether it is another one than before."""
        return self.before != self.after


def differ(team: Team) -> Iterator[Meaning]:
    """Say that certificates live, or are renewed, at other times than before; in a new team than by default."""
    longer: list[tuple[Change, str]] = []
    other: list[tuple[Change, str]] = []
    for life in _lives(team):
        before = life.before or (_default(life) if team.operation == "create" else life.after)
        if before != life.after:
            is_longer = (life.after[0] or 0) > (before[0] or LONGEST)
            said = f"{life.of.part} {_said(before)} → {_said(life.after)}"
            (longer if is_longer else other).append((life.of, said))
    yield from _told("lives-longer", "certificates live longer: {certificates}", longer, risk=True)
    yield from _told("lives", "the lives of certificates change: {certificates}", other, risk=False)


def beyond(team: Team) -> Iterator[Meaning]:
    """Report a life that no team's file can ask for: out of bounds, beyond its CA's, or unlike those of its kind."""
    every = list(_lives(team))
    usual = {role: _usual([life for life in every if life.role == role]) for role in {life.role for life in every}}
    for life in (life for life in every if life.changes):
        for fault in (*_out_of_bounds(life), *_unlike(life, usual[life.role]), *_outlives(life, every)):
            names = {"certificate": f"{life.of.kind} {life.of.name}", "what": fault}
            sentence = "{certificate} lives as no team's file can ask for: {what}"
            yield Meaning("lives-beyond", sentence, names, risk=True, explains=_paths(life.of))


def _told(code: str, sentence: str, found: list[tuple[Change, str]], *, risk: bool) -> Iterator[Meaning]:
    if found:
        explains = tuple(each for certificate, _ in found for each in _paths(certificate))
        yield Meaning(code, sentence, {"certificates": tuple(said for _, said in found)}, risk=risk, explains=explains)


def _paths(certificate: Change) -> tuple[tuple[Change, Path], ...]:
    return tuple((certificate, path) for path in PATHS)


def _lives(team: Team) -> Iterator[Life]:
    """Yield the life of each certificate that there is after the update."""
    for each in team.changes:
        if each.kind in KINDS and each.known and each.operation not in ("delete", "clean up"):
            yield Life(each, _hours(each.old) if each.old else None, _hours(each.new or each.state.inputs))


def _out_of_bounds(life: Life) -> Iterator[str]:
    validity, renewal = life.after
    if validity is None or renewal is None:
        yield "its hours are unknown"
        return
    if not SHORTEST <= validity <= LONGEST:
        yield f"it is valid for {written(validity)}, not from {written(SHORTEST)} to {written(LONGEST)}"
    if not 1 <= renewal < validity:
        yield f"it is renewed {written(renewal)} before the end of {written(validity)}"


def _unlike(life: Life, usual: Hours) -> Iterator[str]:
    if life.after != usual:
        yield f"{_said(life.after)}, and others of its kind {_said(usual)}"


def _outlives(life: Life, every: list[Life]) -> Iterator[str]:
    """Yield where a certificate can outlive its CA: the certificate, or the CA, is that of the life."""
    pairs = ((life, other) if life.role == "ca" else (other, life) for other in every)
    for ca, leaf in pairs:
        margin, validity = ca.after[1], leaf.after[0]
        if _signs(ca.of, leaf.of) and margin is not None and validity is not None and validity >= margin:
            renewed = f"renewed {written(margin)} before its end"
            yield f"{leaf.of.part}, {written(validity)}, can outlive {ca.of.part}, {renewed}"


def _usual(lives: list[Life]) -> Hours:
    """Return the life of most certificates of a role, by those that keep theirs, if there are any."""
    kept = [life.after for life in lives if not life.changes]
    return Counter(kept or [life.after for life in lives]).most_common(1)[0][0]


def _signs(ca: Change, leaf: Change) -> bool:
    """Return whether a CA is one of those of a certificate."""
    if (ca.kind, leaf.kind) != ("SelfSignedCert", "LocallySignedCert"):
        return False
    role, colon, client = leaf.part.partition(":")
    return ca.part == f"{role}-ca{colon}{client}" or (role == "server" and ca.part.startswith("server-ca:"))


def _default(life: Life) -> Hours:
    default: Lifetime = getattr(DEFAULT, life.role)
    return default.validity, default.renew_before


def _hours(properties: Mapping[str, Any]) -> Hours:
    validity, renewal = (_whole(properties.get(key)) for key in (VALIDITY, RENEWAL))
    return validity, renewal


def _whole(value: Any) -> int | None:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return int(value) if is_number and value == value // 1 else None


def _said(hours: Hours) -> str:
    validity, renewal = ("unknown" if each is None else written(each) for each in hours)
    return f"{validity} (renewed {renewal} before the end)"

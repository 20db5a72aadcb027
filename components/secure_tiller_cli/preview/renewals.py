"""Certificates that renew or end soon, by what a preview shows of the Tillers' outputs."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from secure_tiller.plan import certificate_life
from secure_tiller.plan.certificate_life import Life
from secure_tiller_cli.foreign_text import block, cell, code, comment
from secure_tiller_cli.preview.changes import Team, sort
from secure_tiller_cli.preview.digest import Digest, UnreadableError
from secure_tiller_cli.preview.markdown import LONGEST, LONGEST_SAID, Section
from secure_tiller_cli.preview.paths import mapping

EXPIRATIONS = "expirations"
COLUMNS = ("team", "certificate", "ends", "renews from", "the next update", "serial")
CERTIFICATES = ("SelfSignedCert", "LocallySignedCert")


@dataclass(frozen=True)
class Renewal:
    """A certificate that renews or ends within the window, or has ended."""

    team: str
    certificate: str
    """By its part of the logical name: `server`, `client:alice`."""
    serial: str
    ends: datetime
    begins: datetime | None
    """From when on an update renews it; None: the stack does not."""
    ended: bool
    renews: bool
    """Whether the previewed update renews it."""


@dataclass(frozen=True)
class Renewals:
    """The certificates of a stack that are due."""

    stack: str
    within: timedelta
    failures: tuple[str, ...]
    """Reasons why the preview failed; what an update renews is unknown then."""
    looked_at: int
    """How many certificates there are."""
    due: tuple[Renewal, ...]


def find(
    digest: Digest, now: datetime, within: timedelta, *, stack: str = "", failures: tuple[str, ...] = ()
) -> Renewals:
    """Return what is due.

    Args:
        digest: the preview, with unchanged resources.
        now: the present time.
        within: due is what renews within this time, or ends where the stack does not renew it.
        stack: the stack's name; by default as its resources say.
        failures: what else makes it a failed preview, such as the exit code of Pulumi.

    A preview that does not show every Tiller, or a time that cannot be read, makes it a failed one: that nothing is due
    would not be known.
    """
    failed = (*digest.failures, *failures)
    if digest.hides_unchanged and not failed:
        failed = ("Unchanged Tillers are not in this preview: run `pulumi preview --json --show-sames`.",)
    known = sort(digest)
    try:
        found = [each for team in known.teams for each in _of(team, now)]
    except UnreadableError as error:
        found, failed = [], (*failed, str(error))
    due = (renewal for life, renewal in found if life.due(now, within))
    ordered = tuple(sorted(due, key=lambda r: (r.ends, r.team, r.certificate)))
    return Renewals(stack or known.name, within, failed, len(found), ordered)


def _of(team: Team, now: datetime) -> Iterator[tuple[Life, Renewal]]:
    """Yield every certificate of a team that it has now, with its life."""
    state = team.component.step.oldState if team.component else None
    lives = mapping(state.outputs.get(EXPIRATIONS)) if state else {}
    if state and "server" not in lives:  # every Tiller has that one
        raise UnreadableError(f"team {team.name}: its output {EXPIRATIONS} cannot be read, so what is due is not known")
    for part, known in sorted(lives.items()):
        try:
            life = certificate_life.read(part, mapping(known))
        except ValueError as error:
            raise UnreadableError(f"team {team.name}: {error}") from error
        renewed = any(c.part == part for c in team.changes if c.kind in CERTIFICATES and c.operation == "replace")
        serial, times = str(mapping(known).get("serial")), (life.ends, life.renewal_begins, life.expired(now))
        yield life, Renewal(team.name, part, serial, *times, renewed)


def to_markdown(found: Renewals) -> str:
    """Return what is due as Markdown for an issue, at most `LONGEST` characters long."""
    name = code(found.stack) if found.stack else "an unknown stack"
    head = f"<!-- secure-tiller renewals: {comment(found.stack)} -->\n## Certificates of {name}: {verdict(found)}"
    if found.failures:
        said = "\n\n".join(block(message, LONGEST_SAID) for message in found.failures[:5])
        head += f"\n\n**The preview failed, so nobody knows what an update would renew.**\n\n{said}"
    heading = f"| {' | '.join(COLUMNS)} |\n{'|---' * len(COLUMNS)}|\n"
    table = Section(heading, [_row(renewal) for renewal in found.due], "certificates")
    table.fill(LONGEST - len(head) - 4)
    return "\n\n".join(text for text in (head, table.text()) if text) + "\n"


def to_json(found: Renewals) -> str:
    """Return what is due as one JSON object; docs/command.md describes it."""
    due = [{**asdict(r), "ends": r.ends.isoformat(), "begins": r.begins and r.begins.isoformat()} for r in found.due]
    content: Mapping[str, Any] = {
        "stack": found.stack,
        "withinHours": int(found.within / timedelta(hours=1)),
        "failed": bool(found.failures),
        "failures": found.failures,
        "certificates": found.looked_at,
        "due": due,
    }
    return json.dumps(content, indent=2) + "\n"


def verdict(found: Renewals) -> str:
    """Return in a few words how many certificates are due."""
    if found.failures:
        return "the preview FAILED"
    if not found.looked_at:
        return "there are none"
    days = f"{found.within / timedelta(days=1):g} days"
    ended = sum(renewal.ended for renewal in found.due)
    said = f"{len(found.due) or 'none'} of {found.looked_at} due within {days}"
    return f"{said}, {ended} ended already" if ended else said


def cells(renewal: Renewal) -> tuple[str, ...]:
    """Return a renewal in words, one for each of `COLUMNS`."""
    ends = f"{_day(renewal.ends)}{' (ended)' if renewal.ended else ''}"
    begins = _day(renewal.begins) if renewal.begins else "never: it is your own"
    update = "renews it" if renewal.renews else "does not renew it"
    return renewal.team, renewal.certificate, ends, begins, update, renewal.serial


def _row(renewal: Renewal) -> str:
    team, certificate, *times, serial = cells(renewal)
    return f"| {' | '.join(map(cell, (code(team), code(certificate), *times, code(serial))))} |"


def _day(time: datetime) -> str:
    return time.strftime("%Y-%m-%d %H:%M UTC")

"""The remaining changes: labels, annotations, leftovers of an earlier update, and all that no rule has words for."""

from collections.abc import Iterable, Iterator

from secure_tiller.plan.every_team import of_every_team
from secure_tiller_cli.preview.changes import Change, Team
from secure_tiller_cli.preview.findings import Meaning, Name, whole
from secure_tiller_cli.preview.paths import Path, written
from secure_tiller_cli.preview.rules.tiller import TEMPLATE
from tiller_facts.identity import (
    MANAGED_BY_LABEL,
    POD_SECURITY,
    REASON_ANNOTATION,
    SERVER_CAS_ANNOTATION,
    SERVER_CERTIFICATE_ANNOTATION,
    STACK_ANNOTATION,
    TEAM_LABEL,
    TRUSTS_ANNOTATION,
)

OURS = (
    *(MANAGED_BY_LABEL, STACK_ANNOTATION, TEAM_LABEL, TRUSTS_ANNOTATION, REASON_ANNOTATION),
    *(SERVER_CAS_ANNOTATION, SERVER_CERTIFICATE_ANNOTATION),
)
"""Labels and annotations that mean something to us: what happens to them, other rules say."""


def labels(team: Team) -> Iterator[Meaning]:
    """Say which labels and annotations of the user's change."""
    if team.operation != "same":
        return
    found = [(change, path) for change in team.changes for path in change.paths if _key(path)]
    if found:
        names = {"keys": tuple(sorted({_key(path) for _, path in found}))}
        count = len({change.step.urn for change, _ in found})
        sentence = f"labels or annotations {{keys}} change on {'one object' if count == 1 else f'{count} objects'}"
        yield Meaning("labels", sentence, names, explains=tuple(found))


FIXED = tuple((kind, part) for kind, part in of_every_team() if ":" not in part)
"""The resources of every Tiller; other rules report those that a setting adds."""


def restored(team: Team) -> Iterator[Meaning]:
    """Report resources of a Tiller that are created again, because somebody deleted them."""
    made = [change for kind, part in FIXED if (change := team.one(kind, part)) and change.operation == "create"]
    if made and team.operation == "same":
        names = {"resources": tuple(f"{change.kind} {change.name}" for change in made)}
        yield Meaning("restored", "what somebody deleted is made again: {resources}", names, explains=whole(*made))


def remains(team: Team) -> Iterator[Meaning]:
    """Say that the update ends what an interrupted one began."""
    left = [change for change in team.changes if change.operation == "clean up"]
    if left:
        names = {"resources": tuple(f"{change.kind} {change.name}" for change in left)}
        sentence = "what an earlier, interrupted update replaced is removed: {resources}"
        yield Meaning("remains", sentence, names, explains=whole(*left))


def unexplained(team: Team, findings: Iterable[Meaning]) -> Iterator[Meaning]:
    """Say what no finding puts into words; it is a risk, because nobody has judged it."""
    known = list(findings)
    for change in team.changes:
        missing = tuple(_missing(change, known))
        if missing:
            names: dict[str, Name] = {
                "operation": change.operation,
                "resource": f"{change.kind} {change.name}",
                "what": missing,
            }
            sentence = "{resource} changes in a way that this summary has no words for ({operation}): {what}"
            yield Meaning("not-understood", sentence, names, risk=True)


def _missing(change: Change, findings: list[Meaning]) -> Iterator[str]:
    if change.operation in ("create", "delete") or (change.counts and not change.paths):
        if not any(finding.explained(change, ()) for finding in findings) and change.kind != "SecureTiller":
            yield "the whole resource" if not change.reasons else ", ".join(change.reasons)
        return
    for path in change.paths:
        if not any(finding.explained(change, path) for finding in findings):
            yield written(path)


def _key(path: Path) -> str:
    """Return the key of a label or annotation of the user's that a path is about; empty if it is about none."""
    own = path[len(TEMPLATE) :] if path[: len(TEMPLATE)] == TEMPLATE else path
    if own[:2] not in (("metadata", "labels"), ("metadata", "annotations")) or len(own) < 3:
        return ""
    key = str(own[2])
    return "" if key in OURS or key.startswith(f"{POD_SECURITY}/") else key

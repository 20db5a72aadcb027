"""A preview and what it means, before it is written down in any way."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from secure_tiller_cli.preview import others, rules
from secure_tiller_cli.preview.changes import PLAIN, Change, Stack, sort
from secure_tiller_cli.preview.digest import Digest
from secure_tiller_cli.preview.findings import Meaning
from secure_tiller_cli.preview.foreign import Foreign, Tillers


@dataclass(frozen=True)
class Part:
    """A team, or all resources that are no team's."""

    name: str
    """The team's; empty for the rest."""
    changes: tuple[Change, ...]
    """The changes of its resources, without those that stay as they are."""
    findings: tuple[Meaning, ...]

    @property
    def counts(self) -> Mapping[str, int]:
        """By plain word, how many resources it happens to; by other words what has no plain one."""
        found = Counter(change.operation for change in self.changes)
        return {word: found[word] for word in (*PLAIN, *sorted({*found} - {*PLAIN})) if found[word] or word in PLAIN}

    @property
    def risks(self) -> tuple[Meaning, ...]:
        """The findings to approve deliberately."""
        return tuple(finding for finding in self.findings if finding.risk)


@dataclass(frozen=True)
class Summary:
    """A preview as a reviewer needs it."""

    stack: str
    project: str
    failures: tuple[str, ...]
    """Why the preview failed; empty if it did not. Of a failed one nothing else can be relied on."""
    warnings: tuple[str, ...]
    """Warnings of the program, a provider or the engine."""
    notes: tuple[str, ...]
    """Their other messages, such as what a preview does not check."""
    teams: tuple[Part, ...]
    """Those to which something happens."""
    others: Part
    drift: tuple[Meaning, ...]
    """Changes in the cluster that the stack did not make."""
    hides_unchanged: bool

    @property
    def parts(self) -> tuple[Part, ...]:
        """The teams, and the rest if there is any."""
        return (*self.teams, *((self.others,) if self.others.changes or self.others.findings else ()))

    @property
    def risks(self) -> int:
        """How many there are."""
        return sum(len(part.risks) for part in self.parts) + sum(finding.risk for finding in self.drift)


def summarize(digest: Digest, *, stack: str = "", failures: Iterable[str] = ()) -> Summary:
    """Return what a preview means.

    Args:
        digest: the preview.
        stack: name of the stack, for a preview that failed before it knew; by default as its resources say.
        failures: what else makes it a failed one, such as the exit code of Pulumi.
    """
    sorted_stack = sort(digest)
    teams = (Part(t.name, tuple(c for c in t.changes if c.counts), rules.findings(t)) for t in sorted_stack.teams)
    return Summary(
        stack=stack or sorted_stack.name,
        project=sorted_stack.project,
        failures=(*digest.failures, *failures),
        warnings=_said(digest, "warning"),
        notes=_said(digest, "info"),
        teams=tuple(team for team in teams if team.changes or team.findings),
        others=_others(sorted_stack, Tillers.of(sorted_stack, hides_unchanged=digest.hides_unchanged)),
        drift=tuple(map(_drifted, sorted_stack.drift)),
        hides_unchanged=digest.hides_unchanged,
    )


def _said(digest: Digest, severity: str) -> tuple[str, ...]:
    """Return the messages of a severity, each once; the engine's words for it may go on (`info#err`)."""
    found = (said.message for said in digest.diagnostics if said.severity.startswith(severity))
    return tuple(dict.fromkeys(message.strip() for message in found))


def _others(stack: Stack, tillers: Tillers) -> Part:
    foreign = Foreign(stack, tillers)
    changes = tuple(change for change in stack.others if change.counts)
    # Unchanged resources count too, in a namespace that gets a new Tiller.
    found = (finding for each in stack.others for finding in (*others.findings(each, tillers), *foreign.findings(each)))
    return Part("", changes, tuple(found))


def _drifted(change: Change) -> Meaning:
    names = {"resource": f"{change.kind} {change.name}"}
    gone = "{resource} is not in the cluster any more; somebody else deleted it"
    other = "{resource} is not as the last update left it; somebody else changed it"
    return Meaning("drift", gone if change.operation == "delete" else other, names, risk=True)

"""The shape of a practice, and of what is found where one is not kept."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from tiller_facts.facts import FoundObject
from tiller_facts.kinds import Kind
from tiller_facts.practices.case import Case, Cluster
from tiller_facts.severity import Severity
from tiller_facts.workloads import Tiller

PAGE = "docs/practices.md"
"""The page that describes the practices, in the repository; `practices.page` writes it."""


class Status(StrEnum):
    """How sure a finding is."""

    VIOLATED = "violated"
    """A practice is not kept."""
    HIDDEN = "hidden"
    """A script, or an object that was not read, hides whether it is."""
    SUSPECTED = "suspected"
    """Something may be a Tiller."""
    UNKNOWN = "unknown"
    """Only the update of the program decides it: no violation, and no "yes" either."""


@dataclass(frozen=True)
class Finding:
    """Something that is wrong, or that cannot be seen.

    Attributes:
        practice: its code.
        code: of the finding among those of its practice: `no-tls`. The same word for every Tiller.
        status: how sure it is.
        severity: of its consequences.
        about: the object to change; None: the cluster.
        text: in words, with the Tiller as their subject, or without one the cluster. It names objects as they are shown
            and quotes no value, because in a preview any value can be a secret.
        detail: quotations, for tools whose facts are not secret; may be empty.
        remedy: an imperative, without values.
        tiller: the Tiller that it is about; None: no single one.
        no: numbers of the guide's practices that are not followed because of it.
        unknown: numbers of those that cannot be answered because of it.
    """

    practice: str
    code: str
    status: Status
    severity: Severity
    about: FoundObject | None
    text: str
    detail: str
    remedy: str
    tiller: Tiller | None = None
    no: tuple[int, ...] = ()
    unknown: tuple[int, ...] = ()

    @property
    def quoting(self) -> str:
        """Its text and detail."""
        return f"{self.text} ({self.detail})" if self.detail else self.text


@dataclass(frozen=True)
class Practice:
    """Something that makes a Tiller safe.

    Attributes:
        code: by which tools and their settings name it; the anchor of its description.
        severity: of its findings, unless they say otherwise.
        title: the state in which it is kept.
        why: the consequences otherwise, and the source.
        remedy: of its findings, unless they say otherwise.
        findings: by code, in words.
        guide: number of the practice of Helm's guide ("Best Practices for Securing Helm and Tiller" of Helm 2.17,
            docs/securing_installation.md) that it stands for; None: it goes beyond them.
        of_tiller: finds what breaks it about one Tiller.
        of_cluster: finds what breaks it about all the rest.
        compares: whether it takes more than the description of one Tiller.
    """

    code: str
    severity: Severity
    title: str
    why: str
    remedy: str
    findings: Mapping[str, str]
    guide: int | None = None
    of_tiller: "Callable[[Case, Report], Iterator[Finding]] | None" = None
    of_cluster: "Callable[[Cluster, Report], Iterator[Finding]] | None" = None
    compares: bool = False

    @property
    def page(self) -> str:
        """Where it is described."""
        return f"{PAGE}#{self.code}"


@dataclass(frozen=True)
class Report:
    """Makes the findings of a practice, about a Tiller or the cluster."""

    practice: Practice
    tiller: Tiller | None = None

    def __call__(
        self,
        code: str,
        text: str,
        *,
        severity: Severity | None = None,
        about: FoundObject | None = None,
        detail: str = "",
        remedy: str = "",
        status: Status = Status.VIOLATED,
        no: tuple[int, ...] = (),
        unknown: tuple[int, ...] = (),
    ) -> Finding:
        """Return a finding."""
        return Finding(
            practice=self.practice.code,
            code=code,
            status=status,
            severity=severity or self.practice.severity,
            about=about or (self.tiller.object if self.tiller else None),
            text=text,
            detail=detail,
            remedy=remedy or self.practice.remedy,
            tiller=self.tiller,
            no=no,
            unknown=unknown,
        )

    def hidden(
        self, code: str, text: str, *, severity: Severity | None = None, remedy: str = "", unknown: tuple[int, ...] = ()
    ) -> Finding:
        """Return a finding about something that cannot be seen."""
        return self(code, text, severity=severity, remedy=remedy, status=Status.HIDDEN, unknown=unknown)

    def unlisted(
        self,
        code: str,
        text: str,
        kinds: Iterable[Kind],
        *,
        severity: Severity | None = None,
        unknown: tuple[int, ...] = (),
    ) -> Finding:
        """Return a finding about something that cannot be seen, because the cluster refused to list some kinds."""
        names = ", ".join(kind.resource for kind in kinds)
        text = f"{text}: {names} could not be listed"
        return self.hidden(
            code, text, severity=severity, remedy=f"let the account that asks list {names}", unknown=unknown
        )

    def not_known(self) -> Finding:
        """Return that only the update decides whether the practice is kept."""
        unknown = (self.practice.guide,) if self.practice.guide else ()
        return self("not-known-yet", "only the update decides it", status=Status.UNKNOWN, unknown=unknown)


class Answer(StrEnum):
    """Whether a practice of Helm's guide is followed."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"


GUIDE = {1: "RBAC", 2: "Certificate", 3: "Secrets", 4: "Account", 5: "Verification"}
"""By number, a word for each practice of Helm's guide: a cluster with RBAC, which limits Tiller's account; TLS with a
certificate of its own; releases in Secrets; one Tiller for each team, with a ServiceAccount, Roles and RoleBindings of
its own; clients are verified."""

FOLLOWED = {
    1: "the cluster enforces RBAC, and it limits Tiller's account",
    2: "it speaks TLS, and no other Tiller that was seen has its key",
    3: "it keeps releases in Secrets",
    4: "it has a ServiceAccount of its own, and only Roles are bound to it",
    5: "it asks every client for a certificate, of a CA that no other Tiller that was seen trusts",
}
"""Why a practice counts as followed."""


@dataclass(frozen=True)
class GuideAnswer:
    """How a Tiller follows a practice of Helm's guide.

    Attributes:
        number: as the guide counts them, from 1.
        answer: whether it does.
        why: the findings that decide it, or what was seen.
    """

    number: int
    answer: Answer
    why: tuple[Finding, ...] = ()

    @property
    def reason(self) -> str:
        """Why, in words that quote."""
        return "; ".join(dict.fromkeys(finding.quoting for finding in self.why)) or FOLLOWED[self.number]


def answer(number: int, findings: Iterable[Finding]) -> GuideAnswer:
    """Return how a practice of Helm's guide is followed: what is hidden or not read is never "yes"."""
    every = tuple(findings)
    if against := tuple(finding for finding in every if number in finding.no):
        return GuideAnswer(number, Answer.NO, against)
    unsure = tuple(finding for finding in every if number in finding.unknown)
    return GuideAnswer(number, Answer.UNKNOWN if unsure else Answer.YES, unsure)


def worst_first(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Return findings by severity, then by code."""
    return tuple(sorted(findings, key=lambda finding: (finding.severity.rank, finding.code, finding.text)))


def some(names: Sequence[str], most: int = 5) -> str:
    """Return names in words, and of many only how many more there are."""
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return f"{', '.join(names[:most])}{more}"

"""The content of the page, in plain data: nothing of it is secret, and nothing of it is HTML."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from secure_tiller.plan.certificate_life import State
from secure_tiller_cli.results.result import Status


class Level(StrEnum):
    """How much a finding asks of the reader, the most first."""

    BAD = "bad"
    """Somebody is refused, or a promise does not hold."""
    WARNING = "warning"
    """To be decided or done before it is bad."""
    NOTE = "note"
    """To be known."""


@dataclass(frozen=True)
class ReportFinding:
    """One thing that a reviewer should read first."""

    level: Level
    word: str
    """Its kind: `Expired`. Shown with its colour, which alone says nothing."""
    team: str
    """Empty: the stack as a whole."""
    text: str
    page: str = ""
    """Where the practice that it is about is described; empty: it is about none."""


@dataclass(frozen=True)
class Promise:
    """A property that every Tiller should have, as the stack deployed it."""

    text: str
    level: Level
    """How bad it is where it does not hold."""
    exceptions: tuple[str, ...]
    """The teams for which it does not hold."""
    unknown: tuple[str, ...] = ()
    """Those for which it is not known."""
    practice: str = ""
    """Code of the practice; empty: it is none of the catalogue."""
    page: str = ""
    """Where it is described."""


@dataclass(frozen=True)
class Namespace:
    """A namespace where a Tiller may install."""

    name: str
    made: bool
    """Whether the stack made it; else it is somebody else's, and so is its Pod Security."""
    pod_security: str
    """The level that is enforced: `baseline`. Empty: none that the stack knows of."""
    beyond: tuple[str, ...]
    """The kinds on which Tiller may do more than the preset."""
    preset: bool
    """Whether Tiller may do all of the preset."""
    bound: bool
    """Whether the rights are given to Tiller's account."""


@dataclass(frozen=True)
class Certificate:
    """A certificate on the time line."""

    team: str
    name: str
    """Its holder, in words: `client alice`, `CA of client alice`."""
    serial: str
    """Hexadecimal."""
    issued: datetime | None
    """From when on it is valid; None: the stack did not issue it and does not know."""
    renewal_begins: datetime | None
    """From when on an update of the stack renews it; None: the stack does not."""
    ends: datetime
    state: State


@dataclass(frozen=True)
class KindRight:
    """The verbs that are allowed on some kinds of one API group."""

    group: str
    """The API group; empty: the core group."""
    kinds: tuple[str, ...]
    """In the plural of the API: `configmaps`."""
    verbs: tuple[str, ...]
    names: tuple[str, ...]
    """The only objects; empty: all of the namespace."""
    beyond: tuple[str, ...]
    """Those of the verbs that are beyond the preset."""


@dataclass(frozen=True)
class Rights:
    """The rights of somebody in some namespaces."""

    who: str
    """In words: `Tiller`, `the team's people`."""
    namespaces: tuple[str, ...]
    preset: str
    """The preset that it is compared with, in words: `the preset edit`."""
    rights: tuple[KindRight, ...]


@dataclass(frozen=True)
class Person:
    """A subject that may open a port-forward to Tiller."""

    kind: str
    """`group`, `user` or `service account`."""
    name: str


@dataclass(frozen=True)
class Team:
    """A team and its Tiller."""

    name: str
    namespace: str
    """Tiller's own, where releases are stored."""
    service_account: str
    image: str
    clients: tuple[str, ...]
    """The clients with certificates that Tiller answers."""
    trusted: tuple[str, ...]
    """The names of further CAs: Tiller answers whoever has a certificate of theirs."""
    people: tuple[Person, ...]
    verifies: bool
    """Whether Tiller answers over TLS alone, and only with a client's certificate."""
    listens: str
    """Its address: `127.0.0.1:44134`. Empty: not set, which is everywhere."""
    storage: str
    """Its storage of releases: `secret`. Empty: not set, which is ConfigMaps."""
    exposed: bool
    """Whether there is a Service for clients in the cluster."""
    namespaces: tuple[Namespace, ...]
    rights: tuple[Rights, ...]
    certificates: tuple[Certificate, ...]
    checked: Status | None
    """The worst result of the last check; None: none was given that counts, or it did not look at this team."""


@dataclass(frozen=True)
class Result:
    """One result of the last check."""

    team: str
    check: str
    status: Status
    text: str
    remedy: str


@dataclass(frozen=True)
class Check:
    """The last check against the running cluster."""

    checked_at: datetime
    server: str
    """Address of the API server."""
    results: tuple[Result, ...]
    """The worst first."""
    outdated: str = ""
    """Why its results say nothing of the stack as this page shows it; empty: they do."""

    def count(self, status: Status) -> int:
        """Return how many results there are of a status."""
        return sum(result.status == status for result in self.results)


@dataclass(frozen=True)
class Report:
    """A stack."""

    generator: str
    """The command that made it, `secure-tiller report`: by this a file is known as a report of ours."""
    version: str
    stack: str
    clusters: tuple[str, ...]
    """The cluster, in words; more than one if its Tillers are in several."""
    made_at: datetime
    findings: tuple[ReportFinding, ...]
    """The worst first."""
    promises: tuple[Promise, ...]
    teams: tuple[Team, ...]
    check: Check | None

"""A release with all its revisions, compared with the records that the new Tiller has of it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from itertools import groupby

from secure_tiller_cli.releases import Record, Release, Status, Unreadable


class State(StrEnum):
    """How far a release is copied, or why it is not."""

    TO_COPY = "to copy"
    COPIED = "copied already"
    """Every record has its equal in the target."""
    IN_USE = "in use"
    """The new Tiller has gone on with it, so its records there are newer."""
    TAKEN = "name taken"
    """The target holds another release of this name, or both Tillers have gone on with it."""
    UNREADABLE = "last revision unreadable"
    """Nobody knows which of the others is the last, or whether the release is pending."""


@dataclass(frozen=True)
class History:
    """A release of the old Tiller."""

    records: tuple[Record, ...]
    """All that can be read, by revision."""
    state: State
    missing: tuple[Record, ...]
    """Those that the target has not, the newest first: from the first copy on, the new Tiller knows the last revision,
    and not an old one that it takes for the last."""
    left_behind: tuple[Record, ...] = ()
    """Of a release in use, those that the target has not: the new Tiller went on before they were copied, or has let
    them go since."""

    @property
    def latest(self) -> Release:
        """The last revision."""
        return self.records[-1].release

    @property
    def current(self) -> Record:
        """The revision that an upgrade starts from, and whose objects exist: the last deployed one, else the last.

        Source: Helm 2.17, pkg/tiller/release_update.go, prepareUpdate.
        """
        if self.latest.status is Status.DELETED:
            return self.records[-1]
        deployed = (record for record in reversed(self.records) if record.release.status is Status.DEPLOYED)
        return next(deployed, self.records[-1])

    @property
    def name(self) -> str:
        """The release's."""
        return self.latest.name

    @property
    def namespaces(self) -> frozenset[str]:
        """Those of its revisions: more than one, when a deleted release was installed again elsewhere."""
        return frozenset(record.release.namespace for record in self.records)


def histories(
    source: Iterable[Record],
    target: Iterable[Record],
    occupied: Iterable[str] = (),
    unreadable: Iterable[Unreadable] = (),
) -> tuple[History, ...]:
    """Return the releases of the source, by name.

    Args:
        source: the records of the old Tiller.
        target: those of the new one.
        occupied: the names of records of the target that cannot be read.
        unreadable: the records of the source that cannot be read.
    """
    there = _by_release(target)
    taken, unread = frozenset(occupied), tuple(unreadable)
    return tuple(
        History(records, State.UNREADABLE, ())
        if any(item.may_be(name, records[-1].release.revision) for item in unread)
        else _history(records, there.get(name, ()), taken)
        for name, records in _by_release(source).items()
    )


def _by_release(records: Iterable[Record]) -> Mapping[str, tuple[Record, ...]]:
    ordered = sorted(records, key=lambda record: (record.release.name, record.release.revision))
    return {name: tuple(group) for name, group in groupby(ordered, key=lambda record: record.release.name)}


def _history(records: tuple[Record, ...], there: tuple[Record, ...], taken: frozenset[str]) -> History:
    digests = {record.name: record.digest for record in there}
    missing = tuple(record for record in reversed(records) if record.name not in digests)
    differing = [record for record in records if digests.get(record.name, record.digest) != record.digest]
    others = digests.keys() - {record.name for record in records}
    if not differing and not missing:
        state = State.COPIED
    elif taken & {record.name for record in missing}:
        state = State.TAKEN
    elif not differing and not others:
        state = State.TO_COPY
    else:
        state = State.IN_USE if _continues(there, records) else State.TAKEN
    left_behind = missing if state is State.IN_USE else ()
    return History(records, state, missing if state is State.TO_COPY else (), left_behind)


def _continues(there: tuple[Record, ...], records: tuple[Record, ...]) -> bool:
    """Return whether the release of the target is that of the source, gone on with by the new Tiller alone."""
    new, old = there[-1].release, records[-1].release
    copies = {record.release.revision: record.release for record in there}
    same = (new.namespace, new.first_deployed) == (old.namespace, old.first_deployed)
    # A revision that both made is two. One that the target has not is older than what it keeps, or the old Tiller's.
    releases = (record.release for record in records)
    own = all(_is_copy(copies[item.revision], item) for item in releases if item.revision in copies)
    return same and own and (old.revision in copies or old.revision < there[0].release.revision)


def _is_copy(new: Release, old: Release) -> bool:
    """Return whether a revision is another one with nothing changed but its status."""
    return (new.last_deployed, new.chart, new.manifest_digest) == (old.last_deployed, old.chart, old.manifest_digest)

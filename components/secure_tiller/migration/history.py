"""A release with all its revisions, beside what the new Tiller already has of it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from itertools import groupby

from secure_tiller.releases import Record, Release, Status


class State(StrEnum):
    """What there is to do about a release."""

    TO_COPY = "to copy"
    COPIED = "copied already"
    """Every record has its equal in the target."""
    IN_USE = "in use"
    """The new Tiller has gone on with it, so its records there are newer."""
    TAKEN = "name taken"
    """The target holds another release of this name."""


@dataclass(frozen=True)
class History:
    """A release of the old Tiller."""

    records: tuple[Record, ...]
    """All that can be read, by revision."""
    state: State
    missing: tuple[Record, ...]
    """Those that the target has not, the newest first: from the first copy on, the new Tiller knows the last revision,
    and not an old one that it takes for the last."""

    @property
    def latest(self) -> Release:
        """The last revision."""
        return self.records[-1].release

    @property
    def current(self) -> Release:
        """The revision whose objects are there, which an upgrade starts from: the last deployed one, else the last.

        Source: Helm 2.17, pkg/tiller/release_update.go, prepareUpdate.
        """
        if self.latest.status is Status.DELETED:
            return self.latest
        deployed = (record.release for record in reversed(self.records) if record.release.status is Status.DEPLOYED)
        return next(deployed, self.latest)

    @property
    def name(self) -> str:
        """The release's."""
        return self.latest.name

    @property
    def namespaces(self) -> frozenset[str]:
        """Those of its revisions: more than one, when a deleted release was installed again elsewhere."""
        return frozenset(record.release.namespace for record in self.records)


def histories(source: Iterable[Record], target: Iterable[Record], occupied: Iterable[str] = ()) -> tuple[History, ...]:
    """Return the releases of the source, by name.

    Args:
        source: the records of the old Tiller.
        target: those of the new one.
        occupied: the names of records of the target that cannot be read.
    """
    there = _by_release(target)
    taken = frozenset(occupied)
    return tuple(_history(records, there.get(name, ()), taken) for name, records in _by_release(source).items())


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
        state = State.IN_USE if _continues(there[-1].release, records[-1].release) else State.TAKEN
    return History(records, state, missing if state is State.TO_COPY else ())


def _continues(new: Release, old: Release) -> bool:
    """Tell whether a release is another one, gone on with."""
    same = (new.namespace, new.first_deployed) == (old.namespace, old.first_deployed)
    return same and new.revision >= old.revision

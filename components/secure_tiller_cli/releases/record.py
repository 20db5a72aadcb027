"""A release, and the record of one of its revisions."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum


class Kind(StrEnum):
    """The storage driver of a Tiller, in the words of its flag `--storage`."""

    CONFIG_MAP = "configmap"
    SECRET = "secret"  # noqa: S105 - a kind

    @property
    def plural(self) -> str:
        """The word of the API's addresses, and of kubectl."""
        return f"{self}s"


class Status(IntEnum):
    """How a revision stands (Helm 2.17, _proto/hapi/release/status.proto, Status.Code)."""

    UNKNOWN = 0
    DEPLOYED = 1
    DELETED = 2
    SUPERSEDED = 3
    FAILED = 4
    DELETING = 5
    PENDING_INSTALL = 6
    PENDING_UPGRADE = 7
    PENDING_ROLLBACK = 8

    @property
    def unfinished(self) -> bool:
        """Whether a Tiller was still at work, or nobody knows."""
        return self in (Status.UNKNOWN, Status.DELETING) or self.name.startswith("PENDING_")


@dataclass(frozen=True)
class Release:
    """A revision of a release, as its record says."""

    name: str
    revision: int
    namespace: str
    """Where its objects are, unless they name another one."""
    status: Status
    chart: str
    """Name and version: `shop-1.0.0`."""
    first_deployed: int
    """When its first revision was installed, in nanoseconds since 1970; every later one repeats it (Helm 2.17,
    pkg/tiller/release_update.go, prepareUpdate), so it differs for another release of the same name."""
    last_deployed: int
    """When this revision was made, in nanoseconds since 1970; whatever becomes of it later does not change that."""
    manifest_digest: str
    """SHA-256 of the rendered objects, in hexadecimal. They can be large and secret: `manifests` decodes them."""


@dataclass(frozen=True)
class Record:
    """A ConfigMap or Secret that holds a revision."""

    kind: Kind
    namespace: str
    name: str
    """`<release>.v<revision>` (Helm 2.17, pkg/storage/storage.go, makeKey)."""
    labels: Mapping[str, str]
    uid: str
    version: str
    """The object's resourceVersion: with the UID it names just this content."""
    encoded: str = field(repr=False)
    """The release as Tiller wrote it; it can hold secrets."""
    release: Release

    @property
    def digest(self) -> str:
        """SHA-256 of what Tiller wrote, in hexadecimal."""
        return hashlib.sha256(self.encoded.encode()).hexdigest()


@dataclass(frozen=True)
class Unreadable:
    """A record that says nothing that can be relied on."""

    kind: Kind
    namespace: str
    name: str
    claimed: str
    """The release whose record it says to be, by its label; it can be empty."""
    why: str
    contradicted: Mapping[str, str] = field(default_factory=dict)
    """The labels that contradict the content, each with the value that the content says."""

    def may_be(self, release: str, revision: int) -> bool:
        """Return whether it may be the record of a revision of a release, or of a later one."""
        named, _, number = self.name.rpartition(".v")
        return release in (self.claimed, named) and (not number.isdecimal() or int(number) >= revision)

    def __str__(self) -> str:
        return f"{self.kind} {self.namespace}/{self.name}"

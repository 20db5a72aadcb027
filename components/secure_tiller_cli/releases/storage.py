"""The records of a namespace, read from the cluster."""

import base64
import binascii
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from secure_tiller_cli.releases.encoding import EncodingError, decode
from secure_tiller_cli.releases.record import Kind, Record, Release, Unreadable
from secure_tiller_stack.cluster.connection import TIMEOUT_SECONDS, clients
from secure_tiller_stack.cluster.existing import RELEASES

PAGE = 100
"""Records asked for at once: each may be a mebibyte."""

KEY = "release"
"""The key of the data under which the release stands."""


@dataclass(frozen=True)
class Stored:
    """The records of a namespace."""

    records: tuple[Record, ...] = ()
    """By release and revision."""
    unreadable: tuple[Unreadable, ...] = ()

    @property
    def names(self) -> frozenset[str]:
        """The names of its releases, those that only an unreadable record claims included."""
        return frozenset({record.release.name for record in self.records} | {item.claimed for item in self.unreadable})


def read(client: Any, kind: Kind, namespace: str) -> Stored:
    """Return the records that a namespace holds in objects of a kind.

    Raises:
        ApiException: the cluster refuses; the account needs the right to list them there.
    """
    found = [_read(kind, item) for item in _items(client, kind, namespace)]
    records = [item for item in found if isinstance(item, Record)]
    return Stored(
        tuple(sorted(records, key=lambda record: (record.release.name, record.release.revision))),
        tuple(sorted((item for item in found if isinstance(item, Unreadable)), key=str)),
    )


def _items(client: Any, kind: Kind, namespace: str) -> Iterator[Any]:
    core = clients.CoreV1Api(client)
    listing = core.list_namespaced_secret if kind is Kind.SECRET else core.list_namespaced_config_map
    selected: dict[str, Any] = {"label_selector": RELEASES, "limit": PAGE, "_request_timeout": TIMEOUT_SECONDS}
    page = listing(namespace, **selected)
    yield from page.items
    while token := getattr(page.metadata, "_continue", None):
        page = listing(namespace, _continue=token, **selected)
        yield from page.items


def _read(kind: Kind, item: Any) -> Record | Unreadable:
    metadata, labels = item.metadata, dict(item.metadata.labels or {})
    try:
        encoded = _encoded(kind, item.data or {})
        release = decode(encoded)
        _agree(metadata.name, labels, release)
    except EncodingError as error:
        return Unreadable(kind, metadata.namespace, metadata.name, labels.get("NAME", ""), str(error))
    return Record(
        kind=kind,
        namespace=metadata.namespace,
        name=metadata.name,
        labels=labels,
        uid=metadata.uid,
        version=metadata.resource_version,
        encoded=encoded,
        release=release,
    )


def _encoded(kind: Kind, data: Mapping[str, str]) -> str:
    if KEY not in data:
        raise EncodingError(f"has no key `{KEY}`")
    if kind is Kind.CONFIG_MAP:
        return data[KEY]
    try:
        return base64.b64decode(data[KEY], validate=True).decode("ascii")
    except (binascii.Error, UnicodeDecodeError) as error:
        raise EncodingError("is no base64") from error


def _agree(name: str, labels: Mapping[str, str], release: Release) -> None:
    """Require that name and labels say what the content says: Tiller finds a record by them, and then believes it.

    Source: Helm 2.17, pkg/storage/driver/secrets.go, newSecretsObject.

    Raises:
        EncodingError: they do not.
    """
    said = {"NAME": release.name, "VERSION": str(release.revision), "STATUS": release.status.name}
    for key, value in said.items():
        if labels.get(key) != value:
            raise EncodingError(f"contradicts itself: its label {key} is {labels.get(key)}, its content says {value}")
    if name != f"{release.name}.v{release.revision}":
        raise EncodingError(f"contradicts itself: its content is that of {release.name}.v{release.revision}")

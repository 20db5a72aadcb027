"""The records of a namespace, read from the cluster."""

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from secure_tiller_cli.releases.encoding import EncodingError, decode
from secure_tiller_cli.releases.record import Kind, Record, Release, Unreadable
from secure_tiller_stack.cluster.lister import RELEASES, Json, items
from tiller_facts import kinds

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


def read(client: Any, kind: Kind, namespace: str, *, release: str = "") -> Stored:
    """Return the records that a namespace holds in objects of a kind.

    Args:
        client: of the cluster.
        kind: of the objects.
        namespace: the one that holds the records.
        release: the name of the release whose records are read; empty: those of all releases.

    Raises:
        ApiException: the cluster refuses; the account needs the right to list them there.
    """
    of_api = kinds.Kind("", kind.plural)
    labels = f"{RELEASES},NAME={release}" if release else RELEASES
    listed = items(client, of_api, namespace, labels=labels, secret_data=True, page=PAGE)
    found = [_read(kind, item) for item in listed]
    records = [item for item in found if isinstance(item, Record)]
    return Stored(
        tuple(sorted(records, key=lambda record: (record.release.name, record.release.revision))),
        tuple(sorted((item for item in found if isinstance(item, Unreadable)), key=str)),
    )


def _read(kind: Kind, item: Json) -> Record | Unreadable:
    metadata = item["metadata"]
    name, namespace, labels = metadata["name"], metadata["namespace"], metadata.get("labels") or {}
    try:
        encoded = _encoded(kind, item.get("data") or {})
        release = decode(encoded)
        if name != f"{release.name}.v{release.revision}":
            raise EncodingError(f"contradicts itself: its content is that of {release.name}.v{release.revision}")
    except EncodingError as error:
        return Unreadable(kind, namespace, name, labels.get("NAME", ""), str(error))
    if contradicted := _contradicted(labels, release):
        key, said = next(iter(contradicted.items()))
        why = f"contradicts itself: its label {key} is {labels.get(key)}, its content says {said}"
        return Unreadable(kind, namespace, name, labels.get("NAME", ""), why, contradicted)
    return Record(
        kind=kind,
        namespace=namespace,
        name=name,
        labels=labels,
        uid=metadata["uid"],
        version=metadata["resourceVersion"],
        encoded=encoded,
        release=release,
    )


def _encoded(kind: Kind, data: Mapping[str, str]) -> str:
    if not isinstance(data.get(KEY), str):
        raise EncodingError(f"has no key `{KEY}`")
    if kind is Kind.CONFIG_MAP:
        return data[KEY]
    try:
        return base64.b64decode(data[KEY], validate=True).decode("ascii")
    except ValueError as error:
        raise EncodingError("is no base64") from error


def _contradicted(labels: Mapping[str, str], release: Release) -> Mapping[str, str]:
    """Return the labels that do not say what the content says: Tiller finds a record by them, and then believes it.

    Source: Helm 2.17, pkg/storage/driver/secrets.go, newSecretsObject.
    """
    said = {"NAME": release.name, "VERSION": str(release.revision), "STATUS": release.status.name}
    return {key: value for key, value in said.items() if labels.get(key) != value}

"""The content of a record: base64 of gzip of a protobuf message (Helm 2.17, pkg/storage/driver/util.go)."""

import base64
import binascii
import gzip
import hashlib
import io
import zlib
from typing import Any

from google.protobuf.message import DecodeError

from secure_tiller.plan.names import is_label
from secure_tiller_cli.releases.protobuf import ReleaseMessage
from secure_tiller_cli.releases.record import Release, Status

LARGEST = 64 * 1024 * 1024
"""Bytes of a decoded release. Tiller takes no message above 20 MiB (Helm 2.17, cmd/tiller, maxMsgSize), so what is
larger is no release of its own, and could fill the memory of whoever reads it."""
MOST_PARTS = 10_000
"""Fields of a release, its hooks among them."""

_GZIP = b"\x1f\x8b\x08"
_NANOSECONDS = 1_000_000_000


class EncodingError(Exception):
    """It is no release; the text says why, and quotes nothing of it."""


def decode(encoded: str) -> Release:
    """Return the release of a record.

    Args:
        encoded: the text under the key `release`.

    Raises:
        EncodingError: it cannot be decoded, or what it says cannot be.
    """
    message = _parsed(encoded)
    if not (message.name and message.version > 0 and message.namespace):
        raise EncodingError("has no name, revision or namespace")
    if not is_label(message.namespace):
        raise EncodingError("names a namespace that there cannot be")
    if message.info.status.code not in list(Status):
        raise EncodingError(f"has a status that Helm 2 does not know: {message.info.status.code}")
    metadata = message.chart.metadata
    return Release(
        name=message.name,
        revision=message.version,
        namespace=message.namespace,
        status=Status(message.info.status.code),
        chart=f"{metadata.name}-{metadata.version}".strip("-"),
        first_deployed=_time(message.info.first_deployed),
        last_deployed=_time(message.info.last_deployed),
        manifest_digest=hashlib.sha256(message.manifest.encode()).hexdigest(),
    )


def manifests(encoded: str) -> tuple[str, ...]:
    """Return the rendered objects of the release of a record that was decoded before, then those of each hook.

    They are YAML documents, which can hold secrets.
    """
    message = _parsed(encoded)
    return (message.manifest, *(hook.manifest for hook in message.hooks))


def _parsed(encoded: str) -> Any:
    unpacked, message = _unpacked(encoded), ReleaseMessage()
    try:
        _require_few_parts(unpacked)
        message.ParseFromString(unpacked)
    except (DecodeError, IndexError) as error:
        raise EncodingError("is no protobuf message of a release") from error
    return message


def _require_few_parts(message: bytes) -> None:
    """Require a number of fields that is that of a release: each takes two bytes, and an object of its own.

    Source: Protocol Buffers documentation, Encoding.

    Raises:
        EncodingError: there are more.
        IndexError: the message is cut off.
        DecodeError: it has a field of a form that no release has.
    """
    place = 0
    for _ in range(MOST_PARTS):
        if place >= len(message):
            return
        key, place = _varint(message, place)
        match key & 7:
            case 0:
                _, place = _varint(message, place)
            case 1:
                place += 8
            case 2:
                length, place = _varint(message, place)
                place += length
            case 5:
                place += 4
            case _:
                raise DecodeError
    raise EncodingError(f"has more parts than any release: {MOST_PARTS:,}")


def _varint(message: bytes, place: int) -> tuple[int, int]:
    """Return the number that begins at a place, and where it ends: seven bits a byte, the lowest first."""
    value = 0
    for shift in range(0, 70, 7):
        byte = message[place]
        place += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, place
    raise DecodeError


def _time(stamp: Any) -> int:
    return int(stamp.seconds * _NANOSECONDS + stamp.nanos)


def _unpacked(encoded: str) -> bytes:
    try:
        packed = base64.b64decode(encoded.replace("\r", "").replace("\n", ""), validate=True)
    except (binascii.Error, ValueError) as error:
        raise EncodingError("is no base64") from error
    if not packed.startswith(_GZIP):  # Tiller compressed nothing before 2.0, and still reads that
        return packed
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(packed)) as file:
            unpacked = file.read(LARGEST + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise EncodingError("is damaged: its gzip stream cannot be read to its end") from error
    if len(unpacked) > LARGEST:
        raise EncodingError(f"is larger than any release: more than {LARGEST // 1024 // 1024} MiB")
    return unpacked

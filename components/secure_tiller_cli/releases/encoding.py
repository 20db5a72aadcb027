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
MOST_FIELDS = 10_000
"""Protobuf fields of a release. Each hook is one."""

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
    """Return the manifest of a release, then that of each of its hooks.

    They are YAML documents, which can hold secrets. `decode` must have accepted the record.
    """
    message = _parsed(encoded)
    return (message.manifest, *(hook.manifest for hook in message.hooks))


def _parsed(encoded: str) -> Any:
    unpacked, message = _unpacked(encoded), ReleaseMessage()
    try:
        _require_few_fields(unpacked)
        message.ParseFromString(unpacked)
    except (DecodeError, IndexError) as error:
        raise EncodingError("is no protobuf message of a release") from error
    return message


def _require_few_fields(message: bytes) -> None:
    """Require at most `MOST_FIELDS` fields: one of two bytes already becomes an object in memory.

    Source: Protocol Buffers documentation, Encoding.

    Raises:
        EncodingError: the message has more.
        IndexError: the message is cut off.
        DecodeError: a field has a wire type that no release has.
    """
    offset = 0
    for _ in range(MOST_FIELDS):
        if offset >= len(message):
            return
        key, offset = _varint(message, offset)
        match key & 7:
            case 0:
                _, offset = _varint(message, offset)
            case 1:
                offset += 8
            case 2:
                length, offset = _varint(message, offset)
                offset += length
            case 5:
                offset += 4
            case _:
                raise DecodeError
    raise EncodingError(f"has more fields than any release: more than {MOST_FIELDS:,}")


def _varint(message: bytes, offset: int) -> tuple[int, int]:
    """Return the varint that begins at an offset, and the offset of its end: seven bits a byte, the lowest first."""
    value = 0
    for shift in range(0, 70, 7):
        byte = message[offset]
        offset += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, offset
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

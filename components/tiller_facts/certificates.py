"""Certificates in Secrets and ConfigMaps, known by their public keys: a renewed one is another one with the same key.

The one module that needs more than the standard library.
"""

import base64
import hashlib
import re
from collections.abc import Hashable, Iterable, Mapping
from typing import Any

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tiller_facts.facts import Files, FoundObject
from tiller_facts.kinds import CONFIG_MAPS, SECRETS
from tiller_facts.values import UNKNOWN, NotKnownError, Value, at, is_known

_CERTIFICATE = re.compile(rb"-----BEGIN CERTIFICATE-----((?:(?!-----BEGIN ).)+?)-----END CERTIFICATE-----", re.DOTALL)
"""A block, as Go finds it (encoding/pem, Decode): one that does not end before the next begins is passed over."""


def keys(content: bytes) -> tuple[str, ...]:
    """Return a digest of the public key of each certificate in a file; what Tiller cannot read it skips too."""
    return tuple(filter(None, map(_digest, _CERTIFICATE.findall(content))))


def read(kind: str, data: Any) -> Value[Files]:
    """Return the keys of the certificates in each file of a Secret or ConfigMap; nothing else of it is kept.

    Args:
        kind: `Secret` or `ConfigMap`.
        data: the object.
    """
    try:
        encoded, plain = at(data, "binaryData" if kind == "ConfigMap" else "data"), at(data, "stringData")
        plain = at(data, "data") if kind == "ConfigMap" else plain
    except NotKnownError as error:
        return error.value
    return {**_files(encoded, _decoded), **_files(plain, str.encode)}


def of_objects(objects: Iterable[FoundObject]) -> Mapping[tuple[Hashable, str, str, str], Value[Files]]:
    """Return the keys in the Secrets and ConfigMaps that a program makes, by `Source.object`."""
    found = {}
    for one in objects:
        if one.is_a(SECRETS) or one.is_a(CONFIG_MAPS):
            try:
                found[one.cluster, one.kind, one.namespace, one.name] = read(one.kind, one.data)
            except NotKnownError:  # where it will be
                continue
    return found


def _files(contents: Any, decode: Any) -> Files:
    return {name: _keys(content, decode) for name, content in contents.items()} if isinstance(contents, Mapping) else {}


def _keys(content: Any, decode: Any) -> Value[tuple[str, ...]]:
    return keys(decode(str(content))) if is_known(content) else UNKNOWN


def _decoded(content: str) -> bytes:
    try:
        return base64.b64decode(content)
    except ValueError:
        return b""


def _digest(block: bytes) -> str:
    try:
        # Go ignores white space between the characters, blank lines too.
        key = x509.load_der_x509_certificate(base64.b64decode(b"".join(block.split()), validate=True)).public_key()
        return hashlib.sha256(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).hexdigest()
    except (ValueError, TypeError, UnsupportedAlgorithm, x509.InvalidVersion):
        return ""

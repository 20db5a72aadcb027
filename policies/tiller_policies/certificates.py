"""What Tillers must not have in common: a namespace, a key, a CA whose clients they answer."""

import base64
import binascii
import hashlib
import posixpath
import re
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tiller_policies.resources import Resource, of_kind
from tiller_policies.rule import Violation
from tiller_policies.tillers import Tiller, tillers
from tiller_policies.values import NotKnownError, at, each, maybe, text

_CERTIFICATE = re.compile(rb"-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----", re.DOTALL)

Place = tuple[Hashable, str, str, str, str]
"""Cluster, kind, namespace, name of a Secret or ConfigMap, and the key in it."""


def own_namespace(resources: Sequence[Resource]) -> Iterator[Violation]:
    """No two Tillers in a namespace: they would share accounts and releases, and clients take either."""
    yield from _shared(resources, lambda tiller: [tiller.place], "has its namespace in common with")


def own_certificate(resources: Sequence[Resource]) -> Iterator[Violation]:
    """No two Tillers with a key."""
    files = _files(resources)
    yield from _shared(
        resources,
        lambda tiller: _keys(files, tiller, tiller.settings.certificate, only_first=True),
        "has the key of its certificate in common with",
    )


def own_client_cas(resources: Sequence[Resource]) -> Iterator[Violation]:
    """No two Tillers that trust a CA: whom it signs for calls both."""
    files = _files(resources)
    yield from _shared(
        resources,
        lambda tiller: _keys(files, tiller, tiller.settings.client_cas) if tiller.settings.verifies else (),
        "trusts a CA in common with",
    )


def _shared(
    resources: Sequence[Resource], has: Callable[[Tiller], Iterable[Hashable]], words: str
) -> Iterator[Violation]:
    """Yield a violation for each Tiller that has something which another one has too."""
    owners: defaultdict[Hashable, list[Tiller]] = defaultdict(list)
    for tiller in tillers(resources):
        for thing in _known(has, tiller):
            owners[thing].append(tiller)
    others: defaultdict[Resource, set[str]] = defaultdict(set)
    for sharing in owners.values():
        for tiller in sharing:
            others[tiller.resource] |= {str(other) for other in sharing if other is not tiller}
    for resource, names in others.items():
        if names:
            yield Violation(resource, f"{resource} {words} {', '.join(sorted(names))}")


def _known(has: Callable[[Tiller], Iterable[Hashable]], tiller: Tiller) -> set[Hashable]:
    try:
        return set(has(tiller))
    except NotKnownError:
        return set()


def _files(resources: Sequence[Resource]) -> list[Resource]:
    """What a pod can read its files from."""
    return [*of_kind(resources, "Secret"), *of_kind(resources, "ConfigMap")]


def _keys(files: Sequence[Resource], tiller: Tiller, path: str, *, only_first: bool = False) -> Iterator[Hashable]:
    """The public keys of the certificates in a file of a Tiller, and where the file comes from."""
    for place in _sources(tiller, path):
        yield place
        pem = next((content for content in _contents(files, place)), b"")
        certificates = _CERTIFICATE.findall(pem)
        yield from filter(None, map(_public_key, certificates[:1] if only_first else certificates))


def _public_key(pem: bytes) -> bytes | None:
    """A digest of a certificate's key, as a renewed certificate is another with the same key; None if it is none."""
    try:
        key = x509.load_pem_x509_certificate(pem).public_key()
        return hashlib.sha256(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).digest()
    except ValueError:  # Tiller skips it too
        return None


def _sources(tiller: Tiller, path: str) -> Iterator[Place]:
    """Where a file of a Tiller comes from."""
    for mount in each(tiller.container, "volumeMounts"):
        folder = str(at(mount, "mountPath")).rstrip("/")
        if path != folder and not path.startswith(f"{folder}/"):
            continue
        within = posixpath.join(str(maybe(mount, "subPath") or ""), path[len(folder) :].lstrip("/")).rstrip("/")
        for volume in each(tiller.spec, "volumes"):
            if maybe(volume, "name") == at(mount, "name"):
                yield from ((*tiller.place[:1], kind, tiller.place[1], *rest) for kind, *rest in _shown(volume, within))


def _shown(volume: Mapping[str, Any], within: str) -> Iterator[tuple[str, str, str]]:
    """Kind, name and key of what a volume shows as a file."""
    for source in [volume, *each(volume, "projected", "sources")]:
        for field, kind, name in (("secret", "Secret", "secretName"), ("configMap", "ConfigMap", "name")):
            found = at(source, field)
            if found is None:
                continue
            keys = {text(item, "path"): text(item, "key") for item in each(found, "items")} or {within: within}
            if within in keys:
                yield kind, text(found, name) or text(found, "name"), keys[within]


def _contents(files: Sequence[Resource], place: Place) -> Iterator[bytes]:
    """What the program writes there."""
    cluster, kind, namespace, name, key = place
    for resource in files:
        named = (resource.cluster, resource.kind, maybe(resource.props, "metadata", "name"))
        if named != (cluster, kind, name) or resource.namespace != namespace:
            continue
        if (text := at(resource.props, "stringData", key)) is not None:
            yield str(text).encode()
        elif (data := at(resource.props, "data", key)) is not None:
            yield _decoded(str(data)) if kind == "Secret" else str(data).encode()


def _decoded(data: str) -> bytes:
    try:
        return base64.b64decode(data)
    except binascii.Error:
        return b""

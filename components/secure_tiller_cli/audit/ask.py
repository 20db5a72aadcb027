"""The facts, asked of the cluster."""

import base64
import binascii
import hashlib
import re
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from http import HTTPStatus
from typing import Any

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from secure_tiller_cli.audit import tillers
from secure_tiller_cli.audit.case import secrets
from secure_tiller_cli.audit.facts import LISTED, PODS, WORKLOADS, Facts, Place
from secure_tiller_stack.cluster import reviews
from secure_tiller_stack.cluster.api import unless_refused
from secure_tiller_stack.cluster.connection import AT_ONCE, clients
from secure_tiller_stack.cluster.lister import RELEASES, find, items
from tiller_facts.kinds import CONFIG_MAPS, SECRETS

_CERTIFICATE = re.compile(rb"-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----", re.DOTALL)
RIGHT = "list deployments, statefulsets, daemonsets and pods in all namespaces"
"""What an account must be allowed to do, in words."""


def ask(client: Any, progress: Callable[[str], None]) -> Facts:
    """Gather the facts, without retries.

    Args:
        client: of the official library.
        progress: is told what is being looked at.

    Raises:
        ApiException: the cluster refuses all that could show a Tiller, or fails.
    """
    progress("objects of all namespaces")
    with ThreadPoolExecutor(AT_ONCE) as pool:
        names = partial(items, client, CONFIG_MAPS, labels=RELEASES, metadata_only=True)
        records = pool.submit(unless_refused, None, names)
        strangers = pool.submit(reviews.strangers_allowed, client)
        listed = dict(
            zip(LISTED, pool.map(lambda kind: unless_refused(None, items, client, kind), LISTED), strict=True)
        )
        if all(listed[kind] is None for kind in (*WORKLOADS, PODS)):
            raise clients.ApiException(status=HTTPStatus.FORBIDDEN, reason="Forbidden")
        found = records.result()
        metadata = None if found is None else tuple(each["metadata"] for each in found)
        facts = Facts(client.configuration.host, listed, metadata, strangers.result())
        progress("certificates")
        named = sorted(secrets(tillers.find(facts)))
        certificates = dict(
            zip(named, pool.map(lambda place: unless_refused(None, _certificates, client, place), named), strict=True)
        )
    return Facts(facts.server, listed, facts.records, facts.strangers_allowed, certificates)


def digests(content: bytes) -> tuple[str, ...]:
    """Return a digest of the public key of each certificate in a file; what Tiller cannot read it skips too."""
    return tuple(digest for pem in _CERTIFICATE.findall(content) if (digest := _digest(pem)))


def _digest(pem: bytes) -> str:
    try:
        key = x509.load_pem_x509_certificate(pem).public_key()
        # Of the key, because a renewed certificate is another one with the same key.
        return hashlib.sha256(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).hexdigest()
    except (ValueError, UnsupportedAlgorithm):
        return ""


def _certificates(client: Any, place: Place) -> Mapping[str, tuple[str, ...]]:
    """Return the digests of the certificates in a Secret, by file. Nothing else of it is kept."""
    namespace, name = place
    secret = find(client, SECRETS, name, namespace, secret_data=True) or {}
    return {file: digests(_decoded(data)) for file, data in (secret.get("data") or {}).items()}


def _decoded(data: str) -> bytes:
    try:
        return base64.b64decode(data)
    except binascii.Error:
        return b""

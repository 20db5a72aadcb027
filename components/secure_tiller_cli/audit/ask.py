"""The facts, asked of the cluster."""

import base64
import binascii
import hashlib
import json
import re
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from secure_tiller.plan.objects import SERVICES, Kind
from secure_tiller_cli.audit import tillers
from secure_tiller_cli.audit.case import secrets
from secure_tiller_cli.audit.facts import CONFIG_MAPS, LISTED, PODS, WORKLOADS, Facts, Json, Place
from secure_tiller_stack.cluster import reviews
from secure_tiller_stack.cluster.connection import AT_ONCE, FORBIDDEN, OK, TIMEOUT_SECONDS, clients
from secure_tiller_stack.cluster.existing import RELEASES, lister, unread

PAGE = 500
"""Objects in one answer, as kubectl asks for them."""
NOT_FOUND = 404

CORE = {PODS: "pod", SERVICES: "service", CONFIG_MAPS: "config_map"}
"""By kind of the core group, the word for it in the methods of the client."""

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
        records = pool.submit(_records, client)
        strangers = pool.submit(reviews.strangers_allowed, client)
        listed = dict(zip(LISTED, pool.map(partial(_list, client), LISTED), strict=True))
        if all(listed[kind] is None for kind in (*WORKLOADS, PODS)):
            raise clients.ApiException(status=FORBIDDEN, reason="Forbidden")
        facts = Facts(client.configuration.host, listed, records.result(), strangers.result())
        progress("certificates")
        named = sorted(secrets(tillers.find(facts)))
        certificates = dict(zip(named, pool.map(partial(_certificates, client), named), strict=True))
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


def _certificates(client: Any, place: Place) -> Mapping[str, tuple[str, ...]] | None:
    """Return the digests of the certificates in a Secret, by file. Nothing else of it is kept."""
    namespace, name = place
    try:
        secret = clients.CoreV1Api(client).read_namespaced_secret(name, namespace, _request_timeout=TIMEOUT_SECONDS)
    except clients.ApiException as error:
        if error.status == NOT_FOUND:
            return {}
        if error.status == FORBIDDEN:
            return None
        raise
    return {file: digests(_decoded(data)) for file, data in (secret.data or {}).items()}


def _decoded(data: str) -> bytes:
    try:
        return base64.b64decode(data)
    except binascii.Error:
        return b""


def _records(client: Any) -> tuple[Json, ...] | None:
    """Return the metadata of the ConfigMaps that hold a release, without what they hold."""
    items = _list(lister(client), CONFIG_MAPS, label_selector=RELEASES)
    return None if items is None else tuple(item["metadata"] for item in items)


def _list(client: Any, kind: Kind, **selectors: str) -> tuple[Json, ...] | None:
    """Return every object of a kind, page by page; None if that is refused."""
    found: list[Json] = []
    pages: dict[str, str] = {}
    while True:
        try:
            answer = _listing(client, kind)(limit=PAGE, **pages, **selectors, _request_timeout=TIMEOUT_SECONDS)
        except clients.ApiException as error:
            answer = error
        if answer.status == FORBIDDEN:
            return None
        if answer.status != OK:
            raise clients.ApiException(status=answer.status, reason=answer.reason)
        page = json.loads(answer.data)
        found += page["items"] or ()
        pages = {"_continue": (page.get("metadata") or {}).get("continue") or ""}
        if not pages["_continue"]:
            return tuple(found)


def _listing(client: Any, kind: Kind) -> Callable[..., Any]:
    if kind in CORE:
        return unread(clients.CoreV1Api(client), f"list_{CORE[kind]}_for_all_namespaces")
    # By the API for any kind: to load those of each group takes a quarter of a second.
    method = unread(clients.CustomObjectsApi(client), "list_cluster_custom_object")
    return partial(method, kind.group, "v1", kind.resource)

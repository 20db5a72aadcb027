"""The objects that the API server has: all of a kind, page by page, or one of them.

Of Secrets the metadata alone is asked for, which holds nothing secret, unless a caller asks with `secret_data`.
"""

import time
from collections.abc import Iterator, Mapping
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

from secure_tiller_stack.cluster.api import JSON, call
from secure_tiller_stack.cluster.connection import answering, clients
from tiller_facts.kinds import SECRETS, Kind

PAGE = 500
"""Objects in one answer, as kubectl asks for them."""
LIST_SECONDS = 300.0
"""Until the last page is there."""

RELEASES = "OWNER=TILLER"
"""The label of every release record (Helm 2.17, pkg/storage/driver/secrets.go)."""

METADATA = f"{JSON};as=PartialObjectMetadata{{}};g=meta.k8s.io;v=v1"
"""Kubernetes documentation, API concepts, Metadata-only fetches; filled in for a list."""

Json = Mapping[str, Any]


def items(
    client: Any,
    kind: Kind,
    namespace: str = "",
    *,
    labels: str = "",
    fields: str = "",
    metadata_only: bool = False,
    secret_data: bool = False,
    page: int = PAGE,
) -> tuple[Json, ...]:
    """Return every object of a kind.

    Args:
        client: of the official library.
        kind: in its version 1.
        namespace: where; empty: in all, or a cluster-scoped kind.
        labels: a selector.
        fields: a selector.
        metadata_only: whether to leave out all but `metadata`.
        secret_data: whether to read what Secrets hold.
        page: objects in one answer.

    Raises:
        ApiException: the API server refuses (403), or fails.
    """
    whole = secret_data if kind == SECRETS else not metadata_only
    query = {"limit": str(page), "labelSelector": labels, "fieldSelector": fields}
    until = time.monotonic() + LIST_SECONDS

    def asked() -> tuple[Json, ...]:
        return tuple(_pages(client, path(kind, namespace), query, until, JSON if whole else METADATA.format("List")))

    try:
        found = asked()
    except clients.ApiException as error:
        # The place of the next page is kept for some minutes alone (API concepts, 410 Gone responses).
        if error.status != HTTPStatus.GONE:
            raise
        found = asked()
    return found if whole else tuple(map(_metadata, found))


def find(client: Any, kind: Kind, name: str, namespace: str = "", *, secret_data: bool = False) -> Json | None:
    """Return one object; None: it is not there.

    Args:
        client: of the official library.
        kind: in its version 1.
        name: the object's; one that no object can have is that of none.
        namespace: where; empty: a cluster-scoped kind.
        secret_data: whether to read what a Secret holds.

    Raises:
        ApiException: the API server refuses (403), or fails.
    """
    if name in ("", ".", "..") or {"/", "%"} & set(name):  # Kubernetes, IsValidPathSegmentName
        return None
    whole = secret_data or kind != SECRETS
    try:
        found = call(client, "GET", path(kind, namespace, name), accept=JSON if whole else METADATA.format(""))
    except clients.ApiException as error:
        if error.status != HTTPStatus.NOT_FOUND:
            raise
        return None
    return _object(found) if whole else _metadata(found)


def path(kind: Kind, namespace: str = "", name: str = "") -> str:
    """Return the path of all objects of a kind in its version 1, or of one of them, quoted."""
    root = ("apis", kind.group) if kind.group else ("api",)
    parts = (*root, "v1", *(("namespaces", namespace) if namespace else ()), kind.resource, *((name,) if name else ()))
    return "".join(f"/{quote(part, safe='')}" for part in parts)


def _pages(client: Any, path: str, query: Mapping[str, str], until: float, accept: str) -> Iterator[Json]:
    place = ""
    while True:
        answer = call(client, "GET", path, query={**query, "continue": place}, accept=accept, until=until)
        with answering():
            found = tuple(map(_object, answer["items"] or ()))
            place = (answer.get("metadata") or {}).get("continue") or ""
        yield from found
        if not place:
            return


@answering()
def _object(item: Json) -> Json:
    return dict(item)


@answering()
def _metadata(item: Json) -> Json:
    return {"metadata": dict(item["metadata"])}

"""What objects there are. Of Secrets the API server sends the metadata alone, which holds nothing secret."""

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

from secure_tiller_stack.cluster.connection import AT_ONCE, FORBIDDEN, OK, TIMEOUT_SECONDS, clients
from secure_tiller_stack.cluster.facts import FoundNamespace, FoundObjects, FoundRelease, Questions
from tiller_facts.identity import MANAGED_BY, MANAGED_BY_LABEL, SERVICE_ACCOUNT, STACK_ANNOTATION, TEAM_LABEL
from tiller_facts.kinds import SECRETS, SERVICE_ACCOUNTS, SERVICES, Kind, Object

METADATA_ONLY = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"
"""Kubernetes documentation, API concepts, Alternate representations of resources."""

RELEASES = "OWNER=TILLER"
"""The label of every release record (Helm 2.17, pkg/storage/driver/secrets.go)."""


CORE = {SECRETS: "secret", SERVICE_ACCOUNTS: "service_account", SERVICES: "service"}
"""By kind of the core group, the word for it in the methods of the client."""


def lister(client: Any) -> Any:
    """Return a client like another one, which is sent the metadata of objects alone."""
    other = clients.ApiClient(client.configuration)
    other.set_default_header("Accept", METADATA_ONLY)
    return other


def departed(
    lister: Any, questions: Questions, namespaces: Mapping[str, FoundNamespace]
) -> Iterator[tuple[str, tuple[FoundRelease, ...] | None]]:
    """Yield the namespace of each of the stack's Tillers that the settings do not name, and its releases.

    None for the releases: the cluster refused to tell them.
    """
    for name, found in namespaces.items():
        if name in questions.namespaces or found.terminating or not found.is_of(questions.stack):
            continue
        # A managed namespace that stayed is no Tiller's, and can hold the records of a Tiller of somebody else.
        if _has_our_account(lister, name):
            records = _list(lister, SECRETS, namespace=name, label_selector=RELEASES)
            yield name, None if records is None else tuple(_last_revisions(records))


def there(lister: Any, questions: Questions, namespaces: Mapping[str, FoundNamespace]) -> FoundObjects:
    """Return which of the objects are there, and whose they are."""
    wanted = defaultdict[tuple[Kind, str], set[Object]](set)
    for item in questions.objects:
        if item.namespace in namespaces:
            wanted[item.kind, item.name].add(item)
    found: dict[Object, str] = {}
    refused: set[Kind] = set()
    with ThreadPoolExecutor(AT_ONCE) as pool:
        answers = pool.map(lambda key: _list(lister, key[0], field_selector=f"metadata.name={key[1]}"), wanted)
    for ((kind, _), items), listed in zip(wanted.items(), answers, strict=True):
        if listed is None:
            refused.add(kind)
        else:
            by_place = {metadata["namespace"]: metadata for metadata in listed}
            for item in (item for item in items if item.namespace in by_place):
                found[item] = _team(by_place[item.namespace], namespaces[item.namespace], questions.stack)
    return FoundObjects(found, frozenset(refused))


def _team(metadata: Mapping[str, Any], inside: FoundNamespace, stack: str) -> str:
    """Return the team for which this stack made an object; empty: it did not."""
    labels = metadata.get("labels", {})
    # What 0.1.0 made says no stack. In a namespace of this stack there is nothing of another's.
    same = inside.is_of(stack) or metadata.get("annotations", {}).get(STACK_ANNOTATION, stack) == stack
    return str(labels.get(TEAM_LABEL, "")) if labels.get(MANAGED_BY_LABEL) == MANAGED_BY and same else ""


def _last_revisions(records: Iterable[Mapping[str, Any]]) -> Iterator[FoundRelease]:
    last: dict[str, FoundRelease] = {}
    for record in records:
        labels = record.get("labels", {})
        name, revision = labels.get("NAME", record["name"]), labels.get("VERSION", "")
        release = FoundRelease(name, int(revision) if revision.isdecimal() else 0, labels.get("STATUS", "unknown"))
        if name not in last or last[name].revision < release.revision:
            last[name] = release
    yield from (last[name] for name in sorted(last))


def _has_our_account(lister: Any, namespace: str) -> bool:
    """Tell whether a namespace has the ServiceAccount of one of our Tillers; where that is not told, it may have."""
    listed = _list(
        lister,
        SERVICE_ACCOUNTS,
        namespace=namespace,
        label_selector=f"{MANAGED_BY_LABEL}={MANAGED_BY}",
        field_selector=f"metadata.name={SERVICE_ACCOUNT}",
    )
    return listed is None or bool(listed)


def _list(lister: Any, kind: Kind, namespace: str = "", **selectors: str) -> list[Mapping[str, Any]] | None:
    """Return the metadata of the objects of a kind, in one namespace or in all; None if that is refused."""
    try:
        answer = _listing(lister, kind, namespace)(**selectors, _request_timeout=TIMEOUT_SECONDS)
    except clients.ApiException as error:
        answer = error
    if answer.status == FORBIDDEN:
        return None
    if answer.status != OK:
        raise clients.ApiException(status=answer.status, reason=answer.reason)
    return [item["metadata"] for item in json.loads(answer.data)["items"] or ()]


def _listing(lister: Any, kind: Kind, namespace: str) -> Callable[..., Any]:
    where = (namespace,) if namespace else ()
    if kind.group:  # by the API for any kind: to load those of each group takes a quarter of a second
        method = f"list_{'namespaced' if namespace else 'cluster'}_custom_object"
        return partial(unread(clients.CustomObjectsApi(lister), method), kind.group, "v1", *where, kind.resource)
    method = f"list_namespaced_{CORE[kind]}" if namespace else f"list_{CORE[kind]}_for_all_namespaces"
    return partial(unread(clients.CoreV1Api(lister), method), *where)


def unread(api: Any, method: str) -> Callable[..., Any]:
    """Return a method of the client that leaves the answer as it is: metadata alone has not the form of the kind.

    Releases of the client before 37 have an argument for that, later ones a method.
    """
    later = getattr(api, f"{method}_without_preload_content", None)
    return later or partial(getattr(api, method), _preload_content=False)

"""Knowledge of a cluster, asked of its API server."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from http import HTTPStatus
from typing import Any

from secure_tiller_cli.audit.parts import is_ours, with_parts
from secure_tiller_stack.cluster import reviews
from secure_tiller_stack.cluster.api import unless_refused
from secure_tiller_stack.cluster.connection import AT_ONCE, clients
from secure_tiller_stack.cluster.lister import RELEASES, Json, find, items
from tiller_facts import certificates, workloads
from tiller_facts.facts import Facts, Files, FoundObject, records
from tiller_facts.kinds import (
    CONFIG_MAPS,
    NAMESPACES,
    NETWORK_POLICIES,
    NODES,
    PODS,
    RIGHTS,
    RUNNING,
    SECRETS,
    SERVICES,
    WORDS,
    Kind,
)
from tiller_facts.practices import sources
from tiller_facts.values import UNKNOWN, Hidden, Value, each, text, texts

RIGHT = f"list {', '.join(kind.resource for kind in RUNNING[:-1])} and {PODS.resource} in all namespaces"
"""Rights that an account needs to see any Tiller, in words."""

LISTED = (*RUNNING, SERVICES, NETWORK_POLICIES, *RIGHTS, NODES, NAMESPACES, CONFIG_MAPS)
"""Kinds that are listed in all namespaces."""

METADATA_ONLY = (NAMESPACES, CONFIG_MAPS)
"""Of them those of which the metadata is enough; of ConfigMaps only that of release records."""

Listed = Mapping[Kind, tuple[FoundObject, ...] | None]
"""By kind its objects; None: the API server refused to list them."""


def ask(client: Any, progress: Callable[[str], None]) -> Facts:
    """Return the knowledge of a cluster, asked for without retries.

    Args:
        client: of the official library.
        progress: is called with each thing that is looked at.

    Raises:
        ApiException: the API server refuses everything that could show a Tiller, or fails.
    """
    progress("objects of all namespaces")
    with ThreadPoolExecutor(AT_ONCE) as pool:
        readers = pool.submit(reviews.readers, client)
        listed = dict(zip(LISTED, pool.map(partial(_listed, client), LISTED), strict=True))
        if all(listed[kind] is None for kind in RUNNING):
            raise clients.ApiException(status=HTTPStatus.FORBIDDEN, reason="Forbidden")
        facts = _facts(listed, readers.result())
        progress("certificates")
        needed = sorted({source.object for tiller in workloads.find(facts) for source in sources(tiller)})
        read = list(pool.map(partial(_read, client), needed))
    ours = tuple(secret for _, secret in read if secret)
    files = dict(zip(needed, (files for files, _ in read), strict=True))
    return replace(facts, objects=(*facts.objects, *ours), files=files)


def _listed(client: Any, kind: Kind) -> tuple[FoundObject, ...] | None:
    labels = RELEASES if kind == CONFIG_MAPS else ""
    found = unless_refused(None, items, client, kind, labels=labels, metadata_only=kind in METADATA_ONLY)
    return None if found is None else tuple(_found(kind, one) for one in found)


def _found(kind: Kind, data: Json) -> FoundObject:
    word, name, namespace = WORDS[kind], text(data, "metadata", "name"), text(data, "metadata", "namespace")
    return FoundObject(word, data, f"{word} {namespace}/{name}" if namespace else f"{word} {name}", kind.group)


def _facts(listed: Listed, readers: frozenset[str] | None) -> Facts:
    left = listed[CONFIG_MAPS]
    return Facts(
        objects=with_parts(one for found in listed.values() for one in found or ()),
        refused=frozenset(kind for kind, found in listed.items() if found is None),
        records=Hidden("ConfigMaps could not be listed") if left is None else records(left),
        everybody=Hidden("there is no answer to access reviews") if readers is None else readers,
        addresses=_addresses(listed[NODES], listed[PODS]),
    )


def _addresses(nodes: Iterable[FoundObject] | None, pods: Iterable[FoundObject] | None) -> Value[tuple[str, ...]]:
    """Return the addresses of pods and nodes, and the networks of which nodes give addresses to pods."""
    if nodes is None or pods is None:
        return Hidden("nodes or pods could not be listed")
    found = [address for node in nodes for address in _of_node(node.data)]
    found += [text(one, "ip") for pod in pods for one in each(pod.data, "status", "podIPs")]
    return tuple(found) or UNKNOWN


def _of_node(node: Json) -> Iterator[str]:
    yield from (text(one, "address") for one in each(node, "status", "addresses"))
    yield from texts(node, "spec", "podCIDRs")


def _read(client: Any, place: tuple[Any, str, str, str]) -> tuple[Value[Files], FoundObject | None]:
    """Return the keys of the certificates in a Secret or ConfigMap, and the component's Secret without its data.

    Nothing else of it is kept.
    """
    _, word, namespace, name = place
    kind = SECRETS if word == WORDS[SECRETS] else CONFIG_MAPS
    refused = Hidden(f"the {word} that it comes from could not be read")
    data = unless_refused(refused, find, client, kind, name, namespace, secret_data=kind == SECRETS)
    if isinstance(data, Hidden):
        return data, None
    if data is None:
        return {}, None
    kept = _found(kind, {"metadata": data["metadata"], "immutable": data.get("immutable")})
    return certificates.read(word, data), replace(kept, part="tls") if kind == SECRETS and is_ours(kept) else None

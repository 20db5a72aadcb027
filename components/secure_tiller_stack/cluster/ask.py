"""The facts about the cluster, asked before anything is registered, and about one Tiller during an update."""

import re
from collections.abc import Mapping
from itertools import chain
from typing import Any

from secure_tiller_stack.cluster import existing, reviews
from secure_tiller_stack.cluster.api import call, unless_refused
from secure_tiller_stack.cluster.connection import answering, calling
from secure_tiller_stack.cluster.facts import ClusterFacts, FoundNamespace, FoundTiller, Questions
from secure_tiller_stack.cluster.lister import Json, items, path
from secure_tiller_stack.kubeconfig import Access
from tiller_facts.identity import MANAGED_BY, MANAGED_BY_LABEL, SELECTOR, TRUSTS_ANNOTATION
from tiller_facts.kinds import NAMESPACES, PODS
from tiller_facts.values import UNKNOWN

_TILLERS = ",".join(f"{key}={value}" for key, value in {**SELECTOR, MANAGED_BY_LABEL: MANAGED_BY}.items())
"""Selects the pods of our Tillers."""


def ask(access: Access, questions: Questions) -> ClusterFacts:
    """Gather the facts from the real cluster, without retries.

    Raises:
        ClusterError: it does not answer, or refuses what is asked; the message names address, file and context.
    """
    with calling(access) as client:
        return _gather(client, questions)


def tillers(access: Access, namespace: str) -> tuple[FoundTiller, ...]:
    """Return the pods of our Tiller in a namespace.

    Raises:
        ClusterError: the cluster does not answer, or refuses the request.
    """
    with calling(access, f"to tell which pods run in {namespace}", "list pods there") as client:
        return _tillers(client, namespace)


@answering()
def uid(client: Any) -> str:
    """Return the UID of the namespace kube-system, which no two clusters share."""
    return str(call(client, "GET", path(NAMESPACES, name="kube-system"))["metadata"]["uid"])


def _gather(client: Any, questions: Questions) -> ClusterFacts:
    version, namespaces = _version(client), _namespaces(client)
    return ClusterFacts(
        server=client.configuration.host,
        uid=uid(client),
        version=version,
        namespaces=namespaces,
        everybody=reviews.readers(client) if questions.deploying else UNKNOWN,
        tillers=_all_tillers(client, namespaces),
        departed=dict(existing.departed(client, questions, namespaces)),
        objects=existing.there(client, questions, namespaces),
        lacking=reviews.lacking(client, questions) if questions.deploying else frozenset(),
    )


@answering()
def _version(client: Any) -> tuple[int, int]:
    version = call(client, "GET", "/version")
    return _digits(version["major"]), _digits(version["minor"])


@answering()
def _namespaces(client: Any) -> Mapping[str, FoundNamespace]:
    listed = (each["metadata"] for each in items(client, NAMESPACES, metadata_only=True))
    return {metadata["name"]: _found(metadata) for metadata in listed}


def _found(metadata: Json) -> FoundNamespace:
    terminating = bool(metadata.get("deletionTimestamp"))
    labels, annotations = metadata.get("labels") or {}, metadata.get("annotations") or {}
    return FoundNamespace(labels, annotations, terminating, str(metadata.get("uid", "")))


def _all_tillers(client: Any, namespaces: Mapping[str, FoundNamespace]) -> tuple[FoundTiller, ...] | None:
    """Look at all namespaces at once, or where that is refused at those that we made, one by one."""
    ours = [name for name, found in namespaces.items() if found.labels.get(MANAGED_BY_LABEL) == MANAGED_BY]
    found = unless_refused(None, _tillers, client, "")
    return unless_refused(None, _tillers, client, *ours) if found is None else found


@answering()
def _tillers(client: Any, *namespaces: str) -> tuple[FoundTiller, ...]:
    found = chain(*(items(client, PODS, namespace, labels=_TILLERS) for namespace in namespaces))
    return tuple(_tiller(pod) for pod in found if pod["status"].get("phase") not in ("Succeeded", "Failed"))


def _tiller(pod: Json) -> FoundTiller:
    metadata = pod["metadata"]
    words = (metadata.get("annotations") or {}).get(TRUSTS_ANNOTATION, "").split()
    stopping = bool(metadata.get("deletionTimestamp"))
    return FoundTiller(metadata["namespace"], frozenset(words), stopping, metadata["name"])


def _digits(text: str) -> int:
    """Return the number at the start of a part of the version: providers write `30+`."""
    match = re.match(r"\d+", text)
    return int(match.group()) if match else 0

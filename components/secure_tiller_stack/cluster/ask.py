"""The facts about the cluster, asked before anything is registered, and about one Tiller during an update."""

import itertools
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from typing import Any

from secure_tiller_stack.cluster import existing, reviews
from secure_tiller_stack.cluster.connection import FORBIDDEN, TIMEOUT_SECONDS, calling, clients
from secure_tiller_stack.cluster.facts import Facts, FoundNamespace, FoundTiller, Questions
from secure_tiller_stack.kubeconfig import Access
from tiller_facts.identity import MANAGED_BY, MANAGED_BY_LABEL, SELECTOR, TRUSTS_ANNOTATION

_TILLERS = ",".join(f"{key}={value}" for key, value in {**SELECTOR, MANAGED_BY_LABEL: MANAGED_BY}.items())
"""Selects the pods of our Tillers."""


def ask(access: Access, questions: Questions) -> Facts:
    """Gather the facts from the real cluster, without retries.

    Raises:
        ClusterError: it does not answer, or refuses what is asked; the message names address, file and context.
    """
    with calling(access) as client:
        return _gather(client, questions)


def tillers(access: Access, namespace: str) -> tuple[FoundTiller, ...]:
    """Return the pods of our Tiller in a namespace.

    Raises:
        ClusterError: the cluster does not answer, or refuses to tell.
    """
    with calling(access, f"to tell which pods run in {namespace}", "list pods there") as client:
        pods = clients.CoreV1Api(client).list_namespaced_pod(
            namespace, label_selector=_TILLERS, _request_timeout=TIMEOUT_SECONDS
        )
        return tuple(_tillers(pods.items))


def _gather(client: Any, questions: Questions) -> Facts:
    core = clients.CoreV1Api(client)
    version = clients.VersionApi(client).get_code(_request_timeout=TIMEOUT_SECONDS)
    kube_system = core.read_namespace("kube-system", _request_timeout=TIMEOUT_SECONDS)
    listed = core.list_namespace(_request_timeout=TIMEOUT_SECONDS).items
    namespaces = {namespace.metadata.name: _found(namespace.metadata) for namespace in listed}
    with existing.lister(client) as lister:
        departed = dict(existing.departed(lister, questions, namespaces))
        objects = existing.there(lister, questions, namespaces)
    return Facts(
        server=client.configuration.host,
        uid=kube_system.metadata.uid,
        version=(_digits(version.major), _digits(version.minor)),
        namespaces=namespaces,
        strangers_allowed=reviews.strangers_allowed(client) if questions.deploying else None,
        tillers=_all_tillers(core, namespaces),
        departed=departed,
        objects=objects,
        lacking=reviews.lacking(client, questions) if questions.deploying else frozenset(),
    )


def _found(metadata: Any) -> FoundNamespace:
    terminating = metadata.deletion_timestamp is not None
    return FoundNamespace(metadata.labels or {}, metadata.annotations or {}, terminating)


def _all_tillers(core: Any, namespaces: Mapping[str, FoundNamespace]) -> tuple[FoundTiller, ...] | None:
    """Look at all namespaces at once, or where that is refused at those that we made, one by one."""
    ours = [name for name, found in namespaces.items() if found.labels.get(MANAGED_BY_LABEL) == MANAGED_BY]
    for listings in ([core.list_pod_for_all_namespaces], [partial(core.list_namespaced_pod, name) for name in ours]):
        try:
            pods = [list_pods(label_selector=_TILLERS, _request_timeout=TIMEOUT_SECONDS) for list_pods in listings]
        except clients.ApiException as error:
            if error.status != FORBIDDEN:
                raise
        else:
            return tuple(_tillers(itertools.chain(*(listed.items for listed in pods))))
    return None


def _tillers(pods: Iterable[Any]) -> Iterator[FoundTiller]:
    for pod in pods:
        if pod.status.phase not in ("Succeeded", "Failed"):
            words = (pod.metadata.annotations or {}).get(TRUSTS_ANNOTATION, "").split()
            stopping = pod.metadata.deletion_timestamp is not None
            yield FoundTiller(pod.metadata.namespace, frozenset(words), stopping)


def _digits(text: str) -> int:
    """Return the number at the start of a part of the version: providers write `30+`."""
    match = re.match(r"\d+", text)
    return int(match.group()) if match else 0

"""Looks at what there is in the cluster: reads alone, and of release records only how many there are."""

import base64
import json
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, TypeVar

from secure_tiller_cli.check.grants import Bindings, bindings
from secure_tiller_cli.check.observed_state import (
    Object,
    ObservedState,
    Readable,
    Records,
    Unreadable,
    Workload,
    digest,
)
from secure_tiller_cli.state import DeployedTiller
from secure_tiller_stack.cluster.connection import AT_ONCE, FORBIDDEN, OK, TIMEOUT_SECONDS, clients
from secure_tiller_stack.cluster.existing import RELEASES, lister, unread
from tiller_facts.identity import SELECTOR

NOT_FOUND = 404
_APPS, _NETWORKING, _RBAC = "apps", "networking.k8s.io", "rbac.authorization.k8s.io"
_Seen = TypeVar("_Seen")


def look(client: Any, tiller: DeployedTiller) -> ObservedState:
    """Return what there is in the namespaces of a team.

    Raises:
        ApiException: the cluster fails otherwise than by refusing.
    """
    names = tuple(dict.fromkeys((tiller.namespace, *tiller.managed, *tiller.created)))
    with ThreadPoolExecutor(AT_ONCE) as pool:
        namespaces = pool.map(partial(_namespace, client), names)
        workload = pool.submit(_told, partial(_workload, client, tiller), tiller, "get deployments, list pods")
        secret = pool.submit(_told, partial(_secret, client, tiller), tiller, "get secrets")
        records = pool.submit(_told, partial(_records, client, tiller), tiller, "list secrets and configmaps")
        policies = pool.submit(_told, partial(_policies, client, tiller), tiller, "list networkpolicies")
        services = pool.submit(_told, partial(_services, client, tiller), tiller, "list services")
        return ObservedState(
            namespaces=dict(zip(names, namespaces, strict=True)),
            workload=workload.result(),
            secret=secret.result(),
            records=records.result(),
            policies=policies.result(),
            services=services.result(),
            client_secrets={name: _handed_out(client, *place) for name, place in tiller.client_secrets.items()},
        )


def all_bindings(client: Any) -> Readable[Bindings]:
    """Return every RoleBinding and ClusterRoleBinding of the cluster."""
    api = clients.CustomObjectsApi(client)

    def listed(resource: str) -> tuple[Object, ...]:
        return _items(api.list_cluster_custom_object(_RBAC, "v1", resource, _request_timeout=TIMEOUT_SECONDS))

    def asked() -> Bindings:
        kinds = ("roles", "clusterroles", "rolebindings", "clusterrolebindings")
        with ThreadPoolExecutor(AT_ONCE) as pool:
            return bindings(*pool.map(listed, kinds))

    return _refusable(asked, "the bindings of the cluster", "list roles and bindings in all namespaces")


def _namespace(client: Any, name: str) -> Readable[Object | None]:
    read = partial(_core, client, "read_namespace", name)
    return _refusable(partial(_perhaps, read), f"namespace {name}", "get namespaces")


def _workload(client: Any, tiller: DeployedTiller) -> Workload:
    api, place = clients.CustomObjectsApi(client), (_APPS, "v1", tiller.namespace)
    read = partial(
        api.get_namespaced_custom_object, *place, "deployments", tiller.deployment, _request_timeout=TIMEOUT_SECONDS
    )
    sets = api.list_namespaced_custom_object(*place, "replicasets", _request_timeout=TIMEOUT_SECONDS)
    pods = _items(_core(client, "list_namespaced_pod", tiller.namespace))
    running = [pod for pod in pods if pod["status"].get("phase") not in ("Succeeded", "Failed")]
    labelled, others = (tuple(pod for pod in running if _is_found_by_helm(pod) is wanted) for wanted in (True, False))
    return Workload(_perhaps(read), _items(sets), labelled, others)


def _is_found_by_helm(pod: Object) -> bool:
    return SELECTOR.items() <= (pod["metadata"].get("labels") or {}).items()


def _secret(client: Any, tiller: DeployedTiller) -> Object | None:
    read = partial(_core, client, "read_namespaced_secret", tiller.tls_secret, tiller.namespace)
    found = _perhaps(read) if tiller.tls_secret else None  # an update that was cut off may have left none
    if found is None:
        return None
    data = {key: value for key, value in (found.get("data") or {}).items() if key != "tls.key"}
    return {**found, "data": data}


def _records(client: Any, tiller: DeployedTiller) -> Records:
    with lister(client) as metadata_only:
        secrets, maps = (
            _items(_core(metadata_only, f"list_namespaced_{kind}", tiller.namespace, label_selector=RELEASES))
            for kind in ("secret", "config_map")
        )
    return Records(len(secrets), tuple(sorted(str(each["metadata"]["name"]) for each in maps)))


def _policies(client: Any, tiller: DeployedTiller) -> tuple[Object, ...]:
    api = clients.CustomObjectsApi(client)
    return _items(
        api.list_namespaced_custom_object(
            _NETWORKING, "v1", tiller.namespace, "networkpolicies", _request_timeout=TIMEOUT_SECONDS
        )
    )


def _services(client: Any, tiller: DeployedTiller) -> tuple[Object, ...]:
    return _items(_core(client, "list_namespaced_service", tiller.namespace))


def _handed_out(client: Any, namespace: str, name: str) -> Readable[Mapping[str, str] | None]:
    def asked() -> Mapping[str, str] | None:
        found = _perhaps(partial(_core, client, "read_namespaced_secret", name, namespace))
        return found and {key: digest(base64.b64decode(value)) for key, value in (found.get("data") or {}).items()}

    return _refusable(asked, f"the Secret {namespace}/{name}", f"get secrets in {namespace}")


def _core(client: Any, method: str, *arguments: str, **selectors: str) -> Object:
    """Return what a method of the core group is answered, as JSON: the client's classes know no newer fields."""
    answer = unread(clients.CoreV1Api(client), method)(*arguments, **selectors, _request_timeout=TIMEOUT_SECONDS)
    if answer.status != OK:
        raise clients.ApiException(status=answer.status, reason=answer.reason)
    return dict(json.loads(answer.data))


def _items(listed: Mapping[str, Any]) -> tuple[Object, ...]:
    return tuple(listed["items"] or ())


def _perhaps(read: Callable[[], Object]) -> Object | None:
    try:
        return read()
    except clients.ApiException as error:
        if error.status == NOT_FOUND:
            return None
        raise


def _told(asked: Callable[[], _Seen], tiller: DeployedTiller, right: str) -> _Seen | Unreadable:
    return _refusable(asked, f"what is in {tiller.namespace}", f"{right} in {tiller.namespace}")


def _refusable(asked: Callable[[], _Seen], what: str, right: str) -> _Seen | Unreadable:
    try:
        return asked()
    except clients.ApiException as error:
        if error.status != FORBIDDEN:
            raise
        return Unreadable(f"the cluster refused to tell {what}", f"use an account that may {right}")

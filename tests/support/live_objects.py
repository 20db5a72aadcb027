"""Objects and ServiceAccounts that a test has in a real cluster."""

import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import yaml
from kubernetes import client

from tests.support.cluster_objects import Object

_APIS = {
    "v1": client.CoreV1Api,
    "apps/v1": client.AppsV1Api,
    "networking.k8s.io/v1": client.NetworkingV1Api,
    "rbac.authorization.k8s.io/v1": client.RbacAuthorizationV1Api,
}


def create(api: client.ApiClient, one: Object) -> None:
    """Create an object."""
    _call(api, "create", one, body=one)


def uid_of(api: client.ApiClient) -> str:
    """Return the UID of a cluster: that of its namespace kube-system."""
    return str(client.CoreV1Api(api).read_namespace("kube-system").metadata.uid)


@contextmanager
def existing(api: client.ApiClient, *objects: Object) -> Iterator[None]:
    """Create objects in their order, and delete them at the end in the opposite order."""
    with ExitStack() as deleted:
        for one in objects:
            create(api, one)
            deleted.callback(_call, api, "delete", one, name=one["metadata"]["name"])
        yield


def _call(api: client.ApiClient, verb: str, one: Object, **arguments: Any) -> None:
    """Call the client's method for an object, such as `create_namespaced_pod` or `delete_cluster_role`."""
    words = re.findall("[A-Z][a-z]+", one["kind"])
    if namespace := one["metadata"].get("namespace"):
        words.insert(0, "namespaced")
        arguments["namespace"] = namespace
    getattr(_APIS[one["apiVersion"]](api), "_".join((verb, *words)).lower())(**arguments)


def token_of(api: client.ApiClient, namespace: str, account: str) -> str:
    """Return a token of a ServiceAccount, valid for an hour."""
    granted = client.CoreV1Api(api).create_namespaced_service_account_token(account, namespace, {"spec": {}})
    return str(granted.status.token)


def kubeconfig_of(api: client.ApiClient, admin: Path, namespace: str, account: str) -> str:
    """Return an administrator's kubeconfig with a token of a ServiceAccount in place of the credentials."""
    content, user = yaml.safe_load(admin.read_text()), {"token": token_of(api, namespace, account)}
    return yaml.safe_dump({**content, "users": [{**each, "user": user} for each in content["users"]]})


def client_with(token: str, admin: client.ApiClient) -> client.ApiClient:
    """Return a client of the same API server that authenticates by a token; empty: not at all."""
    configuration = client.Configuration(host=admin.configuration.host)
    configuration.ssl_ca_cert = admin.configuration.ssl_ca_cert
    if token:
        configuration.api_key = {"authorization": f"Bearer {token}"}
    return client.ApiClient(configuration)


def listed(api: client.ApiClient, **options: str) -> set[str]:
    """Return every object of the kinds that a program for Tiller may make: `Deployment red-tiller/tiller-deploy`."""
    core, rbac = client.CoreV1Api(api), client.RbacAuthorizationV1Api(api)
    kinds: dict[str, Callable[..., Any]] = {
        "Namespace": core.list_namespace,
        "ClusterRole": rbac.list_cluster_role,
        "ClusterRoleBinding": rbac.list_cluster_role_binding,
        "Role": rbac.list_role_for_all_namespaces,
        "RoleBinding": rbac.list_role_binding_for_all_namespaces,
        "ServiceAccount": core.list_service_account_for_all_namespaces,
        "Secret": core.list_secret_for_all_namespaces,
        "ConfigMap": core.list_config_map_for_all_namespaces,
        "Deployment": client.AppsV1Api(api).list_deployment_for_all_namespaces,
        "NetworkPolicy": client.NetworkingV1Api(api).list_network_policy_for_all_namespaces,
    }
    return {
        f"{kind} {item.metadata.namespace or ''}/{item.metadata.name}"
        for kind, listing in kinds.items()
        for item in listing(**options).items
    }


def is_rolled_out(api: client.ApiClient, namespace: str) -> bool:
    """Return whether the one pod of a Tiller is ready and of the latest template."""
    found = client.AppsV1Api(api).read_namespaced_deployment("tiller-deploy", namespace)
    status, current = found.status, found.status.observed_generation == found.metadata.generation
    return bool(current and status.updated_replicas == status.ready_replicas == status.replicas == 1)


def tls_secret_name(pod: Any) -> str:
    """Return the name of the Secret that a V1Pod or V1PodTemplateSpec of Tiller mounts."""
    return next(str(volume.secret.secret_name) for volume in pod.spec.volumes if volume.secret)

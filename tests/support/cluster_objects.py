"""Builders of Kubernetes objects, as plain data: a Tiller of one team that breaks no practice, and its surroundings."""

import base64
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from tests.support import pki

Object = dict[str, Any]
"""An object of the Kubernetes API, or a part of one, with its field names."""

BLUE, RED = "blue-tiller", "red-tiller"
"""The namespaces of two teams' Tillers."""
MANAGED = "blue-apps"
"""A namespace that Tiller installs charts into."""

IMAGE = "ghcr.io/helm/tiller:v2.17.0"
LABELS = {"app": "helm", "name": "tiller"}
ACCOUNT = f"ServiceAccount {BLUE}/tiller"

VERIFY = "--tls-verify"
FILES = ("--tls-cert=/etc/certs/tls.crt", "--tls-key=/etc/certs/tls.key", "--tls-ca-cert=/etc/certs/ca.crt")
TLS = ("--tls", VERIFY, *FILES)
PLAIN = ("--storage=secret", "--listen=127.0.0.1:44134", "--history-max=20")
"""Right, but for TLS."""
ARGS = (*PLAIN, *TLS)
"""The arguments of a Tiller that breaks no practice."""
LINE = " ".join(ARGS)

_API_VERSIONS = {
    "CronJob": "batch/v1",
    "DaemonSet": "apps/v1",
    "Deployment": "apps/v1",
    "Job": "batch/v1",
    "NetworkPolicy": "networking.k8s.io/v1",
    "ReplicaSet": "apps/v1",
    "Rollout": "argoproj.io/v1alpha1",
    "StatefulSet": "apps/v1",
    **dict.fromkeys(("ClusterRole", "ClusterRoleBinding", "Role", "RoleBinding"), "rbac.authorization.k8s.io/v1"),
}


def item(kind: str, name: str, namespace: str = BLUE, **content: Any) -> Object:
    """Return an object; `namespace` is empty for one of the whole cluster."""
    metadata = {"name": name, **({"namespace": namespace} if namespace else {}), **content.pop("metadata", {})}
    return {"apiVersion": _API_VERSIONS.get(kind, "v1"), "kind": kind, "metadata": metadata, **content}


def variables(**values: str) -> list[Object]:
    """Return the environment of a container, by value."""
    return [{"name": name, "value": value} for name, value in values.items()]


def container(*, args: Sequence[str] | None = ARGS, env: Sequence[Object] = (), **further: Any) -> Object:
    """Return a container that runs Tiller, right but for what is given; None as a value leaves a field out."""
    own_namespace = {"name": "TILLER_NAMESPACE", "valueFrom": {"fieldRef": {"fieldPath": "metadata.namespace"}}}
    fields = {
        "name": "tiller",
        "image": IMAGE,
        "args": None if args is None else list(args),
        "env": [own_namespace, *env],
        "ports": [{"name": "tiller", "containerPort": 44134}, {"name": "http", "containerPort": 44135}],
        "resources": {"limits": {"cpu": "1", "memory": "512Mi"}},
        "volumeMounts": [{"name": "certificates", "mountPath": "/etc/certs", "readOnly": True}],
        **further,
    }
    return {name: value for name, value in fields.items() if value is not None}


def template(*containers: Object, labels: Mapping[str, str] = LABELS, **further: Any) -> Object:
    """Return the template of a Tiller's pods, right but for what is given."""
    spec = {
        "serviceAccountName": "tiller",
        "securityContext": {"runAsNonRoot": True, "runAsUser": 65534},
        "containers": list(containers),
        "volumes": [{"name": "certificates", "secret": {"secretName": "tiller-tls"}}],
        **further,
    }
    return {"metadata": {"labels": dict(labels)}, "spec": spec}


def workload(kind: str, of: Object, namespace: str = BLUE, name: str = "tiller-deploy") -> Object:
    """Return an object of any kind that makes pods from a template."""
    if kind == "Pod":
        return item(kind, name, namespace, metadata={"labels": of["metadata"]["labels"]}, spec=of["spec"])
    if kind == "CronJob":
        return item(kind, name, namespace, spec={"schedule": "0 3 * * *", "jobTemplate": {"spec": {"template": of}}})
    selector = {} if kind == "Job" else {"selector": {"matchLabels": of["metadata"]["labels"]}}
    return item(kind, name, namespace, spec={**selector, "template": of})


@cache
def authority(name: str) -> pki.Pair:
    """Return the CA of a name: the same one in the whole run."""
    return pki.authority(name)


@cache
def server(name: str) -> pki.Pair:
    """Return the certificate and key of the Tiller of a name: the same in the whole run."""
    return pki.server(authority(f"server CA of {name}"))


def secret(
    namespace: str = BLUE, *, name: str = "tiller-tls", keys: str = "", clients: str = "", **further: str
) -> Object:
    """Return the Secret with the files of a Tiller.

    Args:
        namespace: its namespace.
        name: its name.
        keys: the server whose certificate and key it holds; by default that of the namespace.
        clients: the name of the CA in its `ca.crt`; by default the namespace's own.
        further: files in addition, by name.
    """
    own = server(keys or namespace)
    files = {
        "tls.crt": own.pem,
        "tls.key": own.key_pem,
        "ca.crt": authority(clients or f"clients of {namespace}").pem,
        **further,
    }
    data = {key: base64.b64encode(text.encode()).decode() for key, text in files.items()}
    return item("Secret", name, namespace, type="kubernetes.io/tls", data=data)


def config_map(clients: str, namespace: str = BLUE, name: str = "client-cas") -> Object:
    """Return the ConfigMap whose `ca.crt` holds the CA of a name."""
    return item("ConfigMap", name, namespace, data={"ca.crt": authority(clients).pem})


def rule(resources: str, verbs: str, groups: str = "") -> Object:
    """Return a rule of a Role; several words are separated by blanks."""
    return {"apiGroups": groups.split() or [""], "resources": resources.split(), "verbs": verbs.split()}


def subject(words: str) -> Object:
    """Return a subject of a binding: `Group blue-developers`, `ServiceAccount blue-tiller/tiller`."""
    kind, _, name = words.partition(" ")
    namespace, slash, account = name.partition("/")
    group = {} if kind == "ServiceAccount" else {"apiGroup": "rbac.authorization.k8s.io"}
    return {"kind": kind, **group, **({"namespace": namespace, "name": account} if slash else {"name": name})}


def of_every_cluster() -> tuple[Object, ...]:
    """Return objects that a cluster has by itself, and no program makes."""
    return (item("ClusterRole", "edit", "", rules=[rule("serviceaccounts", "impersonate"), rule("pods", "get list")]),)


def binding(role: str, to: str = ACCOUNT, namespace: str = "", name: str = "given") -> Object:
    """Return a binding of a role, `ClusterRole admin`, in a namespace or, without one, in the whole cluster."""
    kind, _, of = role.partition(" ")
    reference = {"apiGroup": "rbac.authorization.k8s.io", "kind": kind, "name": of}
    return item(
        "RoleBinding" if namespace else "ClusterRoleBinding", name, namespace, roleRef=reference, subjects=[subject(to)]
    )


def granted(*rules: Object, to: str = ACCOUNT, namespace: str = MANAGED, name: str = "given") -> tuple[Object, Object]:
    """Return a role with rules and its binding, in a namespace or, without one, in the whole cluster."""
    kind = "Role" if namespace else "ClusterRole"
    return item(kind, name, namespace, rules=list(rules)), binding(f"{kind} {name}", to, namespace, name)


def policy(*ingress: Object, namespace: str = BLUE) -> Object:
    """Return a NetworkPolicy around every pod of a namespace."""
    spec = {"podSelector": {}, "policyTypes": ["Ingress"], "ingress": list(ingress)}
    return item("NetworkPolicy", "around", namespace, spec=spec)


def admitting(*peers: Object) -> Object:
    """Return a NetworkPolicy that admits peers to Tiller's gRPC port."""
    return policy({"from": list(peers), "ports": [{"port": 44134, "protocol": "TCP"}]})


def service(**spec: Any) -> Object:
    """Return a Service that leads to Tiller's pods."""
    ports = [{"name": "tiller", "port": 44134, "targetPort": "tiller"}]
    return item("Service", "tiller-deploy", spec={"selector": LABELS, "ports": ports, **spec})


def surroundings(namespace: str = BLUE) -> tuple[Object, ...]:
    """Return what stands around the Tiller of a team: its account, rights in one namespace, files, and a wall."""
    team = namespace.removesuffix("-tiller")
    rights = rule("pods services configmaps", "get list create update patch delete")
    return (
        item("Namespace", namespace, ""),
        item("ServiceAccount", "tiller", namespace),
        secret(namespace),
        *granted(rights, to=f"ServiceAccount {namespace}/tiller", namespace=f"{team}-apps", name="tiller-apps"),
        policy(namespace=namespace),
    )


def instead(objects: Sequence[Object], *others: Object) -> tuple[Object, ...]:
    """Return objects with others in the place of those of the same kind, namespace and name, or after them."""
    by_name = {(one["kind"], one["metadata"].get("namespace"), one["metadata"]["name"]): one for one in objects}
    by_name |= {(one["kind"], one["metadata"].get("namespace"), one["metadata"]["name"]): one for one in others}
    return tuple(by_name.values())


def without(objects: Sequence[Object], *kinds: str) -> tuple[Object, ...]:
    """Return objects but those of some kinds."""
    return tuple(one for one in objects if one["kind"] not in kinds)

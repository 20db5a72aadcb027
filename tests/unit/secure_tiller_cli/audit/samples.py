"""Clusters of made-up objects, as the Kubernetes API writes them."""

from collections.abc import Mapping, Sequence
from typing import Any

from secure_tiller.plan.pod import arguments
from secure_tiller_cli.audit import Audit, Facts, judge
from secure_tiller_cli.audit.facts import CLUSTER_ROLE_BINDINGS, CLUSTER_ROLES, DAEMON_SETS, LISTED, PODS, STATEFUL_SETS
from tiller_facts.kinds import DEPLOYMENTS, NETWORK_POLICIES, ROLE_BINDINGS, ROLES, SERVICES, Kind

HOME = "blue-tiller"
LABELS = {"app": "helm", "name": "tiller"}
IMAGE = "ghcr.io/helm/tiller:v2.17.0"
LIMITS = {"limits": {"cpu": "1", "memory": "512Mi"}}
RIGHT = arguments()
"""The arguments of a Tiller of ours."""
FILES = {"tls.crt": ("server key",), "ca.crt": ("alice's CA",)}
"""Of its Secret, digests of the certificates' keys."""
KIND_OF = {
    "Deployment": DEPLOYMENTS,
    "StatefulSet": STATEFUL_SETS,
    "DaemonSet": DAEMON_SETS,
    "Pod": PODS,
    "Service": SERVICES,
    "NetworkPolicy": NETWORK_POLICIES,
    "Role": ROLES,
    "RoleBinding": ROLE_BINDINGS,
    "ClusterRole": CLUSTER_ROLES,
    "ClusterRoleBinding": CLUSTER_ROLE_BINDINGS,
}

Object = dict[str, Any]


def item(kind: str, name: str, inside: str = HOME, **content: Any) -> Object:
    """An object; `inside` is empty for one of the cluster."""
    metadata = {"name": name, **({"namespace": inside} if inside else {})}
    return {"kind": kind, "metadata": metadata | content.pop("metadata", {}), **content}


def env(**values: str) -> list[dict[str, str]]:
    return [{"name": name, "value": value} for name, value in values.items()]


def container(args: Sequence[str] = RIGHT, **further: Any) -> Object:
    """The container of a Tiller of ours, but for what is told."""
    mounts = [{"name": "certificates", "mountPath": "/etc/certs"}]
    ports = [{"name": "tiller", "containerPort": 44134}, {"name": "http", "containerPort": 44135}]
    made = {"name": "tiller", "image": IMAGE, "args": list(args), "resources": LIMITS, "volumeMounts": mounts}
    return {**made, "ports": ports, **further}


def template(*containers: Object, labels: Mapping[str, str] = LABELS, **further: Any) -> Object:
    """What the pods of a Tiller of ours are made of, but for what is told."""
    spec = {
        "serviceAccountName": "tiller",
        "securityContext": {"runAsNonRoot": True, "runAsUser": 65534},
        "containers": list(containers) or [container()],
        "volumes": [{"name": "certificates", "secret": {"secretName": "tls"}}],
    }
    return {"metadata": {"labels": dict(labels)}, "spec": {**spec, **further}}


def deployment(of: Object | None = None, name: str = "tiller-deploy", inside: str = HOME) -> Object:
    return item("Deployment", name, inside, spec={"template": of or template()})


def pod(
    of: Object, name: str = "tiller-deploy-5d8f-x2x", inside: str = HOME, owner: str = "", phase: str = "Running"
) -> Object:
    """A pod; its owner as `ReplicaSet/tiller-deploy-5d8f`."""
    kind, _, owned_by = owner.partition("/")
    owners = [{"kind": kind, "name": owned_by, "controller": True}] if owner else []
    labels = {**of["metadata"]["labels"], **({"pod-template-hash": "5d8f"} if kind == "ReplicaSet" else {})}
    metadata = {"labels": labels, "ownerReferences": owners}
    return item("Pod", name, inside, metadata=metadata, spec=of["spec"], status={"phase": phase})


def rule(resources: str = "pods", verbs: str = "get", groups: str = "", **further: Any) -> Object:
    """A rule; several words are separated by blanks."""
    return {"apiGroups": groups.split() or [""], "resources": resources.split(), "verbs": verbs.split(), **further}


def subject(word: str) -> Object:
    """A subject, as `Group red-developers` or `ServiceAccount blue-tiller/tiller`."""
    kind, _, name = word.partition(" ")
    inside, slash, account = name.partition("/")
    return {"kind": kind, "name": account, "namespace": inside} if slash else {"kind": kind, "name": name}


ACCOUNT = f"ServiceAccount {HOME}/tiller"


def bound(*rules: Object, to: str = ACCOUNT, inside: str = HOME, name: str = "given") -> tuple[Object, Object]:
    """A role and its binding, in a namespace, or without one in the cluster."""
    kind = "Role" if inside else "ClusterRole"
    reference = {"kind": kind, "name": name}
    binding = item(f"{kind}Binding", name, inside, roleRef=reference, subjects=[subject(to)])
    return item(kind, name, inside, rules=list(rules)), binding


def service(kind: str = "ClusterIP", inside: str = HOME, **further: Any) -> Object:
    return item("Service", "tiller-deploy", inside, spec={"type": kind, "selector": LABELS, **further})


def policy(*ingress: Object, selector: Object | None = None, types: Sequence[str] = ("Ingress",)) -> Object:
    spec = {"podSelector": selector or {}, "policyTypes": list(types), "ingress": list(ingress)}
    return item("NetworkPolicy", "around", spec=spec)


CLOSED = policy()
"""Closes a namespace."""


def facts(*objects: Object, refused: Sequence[Kind] = (), **further: Any) -> Facts:
    """What a cluster of these objects tells; the Secret of the Tiller in HOME is told."""
    listed: dict[Kind, tuple[Object, ...] | None] = {
        kind: None if kind in refused else tuple(one for one in objects if KIND_OF[one["kind"]] == kind)
        for kind in LISTED
    }
    return Facts("https://cluster", listed, **{"certificates": {(HOME, "tls"): FILES}, **further})


def audited(*objects: Object, **further: Any) -> Audit:
    return judge(facts(*objects, **further))


def found(*objects: Object, **further: Any) -> set[str]:
    """Level and code of each finding about the only Tiller among some objects."""
    (judged,) = audited(*objects, **further).tillers
    return {f"{finding.level} {finding.code}" for finding in judged.findings}


def practices(*objects: Object, **further: Any) -> list[str]:
    """The five answers of the only Tiller among some objects."""
    (judged,) = audited(*objects, **further).tillers
    return [practice.answer.value for practice in judged.practices]

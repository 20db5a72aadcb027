"""Clusters and programs of made-up objects, as the Kubernetes API writes them."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from tiller_facts.facts import Facts, FoundObject
from tiller_facts.kinds import WORDS, Kind

HOME = "blue-tiller"
LABELS = {"app": "helm", "name": "tiller"}
IMAGE = "ghcr.io/helm/tiller:v2.17.0"
LIMITS = {"limits": {"cpu": "1", "memory": "512Mi"}}
RIGHT = (
    "--storage=secret",
    "--listen=127.0.0.1:44134",
    "--probe-listen=:44135",
    "--tls=true",
    "--tls-verify=true",
    "--tls-key=/etc/certs/tls.key",
    "--tls-cert=/etc/certs/tls.crt",
    "--tls-ca-cert=/etc/certs/ca.crt",
    "--history-max=20",
)
"""The arguments of a Tiller of ours."""
FILES = {"tls.crt": ("server key",), "ca.crt": ("alice's CA",)}
"""Of its Secret, digests of the certificates' keys."""

Object = dict[str, Any]


def item(kind: str, name: Any, inside: Any = HOME, **content: Any) -> Object:
    """An object; `inside` is empty for one of the cluster."""
    metadata = {"name": name, **({"namespace": inside} if inside else {})}
    return {"kind": kind, "metadata": metadata | content.pop("metadata", {}), **content}


def env(**values: Any) -> list[Object]:
    return [{"name": name, "value": value} for name, value in values.items()]


def container(args: Any = RIGHT, **further: Any) -> Object:
    """The container of a Tiller of ours, but for what is given."""
    mounts = [{"name": "certificates", "mountPath": "/etc/certs"}]
    ports = [{"name": "tiller", "containerPort": 44134}, {"name": "http", "containerPort": 44135}]
    made = {"name": "tiller", "image": IMAGE, "args": args, "resources": LIMITS, "volumeMounts": mounts}
    return {**made, "ports": ports, **further}


def template(*containers: Object, labels: Any = LABELS, **further: Any) -> Object:
    """The pod template of a Tiller of ours, but for what is given."""
    spec = {
        "serviceAccountName": "tiller",
        "securityContext": {"runAsNonRoot": True, "runAsUser": 65534},
        "containers": list(containers) or [container()],
        "volumes": [{"name": "certificates", "secret": {"secretName": "tls"}}],
    }
    return {"metadata": {"labels": labels}, "spec": {**spec, **further}}


def deployment(of: Object | None = None, name: Any = "tiller-deploy", inside: Any = HOME) -> Object:
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


def policy(*ingress: Object, selector: Any = None, types: Sequence[str] = ("Ingress",), inside: Any = HOME) -> Object:
    spec = {"podSelector": selector or {}, "policyTypes": list(types), "ingress": list(ingress)}
    return item("NetworkPolicy", "around", inside, spec=spec)


CLOSED = policy()
"""Closes a namespace."""

_GROUPS = {word: kind.group for kind, word in WORDS.items()}


def found(of: Mapping[str, Any], **further: Any) -> FoundObject:
    """An object as a tool finds it."""
    kind = str(of.get("kind", "Custom"))
    return FoundObject(
        kind, of, **{"shown": f"{kind} {of['metadata']['name']}", "group": _GROUPS.get(kind, ""), **further}
    )


def facts(*objects: Object, refused: Iterable[Kind] = (), **further: Any) -> Facts:
    """Knowledge of a cluster of these objects; the Secret of the Tiller in HOME was read."""
    without = frozenset(refused)
    seen = tuple(one for one in map(found, objects) if not any(one.is_a(kind) for kind in without))
    given = {
        "files": {("", "Secret", HOME, "tls"): FILES},
        "records": {},
        "everybody": frozenset[str](),
        **further,
    }
    return Facts(seen, without, **given)

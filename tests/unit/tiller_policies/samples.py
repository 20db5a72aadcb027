"""Resources of made-up programs, as the policies see them."""

from collections.abc import Mapping
from typing import Any

from tiller_policies.resources import Resource
from tiller_policies.rules import RULES

IMAGE = "ghcr.io/helm/tiller:v2.17.0"
LABELS = {"app": "helm", "name": "tiller"}
LIMITS = {"limits": {"cpu": "1", "memory": "512Mi"}}
RIGHT = ("--listen=127.0.0.1:44134", "--storage=secret", "--tls-verify")
MOUNT = {"name": "certificates", "mountPath": "/certs"}
RBAC = "rbac.authorization.k8s.io/v1"


def resource(kind: str, name: str, props: Mapping[str, Any], cluster: str = "one", parents: str = "") -> Resource:
    """A Kubernetes object; `kind` with its API group, such as `apps/v1:Deployment`."""
    return Resource(f"urn:pulumi:test::probe::{parents}kubernetes:{kind}::{name}", f"kubernetes:{kind}", props, cluster)


def container(args: Any = RIGHT, **further: Any) -> dict[str, Any]:
    """A container that is a right Tiller, but for what is told."""
    return {"name": "tiller", "image": IMAGE, "args": args, "resources": LIMITS, **further}


def pod(*containers: Mapping[str, Any], **further: Any) -> dict[str, Any]:
    """What runs in a pod, as an account of its own."""
    return {"serviceAccountName": "tiller", "containers": list(containers), **further}


def workload(name: str, spec: Mapping[str, Any], labels: Any = None, cluster: str = "one") -> Resource:
    """A Deployment in the namespace of its name."""
    template = {"metadata": {"labels": LABELS if labels is None else labels}, "spec": spec}
    metadata = {"namespace": name, "name": "tiller-deploy"}
    return resource("apps/v1:Deployment", name, {"metadata": metadata, "spec": {"template": template}}, cluster)


def tiller(name: str = "blue", args: Any = RIGHT, cluster: str = "one", **further: Any) -> Resource:
    """A right Tiller, but for what its container is told."""
    return workload(name, pod(container(args, **further)), cluster=cluster)


def broken(*resources: Resource) -> set[str]:
    """The rules that resources break, judged as the engine has them judged: each alone, or all together."""
    return {
        rule.name
        for rule in RULES
        for judged in ([resources] if rule.of_stack else [[one] for one in resources])
        for _ in rule.check(judged)
    }


def violations(name: str, *resources: Resource) -> list[tuple[str, str]]:
    """Logical name and message of each violation of one rule."""
    (rule,) = (rule for rule in RULES if rule.name == name)
    return [(found.resource.logical_name, rule.message(found)) for found in rule.check(resources)]

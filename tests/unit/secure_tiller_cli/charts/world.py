"""A cluster that serves a few kinds, and team blue's Tiller in it, with the rights that a stack gives by default."""

import json
from typing import Any

from secure_tiller.plan import rights
from secure_tiller.plan.model import RolePlan
from secure_tiller_cli.charts import Discovery, Manifest, read
from secure_tiller_cli.charts.discovery import Served
from secure_tiller_cli.state import DeployedTiller
from tests.support.api_server import Answer, ApiServer, Question, review
from tests.unit.secure_tiller_cli.state import samples
from tiller_facts.rbac import Right, Rule, Subject

ACCOUNT = "system:serviceaccount:blue-tiller:tiller"
RBAC = "rbac.authorization.k8s.io"

SERVED: dict[str, list[tuple[str, str, bool]]] = {
    "v1": [
        *(("ConfigMap", "configmaps", True), ("Namespace", "namespaces", False), ("Pod", "pods", True)),
        *(("Secret", "secrets", True), ("ResourceQuota", "resourcequotas", True)),
    ],
    "apps/v1": [("Deployment", "deployments", True)],
    "batch/v1": [("Job", "jobs", True), ("CronJob", "cronjobs", True)],
    "networking.k8s.io/v1": [("Ingress", "ingresses", True), ("NetworkPolicy", "networkpolicies", True)],
    "networking.example/v1": [("Ingress", "ingresses", True)],
    "policy/v1": [("PodDisruptionBudget", "poddisruptionbudgets", True)],
    f"{RBAC}/v1": [
        *(("Role", "roles", True), ("RoleBinding", "rolebindings", True), ("ClusterRole", "clusterroles", False)),
    ],
    "apiextensions.k8s.io/v1": [("CustomResourceDefinition", "customresourcedefinitions", False)],
}
"""By API version: kinds, their resources, and whether they are of a namespace."""

DISCOVERY = Discovery(
    "1.36",
    "v1.36.3",
    tuple(Served(version, *kind) for version, kinds in SERVED.items() for kind in kinds),
    frozenset(SERVED) | {"metrics.example/v1"},
    frozenset(["metrics.example/v1"]),
)


def blue(*namespaces: str, more: tuple[Rule, ...] = ()) -> DeployedTiller:
    """Return team blue's Tiller, which manages some namespaces, blue-apps if none is named."""
    roles = [
        RolePlan(f"manage:{name}", "tiller-blue", name, (*rights.manage(name), *more), (samples.ACCOUNT,))
        for name in namespaces or ("blue-apps",)
    ]
    people = RolePlan("people", "people-blue", "blue-tiller", rights.SUBJECTS, (Subject("Group", "blue-developers"),))
    return samples.blue(*roles, people)


def one(kind: str, api_version: str = "v1", name: str = "web", namespace: str = "", **content: Any) -> Manifest:
    """Return a manifest of one object."""
    metadata = {"name": name, **({"namespace": namespace} if namespace else {}), **content.pop("metadata", {})}
    (made,) = read(json.dumps({"apiVersion": api_version, "kind": kind, "metadata": metadata, **content}))
    return made


def right_of(question: Question) -> Right:
    """Return the right that a review asks for."""
    spec = question.body["spec"]
    if of_path := spec.get("nonResourceAttributes"):
        return Right(of_path["verb"], "", of_path["path"])
    words = spec["resourceAttributes"]
    resource = "/".join(filter(None, [words.get("resource"), words.get("subresource")]))
    return Right(words["verb"], words.get("group", ""), resource, words.get("namespace", ""), words.get("name", ""))


def grants(server: ApiServer, path: str, held: Any) -> None:
    """Have a server answer reviews: allowed is what the function `held` says of a right."""

    def answer(question: Question) -> Answer:
        return review(allowed=held(right_of(question)))

    server.answers[path] = answer

"""A stand-in for what the API server keeps of ConfigMaps, Secrets and pods, behind the client's own methods."""

import base64
import itertools
from collections.abc import Callable
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

from kubernetes import client

Key = tuple[str, str, str]
"""Kind, namespace and name."""


@dataclass
class FakeCore:
    """What there is, and what was asked.

    Attributes:
        objects: by key.
        pods: of all namespaces.
        refuses: called with verb and key before each call; raises what the API server answers.
        page: how many objects it gives at once.
    """

    objects: dict[Key, Any] = field(default_factory=dict)
    pods: list[Any] = field(default_factory=list)
    refuses: Callable[[str, Key], None] = lambda *_: None
    page: int = 500
    versions: Any = field(default_factory=lambda: itertools.count(1))

    def put(self, kind: str, namespace: str, body: dict[str, Any]) -> None:
        """Put an object there; the data of a Secret as text."""
        metadata, data = body["metadata"], dict(body["data"])
        if kind == "secret":
            data = {name: base64.b64encode(text.encode()).decode() for name, text in data.items()}
        self._keep(kind, namespace, {"metadata": metadata, "data": data})

    def _keep(self, kind: str, namespace: str, body: dict[str, Any]) -> None:
        number = next(self.versions)
        metadata = SimpleNamespace(
            name=body["metadata"]["name"],
            namespace=namespace,
            labels=body["metadata"].get("labels"),
            uid=f"uid-{number}",
            resource_version=str(number),
        )
        self.objects[kind, namespace, metadata.name] = SimpleNamespace(metadata=metadata, data=body["data"])

    def names(self, kind: str, namespace: str) -> set[str]:
        return {name for (a, b, name) in self.objects if (a, b) == (kind, namespace)}

    def list_namespaced_secret(self, namespace: str, **options: Any) -> Any:
        return self._list("secret", namespace, options)

    def list_namespaced_config_map(self, namespace: str, **options: Any) -> Any:
        return self._list("configmap", namespace, options)

    def list_namespaced_pod(self, namespace: str, **_: Any) -> Any:
        self.refuses("list", ("pod", namespace, ""))
        return SimpleNamespace(items=[pod for pod in self.pods if pod.metadata.namespace == namespace])

    def create_namespaced_secret(self, namespace: str, body: dict[str, Any], **_: Any) -> None:
        key = ("secret", namespace, body["metadata"]["name"])
        self.refuses("create", key)
        if key in self.objects:
            raise answer(409)
        self._keep("secret", namespace, body)

    def delete_namespaced_config_map(self, name: str, namespace: str, **options: Any) -> None:
        self._delete("configmap", namespace, name, options["body"])

    def delete_namespaced_secret(self, name: str, namespace: str, **options: Any) -> None:
        self._delete("secret", namespace, name, options["body"])

    def _list(self, kind: str, namespace: str, options: dict[str, Any]) -> Any:
        self.refuses("list", (kind, namespace, ""))
        label, value = options["label_selector"].split("=")
        found = [
            item
            for (a, b, _), item in sorted(self.objects.items(), key=lambda each: each[0])
            if (a, b) == (kind, namespace) and (item.metadata.labels or {}).get(label) == value
        ]
        begin = int(options.get("_continue") or 0)
        end = begin + min(self.page, options["limit"])
        more = str(end) if end < len(found) else None
        return SimpleNamespace(items=found[begin:end], metadata=SimpleNamespace(_continue=more))

    def _delete(self, kind: str, namespace: str, name: str, body: dict[str, Any]) -> None:
        key = (kind, namespace, name)
        self.refuses("delete", key)
        if key not in self.objects:
            raise answer(404)
        metadata = self.objects[key].metadata
        if body["preconditions"] != {"uid": metadata.uid, "resourceVersion": metadata.resource_version}:
            raise answer(409)
        del self.objects[key]


def answer(status: int, message: str = "") -> Any:
    """Return a refusal as the client raises it."""
    error = client.ApiException(status=status, reason={403: "Forbidden", 404: "Not Found", 409: "Conflict"}[status])
    error.body = f'{{"message": "{message}"}}'
    return error


def tiller_pod(namespace: str, **changes: Any) -> Any:
    """Return a pod that `helm init` makes."""
    owner = SimpleNamespace(kind="ReplicaSet", name="tiller-deploy-abc")
    return SimpleNamespace(
        metadata=SimpleNamespace(
            name="tiller-deploy-abc-x",
            namespace=namespace,
            labels=changes.get("labels", {"app": "helm", "name": "tiller", "pod-template-hash": "abc"}),
            owner_references=changes.get("owners", [owner]),
        ),
        status=SimpleNamespace(phase=changes.get("phase", "Running")),
        spec=SimpleNamespace(
            containers=[
                SimpleNamespace(
                    image=changes.get("image", "ghcr.io/helm/tiller:v2.17.0"),
                    command=changes.get("command"),
                    args=None,
                    ports=[SimpleNamespace(container_port=changes.get("port", 8080))],
                )
            ]
        ),
    )

"""A stand-in for the client of a cluster: what the API server keeps of ConfigMaps, Secrets and pods."""

import base64
import io
import itertools
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

from kubernetes import client

Key = tuple[str, str, str]
"""Kind, namespace and name."""


@dataclass
class FakeCore:
    """The objects of a cluster, and the requests so far.

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
        number = str(next(self.versions))
        metadata = {**body["metadata"], "namespace": namespace, "uid": f"uid-{number}", "resourceVersion": number}
        self.objects[kind, namespace, metadata["name"]] = {"metadata": metadata, "data": body["data"]}

    def names(self, kind: str, namespace: str) -> set[str]:
        return {name for (a, b, name) in self.objects if (a, b) == (kind, namespace)}

    def call_api(self, path: str, method: str, *, query_params: Any, body: Any, **_: Any) -> Any:
        """Answer a request, as the client's own method does in its releases before 37."""
        namespace, kinds, *named = path.split("/")[4:]
        kind = kinds.removesuffix("s")
        found: Any = {}
        if method == "POST":
            self._create(kind, namespace, body)
        elif method == "DELETE":
            self._delete(kind, namespace, named[0], body)
        else:
            found = self._list(kind, namespace, dict(query_params))
        content = io.BytesIO(json.dumps(found).encode())
        return SimpleNamespace(status=200, read=content.read, close=content.close)

    def _create(self, kind: str, namespace: str, body: dict[str, Any]) -> None:
        key = (kind, namespace, body["metadata"]["name"])
        self.refuses("create", key)
        if key in self.objects:
            raise answer(409)
        self._keep(kind, namespace, body)

    def _list(self, kind: str, namespace: str, options: dict[str, str]) -> Any:
        self.refuses("list", (kind, namespace, ""))
        if kind == "pod":
            return {"items": [pod for pod in self.pods if pod["metadata"]["namespace"] == namespace]}
        label, value = options["labelSelector"].split("=")
        found = [
            item
            for (a, b, _), item in sorted(self.objects.items(), key=lambda each: each[0])
            if (a, b) == (kind, namespace) and (item["metadata"].get("labels") or {}).get(label) == value
        ]
        begin = int(options.get("continue") or 0)
        end = begin + min(self.page, int(options["limit"]))
        return {"items": found[begin:end], "metadata": {"continue": str(end) if end < len(found) else ""}}

    def _delete(self, kind: str, namespace: str, name: str, body: dict[str, Any]) -> None:
        key = (kind, namespace, name)
        self.refuses("delete", key)
        if key not in self.objects:
            raise answer(404)
        metadata = self.objects[key]["metadata"]
        if body["preconditions"] != {key: metadata[key] for key in ("uid", "resourceVersion")}:
            raise answer(409)
        del self.objects[kind, namespace, name]


def answer(status: int, message: str = "") -> Any:
    """Return a refusal as the client raises it."""
    error = client.ApiException(status=status, reason={403: "Forbidden", 404: "Not Found", 409: "Conflict"}[status])
    error.body = f'{{"message": "{message}"}}'
    return error


def tiller_pod(namespace: str, **changes: Any) -> Any:
    """Return a pod that `helm init` makes."""
    container = {
        "image": changes.get("image", "ghcr.io/helm/tiller:v2.17.0"),
        "command": changes.get("command"),
        "ports": [{"containerPort": changes.get("port", 8080)}],
    }
    return {
        "metadata": {
            "name": "tiller-deploy-abc-x",
            "namespace": namespace,
            "labels": changes.get("labels", {"app": "helm", "name": "tiller", "pod-template-hash": "abc"}),
            "ownerReferences": changes.get(
                "owners", [{"kind": "ReplicaSet", "name": "tiller-deploy-abc", "controller": True}]
            ),
        },
        "status": {"phase": changes.get("phase", "Running")},
        "spec": {"containers": [container]},
    }

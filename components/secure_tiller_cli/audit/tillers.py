"""Which pods of a cluster run Tiller, whoever installed it and however it is labelled."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from secure_tiller_cli.audit import settings
from secure_tiller_cli.audit.facts import PODS, WORKLOADS, Facts, Json, labels, place
from secure_tiller_cli.audit.settings import Settings
from tiller_facts.identity import SELECTOR

ENDED = ("Succeeded", "Failed")


@dataclass(frozen=True)
class Tiller:
    """Something that runs Tiller: a Deployment, StatefulSet or DaemonSet, or pods that none of these keeps running."""

    kind: str
    """`Deployment`, or of pods of something else what their owner is; `Pod` for one without an owner."""
    namespace: str
    name: str
    template: Json
    """Of its pods: `metadata` and `spec`."""
    container: Json
    """The one that runs Tiller; another one of the same pods is another Tiller."""
    pods: tuple[Json, ...]
    """Those that have not ended."""

    def __str__(self) -> str:
        return f"{self.namespace}/{self.name}"

    @property
    def spec(self) -> Json:
        """What its pods are made of."""
        spec: Json = self.template["spec"]
        return spec

    @property
    def settings(self) -> Settings:
        """How it runs."""
        return settings.read(self.container)

    @property
    def account(self) -> str:
        """The name of its ServiceAccount."""
        return str(self.spec.get("serviceAccountName") or self.spec.get("serviceAccount") or "default")

    @property
    def image(self) -> str:
        """Its image, as its description names it."""
        return str(self.container.get("image") or "")

    def source(self, path: str | None) -> tuple[str, str] | None:
        """Return the Secret from which a file of its container comes, and the name of the file there."""
        for mount in self.container.get("volumeMounts") or ():
            folder = str(mount["mountPath"]).rstrip("/")
            if path and path.startswith(f"{folder}/") and not mount.get("subPath"):
                within = path[len(folder) + 1 :]
                volumes = (one for one in self.spec.get("volumes") or () if one["name"] == mount["name"])
                return next((found for volume in volumes for found in _shown(volume, within)), None)
        return None


def find(facts: Facts) -> tuple[Tiller, ...]:
    """Return every Tiller, by namespace and name."""
    pods = [pod for pod in facts.of(PODS) if (pod.get("status") or {}).get("phase") not in ENDED]
    kept = list(_kept(facts, pods))
    theirs = {place(pod) for tiller in kept for pod in tiller.pods}
    found = [*kept, *_alone([pod for pod in pods if place(pod) not in theirs])]
    return tuple(sorted(found, key=lambda tiller: (tiller.namespace, tiller.name, tiller.kind)))


def _kept(facts: Facts, pods: Sequence[Json]) -> Iterator[Tiller]:
    for kind, word in WORKLOADS.items():
        for item in facts.of(kind):
            template = (item.get("spec") or {}).get("template") or {}
            namespace, name = place(item)
            for container in _containers(template):
                own = tuple(pod for pod in pods if _owner(pod) == (namespace, word, name))
                yield Tiller(word, namespace, name, template, container, own)


def _alone(pods: Sequence[Json]) -> Iterator[Tiller]:
    """Yield the Tillers among pods that nothing listed keeps running; those of one owner together."""
    by_owner: dict[tuple[str, str, str], list[Json]] = {}
    for pod in pods:
        if _containers(pod):
            by_owner.setdefault(_owner(pod), []).append(pod)
    for (namespace, kind, name), own in by_owner.items():
        for container in _containers(own[0]):
            yield Tiller(kind, namespace, name, own[0], container, tuple(own))


def _owner(pod: Json) -> tuple[str, str, str]:
    """Return namespace, kind and name of what keeps a pod running: of a ReplicaSet the Deployment that made it."""
    namespace, name = place(pod)
    owner = next((one for one in pod["metadata"].get("ownerReferences") or () if one.get("controller")), None)
    if owner is None:
        return namespace, "Pod", name
    digest = labels(pod).get("pod-template-hash")
    if owner["kind"] == "ReplicaSet" and digest and owner["name"].endswith(f"-{digest}"):
        return namespace, "Deployment", owner["name"].removesuffix(f"-{digest}")
    return namespace, owner["kind"], owner["name"]


def _containers(template: Json) -> list[Json]:
    """Return the containers of a pod that run Tiller, or else one with its port, or that Helm's client takes for it.

    Helm's client goes by the labels of the pod.
    """
    spec = template.get("spec") or {}
    sidecars = [one for one in spec.get("initContainers") or () if one.get("restartPolicy") == "Always"]
    containers: list[Json] = [*(spec.get("containers") or ()), *sidecars]
    running = [one for one in containers if settings.runs(one)] or [one for one in containers if _has_port(one)]
    if running or not containers or any(labels(template).get(key) != value for key, value in SELECTOR.items()):
        return running
    return [one for one in containers if one.get("name") == settings.PROGRAM][:1] or containers[:1]


def _has_port(container: Json) -> bool:
    return any(port.get("containerPort") == settings.PORT for port in container.get("ports") or ())


def _shown(volume: Json, within: str) -> Iterator[tuple[str, str]]:
    """Yield the Secret and the name there of what a volume shows as a file."""
    for source in [volume, *((volume.get("projected") or {}).get("sources") or ())]:
        secret = source.get("secret")
        if secret:
            keys = {item["path"]: item["key"] for item in secret.get("items") or ()} or {within: within}
            if within in keys:
                yield str(secret.get("secretName") or secret.get("name") or ""), str(keys[within])

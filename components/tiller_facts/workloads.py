"""Pods and what runs them: which of them are a Tiller, whoever installed it and however it is labelled."""

import posixpath
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from tiller_facts import flags
from tiller_facts.facts import Facts, FoundObject, Json, Source
from tiller_facts.flags import Flags
from tiller_facts.identity import GRPC_PORT, PROGRAM, SELECTOR
from tiller_facts.values import Hidden, NotKnownError, Value, as_far_as_known, at, each, maybe, text, word

TEMPLATES = ((), ("template",), ("spec", "template"), ("spec", "jobTemplate", "spec", "template"))
"""Paths at which pods are described: in a Pod, a PodTemplate, whatever keeps pods running, a CronJob."""

ENDED = ("Succeeded", "Failed")
"""Phases of pods that run no more."""

FINISHED = ("Complete", "Failed")
"""Conditions of Jobs that run no more (Kubernetes documentation, Jobs)."""

_EXPRESSION = Hidden("an expression in its mount decides it")

Owner = tuple[str, str, str]
"""Namespace, kind and name of what keeps a pod running."""


@dataclass(frozen=True, eq=False)
class Workload:
    """Something that runs pods.

    Attributes:
        object: the object that describes it, or of a workload that is not seen one of its pods.
        kind: `Deployment`, `CronJob`; `Pod` for one without an owner.
        template: of its pods: `metadata` and `spec`.
    """

    object: FoundObject
    kind: str
    template: Json

    @property
    def labels(self) -> Json:
        """Labels of its pods. Raises NotKnownError."""
        return at(self.template, "metadata", "labels") or {}

    @property
    def spec(self) -> Json:
        """Description of its pods' contents. Raises NotKnownError."""
        return at(self.template, "spec") or {}

    @property
    def containers(self) -> tuple[Json, ...]:
        """Its containers that keep running. Raises NotKnownError."""
        sidecars = (one for one in each(self.spec, "initContainers") if maybe(one, "restartPolicy") == "Always")
        return (*each(self.spec, "containers"), *sidecars, *each(self.spec, "ephemeralContainers"))

    @property
    def init_containers(self) -> tuple[Json, ...]:
        """Its containers that end before those begin. Raises NotKnownError."""
        return tuple(one for one in each(self.spec, "initContainers") if maybe(one, "restartPolicy") != "Always")


@dataclass(frozen=True, eq=False)
class Tiller(Workload):
    """A container of a workload that runs Tiller; another one of the same pods is another Tiller.

    Attributes:
        name: of the workload.
        container: the container.
        pods: those of its pods that are seen and have not ended.
        suspected: whether only its port speaks for a Tiller.
    """

    name: str
    container: Json
    pods: tuple[FoundObject, ...] = ()
    suspected: bool = False

    @cached_property
    def flags(self) -> Flags:
        """How it runs."""
        return flags.read(self.container)

    @property
    def is_stopped(self) -> bool:
        """Whether it is to have no pods, and has none: scaled to 0, or suspended."""
        spec = maybe(self.object.data, "spec")
        return not self.pods and (maybe(spec, "replicas") == 0 or maybe(spec, "suspend") is True)

    @property
    def namespace(self) -> str:
        """Its namespace. Raises NotKnownError."""
        return self.object.namespace

    @property
    def place(self) -> tuple[Any, str]:
        """Its cluster and namespace. Raises NotKnownError."""
        return self.object.cluster, self.namespace

    @property
    def account(self) -> str:
        """Name of its ServiceAccount. Raises NotKnownError."""
        return text(self.spec, "serviceAccountName") or text(self.spec, "serviceAccount") or "default"

    @property
    def image(self) -> str:
        """Its image, as its description names it. Raises NotKnownError."""
        return text(self.container, "image")

    def sources(self, path: str) -> Value[tuple[Source, ...]]:
        """Return where a file of its container may come from, the first that has it; none: no Secret or ConfigMap.

        Raises:
            NotKnownError: a part of its description that decides it is not known.
        """
        path = posixpath.normpath(path)
        mounts = [one for one in each(self.container, "volumeMounts") if _holds(_folder(one), path)]
        if not mounts:
            return ()
        mount = max(mounts, key=lambda one: len(_folder(one)))
        if at(mount, "subPathExpr"):
            return _EXPRESSION
        rest = path[len(_folder(mount)) :].lstrip("/")
        within = posixpath.join(text(mount, "subPath"), rest).rstrip("/")
        volumes = (one for one in each(self.spec, "volumes") if maybe(one, "name") == at(mount, "name"))
        return tuple(
            Source(*self.place[:1], kind, self.namespace, *rest)
            for one in volumes
            for kind, *rest in _shown(one, within)
        )


def workloads(facts: Facts) -> Iterator[Workload]:
    """Yield every description of pods, recognised by its form: kinds of the cluster's own are among them."""
    for found in facts.objects:
        if _has_ended(found):
            continue
        for path in TEMPLATES:
            template = maybe(found.data, *path)
            if maybe(template, "spec", "containers"):
                yield Workload(found, found.kind, template)


def _has_ended(found: FoundObject) -> bool:
    conditions = maybe(found.data, "status", "conditions") or () if found.kind == "Job" else ()
    finished = any(maybe(one, "type") in FINISHED and maybe(one, "status") == "True" for one in conditions)
    return finished or maybe(found.data, "status", "phase") in ENDED


def roots(facts: Facts) -> tuple[Workload, ...]:
    """Return the descriptions of pods that no other description leads to."""
    described = list(workloads(facts))
    there = {_place(one.object) for one in described}
    return tuple(
        one for one in described if _owner(one.object) == _place(one.object) or _owner(one.object) not in there
    )


def find(facts: Facts) -> tuple[Tiller, ...]:
    """Return every Tiller, by namespace and name."""
    every = list(workloads(facts))
    owners = {_place(one.object): _owner(one.object) for one in every if one.kind != "Pod"}
    by_owner: dict[Any, list[Workload]] = {}
    for pod in every:
        if pod.kind == "Pod":
            by_owner.setdefault(_first_owner(pod.object, owners), []).append(pod)
    described = [one for one in roots(facts) if one.kind != "Pod"]
    kept = [tiller for one in described for tiller in _tillers(one, by_owner.get(_place(one.object), ()))]
    theirs = {id(pod) for tiller in kept for pod in tiller.pods}
    rest = ([pod for pod in own if id(pod.object) not in theirs] for own in by_owner.values())
    return tuple(sorted((*kept, *(tiller for pods in rest for tiller in _alone(pods))), key=_order))


def _tillers(workload: Workload, pods: Sequence[Workload]) -> Iterator[Tiller]:
    name, own = str(maybe(workload.object.data, "metadata", "name") or ""), tuple(pod.object for pod in pods)
    for container, suspected in _recognised(workload):
        yield Tiller(workload.object, workload.kind, workload.template, name, container, own, suspected)


def _alone(pods: Sequence[Workload]) -> Iterator[Tiller]:
    """Yield the Tillers among pods of one owner, which is not seen to keep them running."""
    own = [pod for pod in pods if _recognised(pod)]
    for container, suspected in _recognised(own[0]) if own else ():
        first, found = own[0], tuple(pod.object for pod in own)
        _, kind, name = _owner(first.object)
        yield Tiller(first.object, kind, first.template, name, container, found, suspected)


def _recognised(workload: Workload) -> list[tuple[Json, bool]]:
    """Return the containers of a pod that are a Tiller, each with whether that is only suspected.

    A Tiller is started by its name, its image is called so, or Helm's client takes its pod for one, by its labels.
    """
    try:
        containers = workload.containers
    except NotKnownError:
        return []
    if running := [one for one in containers if flags.runs(one)]:
        return [(one, False) for one in running]
    ported = [one for one in containers if any(as_far_as_known(_has_port(one)))]
    labels = maybe(workload.template, "metadata", "labels")
    if all(maybe(labels, key) == value for key, value in SELECTOR.items()):
        named = [one for one in containers if maybe(one, "name") == PROGRAM]
        return [(one, False) for one in (named or ported or containers)[:1]]
    return [(one, True) for one in ported]


def _has_port(container: Json) -> Iterator[bool]:
    return (maybe(port, "containerPort") == GRPC_PORT for port in each(container, "ports"))


def _place(found: FoundObject) -> Any:
    return word(found.data, "metadata", "namespace"), found.kind, word(found.data, "metadata", "name")


def _owner(found: FoundObject) -> Any:
    """Return what keeps an object running: itself, its controller, or of a ReplicaSet the Deployment that made it."""
    namespace, kind, name = _place(found)
    references = as_far_as_known(each(found.data, "metadata", "ownerReferences"))
    owner = next((one for one in references if maybe(one, "controller")), None)
    if owner is None:
        return namespace, kind, name
    owned_by = word(owner, "name")
    # A Deployment names its ReplicaSets by the digest of the template (Kubernetes documentation, Deployments).
    digest = word(found.data, "metadata", "labels", "pod-template-hash")
    if kind == "Pod" and maybe(owner, "kind") == "ReplicaSet" and digest and owned_by.endswith(f"-{digest}"):
        return namespace, "Deployment", owned_by.removesuffix(f"-{digest}")
    return namespace, word(owner, "kind"), owned_by


def _first_owner(found: FoundObject, owners: Mapping[Any, Any]) -> Any:
    """Return what keeps an object running, through what is seen in between: the CronJob of a pod's Job."""
    above = [_owner(found)]
    while (owner := owners.get(above[-1])) in owners and owner not in above:
        above.append(owner)
    return above[-1]


def _order(tiller: Tiller) -> tuple[str, str, str]:
    return str(maybe(tiller.object.data, "metadata", "namespace") or ""), tiller.name, tiller.kind


def _folder(mount: Any) -> str:
    return posixpath.normpath(text(mount, "mountPath"))


def _holds(folder: str, path: str) -> bool:
    return path == folder or path.startswith(f"{folder.rstrip('/')}/")


def _shown(volume: Mapping[str, Any], within: str) -> Iterator[tuple[str, str, str]]:
    """Yield kind, name and key of what a volume shows as a file; of several sources the last has it."""
    sources = [volume, *each(volume, "projected", "sources")]
    for source in reversed(sources):
        for field, kind, name in (("secret", "Secret", "secretName"), ("configMap", "ConfigMap", "name")):
            found = at(source, field)
            if found is None:
                continue
            keys = {text(item, "path"): text(item, "key") for item in each(found, "items")} or {within: within}
            if within in keys:
                yield kind, text(found, name) or text(found, "name"), keys[within]

"""Which pods are a Tiller, whoever describes them and however."""

import posixpath
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from tiller_policies import flags
from tiller_policies.resources import Resource, objects
from tiller_policies.values import NotKnownError, at, each, maybe, text

TEMPLATES = ((), ("template",), ("spec", "template"), ("spec", "jobTemplate", "spec", "template"))
"""Where pods are described: in a Pod, a PodTemplate, what keeps pods running (of any API group), a CronJob."""

LABELS = {"app": "helm", "name": "tiller"}
"""By which Helm's client finds its Tiller (Helm 2.17, pkg/helm/portforwarder)."""


@dataclass(frozen=True)
class Workload:
    """Something that runs pods.

    Attributes:
        resource: as the program makes it.
        template: of its pods, `metadata` and `spec`.
    """

    resource: Resource
    template: Mapping[str, Any]

    @property
    def labels(self) -> Mapping[str, Any]:
        """Labels of its pods. Raises NotKnownError."""
        return at(self.template, "metadata", "labels") or {}

    @property
    def spec(self) -> Mapping[str, Any]:
        """What runs in its pods. Raises NotKnownError."""
        return at(self.template, "spec") or {}

    @property
    def containers(self) -> list[Mapping[str, Any]]:
        """Its containers that keep running. Raises NotKnownError."""
        sidecars = (one for one in each(self.spec, "initContainers") if maybe(one, "restartPolicy") == "Always")
        return [*each(self.spec, "containers"), *sidecars]


@dataclass(frozen=True)
class Tiller(Workload):
    """A workload whose pods run Tiller.

    Attributes:
        container: the one that does.
    """

    container: Mapping[str, Any]

    @property
    def settings(self) -> flags.Settings:
        """How it runs. Raises NotKnownError."""
        return flags.read(self.container)

    @property
    def account(self) -> str:
        """Name of its ServiceAccount, in its namespace. Raises NotKnownError."""
        return text(self.spec, "serviceAccountName") or text(self.spec, "serviceAccount") or "default"

    @property
    def place(self) -> tuple[Any, str]:
        """Its cluster and namespace. Raises NotKnownError."""
        return self.resource.cluster, self.resource.namespace

    def __str__(self) -> str:
        """The resource that describes it."""
        return str(self.resource)


def workloads(resources: Iterable[Resource]) -> Iterator[Workload]:
    """Every description of pods, told by its form: kinds of the cluster's own are among them."""
    for resource in objects(resources):
        for path in TEMPLATES:
            template = maybe(resource.props, *path)
            if maybe(template, "spec", "containers"):
                yield Workload(resource, template)


def tillers(resources: Iterable[Resource]) -> Iterator[Tiller]:
    """Every Tiller: its image is called so, it is started by that name, or Helm's client would find it."""
    for workload in workloads(resources):
        try:
            yield from (Tiller(workload.resource, workload.template, one) for one in _running(workload))
        except NotKnownError:
            continue


def _running(workload: Workload) -> list[Mapping[str, Any]]:
    containers = workload.containers
    running = [one for one in containers if _runs_tiller(one)]
    labels = maybe(workload.template, "metadata", "labels")
    if running or any(maybe(labels, key) != value for key, value in LABELS.items()):
        return running
    return [one for one in containers if maybe(one, "name") == "tiller"] or containers[:1]


def _runs_tiller(container: Mapping[str, Any]) -> bool:
    try:
        said = flags.words(container) if maybe(container, "command") else []
    except NotKnownError:
        said = []
    if flags.calls(flags.PROGRAM, said):
        return True
    # The image of Tiller holds the Helm client too.
    return _image(container) == flags.PROGRAM and not flags.calls("helm", said)


def _image(container: Mapping[str, Any]) -> str:
    """The last part of an image's name, without tag and digest."""
    return posixpath.basename(str(maybe(container, "image") or "").partition("@")[0]).partition(":")[0]

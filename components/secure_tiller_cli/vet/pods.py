"""Dry runs of the pods of a chart's workloads: the API server judges each, and creates none."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from http import HTTPStatus
from typing import Any

from secure_tiller_cli.charts import Concern, Effect, Group, Manifest
from secure_tiller_cli.vet.asking import Answer, Asker, Way
from secure_tiller_stack.cluster.connection import AT_ONCE
from secure_tiller_stack.cluster.lister import path
from tiller_facts import values
from tiller_facts.kinds import PODS

TEMPLATES: Mapping[tuple[str, str], Sequence[str]] = {
    ("", "ReplicationController"): ("spec", "template"),
    **{("apps", kind): ("spec", "template") for kind in ("DaemonSet", "Deployment", "ReplicaSet", "StatefulSet")},
    **{("extensions", kind): ("spec", "template") for kind in ("DaemonSet", "Deployment", "ReplicaSet")},
    ("batch", "Job"): ("spec", "template"),
    ("batch", "CronJob"): ("spec", "jobTemplate", "spec", "template"),
}
"""By group and kind, the path of the pod template (Kubernetes API reference, Workload resources)."""

ELSEWHERE = ("serviceAccountName", "serviceAccount", "priorityClassName", "priority", "runtimeClassName", "overhead")
"""Fields that are left out of the pods that are sent. They can name objects of the chart, which do not exist yet; the
API server would then refuse the pod before it checks Pod Security. No rule of Pod Security is about these fields
(Kubernetes documentation, Pod Security Standards)."""

PREFIX = "vet-"
"""The generateName of a pod that is sent, so that no two have the same name."""


def pods(asker: Asker, manifests: Iterable[Manifest], namespace: str) -> Iterator[Concern]:
    """Yield a finding for each workload whose pods the API server would refuse, or could not judge.

    Args:
        asker: sends the pods; the account must be allowed to create pods in the namespaces.
        manifests: all of the chart; those that create no pods, and those outside the team, are skipped.
        namespace: the release's.
    """
    workloads = [each for each in manifests if _path(each) is not None and not each.left_out]
    inside = {
        each: each.namespace or namespace for each in workloads if (each.namespace or namespace) in asker.tiller.managed
    }
    with ThreadPoolExecutor(AT_ONCE) as pool:
        answers = pool.map(lambda each: _ask(asker, each, inside[each]), inside)
        judged = dict(zip(inside, answers, strict=True))
    forbidden = defaultdict[str, list[Manifest]](list)
    for each, answer in judged.items():
        if answer.lacks_right:
            forbidden[inside[each]].append(each)
        elif answer.status != HTTPStatus.OK:
            yield _refused(each, inside[each], answer)
    for name, found in forbidden.items():
        text = f"not checked: your account may not create pods in {name}"
        remedy = "use an account that may, with --kubeconfig and --context; no pod is created"
        yield Concern(Group.POD_SECURITY, Effect.NOT_CHECKED, text, remedy, tuple(found))


def _path(manifest: Manifest) -> Sequence[str] | None:
    return TEMPLATES.get((manifest.api_version.rpartition("/")[0], manifest.kind))


def _pod(manifest: Manifest) -> Mapping[str, Any]:
    """Return the pod of a workload, to be sent. The API server refuses it if it is malformed."""
    template = values.at(manifest.content, *(_path(manifest) or ()))
    kept = {key: value for key in ("labels", "annotations") if (value := values.at(template, "metadata", key))}
    spec = values.at(template, "spec")
    sent = {key: value for key, value in spec.items() if key not in ELSEWHERE} if isinstance(spec, Mapping) else {}
    if claims := _claims(manifest):
        own = [volume for volume in values.each(spec, "volumes") if values.text(volume, "name") not in claims]
        sent["volumes"] = own + [{"name": name, "persistentVolumeClaim": {"claimName": name}} for name in claims]
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"generateName": PREFIX, **kept}, "spec": sent}


def _claims(manifest: Manifest) -> list[str]:
    """Return the names of the volumes that a StatefulSet adds to those of its template."""
    templates = values.each(manifest.content, "spec", "volumeClaimTemplates")
    return [values.text(each, "metadata", "name") for each in templates]


def _refused(manifest: Manifest, inside: str, answer: Answer) -> Concern:
    refusal = partial(Concern, manifests=(manifest,))
    effect = f"the {manifest.kind} would be created and get no pod"
    if answer.violation:
        remedy = f"set the pod's securityContext and volumes so that {inside} admits it"
        return refusal(Group.POD_SECURITY, Effect.STOPS, f"{effect}: {answer.violation}", remedy)
    if answer.status == HTTPStatus.FORBIDDEN:  # by another admission plugin, such as a quota
        remedy = "correct the pod, or have the limits of the namespace changed"
        return refusal(Group.CANNOT_INSTALL, Effect.STOPS, f"{effect}: {answer.message}", remedy)
    if answer.fault:
        text = f"its pod is invalid: {answer.fault}"
        return refusal(Group.CANNOT_INSTALL, Effect.STOPS, text, "correct the template")
    text = f"not checked: the API server answered {answer.status}: {answer.message}"
    return refusal(Group.POD_SECURITY, Effect.NOT_CHECKED, text, f"check that {inside} exists, and try again")


def _ask(asker: Asker, manifest: Manifest, inside: str) -> Answer:
    """Send a pod as a dry run, which every admission plugin judges (Kubernetes documentation, API concepts, Dry-run).

    A controller creates the real pod, so Tiller's right to create pods does not matter.
    """
    where, pod = path(PODS, inside), _pod(manifest)
    answer = asker.ask(manifest, where, pod)
    if answer.lacks_right and answer.way is Way.TILLER:
        return asker.ask(manifest, where, pod, way=Way.CALLER)
    return answer

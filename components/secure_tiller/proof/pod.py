"""What runs: the Deployment and the pod are what the stack planned, and nobody poses as Tiller's pod."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from secure_tiller.deployed import Deployed
from secure_tiller.plan import SELECTOR
from secure_tiller.proof.differences import FILLED_IN, FILLED_IN_A_POD, of_pod
from secure_tiller.proof.result import Result, Status, in_words
from secure_tiller.proof.seen import Object, Told, Untold, Workload

DEPLOYMENT = "Deployment is as planned"
POD = "running pod is as planned"
IMPOSTORS = "only Tiller's pods carry its labels"

_RESTORE = "find out who changed it; PULUMI_K8S_ENABLE_PATCH_FORCE=true pulumi up --refresh brings it back"
_MOST = 4


def judge(tiller: Deployed, workload: Told[Workload]) -> Iterator[Result]:
    """Yield the results about what runs."""
    if isinstance(workload, Untold):
        yield from (workload.result(tiller.name, check) for check in (DEPLOYMENT, POD, IMPOSTORS))
        return
    yield _deployment(tiller, workload.deployment)
    yield _pod(tiller, workload)
    yield _impostors(tiller, workload)


def _deployment(tiller: Deployed, found: Object | None) -> Result:
    if found is None:
        text = f"there is no Deployment {tiller.deployment} in {tiller.namespace}"
        return Result(tiller.name, DEPLOYMENT, Status.FAILED, text, _RESTORE)
    spec = found["spec"]
    different = [*of_pod(tiller.pod, spec["template"], FILLED_IN)]
    if spec.get("replicas") != 1:
        different.append(f"replicas is {spec.get('replicas')}, not 1")
    if spec["selector"] != {"matchLabels": SELECTOR}:
        different.append("the selector is another one")
    return _compared(tiller, DEPLOYMENT, different, f"{tiller.deployment}: {_images(tiller.pod)}")


def _pod(tiller: Deployed, workload: Workload) -> Result:
    ready = workload.ready
    if not ready:
        text = f"no pod is ready: {in_words(map(_state, workload.own)) or 'there is none'}"
        remedy = f"kubectl --namespace {tiller.namespace} describe pods"
        return Result(tiller.name, POD, Status.FAILED, text, remedy)
    different = [f"{_name(pod)}: {each}" for pod in ready for each in of_pod(tiller.pod, pod, FILLED_IN_A_POD)]
    return _compared(tiller, POD, different, f"ready: {in_words(map(_name, ready))}")


def _impostors(tiller: Deployed, workload: Workload) -> Result:
    own = {_name(pod) for pod in workload.own}
    others = {_name(pod): pod for pod in workload.pods if _name(pod) not in own}
    leaving = [name for name, pod in others.items() if _is_of_an_earlier_revision(tiller, pod)]
    strange = sorted(set(others) - set(leaving))
    if strange:
        text = f"not of the Deployment: {in_words(strange)}; Helm's client could take it for Tiller"
        remedy = f"find out who made it, then: kubectl --namespace {tiller.namespace} delete pod {' '.join(strange)}"
        return Result(tiller.name, IMPOSTORS, Status.FAILED, text, remedy)
    if leaving:
        text = f"is stopping, of a ReplicaSet that is gone: {in_words(leaving)}"
        return Result(
            tiller.name, IMPOSTORS, Status.WARNING, text, "check again in a few minutes, when it must be gone"
        )
    return Result(tiller.name, IMPOSTORS, Status.PASSED, f"{len(own)} of the Deployment, no other")


def _is_of_an_earlier_revision(tiller: Deployed, pod: Object) -> bool:
    """Tell whether a pod ends its calls and goes: two updates shortly after one another remove its ReplicaSet first."""
    owners = pod["metadata"].get("ownerReferences") or ()
    made = any(owner.get("controller") and owner["name"].startswith(f"{tiller.deployment}-") for owner in owners)
    return made and bool(pod["metadata"].get("deletionTimestamp"))


def _compared(tiller: Deployed, check: str, different: Sequence[str], well: str) -> Result:
    if not different:
        return Result(tiller.name, check, Status.PASSED, well)
    return Result(tiller.name, check, Status.FAILED, in_words(different, _MOST), _RESTORE)


def _images(template: Mapping[str, Any]) -> str:
    return in_words(container["image"] for container in template.get("spec", {}).get("containers", ()))


def _name(pod: Object) -> str:
    return str(pod["metadata"]["name"])


def _state(pod: Object) -> str:
    stopping = pod["metadata"].get("deletionTimestamp")
    return f"{_name(pod)} is {'stopping' if stopping else pod['status'].get('phase', 'unknown')}"

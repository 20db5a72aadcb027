"""The Deployment and its pods are what the stack planned, nobody poses as one, and nothing else runs there."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from secure_tiller_cli.check.differences import FILLED_IN, FILLED_IN_A_POD, of_pod, of_spec
from secure_tiller_cli.check.observed_state import Object, Readable, Unreadable, Workload
from secure_tiller_cli.foreign_text import word
from secure_tiller_cli.restore import RESTORE
from secure_tiller_cli.results.result import Result, Status, join_limited
from secure_tiller_cli.state import DeployedTiller

DEPLOYMENT = "Deployment is as planned"
POD = "running pod is as planned"
IMPOSTORS = "only Tiller's pods carry its labels"
ALONE = "nothing else runs in Tiller's namespace"

_RESTORE = f"find out who changed it, and restore it: {RESTORE}"
_MOST = 4


def judge(tiller: DeployedTiller, workload: Readable[Workload]) -> Iterator[Result]:
    """Yield the results about what runs."""
    if isinstance(workload, Unreadable):
        yield from (workload.result(tiller.name, check) for check in (DEPLOYMENT, POD, IMPOSTORS, ALONE))
        return
    yield _deployment(tiller, workload.deployment)
    yield _pod(tiller, workload)
    yield _impostors(tiller, workload)
    yield _alone(tiller, workload)


def _deployment(tiller: DeployedTiller, found: Object | None) -> Result:
    if found is None:
        text = f"there is no Deployment {tiller.deployment} in {tiller.namespace}"
        return Result(tiller.name, DEPLOYMENT, Status.FAILED, text, _RESTORE)
    planned, there = ({**spec, "template": {}} for spec in (tiller.deployment_spec, found["spec"]))
    different = (*of_spec(planned, there, FILLED_IN), *of_pod(tiller.pod, found["spec"]["template"], FILLED_IN))
    return _compared(tiller, DEPLOYMENT, different, f"{tiller.deployment}: {_images(tiller.pod)}")


def _pod(tiller: DeployedTiller, workload: Workload) -> Result:
    ready = workload.ready
    if not ready:
        text = f"no pod is ready: {join_limited(map(_state, workload.own)) or 'there is none'}"
        remedy = f"see why: kubectl --namespace {word(tiller.namespace)} describe pods"
        return Result(tiller.name, POD, Status.FAILED, text, remedy)
    different = {
        _name(pod): [f"{_name(pod)}: {each}" for each in of_pod(tiller.pod, pod, FILLED_IN_A_POD)]
        for pod in workload.own
    }
    leaving = {_name(pod) for pod in workload.own if pod["metadata"].get("deletionTimestamp")}
    stays = [each for name, found in different.items() if name not in leaving for each in found]
    if stays or not any(different.values()):
        return _compared(tiller, POD, stays, f"ready: {join_limited(map(_name, ready))}")
    # It ends the calls that run, and would answer new ones too.
    text = (
        f"stops, and until then answers whom it did: {join_limited(name for name, found in different.items() if found)}"
    )
    return Result(tiller.name, POD, Status.WARNING, text, "check again in a few minutes, when it must be gone")


def _impostors(tiller: DeployedTiller, workload: Workload) -> Result:
    own = {_name(pod) for pod in workload.own}
    others = {_name(pod): pod for pod in workload.pods if _name(pod) not in own}
    leaving = [name for name, pod in others.items() if _is_of_an_earlier_revision(tiller, pod)]
    strange = sorted(set(others) - set(leaving))
    if strange:
        text = f"not of the Deployment: {join_limited(strange)}; Helm's client could take it for Tiller"
        delete = f"kubectl --namespace {word(tiller.namespace)} delete pod {' '.join(map(word, strange))}"
        remedy = f"find out who made it, then: {delete}"
        return Result(tiller.name, IMPOSTORS, Status.FAILED, text, remedy)
    if leaving:
        text = f"is stopping, of a ReplicaSet that is gone: {join_limited(leaving)}"
        return Result(
            tiller.name, IMPOSTORS, Status.WARNING, text, "check again in a few minutes, when it must be gone"
        )
    return Result(tiller.name, IMPOSTORS, Status.PASSED, f"{len(own)} of the Deployment, no other")


def _alone(tiller: DeployedTiller, workload: Workload) -> Result:
    """Pods that Helm's client does not find can still hold what Tiller holds: its people may forward a port to them."""
    if not workload.others:
        return Result(tiller.name, ALONE, Status.PASSED, "no pod but Tiller's")
    remedy = f"find out who made it: kubectl --namespace {word(tiller.namespace)} get pods --output wide"
    if holding := [_name(pod) for pod in workload.others if _holds_what_tiller_holds(tiller, pod)]:
        text = f"with Tiller's account or its TLS Secret: {join_limited(holding)}"
        return Result(tiller.name, ALONE, Status.FAILED, text, remedy)
    text = f"there is {join_limited(map(_name, workload.others))}, without Tiller's account and TLS Secret"
    return Result(tiller.name, ALONE, Status.WARNING, text, remedy)


def _holds_what_tiller_holds(tiller: DeployedTiller, pod: Object) -> bool:
    spec = pod["spec"]
    # Wherever the name stands: volumes, projections and environments can all bring a Secret.
    brings_the_secret = bool(tiller.tls_secret) and json.dumps(tiller.tls_secret) in json.dumps(spec)
    return brings_the_secret or spec.get("serviceAccountName") == tiller.service_account


def _is_of_an_earlier_revision(tiller: DeployedTiller, pod: Object) -> bool:
    """Return whether a pod ends its calls and goes: two updates in quick succession remove its ReplicaSet first."""
    owners = pod["metadata"].get("ownerReferences") or ()
    made = any(owner.get("controller") and owner["name"].startswith(f"{tiller.deployment}-") for owner in owners)
    return made and bool(pod["metadata"].get("deletionTimestamp"))


def _compared(tiller: DeployedTiller, check: str, different: Sequence[str], well: str) -> Result:
    if not different:
        return Result(tiller.name, check, Status.PASSED, well)
    return Result(tiller.name, check, Status.FAILED, join_limited(different, _MOST), _RESTORE)


def _images(template: Mapping[str, Any]) -> str:
    return join_limited(container["image"] for container in template.get("spec", {}).get("containers", ()))


def _name(pod: Object) -> str:
    return str(pod["metadata"]["name"])


def _state(pod: Object) -> str:
    stopping = pod["metadata"].get("deletionTimestamp")
    return f"{_name(pod)} is {'stopping' if stopping else pod['status'].get('phase', 'unknown')}"

"""The differences of an object from its plan: changed, left out or added, but what the API server fills in."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from tiller_facts import quantities

ANYTHING = object()

FILLED_IN: Mapping[str, Any] = {
    # Defaults of the API server (Kubernetes 1.36, pkg/apis/core/v1/defaults.go).
    "dnsPolicy": "ClusterFirst",
    "restartPolicy": "Always",
    "schedulerName": "default-scheduler",
    "terminationMessagePath": "/dev/termination-log",
    "terminationMessagePolicy": "File",
    "protocol": "TCP",
    "scheme": "HTTP",
    "successThreshold": 1,
    "timeoutSeconds": 1,
    "apiVersion": "v1",
    "serviceAccount": ANYTHING,  # the same as serviceAccountName, under an old name
}
"""By field, the value that means the same as none."""

FILLED_IN_A_POD: Mapping[str, Any] = {
    **FILLED_IN,
    # What admission and the scheduler add: where the pod runs, and when it makes room for others.
    "nodeName": ANYTHING,
    "nodeSelector": ANYTHING,
    "affinity": ANYTHING,
    "tolerations": ANYTHING,
    "priority": ANYTHING,
    "priorityClassName": ANYTHING,
    "preemptionPolicy": ANYTHING,
    "imagePullSecrets": ANYTHING,
}
FILLED_IN_A_SERVICE: Mapping[str, Any] = {
    **FILLED_IN,
    "clusterIP": ANYTHING,
    "clusterIPs": ANYTHING,
    "internalTrafficPolicy": "Cluster",
    "ipFamilies": ANYTHING,
    "ipFamilyPolicy": ANYTHING,
    "sessionAffinity": "None",
    "type": "ClusterIP",
}
_QUANTITIES = ("requests", "limits", "sizeLimit")
_KEYS = ("name", "mountPath", "path", "key")
"""By which the items of a list are identified, whatever their order. One that two items share identifies neither: a
volume can be mounted twice."""


def of_pod(planned: Mapping[str, Any], found: Mapping[str, Any], filled_in: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the differences between a planned template of a pod and one that there is, each with its place.

    Of labels and annotations there may be more than planned: tools add theirs, and they start nothing.

    Args:
        planned: with `metadata` and `spec`, as JSON of the Kubernetes API.
        found: in the same form.
        filled_in: by field, the value that may be there unplanned.
    """
    wanted, there = planned.get("metadata", {}), found.get("metadata", {})
    return (
        *(
            f"{kind}.{key} is {_shown(there.get(kind, {}).get(key))}, not {_shown(value)}"
            for kind in ("labels", "annotations")
            for key, value in (wanted.get(kind) or {}).items()
            if there.get(kind, {}).get(key) != value
        ),
        *_different(planned.get("spec", {}), found.get("spec", {}), "spec", filled_in),
    )


def of_spec(planned: Mapping[str, Any], found: Mapping[str, Any], filled_in: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the differences between a planned `spec` and one that there is, as `of_pod` does."""
    return tuple(_different(planned, found, "spec", filled_in))


def _different(planned: Any, found: Any, place: str, filled_in: Mapping[str, Any]) -> Iterator[str]:
    if isinstance(planned, Mapping) and isinstance(found, Mapping):
        for key in sorted({*planned, *found}):
            if key in planned or not (_may_grow(place, filled_in) or _is_filled_in(key, found[key], filled_in)):
                yield from _different(planned.get(key), found.get(key), f"{place}.{key}", filled_in)
    elif _is_list(planned) and _is_list(found):
        yield from _different_lists(planned, found, place, filled_in)
    elif not _same(planned, found, place):
        yield f"{place} is {_shown(found)}, not {_shown(planned)}"


def _different_lists(
    planned: Sequence[Any], found: Sequence[Any], place: str, filled_in: Mapping[str, Any]
) -> Iterator[str]:
    key = next((key for key in _KEYS if _identifies(key, planned) and _identifies(key, found)), None)
    if key is None and len(planned) == len(found):
        for number, (wanted, there) in enumerate(zip(planned, found, strict=True)):
            yield from _different(wanted, there, f"{place}[{number}]", filled_in)
    elif key is None:
        yield f"{place} is {_shown(found)}, not {_shown(planned)}"
    else:
        wanted, there = ({item[key]: item for item in items} for items in (planned, found))
        for name in sorted(wanted if _may_grow(place, filled_in) else {*wanted, *there}, key=str):
            yield from _different(wanted.get(name), there.get(name), f"{place}[{name}]", filled_in)


def _identifies(key: str, items: Sequence[Any]) -> bool:
    keyed = all(isinstance(item, Mapping) and key in item for item in items)
    return keyed and len({str(item[key]) for item in items}) == len(items)


def _is_filled_in(key: str, value: object, filled_in: Mapping[str, Any]) -> bool:
    return _is_none(value) or (key in filled_in and filled_in[key] in (ANYTHING, value))


def _may_grow(place: str, filled_in: Mapping[str, Any]) -> bool:
    """Return whether a list or map may hold more than planned."""
    return filled_in.get(place.rsplit(".", 1)[-1]) is ANYTHING


def _same(planned: object, found: object, place: str) -> bool:
    if planned == found or (_is_none(planned) and _is_none(found)):
        return True
    if planned is None or found is None or not any(f".{field}" in place for field in _QUANTITIES):
        return False
    return quantities.parse(str(planned)) == quantities.parse(str(found))  # the API server writes `1000m` as `1`


def _is_none(value: object) -> bool:
    """Return whether a value says nothing: the API server leaves such fields out, or fills them in."""
    return value in (None, {}, [], "")


def _is_list(value: object) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, str)


def _shown(value: object, most: int = 60) -> str:
    """Return a value for a cell of a table. A pod template of ours holds no secret; names and paths alone."""
    if value is None:
        return "(nothing)"
    text = str(value) if not isinstance(value, Mapping) else f"a map with {', '.join(map(str, value))}"
    return text if len(text) <= most else f"{text[: most - 3]}..."

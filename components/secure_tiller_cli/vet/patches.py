"""The patch that an upgrade sends for an object, as Tiller computes it from two revisions.

For the kinds that Helm 2 knows, Tiller sends a strategic merge patch, which merges certain lists item by item. For all
others it sends a JSON merge patch. Source: Helm 2.17, pkg/kube/client.go (createPatch), with apimachinery 0.16,
util/strategicpatch/patch.go (CreateTwoWayMergePatch), and the patch keys in api 0.16.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from secure_tiller_cli.charts import Manifest
from secure_tiller_stack.cluster.api import MERGE_PATCH, STRATEGIC_PATCH

_OF_PODS = {
    **dict.fromkeys(("containers", "initContainers", "ephemeralContainers", "imagePullSecrets", "env"), "name"),
    "volumes": "name",
    "ports": "containerPort",
    "volumeMounts": "mountPath",
    "volumeDevices": "devicePath",
    "hostAliases": "ip",
    "topologySpreadConstraints": "topologyKey",
}
_KEYS: Mapping[str, Mapping[str, str]] = {
    **dict.fromkeys(("Deployment", "DaemonSet", "ReplicaSet", "StatefulSet", "ReplicationController"), _OF_PODS),
    **dict.fromkeys(("Job", "CronJob", "Pod", "PodTemplate"), _OF_PODS),
    "Service": {"ports": "port"},
    "ServiceAccount": {"secrets": "name", "imagePullSecrets": "name"},
}
"""By kind, the lists that are merged, and the field that identifies their items. Other kinds have no such list."""
_KNOWN = {
    *("v1", "apps/v1", "apps/v1beta1", "apps/v1beta2", "extensions/v1beta1", "batch/v1", "batch/v1beta1"),
    *("batch/v2alpha1",),
}
"""The API versions of these kinds that Helm 2 knows."""
_LATER = {("batch/v1", "CronJob")}
"""Kinds that these API versions got after Helm 2."""
_REPLACED = ("strategy", "volumes")
"""Fields whose maps, or items, keep only the fields that the new revision has (retainKeys)."""
_NEW_FIELDS = frozenset(
    (
        *("appArmorProfile", "claims", "clusterIPs", "ephemeral", "fileKeyRef", "grpc", "image", "ipFamilies"),
        *("matchLabelKeys", "ordinals", "os", "persistentVolumeClaimRetentionPolicy", "podFailurePolicy"),
        *("resizePolicy", "resourceClaims", "restartPolicyRules", "schedulingGates", "schedulingGroup"),
        *("seccompProfile", "sleep", "successPolicy", "topologyKeys", "workloadRef"),
    )
)
"""Lists and maps that these kinds got after Helm 2 (until api 0.36): Tiller can add or remove, but not change them."""


class PatchError(Exception):
    """Tiller cannot compute the patch. The message is the reason."""


@dataclass(frozen=True)
class Patch:
    """A change of an object."""

    form: str
    """The content type."""
    body: Mapping[str, Any]


def patch(before: Manifest, after: Manifest) -> Patch:
    """Return the patch that an upgrade sends for an object.

    Args:
        before: the object in the deployed revision.
        after: the same object in the new one.

    Raises:
        PatchError: Tiller cannot compute it.
    """
    keys = _KEYS.get(after.kind)
    if keys is None or after.api_version not in _KNOWN or (after.api_version, after.kind) in _LATER:
        return Patch(MERGE_PATCH, changes(before.content, after.content))
    return Patch(STRATEGIC_PATCH, _strategic(before.content, after.content, keys))


def changes(old: Any, new: Any) -> Any:
    """Return the fields that differ between two revisions (RFC 7396)."""
    if not (isinstance(old, Mapping) and isinstance(new, Mapping)):
        return new
    gone = dict.fromkeys(old.keys() - new.keys())
    changed = {key: changes(old.get(key), value) for key, value in new.items() if not _same(value, old.get(key))}
    return gone | changed


def _strategic(
    old: Mapping[str, Any], new: Mapping[str, Any], keys: Mapping[str, str], *, replaced: bool = False
) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in new.items():
        before: Any = old.get(key)
        if key in old and _same(value, before):
            continue
        if key not in old or not _alike(before, value):
            found[key] = value
            continue
        if key in _NEW_FIELDS or (key == "resources" and "containers" in new):
            raise PatchError(f"Helm 2 does not know the field {key}: it can add or remove it, but not change it")
        if isinstance(value, list):
            found |= _listed(key, before, value, keys)
        elif changed := _strategic(before, value, keys, replaced=key in _REPLACED):
            found[key] = changed
    found |= dict.fromkeys(old.keys() - new.keys())
    kept = sorted(key for key, value in new.items() if value is not None)
    return found | ({"$retainKeys": kept} if replaced and found and kept else {})


def _listed(name: str, old: Sequence[Any], new: Sequence[Any], keys: Mapping[str, str]) -> Mapping[str, Any]:
    """Return the change of a list: its new and changed items, the deletion of others, and the order."""
    key = keys.get(name)
    if key is None or not old:
        return {name: new}
    for item in (*old, *new):
        if not isinstance(item, Mapping) or key not in item:
            raise PatchError(f"the list {name} changes, and one of its items has no {key}")
    order = [{key: item[key]} for item in new]
    changed = list(_items(name, old, new, keys))
    places = {_word(item[key]): number for number, item in reversed(list(enumerate(new)))}
    changed.sort(key=lambda item: ("$patch" in item, places.get(_word(item[key]), 0)))
    return {key: value for key, value in ((name, changed), (f"$setElementOrder/{name}", order)) if value}


def _items(name: str, old: Sequence[Any], new: Sequence[Any], keys: Mapping[str, str]) -> Iterator[Mapping[str, Any]]:
    """Yield the changes of items. Of items with the same key, the last old one is compared to the last new one."""
    key = keys[name]
    # Taken from the end, items with the same key come in reversed order, as Helm's sort brings them: its comparison is
    # "less or equal" (SortableSliceOfMaps).
    left, right = (sorted(each, key=lambda item: _word(item[key]), reverse=True) for each in (old, new))
    while left or right:
        words = [_word(each[-1][key]) if each else None for each in (left, right)]
        if words[0] == words[1]:
            item = right.pop()
            if changed := _strategic(left.pop(), item, keys, replaced=name in _REPLACED):
                yield {**changed, key: item[key]}
        elif words[0] is None or (words[1] is not None and words[0] > words[1]):
            yield right.pop()
        else:
            yield {"$patch": "delete", key: left.pop()[key]}


def _word(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _alike(one: Any, other: Any) -> bool:
    """Return whether two values are both maps, or both lists."""
    return any(isinstance(one, kind) and isinstance(other, kind) for kind in (Mapping, list))


def _same(one: Any, other: Any) -> bool:
    """Return whether two values are the same in JSON, where `1` and `true` are not."""
    return json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)

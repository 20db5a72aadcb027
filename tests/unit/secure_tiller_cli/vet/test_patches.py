"""The patch that an upgrade sends is the one that Tiller computes."""

from typing import Any

import pytest

from secure_tiller_cli.charts import Manifest
from secure_tiller_cli.vet.patches import Patch, PatchError, changes, patch
from secure_tiller_stack.cluster.api import MERGE_PATCH, STRATEGIC_PATCH
from tests.unit.secure_tiller_cli.charts.world import one


@pytest.mark.parametrize(
    ("old", "new", "sent"),
    [
        ({"a": 1}, {"a": 1}, {}),
        ({"a": 1, "b": 2}, {"a": 2}, {"a": 2, "b": None}),
        ({"a": {"b": 1, "c": 2}}, {"a": {"b": 1, "d": [1]}}, {"a": {"c": None, "d": [1]}}),
        ({"a": [1, 2]}, {"a": [2]}, {"a": [2]}),
        ({"a": 1}, {"a": {"b": 1}}, {"a": {"b": 1}}),
        ({}, {"a": {"b": 1}}, {"a": {"b": 1}}),
    ],
)
def test_the_fields_that_differ_are_sent(old: Any, new: Any, sent: Any) -> None:
    assert changes(old, new) == sent


def pod(*containers: Any, **more: Any) -> dict[str, Any]:
    return {"template": {"spec": {"containers": list(containers), **more}}}


def of_deployment(old: Any, new: Any) -> Any:
    """Return what is sent for a Deployment's pod, of two of its specs."""
    (before, after) = (one("Deployment", "apps/v1", spec=pod(**each)) for each in (old, new))
    return patch(before, after).body.get("spec", {}).get("template", {}).get("spec")


def service(*ports: Any) -> Manifest:
    return one("Service", spec={"ports": list(ports)})


DNS, DNS_TCP = {"port": 53, "name": "dns", "protocol": "UDP"}, {"port": 53, "name": "tcp", "protocol": "TCP"}
ORDER = "$setElementOrder/"


@pytest.mark.parametrize(
    ("old", "new", "spec"),
    [
        ([DNS], [DNS], None),
        ([DNS], [{**DNS, "name": "a"}], {"ports": [{"port": 53, "name": "a"}], f"{ORDER}ports": [{"port": 53}]}),
        (
            [DNS, {"port": 9}],
            [{"port": 9}],
            {"ports": [{"$patch": "delete", "port": 53}], f"{ORDER}ports": [{"port": 9}]},
        ),
        # Two of one port: the deletion of the one deletes both.
        ([DNS, DNS_TCP], [DNS_TCP], {"ports": [{"$patch": "delete", "port": 53}], f"{ORDER}ports": [{"port": 53}]}),
        ([DNS, DNS_TCP], [DNS], {"ports": [DNS, {"$patch": "delete", "port": 53}], f"{ORDER}ports": [{"port": 53}]}),
        ([{"port": 9}, {"port": 80}], [{"port": 80}, {"port": 9}], {f"{ORDER}ports": [{"port": 80}, {"port": 9}]}),
        ([], [DNS], {"ports": [DNS]}),
        ([DNS], [], {"ports": [{"$patch": "delete", "port": 53}]}),
    ],
)
def test_the_ports_of_a_service_are_merged_by_their_number(old: list[Any], new: list[Any], spec: Any) -> None:
    assert patch(service(*old), service(*new)) == Patch(STRATEGIC_PATCH, {"spec": spec} if spec else {})


def test_containers_and_their_lists_are_merged_by_their_keys() -> None:
    before = {"name": "a", "image": "x", "args": ["1", "2"], "env": [{"name": "A", "value": "1"}]}
    after = {"name": "a", "image": "y", "args": ["1"], "env": [{"name": "A", "valueFrom": {"fieldRef": {}}}]}
    gone, new = {"name": "b", "image": "x"}, {"name": "0", "image": "x"}
    (old, changed) = (one("Deployment", "apps/v1", spec=pod(*each)) for each in ((before, gone), (after, new)))
    assert patch(old, changed).body["spec"]["template"]["spec"] == {
        "containers": [
            {
                "name": "a",
                "image": "y",
                "args": ["1"],
                "env": [{"name": "A", "value": None, "valueFrom": {"fieldRef": {}}}],
                f"{ORDER}env": [{"name": "A"}],
            },
            new,
            {"$patch": "delete", "name": "b"},
        ],
        f"{ORDER}containers": [{"name": "a"}, {"name": "0"}],
    }


def test_a_strategy_and_volumes_keep_only_the_new_fields() -> None:
    (old, new) = (
        one("Deployment", "apps/v1", spec={"strategy": strategy, **pod(volumes=[{"name": "v", **volume}])})
        for strategy, volume in (
            ({"type": "RollingUpdate"}, {"emptyDir": {}}),
            ({"type": "Recreate"}, {"configMap": {"name": "c"}}),
        )
    )
    spec = patch(old, new).body["spec"]
    assert spec["strategy"] == {"type": "Recreate", "$retainKeys": ["type"]}
    assert spec["template"]["spec"] == {
        "volumes": [{"name": "v", "emptyDir": None, "configMap": {"name": "c"}, "$retainKeys": ["configMap", "name"]}],
        f"{ORDER}volumes": [{"name": "v"}],
    }


@pytest.mark.parametrize(
    ("kind", "version"),
    [("CronJob", "batch/v1"), ("Widget", "example/v1"), ("Service", "serving.example/v1"), ("ConfigMap", "v1")],
)
def test_of_other_kinds_a_list_is_sent_whole(kind: str, version: str) -> None:
    (old, new) = (one(kind, version, spec={"ports": [{"port": number}]}) for number in (1, 2))
    assert patch(old, new) == Patch(MERGE_PATCH, {"spec": {"ports": [{"port": 2}]}})


PROFILES = [{"seccompProfile": {"type": each}} for each in ("Unconfined", "RuntimeDefault")]


def test_a_field_that_helm_2_does_not_know_can_come_and_go_but_not_change() -> None:
    first, second = [{"securityContext": each} for each in PROFILES]
    assert of_deployment(first, first) is None
    assert of_deployment({}, first) == first
    assert of_deployment(first, {"securityContext": {}}) == {"securityContext": {"seccompProfile": None}}
    with pytest.raises(PatchError, match="Helm 2 does not know the field seccompProfile"):
        of_deployment(first, second)


def test_the_resources_of_a_pod_are_not_known_and_those_of_a_container_are() -> None:
    (old, new) = ({"resources": {"limits": {"cpu": each}}} for each in ("1", "2"))
    with pytest.raises(PatchError, match="does not know the field resources:"):
        of_deployment(old, new)
    (one_spec, other) = (one("Pod", spec={"containers": [{"name": "a", **each}]}) for each in (old, new))
    assert patch(one_spec, other).body["spec"]["containers"] == [{"name": "a", "resources": {"limits": {"cpu": "2"}}}]


def test_an_item_without_its_key_is_an_error_only_if_the_list_changes() -> None:
    old: Any = {"imagePullSecrets": [{}]}
    new: Any = {"imagePullSecrets": [{}, {"name": "a"}]}
    assert of_deployment(old, old) is None
    with pytest.raises(PatchError, match="the list imagePullSecrets changes, and one of its items has no name"):
        of_deployment(old, new)

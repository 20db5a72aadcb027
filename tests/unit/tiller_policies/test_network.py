"""Who reaches Tiller's endpoint."""

from typing import Any

import pytest

from tests.unit.tiller_policies.samples import (
    LABELS,
    RIGHT,
    broken,
    container,
    pod,
    resource,
    tiller,
    violations,
    workload,
)
from tiller_policies.resources import Resource
from tiller_policies.values import UNKNOWN

OPEN = [*RIGHT, "--listen=:44134"]
CLIENTS = {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "blue-jobs"}}}


def policy(spec: Any, namespace: Any = "blue", cluster: str = "one", kind: str = "networking.k8s.io/v1") -> Resource:
    return resource(f"{kind}:NetworkPolicy", "fence", {"metadata": {"namespace": namespace}, "spec": spec}, cluster)


@pytest.mark.parametrize("listen", ["127.0.0.1:44134", "localhost:44134", "[::1]:44134", "127.8.8.8:1"])
def test_the_loopback_needs_no_policy(listen: str) -> None:
    assert broken(tiller(args=[*RIGHT, f"--listen={listen}"])) == set()


@pytest.mark.parametrize(
    "listen", [":44134", "0.0.0.0:44134", "[::]:44134", "10.0.0.7:44134", "$(POD_IP):1", "tiller:1"]
)
def test_any_other_address_needs_one(listen: str) -> None:
    assert broken(tiller(args=[*RIGHT, f"--listen={listen}"])) == {"endpoint-closed"}


@pytest.mark.parametrize(
    "spec",
    [
        {"podSelector": {}},
        {"podSelector": {}, "policyTypes": ["Egress", "Ingress"]},
        {"podSelector": {"matchLabels": LABELS}, "ingress": [{"from": [CLIENTS]}]},
        {"podSelector": {}, "ingress": [{"from": [{"podSelector": {}}]}]},  # of Tiller's own namespace
        {"podSelector": {}, "ingress": [{"from": [{"namespaceSelector": {}, "podSelector": {"matchLabels": LABELS}}]}]},
        {"podSelector": {}, "ingress": [{"from": [{"ipBlock": {"cidr": "10.0.0.0/24"}}]}]},
        {"podSelector": {}, "ingress": [{"ports": [{"port": 44135.0}]}]},  # metrics, to everybody
        {"podSelector": {}, "ingress": [{"ports": [{"port": "http"}]}]},
        {"podSelector": {}, "ingress": [{"ports": [{"port": 44134, "protocol": "UDP"}]}]},
        {"podSelector": {"matchExpressions": [{"key": "app", "operator": "In", "values": ["helm"]}]}},
        {"podSelector": {"matchExpressions": [{"key": "app", "operator": "NotIn", "values": ["web"]}]}},
        {"podSelector": {"matchExpressions": [{"key": "app", "operator": "Exists"}]}},
        {"podSelector": {"matchExpressions": [{"key": "team", "operator": "DoesNotExist"}]}},
        {"podSelector": UNKNOWN},
        UNKNOWN,
    ],
)
def test_a_policy_that_leaves_somebody_out_serves(spec: Any) -> None:
    ports = [{"name": "tiller", "containerPort": 44134}, {"name": "http", "containerPort": 44135}]
    assert broken(tiller(args=OPEN, ports=ports), policy(spec)) == set()


@pytest.mark.parametrize(
    "spec",
    [
        {"podSelector": {}, "policyTypes": ["Egress"]},
        {"podSelector": {"matchLabels": {"app": "web"}}},
        {"podSelector": {"matchExpressions": [{"key": "app", "operator": "NotIn", "values": ["helm"]}]}},
        {"podSelector": {"matchExpressions": [{"key": "app", "operator": "DoesNotExist"}]}},
        {"podSelector": {}, "ingress": [{}]},
        {"podSelector": {}, "ingress": [{"from": []}]},
        {"podSelector": {}, "ingress": [{"from": [CLIENTS]}, {"from": [{"namespaceSelector": {}}]}]},
        {"podSelector": {}, "ingress": [{"from": [{"ipBlock": {"cidr": "0.0.0.0/0"}}]}]},
        {"podSelector": {}, "ingress": [{"ports": [{"port": 44134.0}]}]},
        {"podSelector": {}, "ingress": [{"ports": [{"port": 44000, "endPort": 45000}]}]},
        {"podSelector": {}, "ingress": [{"ports": [{"port": "tiller"}]}]},
        {"podSelector": {}, "ingress": [{"ports": [{"protocol": "TCP"}]}]},
    ],
)
def test_a_policy_that_leaves_nobody_out_does_not(spec: Any) -> None:
    ports = [{"name": "tiller", "containerPort": 44134.0}]
    assert broken(tiller(args=OPEN, ports=ports), policy(spec)) == {"endpoint-closed"}


@pytest.mark.parametrize(
    "elsewhere",
    [{"namespace": "green"}, {"cluster": "two"}, {"kind": "crd.projectcalico.org/v1"}],
    ids=["namespace", "cluster", "API group"],
)
def test_a_policy_of_another_place_or_kind_does_not_serve(elsewhere: Any) -> None:
    assert broken(tiller(args=OPEN), policy({"podSelector": {}}, **elsewhere)) == {"endpoint-closed"}


def test_policies_add_up_so_the_one_that_lets_everybody_in_is_named() -> None:
    good, bad = policy({"podSelector": {}}), policy({"podSelector": {}, "ingress": [{}]})
    ((name, message),) = violations("endpoint-closed", tiller(args=OPEN), good, bad)
    assert name == "fence"
    assert message.startswith("NetworkPolicy fence lets everybody connect to Deployment blue: give Tiller --listen=")


def test_no_policy_holds_on_the_network_of_the_node() -> None:
    on_node = workload("blue", pod(container(), hostNetwork=True))
    assert broken(on_node, policy({"podSelector": {}})) == {"endpoint-closed"}

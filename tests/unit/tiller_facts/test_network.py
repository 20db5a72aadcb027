"""Reach of Tiller's port."""

from typing import Any

import pytest

from tests.unit.tiller_facts.samples import (
    HOME,
    LABELS,
    Object,
    container,
    deployment,
    facts,
    policy,
    service,
    template,
)
from tiller_facts.network import Admitted, admitted, is_loopback, is_outside, services
from tiller_facts.values import UNKNOWN, NotKnownError
from tiller_facts.workloads import find

NOBODY, SOME, EVERYBODY = Admitted.NOBODY, Admitted.SOME, Admitted.EVERYBODY
CLIENTS = {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "blue-jobs"}}}


def who(*policies: Object, ports: Any = None, **further: Any) -> Admitted:
    made = deployment(template(container(**({"ports": ports} if ports else {}))))
    known = facts(made, *policies, **further)
    return admitted(known, find(known)[0], ":44134").who


@pytest.mark.parametrize(
    ("listen", "loopback"),
    [
        ("127.0.0.1:44134", True),
        ("localhost:44134", True),
        ("[::1]:44134", True),
        ("127.8.8.8:1", True),
        (":44134", False),
        ("0.0.0.0:44134", False),
        ("[::]:44134", False),
        ("10.0.0.7:44134", False),
        ("tiller:1", False),
        ("$(POD_IP):1", False),
    ],
)
def test_the_loopback(listen: str, loopback: bool) -> None:
    assert is_loopback(listen) is loopback


def chosen(key: str, operator: str, *values: str) -> Object:
    return {"matchExpressions": [{"key": key, "operator": operator, "values": list(values)}]}


@pytest.mark.parametrize(
    ("around", "expected"),
    [
        ((), EVERYBODY),
        ((policy(),), NOBODY),
        ((policy(types=["Egress"]),), EVERYBODY),
        ((policy(types=["Egress", "Ingress"]),), NOBODY),
        ((policy(types=[]),), NOBODY),
        ((policy(inside="green"),), EVERYBODY),
        ((policy(selector={"matchLabels": LABELS}),), NOBODY),
        ((policy(selector={"matchLabels": {"app": "web"}}),), EVERYBODY),
        ((policy(selector=chosen("app", "In", "helm")),), NOBODY),
        ((policy(selector=chosen("app", "NotIn", "web")),), NOBODY),
        ((policy(selector=chosen("app", "NotIn", "helm")),), EVERYBODY),
        ((policy(selector=chosen("app", "Exists")),), NOBODY),
        ((policy(selector=chosen("team", "DoesNotExist")),), NOBODY),
        ((policy(selector=chosen("app", "DoesNotExist")),), EVERYBODY),
        ((policy({}),), EVERYBODY),
        ((policy({"from": []}),), EVERYBODY),
        ((policy({"from": [CLIENTS]}),), SOME),
        ((policy({"from": [CLIENTS]}, {"from": [{"namespaceSelector": {}}]}),), EVERYBODY),
        ((policy({"from": [{"namespaceSelector": {}, "podSelector": {"matchLabels": LABELS}}]}),), SOME),
        ((policy({"from": [{"namespaceSelector": chosen("kubernetes.io/metadata.name", "Exists")}]}),), EVERYBODY),
        ((policy({"from": [{"namespaceSelector": chosen("team", "Exists")}]}),), SOME),
        ((policy({"from": [{"namespaceSelector": chosen("team", "In", "blue")}]}),), SOME),
        ((policy({"from": [{"namespaceSelector": chosen("team", "NotIn", "green")}]}),), EVERYBODY),  # names no client
        ((policy({"from": [{"namespaceSelector": {}, "podSelector": chosen("no", "DoesNotExist")}]}),), EVERYBODY),
        ((policy({"from": [{"podSelector": {}}]}),), SOME),  # of Tiller's own namespace
        ((policy(), policy({"ports": [{"port": 44134}]})), EVERYBODY),  # policies add up
    ],
)
def test_whom_policies_admit(around: tuple[Object, ...], expected: Admitted) -> None:
    assert who(*around) is expected


@pytest.mark.parametrize(
    ("port", "expected"),
    [
        ({"port": 44134}, EVERYBODY),
        ({"port": 44134.0}, EVERYBODY),
        ({"port": "tiller"}, EVERYBODY),
        ({"port": 44000, "endPort": 45000}, EVERYBODY),
        ({"protocol": "TCP"}, EVERYBODY),
        ({"port": 44134, "protocol": "UDP"}, NOBODY),
        ({"port": 44135}, NOBODY),
        ({"port": "http"}, NOBODY),
        ({"port": "other"}, NOBODY),
    ],
)
def test_which_ports_a_rule_opens(port: Object, expected: Admitted) -> None:
    ports = [{"name": "tiller", "containerPort": 44134.0}, {"name": "http", "containerPort": 44135}]
    assert who(policy({"ports": [port]}), ports=ports) is expected


def test_a_rule_opens_a_port_that_another_container_names() -> None:
    sidecar = {"name": "proxy", "ports": [{"name": "grpc", "containerPort": 44134}]}
    known = facts(deployment(template(container(ports=[]), sidecar)), policy({"ports": [{"port": "grpc"}]}))
    assert admitted(known, find(known)[0], ":44134").who is EVERYBODY


def block(cidr: str, *excepted: str) -> Object:
    return {"ipBlock": {"cidr": cidr, **({"except": list(excepted)} if excepted else {})}}


PODS = ("10.1.0.7", "192.168.0.4", "fd00::7")


@pytest.mark.parametrize(
    ("blocks", "addresses", "expected"),
    [
        ([block("0.0.0.0/0")], UNKNOWN, EVERYBODY),
        ([block("::/0")], UNKNOWN, EVERYBODY),
        ([block("10.0.0.0/8")], PODS, SOME),
        ([block("0.0.0.0/1"), block("128.0.0.0/1")], UNKNOWN, EVERYBODY),
        ([block("0.0.0.0/1"), block("128.0.0.0/2")], UNKNOWN, SOME),
        ([block("0.0.0.0/0", "172.16.0.0/12")], UNKNOWN, EVERYBODY),
        ([block("0.0.0.0/0", "172.16.0.0/12")], PODS, EVERYBODY),
        ([block("0.0.0.0/0", "10.0.0.0/8", "192.168.0.0/16")], UNKNOWN, EVERYBODY),
        ([block("0.0.0.0/0", "10.0.0.0/8", "192.168.0.0/16")], PODS, SOME),
        ([block("0.0.0.0/0", "10.0.0.0/8", "192.168.0.0/16"), block("10.1.0.0/24")], PODS, EVERYBODY),
        ([block("0.0.0.0/1", "10.0.0.0/8"), block("128.0.0.0/1", "192.168.0.0/16")], PODS, SOME),
        ([block("0.0.0.0/1", "10.0.0.0/8"), block("128.0.0.0/1")], PODS, EVERYBODY),
        ([block("nonsense")], PODS, SOME),
        ([block("0.0.0.0/0", "10.0.0.0/8")], ("10.244.0.0/16",), SOME),
        ([block("0.0.0.0/0", "10.244.0.0/17")], ("10.244.0.0/16",), EVERYBODY),  # its first address is left out
        ([block("0.0.0.0/0", "10.244.0.0/17", "10.244.128.0/17")], ("10.244.0.0/16",), SOME),
        ([block("0.0.0.0/0", "10.244.0.0/17", "10.244.192.0/18")], ("10.244.0.0/16",), EVERYBODY),
        ([block("10.244.0.0/17", "10.244.0.0/18"), block("0.0.0.0/0", "10.0.0.0/8")], ("10.244.0.0/18",), SOME),
        ([block("10.244.0.0/17", "10.244.0.0/18"), block("0.0.0.0/0", "10.0.0.0/8")], ("10.244.0.0/16",), EVERYBODY),
        ([block("10.0.0.0/8"), block("192.168.0.0/16")], PODS, EVERYBODY),
        ([block("fd00::/8")], PODS, EVERYBODY),
        ([block("10.0.0.0/8")], ("10.244.0.0/16", "10.1.2.3"), EVERYBODY),
        ([block("10.0.0.0/8")], UNKNOWN, SOME),
        ([block("10.0.0.0/8", "10.244.0.0/24")], ("10.244.0.0/16",), SOME),
        ([block("10.244.0.0/17"), block("10.244.128.0/17")], ("10.244.0.0/16",), EVERYBODY),
        ([block("::/0", "fd00::/8")], ("10.244.0.0/16", "fd00:1::/64"), SOME),
        ([block("::/0", "fd00:1::/65")], ("fd00:1::/64",), EVERYBODY),
    ],
)
def test_blocks_of_addresses(blocks: list[Object], addresses: Any, expected: Admitted) -> None:
    assert who(policy({"from": blocks}), addresses=addresses) is expected
    assert who(*(policy({"from": [one]}) for one in blocks), addresses=addresses) is expected


def test_the_policies_that_admit_everybody_are_named() -> None:
    made = deployment()
    known = facts(made, policy(), {**policy({}), "metadata": {"name": "open", "namespace": HOME}})
    assert [str(one) for one in admitted(known, find(known)[0], ":44134").by] == ["NetworkPolicy open"]


@pytest.mark.parametrize("spec", [UNKNOWN, {"podSelector": UNKNOWN}, {"podSelector": {}, "ingress": [UNKNOWN]}])
def test_a_policy_that_is_not_known_decides_nothing(spec: Any) -> None:
    with pytest.raises(NotKnownError):
        who({**policy(), "spec": spec})


def leading(*objects: Object) -> list[bool]:
    known = facts(deployment(), *objects)
    return [is_outside(one) for one in services(known, find(known)[0])]


def test_services_that_lead_to_it() -> None:
    assert leading(service()) == [False]
    assert leading(service("NodePort"), service("LoadBalancer"), service(externalIPs=["192.0.2.1"])) == [True] * 3
    assert leading(service(inside="green"), service(selector={"app": "shop"}), service(selector=None)) == []

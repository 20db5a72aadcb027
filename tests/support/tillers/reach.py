"""Rows about who reaches a Tiller."""

from collections.abc import Sequence

from tests.support.cluster_objects import (
    Object,
    admitting,
    container,
    service,
    surroundings,
    template,
    without,
    workload,
)
from tests.support.row import Row
from tests.support.tillers.rows import SOMEWHERE, but, row, runs, stands

EVERY_POD: Object = {"namespaceSelector": {}}
NAMED: Object = {"namespaceSelector": {"matchLabels": {"team": "blue"}}}
ALL_INTERFACES = container(args=but("--listen=:44134"))


def block(cidr: str, *excepted: str) -> Object:
    """Return a peer of a NetworkPolicy by addresses."""
    return {"ipBlock": {"cidr": cidr, **({"except": list(excepted)} if excepted else {})}}


def reached(name: str, *objects: Object, finds: Sequence[str] = ("listens-everywhere", "probe-port-open")) -> Row:
    """Return a row whose Tiller listens on all interfaces, behind the NetworkPolicies among its objects."""
    made = workload("Deployment", template(ALL_INTERFACES))
    return row(name, made, *without(surroundings(), "NetworkPolicy"), *objects, settings=SOMEWHERE, finds=finds)


NETWORK = (
    runs("listens-on-localhost", args=but("--listen=localhost:44134"), settings={"listen": "localhost:44134"}),
    runs(
        "listens-on-the-loopback-of-ipv6",
        args=but("--listen=[::1]:44134"),
        settings={"listen": "[::1]:44134"},
        starts=False,
    ),
    reached("listens-everywhere-without-a-policy"),
    reached("listens-everywhere-for-named-pods", admitting(NAMED), finds=("listens-everywhere",)),
    reached("listens-everywhere-for-every-pod", admitting(EVERY_POD), finds=("listens-everywhere",)),
    reached("listens-everywhere-for-all-addresses", admitting(block("0.0.0.0/0")), finds=("listens-everywhere",)),
    reached(
        "listens-everywhere-but-for-some-addresses",
        admitting(block("0.0.0.0/0", "10.0.0.0/8")),
        finds=("listens-everywhere",),
    ),
    reached(
        "listens-everywhere-for-both-halves",
        admitting(block("0.0.0.0/1"), block("128.0.0.0/1")),
        finds=("listens-everywhere",),
    ),
    reached("listens-everywhere-for-one-network", admitting(block("10.1.0.0/16")), finds=("listens-everywhere",)),
    stands("probes-for-everybody", *without(surroundings(), "NetworkPolicy"), finds=("probe-port-open",)),
    stands("network-of-the-node", hostNetwork=True, finds=("host-network",)),
    stands("port-of-the-node", of=container(ports=[{"containerPort": 44134, "hostPort": 44134}]), finds=("host-port",)),
    stands("service-of-the-cluster", *surroundings(), service(), finds=("service",)),
    stands("service-of-the-nodes", *surroundings(), service(type="NodePort"), finds=("service-outside",)),
    stands("service-of-a-load-balancer", *surroundings(), service(type="LoadBalancer"), finds=("service-outside",)),
)

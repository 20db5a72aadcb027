"""Rows about who reaches a Tiller."""

from collections.abc import Sequence

from tests.support.cluster_objects import (
    Object,
    admitting,
    container,
    item,
    policy,
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


def node(address: str) -> Object:
    """Return a node of the cluster."""
    return item("Node", "node", "", status={"addresses": [{"type": "InternalIP", "address": address}]})


def reached(name: str, severity: str, *objects: Object, finds: Sequence[str] = ("listens-everywhere",)) -> Row:
    """Return a row whose Tiller listens on all interfaces, behind the NetworkPolicies among its objects."""
    made = workload("Deployment", template(ALL_INTERFACES))
    every = (made, *without(surroundings(), "NetworkPolicy"), *objects)
    return row(name, *every, settings=SOMEWHERE, finds=finds, severities={"listens-everywhere": severity})


OPEN, LIMITED = "medium", "low"
BUT_FOR_SOME = admitting(block("0.0.0.0/0", "10.0.0.0/8"))

NETWORK = (
    runs("listens-on-localhost", args=but("--listen=localhost:44134"), settings={"listen": "localhost:44134"}),
    runs(
        "listens-on-the-loopback-of-ipv6",
        args=but("--listen=[::1]:44134"),
        settings={"listen": "[::1]:44134"},
        starts=False,  # not every machine has IPv6
    ),
    reached("listens-without-a-policy", OPEN, finds=("listens-everywhere", "probe-port-open")),
    reached("listens-for-nobody", LIMITED, policy()),
    reached("listens-for-named-pods", LIMITED, admitting(NAMED)),
    reached("listens-for-one-network", LIMITED, admitting(block("10.1.0.0/16"))),
    reached("listens-for-every-pod", OPEN, admitting(EVERY_POD)),
    reached("listens-for-all-addresses", OPEN, admitting(block("0.0.0.0/0"))),
    reached("listens-for-all-addresses-of-ipv6", OPEN, admitting(block("::/0"))),
    reached("listens-for-all-addresses-but-some", OPEN, BUT_FOR_SOME),
    reached("listens-for-all-addresses-but-some-of-ipv6", OPEN, admitting(block("::/0", "fd00::/8"))),
    reached("listens-for-all-addresses-in-halves", OPEN, admitting(block("0.0.0.0/1"), block("128.0.0.0/1"))),
    reached("listens-for-all-addresses-but-those-of-a-node", LIMITED, BUT_FOR_SOME, node("10.1.2.3")),
    reached("listens-for-all-addresses-with-those-of-a-node", OPEN, BUT_FOR_SOME, node("192.168.1.2")),
    stands("probes-for-everybody", *without(surroundings(), "NetworkPolicy"), finds=("probe-port-open",)),
    stands("network-of-the-node", hostNetwork=True, finds=("host-network",)),
    stands("port-of-the-node", of=container(ports=[{"containerPort": 44134, "hostPort": 44134}]), finds=("host-port",)),
    stands("service-of-the-cluster", *surroundings(), service(), finds=("service",)),
    stands("service-of-the-nodes", *surroundings(), service(type="NodePort"), finds=("service-outside",)),
    stands("service-of-a-load-balancer", *surroundings(), service(type="LoadBalancer"), finds=("service-outside",)),
)

"""Reach of a port: listening addresses, NetworkPolicies, Services.

Source: Kubernetes documentation, Network Policies and Service. Whether the network plugin enforces policies, no object
says.
"""

import ipaddress
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

from tiller_facts.facts import Facts, FoundObject
from tiller_facts.kinds import NETWORK_POLICIES, SERVICES
from tiller_facts.selectors import has, selects
from tiller_facts.values import NotKnown, Value, as_far_as_known, at, each, maybe, text, texts, word
from tiller_facts.workloads import Tiller

OUTSIDE = ("NodePort", "LoadBalancer")
"""Types of Service that are reached from outside of the cluster."""

_OF_EVERY_NAMESPACE = ("Exists", "kubernetes.io/metadata.name")
"""Expression that holds for every namespace (Kubernetes documentation, Automatic labelling)."""

_MOST_DIGITS = 5  # of the number of a port

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class Admitted(IntEnum):
    """Pods that NetworkPolicies let connect."""

    NOBODY = 0
    SOME = 1
    EVERYBODY = 2


@dataclass(frozen=True)
class Admission:
    """Verdict of the NetworkPolicies around a pod about one of its ports.

    Attributes:
        who: may connect.
        by: the policies that admit everybody; none where no policy is around the pod.
    """

    who: Admitted
    by: tuple[FoundObject, ...] = ()


def is_loopback(listen: str) -> bool:
    """Return whether an address, host and port, is reached from inside of the pod alone."""
    host = listen.rpartition(":")[0].strip("[]")
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def admitted(facts: Facts, tiller: Tiller, listen: str) -> Admission:
    """Return whom the NetworkPolicies around a Tiller let connect to the port of an address.

    Raises:
        NotKnownError: a part of a policy that decides it is not known.
    """
    around = [policy for policy in facts.of(NETWORK_POLICIES) if _is_around(policy, tiller)]
    if not around:
        return Admission(Admitted.EVERYBODY)
    port = listen.rpartition(":")[2]
    rules = [
        (policy, rule)
        for policy in around
        for rule in each(policy.data, "spec", "ingress")
        if _opens(rule, port, tiller)
    ]
    open_to_all = [policy for policy, rule in rules if _admits_everybody(rule)]
    blocks = [(policy, block) for policy, rule in rules for block in _blocks(rule)]
    if _are_everywhere([block for _, block in blocks], facts.addresses):
        open_to_all += [policy for policy, _ in blocks]
    if open_to_all:
        return Admission(Admitted.EVERYBODY, tuple(dict.fromkeys(open_to_all)))
    return Admission(Admitted.SOME if rules else Admitted.NOBODY)


def services(facts: Facts, tiller: Tiller) -> Iterator[FoundObject]:
    """Yield the Services that lead to a Tiller's pods. Raises NotKnownError."""
    for service in facts.of(SERVICES):
        selector = at(service.data, "spec", "selector")
        if selector and (service.cluster, service.namespace) == tiller.place and has(tiller.labels, selector):
            yield service


def service_type(service: FoundObject) -> str:
    """Return the type of a Service. Raises NotKnownError."""
    return text(service.data, "spec", "type") or "ClusterIP"


def is_outside(service: FoundObject) -> bool:
    """Return whether a Service is reached from outside of the cluster. Raises NotKnownError."""
    return service_type(service) in OUTSIDE or bool(at(service.data, "spec", "externalIPs"))


def _is_around(policy: FoundObject, tiller: Tiller) -> bool:
    if (policy.cluster, policy.namespace) != tiller.place:
        return False
    types = list(each(policy.data, "spec", "policyTypes"))
    return (not types or "Ingress" in types) and selects(at(policy.data, "spec", "podSelector"), tiller.labels)


def _admits_everybody(rule: Any) -> bool:
    peers = list(each(rule, "from"))
    return not peers or any(_is_every_pod(peer) for peer in peers)


def _is_every_pod(peer: Any) -> bool:
    namespaces, pods = at(peer, "namespaceSelector"), at(peer, "podSelector")
    return namespaces is not None and not _asks(namespaces) and not _asks(pods)


def _asks(selector: Any) -> bool:
    """Return whether a selector names whom it selects; one that only leaves some out admits whoever comes later."""
    return bool(at(selector, "matchLabels")) or any(
        at(one, "operator") in ("In", "Exists") and (at(one, "operator"), at(one, "key")) != _OF_EVERY_NAMESPACE
        for one in each(selector, "matchExpressions")
    )


def _blocks(rule: Any) -> Iterator[tuple[Network, tuple[Network, ...]]]:
    """Yield the addresses that a rule admits, each block with those that it leaves out."""
    for peer in each(rule, "from"):
        if block := _network(text(peer, "ipBlock", "cidr")):
            yield block, tuple(filter(None, map(_network, texts(peer, "ipBlock", "except"))))


def _network(cidr: str) -> Network | None:
    try:
        return ipaddress.ip_network(cidr, strict=False)
    except ValueError:
        return None


def _are_everywhere(blocks: Sequence[tuple[Network, tuple[Network, ...]]], addresses: Value[tuple[str, ...]]) -> bool:
    """Return whether blocks of addresses take in everybody.

    They hold all of a family, but for some that are nobody's; or all pods and nodes of a family.
    """
    if _is_whole([block for block, excepted in blocks if not excepted]):
        return True
    is_whole = _is_whole([block for block, _ in blocks])
    if isinstance(addresses, NotKnown):
        return is_whole
    taken = [network for address in addresses if (network := _network(address))]
    if is_whole:
        return any(not _holds_all(excepted, both) for block, excepted in blocks for both in _common(block, taken))
    return any(
        all(_admits(blocks, network) for network in taken if network.version == version)
        for version in {network.version for network in taken}
    )


def _admits(blocks: Sequence[tuple[Network, tuple[Network, ...]]], wanted: Network) -> bool:
    """Return whether blocks together admit every address of a network."""
    whole = [block for block, excepted in blocks if not any(map(wanted.overlaps, excepted))]
    return _holds_all(whole, wanted)


def _common(block: Network, others: Iterable[Network]) -> Iterator[Network]:
    """Yield what a block has in common with others: of two blocks the smaller one, because none overlap in part."""
    yield from (max(block, other, key=lambda one: one.prefixlen) for other in others if block.overlaps(other))


def _is_whole(blocks: Sequence[Network]) -> bool:
    """Return whether blocks hold every address of a family."""
    return any(_holds_all(blocks, ipaddress.ip_network(family)) for family in ("0.0.0.0/0", "::/0"))


def _holds_all(blocks: Iterable[Network], wanted: Network) -> bool:
    """Return whether blocks together hold every address of a network."""
    same: list[Any] = [block for block in blocks if block.version == wanted.version]
    return any(wanted.subnet_of(block) for block in ipaddress.collapse_addresses(same))


def _opens(rule: Any, port: str, tiller: Tiller) -> bool:
    named = {
        word(one, "name"): maybe(one, "containerPort")
        for container in tiller.containers  # all of a pod share its ports
        for one in as_far_as_known(each(container, "ports"))
    }
    ports = list(each(rule, "ports"))
    return not ports or any(_covers(one, port, named) for one in ports)


def _covers(one: Any, port: str, named: Mapping[Any, Any]) -> bool:
    if (at(one, "protocol") or "TCP") != "TCP":
        return False
    first, last = at(one, "port"), at(one, "endPort")
    if isinstance(first, str):
        first = named.get(first, first)
    wanted = _number(port)
    if first is None or wanted is None:
        return True
    begin, end = _number(first), _number(last or first)  # a name that no port has opens none
    return begin is not None and end is not None and begin <= wanted <= end


def _number(port: Any) -> int | None:
    """Return a port number; None: the value is not one. Numbers from a program are floats."""
    digits = str(port).removesuffix(".0")
    return int(digits) if digits.isdecimal() and len(digits) <= _MOST_DIGITS else None

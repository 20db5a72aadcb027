"""Who reaches Tiller's gRPC endpoint."""

import ipaddress
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from tiller_policies.resources import Resource, of_kind
from tiller_policies.rule import Violation
from tiller_policies.tillers import Tiller, tillers
from tiller_policies.values import as_far_as_known, at, each, maybe


def closed(resources: Sequence[Resource]) -> Iterator[Violation]:
    """Tiller listens on the loopback, or a NetworkPolicy names who may connect.

    Clients in the cluster need an endpoint that listens for more than its pod. Then a NetworkPolicy that selects the
    pod must leave somebody out; whether the network plugin enforces it, no program says.
    """
    policies = list(of_kind(resources, "NetworkPolicy"))
    for tiller in tillers(resources):
        yield from as_far_as_known(_closed(tiller, policies))


def _closed(tiller: Tiller, policies: Sequence[Resource]) -> Iterator[Violation]:
    if at(tiller.spec, "hostNetwork"):
        yield Violation(tiller.resource, f"{tiller} shares the network of its node, where no NetworkPolicy holds")
        return
    host, _, port = tiller.settings.listen.rpartition(":")
    if _is_loopback(host):
        return
    around = [policy for policy in policies if _fences(policy, tiller)]
    if not around:
        yield Violation(tiller.resource, f"{tiller} listens on all interfaces, for every pod of the cluster")
    for policy in around:
        if any(
            _admits_everybody(rule) and _opens(rule, port, tiller) for rule in each(policy.props, "spec", "ingress")
        ):
            yield Violation(policy, f"{policy} lets everybody connect to {tiller}")


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"


def _fences(policy: Resource, tiller: Tiller) -> bool:
    if policy.cluster != tiller.resource.cluster or policy.namespace != tiller.resource.namespace:
        return False
    types = list(each(policy.props, "spec", "policyTypes"))
    return (not types or "Ingress" in types) and _selects(at(policy.props, "spec", "podSelector"), tiller.labels)


def _selects(selector: Any, labels: Mapping[str, Any]) -> bool:
    """Whether a label selector of Kubernetes selects a pod."""
    wanted: Mapping[str, Any] = at(selector, "matchLabels") or {}
    return all(at(labels, key) == at(wanted, key) for key in wanted) and all(
        _holds(expression, at(labels, at(expression, "key"))) for expression in each(selector, "matchExpressions")
    )


def _holds(expression: Any, value: Any) -> bool:
    values = list(each(expression, "values"))
    return {
        "In": value in values,
        "NotIn": value not in values,
        "Exists": value is not None,
        "DoesNotExist": value is None,
    }.get(at(expression, "operator"), False)


def _admits_everybody(rule: Any) -> bool:
    peers = list(each(rule, "from"))
    return not peers or any(_is_everybody(peer) for peer in peers)


def _is_everybody(peer: Any) -> bool:
    address = at(peer, "ipBlock", "cidr")
    if address is not None:
        return str(address).endswith("/0")
    namespaces, pods = at(peer, "namespaceSelector"), at(peer, "podSelector")
    return namespaces is not None and not _asks(namespaces) and not _asks(pods)


def _asks(selector: Any) -> bool:
    """Whether a selector leaves anything out."""
    return bool(at(selector, "matchLabels") or at(selector, "matchExpressions"))


def _opens(rule: Any, port: str, tiller: Tiller) -> bool:
    named = {maybe(one, "name"): maybe(one, "containerPort") for one in each(tiller.container, "ports")}
    ports = list(each(rule, "ports"))
    return not ports or any(_covers(one, port, named) for one in ports)


def _covers(one: Any, port: str, named: Mapping[Any, Any]) -> bool:
    first, last = at(one, "port"), at(one, "endPort")
    first = named.get(first, first)
    if (at(one, "protocol") or "TCP") != "TCP":
        return False
    if first is None or not port.isdigit():
        return True
    return int(first) <= int(port) <= int(last or first) if str(first).partition(".")[0].isdigit() else False

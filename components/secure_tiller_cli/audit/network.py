"""Who reaches a port of a Tiller over the network: interfaces, NetworkPolicies, Services.

Source: Kubernetes documentation, Network Policies. Whether the network plugin enforces them, no object says.
"""

import ipaddress
from collections.abc import Iterable, Iterator, Mapping
from enum import IntEnum

from secure_tiller_cli.audit.facts import Facts, Json, labels, place
from secure_tiller_cli.audit.tillers import Tiller
from tiller_facts.kinds import NETWORK_POLICIES, SERVICES

OUTSIDE = ("NodePort", "LoadBalancer")
"""The types of Service that are reached from outside of the cluster."""


class Admitted(IntEnum):
    """Which pods the NetworkPolicies let connect."""

    NOBODY = 0
    SOME = 1
    EVERYBODY = 2


def is_loopback(listen: str) -> bool:
    """Tell whether an address, host and port, is reached from inside of the pod alone."""
    host = listen.rpartition(":")[0].strip("[]")
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def admitted(facts: Facts, tiller: Tiller, listen: str) -> Admitted:
    """Return whom the NetworkPolicies around a Tiller let connect to the port of an address."""
    around = [policy["spec"] for policy in facts.of(NETWORK_POLICIES) if _fences(policy, tiller)]
    if not around:
        return Admitted.EVERYBODY
    port = listen.rpartition(":")[2]
    rules = [rule for spec in around for rule in spec.get("ingress") or () if _opens(rule, port, tiller)]
    if any(_admits_everybody(rule) for rule in rules):
        return Admitted.EVERYBODY
    return Admitted.SOME if rules else Admitted.NOBODY


def services(facts: Facts, tiller: Tiller) -> Iterator[Json]:
    """Yield the Services that lead to a Tiller's pods."""
    for service in facts.of(SERVICES):
        selector = service["spec"].get("selector")
        if selector and place(service)[0] == tiller.namespace and _has(labels(tiller.template), selector):
            yield service


def kind_of(service: Json) -> str:
    """Return the type of a Service."""
    return str(service["spec"].get("type") or "ClusterIP")


def is_outside(service: Json) -> bool:
    """Tell whether a Service is reached from outside of the cluster."""
    return kind_of(service) in OUTSIDE or bool(service["spec"].get("externalIPs"))


def _fences(policy: Json, tiller: Tiller) -> bool:
    types = policy["spec"].get("policyTypes") or ("Ingress",)
    inside = place(policy)[0] == tiller.namespace
    return inside and "Ingress" in types and _selects(policy["spec"].get("podSelector"), labels(tiller.template))


def _selects(selector: Json | None, own: Mapping[str, str]) -> bool:
    wanted = (selector or {}).get("matchLabels") or {}
    expressions = (selector or {}).get("matchExpressions") or ()
    return _has(own, wanted) and all(_holds(expression, own.get(expression["key"])) for expression in expressions)


def _has(own: Mapping[str, str], wanted: Mapping[str, str]) -> bool:
    return all(own.get(key) == value for key, value in wanted.items())


def _holds(expression: Json, value: str | None) -> bool:
    values = expression.get("values") or ()
    return {
        "In": value in values,
        "NotIn": value not in values,
        "Exists": value is not None,
        "DoesNotExist": value is None,
    }.get(expression["operator"], False)


def _admits_everybody(rule: Json) -> bool:
    peers = rule.get("from") or ()
    return not peers or any(_is_everybody(peer) for peer in peers)


def _is_everybody(peer: Json) -> bool:
    if block := peer.get("ipBlock"):
        return str(block["cidr"]).endswith("/0") and not block.get("except")
    selectors = (peer.get("namespaceSelector"), peer.get("podSelector"))
    return selectors[0] is not None and not any(_asks(selector) for selector in selectors)


def _asks(selector: Json | None) -> bool:
    """Tell whether a selector leaves anything out."""
    return bool((selector or {}).get("matchLabels") or (selector or {}).get("matchExpressions"))


def _opens(rule: Json, port: str, tiller: Tiller) -> bool:
    ports: Iterable[Json] = rule.get("ports") or ()
    return not ports or any(_covers(one, port, tiller) for one in ports)


def _covers(one: Json, port: str, tiller: Tiller) -> bool:
    if (one.get("protocol") or "TCP") != "TCP":
        return False
    named = {item.get("name"): item["containerPort"] for item in tiller.container.get("ports") or ()}
    first = named.get(one.get("port"), one.get("port"))
    if first is None or not port.isdecimal():
        return True
    return str(first).isdecimal() and int(first) <= int(port) <= int(one.get("endPort") or first)

"""Whether pods of the cluster reach Tiller's port, and which."""

from collections.abc import Iterator, Mapping
from typing import Any

from secure_tiller.plan.every_team import of_every_team
from secure_tiller_cli.preview.changes import Team
from secure_tiller_cli.preview.findings import Meaning, whole
from secure_tiller_cli.preview.paths import Path, at, holds_unknown, items
from secure_tiller_cli.preview.rules.tiller import ARGUMENTS

SPEC: Path = ("spec",)
CLOSED = of_every_team()["NetworkPolicy", "deny-ingress"]["spec"]
NAME = "kubernetes.io/metadata.name"
OTHERS = "(pods that this summary cannot tell)"


def opens(team: Team) -> Iterator[Meaning]:
    """Say that Tiller gets an endpoint in the cluster, or loses it."""
    service, policy = team.one("Service", "service"), team.one("NetworkPolicy", "admit-clients")
    # One argument says where Tiller listens; another rule judges them all.
    explains = (*whole(service, policy), *((deployment, ARGUMENTS) for deployment in team.of("Deployment")))
    if service and service.operation == "create":
        names = {"namespaces": tuple(sorted(_admitted(policy.new)) if policy else ["unknown"])}
        sentence = "Tiller's port opens to pods of {namespaces}, which need a certificate besides, but no port-forward"
        yield Meaning("exposed", sentence, names, risk=True, explains=explains)
    elif service and service.operation == "delete" and team.operation == "same":
        sentence = "Tiller's port is closed to pods again: only port-forwards reach it"
        yield Meaning("unexposed", sentence, explains=explains)


def admits(team: Team) -> Iterator[Meaning]:
    """Say which namespaces' pods are admitted, or no more, to a Tiller that stays exposed."""
    policy = team.one("NetworkPolicy", "admit-clients")
    if not policy or not policy.old or not policy.new:
        return
    before, after, explains = _admitted(policy.old), _admitted(policy.new), ((policy, SPEC),)
    if gained := sorted(after - before):
        sentence = "pods of {namespaces} may connect to Tiller's port"
        yield Meaning("admitted", sentence, {"namespaces": tuple(gained)}, risk=True, explains=explains)
    if lost := sorted(before - after):
        sentence = "pods of {namespaces} may not connect to Tiller's port any more"
        yield Meaning("not-admitted", sentence, {"namespaces": tuple(lost)}, explains=explains)


def fence(team: Team) -> Iterator[Meaning]:
    """Say that the policy that closes Tiller's namespace to pods is not what it must be, or goes."""
    for policy in team.of("NetworkPolicy", "deny-ingress"):
        if team.operation == "delete":
            return
        if policy.operation == "delete":
            yield Meaning(
                "fence", "the policy that closes Tiller's namespace to pods goes", risk=True, explains=whole(policy)
            )
        elif at(policy.new, SPEC) not in (at(policy.old, SPEC), CLOSED):
            sentence = "the policy that closes Tiller's namespace to pods lets some through"
            yield Meaning("fence", sentence, risk=True, explains=((policy, SPEC),))


def service_stays_inside(team: Team) -> Iterator[Meaning]:
    """Say that the Service is reachable from outside of the cluster."""
    service = team.one("Service", "service")
    if not service or service.operation == "delete":
        return
    kind, addresses = at(service.new, (*SPEC, "type")), at(service.new, (*SPEC, "externalIPs"))
    if kind != "ClusterIP" or addresses:
        before = at(service.old, SPEC)
        if at(before, ("type",)) != kind or at(before, ("externalIPs",)) != addresses:
            names, explains = {"type": str(kind)}, ((service, (*SPEC, "type")), (service, (*SPEC, "externalIPs")))
            sentence = "Tiller's Service may be reached from outside of the cluster: its type is {type}"
            yield Meaning("service-outside", sentence, names, risk=True, explains=explains)


def _admitted(properties: Mapping[str, Any]) -> set[str]:
    """Return the namespaces whose pods a policy admits, by the one form that the component writes."""
    spec = at(properties, SPEC)
    if holds_unknown(spec):
        return {"unknown"}
    found = set()
    for rule in items(at(spec, ("ingress",))):
        for peer in items(rule.get("from")) or [{}]:
            name = at(peer, ("namespaceSelector", "matchLabels", NAME))
            exact = peer == {"namespaceSelector": {"matchLabels": {NAME: name}}}
            found.add(str(name) if exact and name else OTHERS)
    return found

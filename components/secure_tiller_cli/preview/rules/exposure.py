"""Whether pods of the cluster reach Tiller's port, and which."""

from collections.abc import Iterator, Mapping
from typing import Any

from secure_tiller.plan.every_team import of_every_team
from secure_tiller_cli.preview.changes import Change, Team
from secure_tiller_cli.preview.findings import Finding, whole
from secure_tiller_cli.preview.paths import Path, at, holds_unknown, items
from secure_tiller_cli.preview.rules.tiller import ARGUMENTS

SPEC: Path = ("spec",)
CLOSED = of_every_team()["NetworkPolicy", "deny-ingress"]["spec"]
NAME = "kubernetes.io/metadata.name"
OTHERS = "(pods that this summary cannot tell)"


def opens(team: Team) -> Iterator[Finding]:
    """Say that Tiller gets an endpoint in the cluster, or loses it."""
    service, policy = team.one("Service", "service"), team.one("NetworkPolicy", "admit-clients")
    if service and service.operation == "create":
        admitted = sorted(_admitted(policy.new)) if policy else ["unknown"]
        sentence = "Tiller's port opens to pods of {namespaces}, which need a certificate besides, but no port-forward"
        yield Finding(
            "exposed",
            sentence,
            {"namespaces": tuple(admitted)},
            risk=True,
            explains=(*whole(service, policy), *_listens(team)),
        )
    elif service and service.operation == "delete" and team.operation == "same":
        sentence = "Tiller's port is closed to pods again: only port-forwards reach it"
        yield Finding("unexposed", sentence, explains=(*whole(service, policy), *_listens(team)))


def admits(team: Team) -> Iterator[Finding]:
    """Say which namespaces' pods are admitted, or no more, to a Tiller that stays exposed."""
    policy = team.one("NetworkPolicy", "admit-clients")
    if not policy or not policy.old or not policy.new:
        return
    before, after = _admitted(policy.old), _admitted(policy.new)
    if gained := sorted(after - before):
        names, explains = {"namespaces": tuple(gained)}, ((policy, SPEC),)
        yield Finding(
            "admitted", "pods of {namespaces} may connect to Tiller's port", names, risk=True, explains=explains
        )
    if lost := sorted(before - after):
        names, explains = {"namespaces": tuple(lost)}, ((policy, SPEC),)
        yield Finding(
            "not-admitted", "pods of {namespaces} may not connect to Tiller's port any more", names, explains=explains
        )


def fence(team: Team) -> Iterator[Finding]:
    """Say that the policy that closes Tiller's namespace to pods is not what it must be, or goes."""
    for policy in team.of("NetworkPolicy", "deny-ingress"):
        if team.operation == "delete":
            return
        if policy.operation == "delete":
            yield Finding(
                "fence", "the policy that closes Tiller's namespace to pods goes", risk=True, explains=whole(policy)
            )
        elif at(policy.new, SPEC) not in (
            at(policy.old, SPEC),
            of_every_team()["NetworkPolicy", "deny-ingress"]["spec"],
        ):
            sentence = "the policy that closes Tiller's namespace to pods lets some through"
            yield Finding("fence", sentence, risk=True, explains=((policy, SPEC),))


def service_stays_inside(team: Team) -> Iterator[Finding]:
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
            yield Finding("service-outside", sentence, names, risk=True, explains=explains)


def _listens(team: Team) -> Iterator[tuple[Change, Path]]:
    """Yield the arguments of Tiller, one of which says where it listens; what is wrong with them is another rule's."""
    yield from ((deployment, ARGUMENTS) for deployment in team.of("Deployment"))


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

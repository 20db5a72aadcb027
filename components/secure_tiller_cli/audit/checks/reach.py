"""Who gets to Tiller's port: through a Service, or a port-forward."""

from collections.abc import Iterator

from secure_tiller_cli.audit import network, rbac
from secure_tiller_cli.audit.case import Case
from secure_tiller_cli.audit.facts import place
from secure_tiller_cli.audit.finding import Finding, Level
from tiller_facts.kinds import SERVICES

FORWARD = "bind pods/portforward there to the people of one team"


def no_service_leads_to_it(case: Case) -> Iterator[Finding]:
    outside = _outside(case)
    if case.facts.refused(SERVICES):
        text = "whether a Service leads to it was not told"
        yield Finding(outside, "services-unknown", text, "audit with an account that may list services")
    for service in network.services(case.facts, case.tiller):
        name, kind = place(service)[1], network.kind_of(service)
        if network.is_outside(service):
            text = f"the Service {name} ({kind}) leads to it from outside of the cluster{_nothing(case)}"
            yield Finding(outside, "service-outside", text, f"kubectl delete service {name}: Helm's client needs none")
        else:
            text = f"the Service {name} ({kind}) leads to it from any pod{_nothing(case)}"
            yield Finding(Level.LOW, "service", text, "delete it, unless clients in pods connect by it")


def no_port_of_its_node_leads_to_it(case: Case) -> Iterator[Finding]:
    ports = [str(port["hostPort"]) for port in case.tiller.container.get("ports") or () if port.get("hostPort")]
    if ports and not case.on_node:
        text = f"the port {', '.join(ports)} of its node leads to it{_nothing(case)}"
        yield Finding(_outside(case), "host-port", text, "take hostPort out of its container")


def nobody_forwards_a_port_without_a_certificate(case: Case) -> Iterator[Finding]:
    open_to_all = Level.MEDIUM if case.settings.verifies else Level.CRITICAL
    if not case.grants_are_told:
        text = "who may forward a port to it was not told"
        remedy = "audit with an account that may list roles, clusterroles and their bindings"
        yield Finding(open_to_all, "people-unknown", text, remedy)
    everybody = [grant for grant in case.reach if grant.subject.name in rbac.EVERYBODY]
    for grant in everybody:
        text = f"everybody may forward a port to it: {rbac.shown(grant.subject)}, by {grant.binding}"
        yield Finding(open_to_all, "port-forward-by-everybody", text, FORWARD)
    named = [grant for grant in case.reach if grant not in everybody and grant.subject not in case.needless]
    if named and not case.settings.verifies:
        who = ", ".join(f"{rbac.shown(grant.subject)} (by {grant.binding})" for grant in named)
        text = f"who may forward a port to it has its rights without a certificate: {who}"
        yield Finding(Level.HIGH, "port-forward-without-certificate", text, FORWARD)


def _outside(case: Case) -> Level:
    """Return what a way from outside of the cluster leads to."""
    if case.is_closed:
        return Level.LOW
    return Level.HIGH if case.settings.verifies else Level.CRITICAL


def _nothing(case: Case) -> str:
    return ", where its gRPC endpoint does not listen" if case.is_closed else ""

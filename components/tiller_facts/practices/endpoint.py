"""The endpoint: from where Tiller's ports are reached."""

from collections.abc import Iterator

from tiller_facts import network
from tiller_facts.kinds import NETWORK_POLICIES, RIGHTS, SERVICES
from tiller_facts.network import Admission, Admitted
from tiller_facts.practices.case import Case, hosts
from tiller_facts.practices.model import Finding, Practice, Report, Status, some
from tiller_facts.severity import Severity
from tiller_facts.values import Hidden, known


def endpoint_is_closed(case: Case, report: Report) -> Iterator[Finding]:
    """Find ways to the gRPC port around a port-forward."""
    listen = case.flags.listen
    if case.is_on_node:
        text = "shares the network of its node: every process there reaches it, and no NetworkPolicy holds"
        yield report("host-network", text, remedy="take hostNetwork out of its pod")
    elif isinstance(listen, Hidden):
        text = f"its description does not decide where it listens: {listen.reason}"
        remedy = "write the flag in the pod's args, with its value: --listen=127.0.0.1:44134"
        yield report.hidden("listening-unknown", text, severity=Severity.MEDIUM, remedy=remedy)
    elif not network.is_loopback(known(listen)):
        yield _everywhere(case, report, known(listen))
    if (ports := hosts(case.tiller)) and not case.is_on_node:
        text = f"a port of its node leads to it{_nothing(case)}"
        remedy = "take hostPort out of its container"
        yield report("host-port", text, severity=_outside(case), detail=", ".join(ports), remedy=remedy)


def _everywhere(case: Case, report: Report, listen: str) -> Finding:
    admission = network.admitted(case.facts, case.tiller, listen)
    severity, who = Severity.LOW, "a NetworkPolicy names who connects, if the network enforces it"
    if admission.who is Admitted.EVERYBODY:
        severity, who = Severity.MEDIUM, _policies(case, admission)
    text, about = f"listens on more than the loopback; {who}", next(iter(admission.by), None)
    return report("listens-everywhere", text, severity=severity, about=about, detail=listen)


def probe_is_closed(case: Case, report: Report) -> Iterator[Finding]:
    """Find out whether pods reach the probe port."""
    listen = ":" if isinstance(case.flags.probe_listen, Hidden) else known(case.flags.probe_listen)
    if not listen or network.is_loopback(listen):
        return
    admission = network.admitted(case.facts, case.tiller, listen)
    if admission.who is Admitted.EVERYBODY:
        text = f"its probe port shows its metrics; {_policies(case, admission)}"
        yield report("probe-port-open", text, about=next(iter(admission.by), None), detail=listen.strip(":"))


def no_service_leads_to_it(case: Case, report: Report) -> Iterator[Finding]:
    """Find Services that lead to it."""
    if refused := case.facts.refusals([SERVICES]):
        text = "whether a Service leads to it could not be seen"
        yield report.unlisted("services-unknown", text, refused, severity=_outside(case))
    for service in network.services(case.facts, case.tiller):
        if network.is_outside(service):
            text = f"{service} leads to it from outside of the cluster{_nothing(case)}"
            yield report("service-outside", text, severity=_outside(case), about=service)
        else:
            text = f"{service} leads to it from any pod{_nothing(case)}"
            remedy = "delete it, unless clients in pods connect by it"
            yield report("service", text, severity=Severity.LOW, about=service, remedy=remedy)


def port_forward_is_restricted(case: Case, report: Report) -> Iterator[Finding]:
    """Find those who may forward a port to it, and have its rights without a certificate."""
    severity = Severity.MEDIUM if case.is_verifying else Severity.CRITICAL
    if refused := case.facts.refusals(RIGHTS):
        text = "who may forward a port to it could not be seen"
        yield report.unlisted("people-unknown", text, refused, severity=severity)
    everybody = [grant for grant in case.reach if grant.subject.is_everybody]
    for grant in everybody:
        text, detail = f"everybody may forward a port to it, by {grant.binding}", str(grant.subject)
        yield report("port-forward-by-everybody", text, severity=severity, about=grant.binding, detail=detail)
    named = [grant for grant in case.reach if grant not in everybody and grant.subject not in case.cluster.needless]
    if named and (isinstance(case.flags.verifies, Hidden) or not known(case.flags.verifies)):
        bindings = some(sorted({str(grant.binding) for grant in named}))
        text = f"who may forward a port to it has its rights without a certificate, by {bindings}"
        detail = some([str(grant.subject) for grant in named])
        status = Status.HIDDEN if isinstance(case.flags.verifies, Hidden) else Status.VIOLATED
        yield report("port-forward-without-certificate", text, about=named[0].binding, detail=detail, status=status)


def _policies(case: Case, admission: Admission) -> str:
    if case.facts.refusals([NETWORK_POLICIES]):
        return "whether a NetworkPolicy keeps pods off could not be seen"
    if admission.by:
        return f"{some([str(policy) for policy in admission.by])} lets everybody connect"
    return "no NetworkPolicy keeps pods off"


def _outside(case: Case) -> Severity:
    """Return the severity of a way from outside of the cluster."""
    if case.is_closed:
        return Severity.LOW
    return Severity.HIGH if case.is_verifying else Severity.CRITICAL


def _nothing(case: Case) -> str:
    return ", where its gRPC endpoint does not listen" if case.is_closed else ""


ENDPOINT_CLOSED = Practice(
    code="endpoint-closed",
    severity=Severity.HIGH,
    title="Tiller's gRPC endpoint is closed to pods, or a NetworkPolicy names those that may connect",
    why="Tiller listens on all interfaces unless its flag says otherwise, and every pod of the cluster can connect. "
    "On `127.0.0.1` or `localhost` only a port-forward gets in. Otherwise a NetworkPolicy must select the pod, and "
    "no rule of a policy may admit everybody to the port. A rule admits everybody if it has no `from`, a "
    "`namespaceSelector` that is empty or only leaves some out, or every address. Every address with exceptions also "
    "counts, unless the exceptions hold all addresses of pods and nodes.",
    remedy="give Tiller --listen=127.0.0.1:44134, or name its clients in the ingress of a NetworkPolicy around its pod",
    findings={
        "host-network": "shares the network of its node",
        "host-port": "a port of its node leads to it",
        "listens-everywhere": "listens on more than the loopback",
        "listening-unknown": "a script or a value elsewhere decides where it listens",
    },
    of_tiller=endpoint_is_closed,
    compares=True,
)

PROBE_CLOSED = Practice(
    code="probe-closed",
    severity=Severity.LOW,
    title="Tiller's probe port is closed to pods",
    why="The probe port shows Tiller's metrics. The kubelet's probes pass every NetworkPolicy.",
    remedy="close it to pods by a NetworkPolicy, which the kubelet's probes pass",
    findings={"probe-port-open": "no NetworkPolicy closes its probe port"},
    of_tiller=probe_is_closed,
    compares=True,
)

NO_SERVICE = Practice(
    code="no-service",
    severity=Severity.HIGH,
    title="No Service leads to Tiller, unless clients in pods need it",
    why="Helm's client finds the pod and forwards a port to it. A NodePort, a LoadBalancer or an external address "
    "leads the whole network there.",
    remedy="delete the Service: Helm's client needs none",
    findings={
        "service": "a Service leads to it inside the cluster",
        "service-outside": "a NodePort, LoadBalancer or external address leads to it",
        "services-unknown": "Services could not be listed",
    },
    of_tiller=no_service_leads_to_it,
    compares=True,
)

PORT_FORWARD_RESTRICTED = Practice(
    code="port-forward-restricted",
    severity=Severity.HIGH,
    title="Only the people of one team may forward a port to Tiller",
    why="A port-forward reaches Tiller even if nothing else can. If Tiller verifies nobody, whoever may forward a "
    "port has its rights.",
    remedy="bind pods/portforward in Tiller's namespace to the people of one team",
    findings={
        "port-forward-by-everybody": "a group of everybody, or the anonymous user, may forward a port to it",
        "port-forward-without-certificate": "somebody may forward a port to it, and it is not seen to verify clients",
        "people-unknown": "who may forward a port to it could not be seen",
    },
    of_tiller=port_forward_is_restricted,
    compares=True,
)

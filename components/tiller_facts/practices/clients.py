"""Clients: whom Tiller answers, and whom Helm's clients in pods trust. Source: Helm 2.17, pkg/tlsutil and pkg/helm."""

import posixpath
from collections.abc import Iterator, Mapping

from tiller_facts import flags
from tiller_facts.commands import Command, Environment, calls, unmarked
from tiller_facts.facts import Json
from tiller_facts.practices.case import Case, Cluster
from tiller_facts.practices.model import Finding, Practice, Report
from tiller_facts.severity import Severity
from tiller_facts.values import Hidden, NotKnown, NotKnownError, Value, known
from tiller_facts.workloads import roots

EXPLICIT = "write the flag in the pod's args, with its value: --tls-verify=true"

CLIENT = ("HELM_HOST", "HELM_TLS_ENABLE", "HELM_TLS_CA_CERT", "HELM_TLS_CERT", "HELM_TLS_KEY", "HELM_TLS_HOSTNAME")
"""Variables that only Helm 2 reads (Helm 2.17, pkg/helm/environment): a container that has one calls a Tiller."""

PUBLIC = frozenset(
    (
        "/etc/ssl/certs/ca-certificates.crt",
        "/etc/pki/tls/certs/ca-bundle.crt",
        "/etc/ssl/ca-bundle.pem",
        "/etc/pki/tls/cacert.pem",
        "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
        "/etc/ssl/cert.pem",
    )
)
"""Files of an image with the CAs of its operating system (Go, crypto/x509, root_linux.go, certFiles)."""
OF_THE_CLUSTER = "/secrets/kubernetes.io/serviceaccount/ca.crt"
"""End of the path at which a pod finds the CA of the API server, which often signs its clients too (Kubernetes
documentation, PKI certificates and requirements)."""

PROGRAMS = ("helm", "helm2")
OF_HELM_2 = ("--host", "--tiller-namespace", "--tls")
"""Beginnings of flags that only the client of Helm 2 has (Helm 2.17, pkg/helm/environment, and cmd/helm)."""
LOCAL = frozenset(("--client", "--client-only", "-c", "fetch", "lint", "package", "repo", "search", "template"))
"""Words of calls that need no Tiller."""


def clients_are_verified(case: Case, report: Report) -> Iterator[Finding]:
    """Find out whether Tiller asks its clients for a certificate, of a CA that somebody chose."""
    tls, verifies = case.flags.tls, case.flags.verifies
    if isinstance(verifies, Hidden):
        text = f"its description does not decide whether it verifies clients: {verifies.reason}"
        unsure = (5,) if tls is True else (2, 5)
        yield report.hidden("verification-unknown", text, remedy=EXPLICIT, unknown=unsure)
    elif not known(verifies):
        yield _unverified(case, report, tls)
    elif whose := _trusts_everybody(case):
        yield report("trusts-public-cas", f"trusts the certificates of every {whose}", no=(5,))
    elif case.flags.explicit is False:
        text = "verifies by TILLER_TLS_VERIFY alone: where the variable is lost, it starts open"
        yield report("verification-by-environment", text, severity=Severity.LOW, remedy=EXPLICIT)


def _trusts_everybody(case: Case) -> str:
    """Return whose certificates Tiller accepts if nobody chose the CA of its clients, in words."""
    path = case.flags.client_cas
    if path == "":
        return "public CA: --tls-ca-cert is empty"
    path = posixpath.normpath(path) if isinstance(path, str) else ""
    if path in PUBLIC and not case.tiller.sources(path):
        return f"public CA: --tls-ca-cert is {path}, the file of the operating system"
    if path.endswith(OF_THE_CLUSTER) and not case.tiller.sources(path):
        return "client of the API server: --tls-ca-cert is the CA of the cluster"
    return ""


def _unverified(case: Case, report: Report, tls: Value[bool]) -> Finding:
    stopped = "is stopped; once started, it " if case.is_stopped else ""
    severity = Severity.HIGH if case.is_closed else Severity.CRITICAL
    who = "whoever gets to its port has its rights" if case.is_closed else "whoever connects has its rights"
    if isinstance(tls, Hidden):
        text = f"{stopped}verifies no client, and its description does not decide whether it speaks TLS: {who}"
        return report("tls-unknown", text, severity=severity, no=(5,), unknown=(2,))
    if known(tls):
        return report(
            "no-verification", f"{stopped}speaks TLS and asks for no certificate: {who}", severity=severity, no=(5,)
        )
    return report("no-tls", f"{stopped}speaks plaintext: {who}", severity=severity, no=(2, 5))


def servers_are_verified(cluster: Cluster, report: Report) -> Iterator[Finding]:
    """Find Helm clients in pods that check no certificate of the server."""
    for workload in roots(cluster.facts):
        try:
            every = (*workload.containers, *workload.init_containers)
            verdicts = [verdict for container in every for verdict in _verifications(container)]
            if False in verdicts:
                text = f"{workload.object} runs a Helm client that talks to any server in Tiller's place"
                yield report("client-without-verification", text, about=workload.object)
            elif any(isinstance(verdict, Hidden) for verdict in verdicts):
                text = f"{workload.object} runs a Helm client, and a value elsewhere decides whether it verifies Tiller"
                yield report.hidden("client-verification-unknown", text)
        except NotKnownError:
            yield report.not_known()


def _verifications(container: Json) -> Iterator[Value[bool]]:
    """Yield whether a Helm client checks the server, for each call that speaks of TLS, or else for all.

    Raises:
        NotKnownError: only the update decides it.
    """
    environment = Environment(container)
    every = [_switches(call) for program in PROGRAMS for call in calls(program, container)]
    of_all: list[dict[str, str]] = [{}] if any(name in environment for name in CLIENT) else []
    for call in [call for call in every if call] or of_all:
        verify = unmarked(call["tls-verify"]) if "tls-verify" in call else environment("HELM_TLS_VERIFY")
        if isinstance(verify, NotKnown) and not isinstance(verify, Hidden):
            raise NotKnownError(verify)
        yield verify if isinstance(verify, NotKnown) else verify in flags.TRUE


def _switches(call: Command) -> Mapping[str, str]:
    """Return the flags by which a call of Helm's client is one of Helm 2; they may stand anywhere in it."""
    switches = [word.removeprefix("--").partition("=") for word in call.words if word.startswith(OF_HELM_2)]
    if not any(name.startswith("tls") for name, _, _ in switches) and not LOCAL.isdisjoint(call.words):
        return {}
    return {name: value if given else "true" for name, given, value in switches}


CLIENTS_VERIFIED = Practice(
    code="clients-verified",
    guide=5,
    severity=Severity.CRITICAL,
    title="Tiller verifies the certificates of its clients",
    why="Tiller verifies clients with `--tls-verify`, or with `TILLER_TLS_VERIFY` in the environment. `--tls` alone "
    "encrypts and asks nobody for a certificate. With an empty `--tls-ca-cert` Tiller trusts every public CA, and with "
    "the CA that each pod is given every client of the API server. "
    "Verification must be visible in the description: what comes from a ConfigMap, a Secret or a script is unknown.",
    remedy="give Tiller --tls-verify=true and the path of its clients' CAs in --tls-ca-cert",
    findings={
        "no-tls": "speaks plaintext",
        "no-verification": "speaks TLS, and asks for no certificate",
        "trusts-public-cas": "`--tls-ca-cert` is empty, or the file of the operating system or of the API server",
        "verification-by-environment": "verifies by TILLER_TLS_VERIFY alone",
        "verification-unknown": "a script or a value elsewhere decides whether it verifies",
        "tls-unknown": "verifies nobody, and a value elsewhere decides whether it speaks TLS",
    },
    of_tiller=clients_are_verified,
)

TILLER_VERIFIED = Practice(
    code="tiller-verified",
    guide=5,
    severity=Severity.HIGH,
    title="Helm clients in pods verify Tiller's certificate",
    why="A pod calls a Tiller if it has `HELM_HOST` or a variable `HELM_TLS_…`, or runs `helm` with a flag `--tls…`, "
    "`--host` or `--tiller-namespace`, in an init container too. "
    "Without `HELM_TLS_VERIFY=true` or `--tls-verify` it gives its commands, and the charts' values, to any server.",
    remedy="set HELM_TLS_VERIFY=true, or give helm --tls-verify: --tls alone checks nobody",
    findings={
        "client-without-verification": "a Helm client in a pod talks to any server",
        "client-verification-unknown": "a value elsewhere decides whether a Helm client in a pod verifies Tiller",
    },
    of_cluster=servers_are_verified,
)

"""Tiller's ports: TLS, certificates, and where they listen."""

from collections.abc import Iterator

from secure_tiller_cli.audit import network
from secure_tiller_cli.audit.case import Case
from secure_tiller_cli.audit.finding import Finding, Level
from secure_tiller_cli.audit.network import Admitted
from tiller_facts.kinds import NETWORK_POLICIES

VERIFY = "give Tiller --tls-verify=true and the CA of its own clients in --tls-ca-cert"
BEHIND = "give Tiller --listen=127.0.0.1:44134, which Helm's port-forward reaches"
EXPLICIT = "write the flag in the pod's args, with its value"


def clients_are_verified(case: Case) -> Iterator[Finding]:
    settings, open_to_all = case.settings, Level.HIGH if case.is_closed else Level.CRITICAL
    if settings.verifies is None:
        text = "its description does not tell whether it verifies clients: a script or a value elsewhere decides"
        yield Finding(Level.CRITICAL, "verification-unknown", text, f"{EXPLICIT}: --tls-verify=true")
    elif not settings.verifies:
        who = "whoever gets to its port" if case.is_closed else "whoever connects"
        if settings.tls is None:
            text = f"verifies no client, and its description does not tell whether it speaks TLS: {who} has its rights"
            yield Finding(open_to_all, "tls-unknown", text, VERIFY)
        elif settings.tls:
            text = f"speaks TLS and asks for no certificate: {who} has its rights"
            yield Finding(open_to_all, "no-verification", text, VERIFY)
        else:
            yield Finding(open_to_all, "no-tls", f"speaks plaintext: {who} has its rights", VERIFY)
    elif settings.client_cas == "":
        text = "trusts the certificates of every public CA: --tls-ca-cert is empty"
        yield Finding(Level.CRITICAL, "trusts-public-cas", text, VERIFY)
    elif not settings.explicit:
        text = "verifies by TILLER_TLS_VERIFY alone: where the variable is lost, it starts open"
        yield Finding(Level.LOW, "verification-by-environment", text, f"{EXPLICIT}: --tls-verify=true")


def certificate_is_its_own(case: Case) -> Iterator[Finding]:
    if not case.settings.tls:
        return
    if case.sharing_certificate is None:
        text = "its certificate could not be compared with others: it is in no Secret that was told"
        remedy = "keep it in a Secret of Tiller's namespace, and audit with an account that may get that"
        yield Finding(Level.HIGH, "certificate-unknown", text, remedy)
    elif case.sharing_certificate:
        text = f"has the key of its certificate in common with {', '.join(case.sharing_certificate)}"
        yield Finding(Level.HIGH, "shared-certificate", text, "make a key and a certificate for each Tiller")
    if case.settings.verifies and case.sharing_clients:
        text = f"trusts a CA in common with {', '.join(case.sharing_clients)}: whom it signs for calls both"
        yield Finding(Level.HIGH, "shared-client-ca", text, "make a CA for the clients of each Tiller")


def listens_for_its_pod_alone(case: Case) -> Iterator[Finding]:
    listen = case.settings.listen
    if case.on_node:
        text = "shares the network of its node: every process there reaches it, and no NetworkPolicy holds"
        yield Finding(Level.HIGH, "host-network", text, "take hostNetwork out of its pod")
    elif listen is None:
        text = "its description does not tell where it listens"
        yield Finding(Level.MEDIUM, "listening-unknown", text, f"{EXPLICIT}: --listen=127.0.0.1:44134")
    elif not network.is_loopback(listen):
        open_to_all = network.admitted(case.facts, case.tiller, listen) is Admitted.EVERYBODY
        who = _policies(case) if open_to_all else "a NetworkPolicy says which pods connect, if the network enforces it"
        level = Level.MEDIUM if open_to_all else Level.LOW
        yield Finding(level, "listens-everywhere", f"listens on all interfaces ({listen}); {who}", BEHIND)


def probes_are_closed(case: Case) -> Iterator[Finding]:
    listen = case.settings.probe_listen
    if listen == "" or (listen and network.is_loopback(listen)):
        return
    if network.admitted(case.facts, case.tiller, listen or "") is Admitted.EVERYBODY:
        text = f"its probe port ({listen or 'not told'}) shows its metrics; {_policies(case)}"
        remedy = "close it to pods by a NetworkPolicy: the kubelet's probes pass"
        yield Finding(Level.LOW, "probe-port-open", text, remedy)


def _policies(case: Case) -> str:
    if case.facts.refused(NETWORK_POLICIES):
        return "whether a NetworkPolicy holds pods off was not told"
    return "no NetworkPolicy holds pods off"

"""Certificates: no two Tillers have a key, or trust a CA, in common."""

from collections.abc import Iterable, Iterator

from tiller_facts.practices.case import Case
from tiller_facts.practices.model import Finding, Practice, Report, some
from tiller_facts.severity import Severity
from tiller_facts.values import Hidden, NotKnown, is_known, known
from tiller_facts.workloads import Tiller


def certificate_is_its_own(case: Case, report: Report) -> Iterator[Finding]:
    """Find other Tillers with the key of its certificate."""
    if isinstance(case.flags.tls, Hidden) or not known(case.flags.tls):
        return
    sharing = case.sharing("certificate", only_first=True)
    if isinstance(sharing, Hidden):
        text = f"its certificate could not be compared with others: {sharing.reason}"
        remedy = "keep it in a Secret of Tiller's namespace, and let the account that asks get that"
        yield report.hidden("certificate-unknown", text, remedy=remedy, unknown=(2,))
    elif names := _names(known(sharing)):
        yield report("shared-certificate", f"has the key of its certificate in common with {names}", no=(2,))


def client_ca_is_its_own(case: Case, report: Report) -> Iterator[Finding]:
    """Find other Tillers that trust a CA which it trusts."""
    if isinstance(case.flags.verifies, Hidden) or not known(case.flags.verifies) or case.flags.client_cas == "":
        return
    sharing = case.sharing("client_cas")
    alone = is_known(case.flags.client_cas) and all(other.flags.tls is False for other in case.others)
    if isinstance(sharing, NotKnown) and alone:
        return  # a CA that was chosen is its own where there is no other Tiller
    if isinstance(sharing, Hidden):
        text = f"the CA of its clients could not be compared with those of other Tillers: {sharing.reason}"
        remedy = "keep it in a Secret or ConfigMap of Tiller's namespace, and let the account that asks get that"
        yield report.hidden("client-ca-unknown", text, remedy=remedy, unknown=(5,))
    elif names := _names(known(sharing)):
        text = f"trusts a CA in common with {names}: whoever has a certificate of it calls all of them"
        yield report("shared-client-ca", text, no=(5,))


def _names(tillers: Iterable[Tiller]) -> str:
    return some(sorted({str(tiller.object) for tiller in tillers}))


CERTIFICATE_OF_ITS_OWN = Practice(
    code="certificate-of-its-own",
    guide=2,
    severity=Severity.HIGH,
    title="Each Tiller has a TLS certificate of its own",
    why="Two Tillers with one key can stand in for each other. Keys are compared: a renewed certificate with the "
    "same key counts as the same. If a Secret was not read, two Tillers count as sharing a certificate only if both "
    "name that Secret in one namespace.",
    remedy="make a key and a certificate for each Tiller",
    findings={
        "shared-certificate": "another Tiller has the key of its certificate",
        "certificate-unknown": "its certificate is in no Secret or ConfigMap, or in one that was not read",
    },
    of_tiller=certificate_is_its_own,
    compares=True,
)

CLIENT_CA_OF_ITS_OWN = Practice(
    code="client-ca-of-its-own",
    guide=5,
    severity=Severity.CRITICAL,
    title="No CA signs the clients of two Tillers",
    why="Tiller gives its whole rights to whoever shows a certificate of a CA in its `--tls-ca-cert`. So if two "
    "Tillers trust one CA, each client that it signs for one team can call the other team's Tiller, on any cluster.",
    remedy="make a CA for the clients of each Tiller, and let no other Tiller trust it",
    findings={
        "shared-client-ca": "another Tiller trusts a CA that it trusts",
        "client-ca-unknown": "there are other Tillers, and the CA of its clients was not read",
    },
    of_tiller=client_ca_is_its_own,
    compares=True,
)

"""The five practices of Helm's guide, as a Tiller follows them."""

from collections.abc import Callable

from secure_tiller_cli.audit.case import Case
from secure_tiller_cli.audit.finding import Answer, Practice

Verdict = tuple[Answer, str]


def answer(case: Case) -> tuple[Practice, ...]:
    """Return how a Tiller follows each practice, in the guide's order."""
    return tuple(Practice(number, *judge(case)) for number, judge in enumerate(_JUDGES, 1))


def _rbac(case: Case) -> Verdict:
    if case.facts.strangers_allowed:
        return Answer.NO, "somebody whom nobody knows may read Secrets of kube-system: RBAC is off, or opened to all"
    if case.is_cluster_admin:
        return Answer.NO, "RBAC does not limit its account: it may do everything in the cluster"
    if case.facts.strangers_allowed is None:
        return Answer.UNKNOWN, "whether the cluster enforces RBAC was not told"
    if not case.grants_are_told:
        return Answer.UNKNOWN, "the rights of its account were not told"
    return Answer.YES, "the cluster enforces RBAC, and it limits Tiller's account"


def _certificate(case: Case) -> Verdict:
    if case.settings.tls is None:
        return Answer.UNKNOWN, "its description does not tell whether it speaks TLS"
    if not case.settings.tls:
        return Answer.NO, "it speaks plaintext"
    if case.sharing_certificate is None:
        return Answer.UNKNOWN, "it speaks TLS; its certificate was not told"
    if case.sharing_certificate:
        return Answer.NO, f"it shares the key of its certificate with {', '.join(case.sharing_certificate)}"
    return Answer.YES, "it speaks TLS, and no other Tiller that was looked at has its key"


def _secrets(case: Case) -> Verdict:
    if case.settings.storage is None:
        return Answer.UNKNOWN, "its description does not tell where it keeps releases"
    if case.settings.storage != "secret":
        return Answer.NO, f"its storage is {case.settings.storage}"
    if case.records:
        return Answer.NO, "it keeps releases in Secrets, and older ones are still in ConfigMaps"
    if case.records is None:
        return Answer.UNKNOWN, "it keeps releases in Secrets; whether others are in ConfigMaps was not told"
    return Answer.YES, "it keeps releases in Secrets"


def _account(case: Case) -> Verdict:
    wide = [grant.binding for grant in case.held if not grant.namespace]
    beside = [str(other) for other in case.others if other.namespace == case.tiller.namespace]
    if case.tiller.account == "default":
        return Answer.NO, "it has no ServiceAccount of its own"
    if wide:
        return Answer.NO, f"its rights are not those of Roles: {', '.join(dict.fromkeys(wide))}"
    if beside:
        return Answer.NO, f"it shares its namespace with {', '.join(beside)}"
    if not case.grants_are_told:
        return Answer.UNKNOWN, "the rights of its account were not told"
    return Answer.YES, "it has a ServiceAccount of its own, and only Roles are bound to it"


def _verification(case: Case) -> Verdict:
    if case.settings.verifies is None:
        return Answer.UNKNOWN, "its description does not tell whether it verifies clients"
    if not case.settings.verifies:
        return Answer.NO, "it asks no client for a certificate"
    if case.settings.client_cas == "":
        return Answer.NO, "it trusts the certificates of every public CA"
    return Answer.YES, "it asks every client for a certificate of a CA that was chosen"


_JUDGES: tuple[Callable[[Case], Verdict], ...] = (_rbac, _certificate, _secrets, _account, _verification)

"""Tiller's own certificate and its CAs: what clients must do, and the emergency of a stolen state."""

from collections.abc import Iterator, Mapping

from secure_tiller_cli.preview.changes import Change, Team
from secure_tiller_cli.preview.findings import Meaning
from secure_tiller_cli.preview.paths import at, hidden
from secure_tiller_cli.preview.rules import keys
from secure_tiller_cli.preview.rules.contents import GIVEN_CAS, GIVEN_CERTIFICATE

LEAF, CA = "server", "server-ca"

AUTHORITY_CASES: Mapping[str, tuple[str, str, bool]] = {
    "create": (
        "server-ca-comes",
        "CA {ca} for the server certificate is made: hand out the new bundles, which trust it too",
        False,
    ),
    "delete": ("server-ca-goes", "CA {ca} of the server certificate goes: new bundles trust it no more", True),
    "another key": (
        "server-ca-key",
        "CA {ca} of the server certificate gets another key: every bundle that trusts it alone stops working",
        True,
    ),
    "replace": (
        "server-ca-renews",
        "CA {ca} of the server certificate renews and keeps its key: old bundles work until their end",
        False,
    ),
}
"""The cases of a CA of the server certificate: code, sentence, and whether it is a risk."""


def emergency(team: Team) -> Iterator[Meaning]:
    """Report that every key is replaced."""
    if team.operation == "same" and keys.emergency(team):
        sentence = "emergency generation: every bundle of {team} stops working, and every client needs its new one"
        yield Meaning(
            "emergency", sentence, {"team": team.name}, risk=True, explains=tuple(keys.renewal(*keys.all_of(team)))
        )


def certificate(team: Team) -> Iterator[Meaning]:
    """Say what happens to the certificate that clients see."""
    leaf = team.one("LocallySignedCert", LEAF)
    if team.operation != "same" or keys.emergency(team) or not leaf:
        return
    explains = tuple(keys.renewal(*keys.parts(team, LEAF)))
    everything = tuple(keys.renewal(*keys.parts(team, LEAF, *_authorities(team))))
    if leaf.operation == "delete":
        sentence = "the server certificate is one of your own PKI from now on: every client needs a new bundle"
        yield Meaning("server-given", sentence, risk=True, explains=everything)
    elif leaf.operation == "create":
        sentence = "the stack issues the server certificate from now on: every client needs a new bundle"
        given = ((account, GIVEN_CERTIFICATE) for account in team.of("ServiceAccount"))
        yield Meaning("server-issued", sentence, risk=True, explains=(*everything, *given))
    elif (before := _signer(leaf, old=True)) != (after := _signer(leaf)) and before and after:
        names = {"ca": _number(after), "before": _number(before)}
        sentence = (
            "CA {ca} signs the server certificate in place of CA {before}: a bundle without CA {ca} stops working"
        )
        yield Meaning("server-ca-signs", sentence, names, risk=True, explains=explains)
    elif keys.is_new(team, LEAF):
        yield Meaning(
            "server-key", "the server certificate renews with another key; bundles go on working", explains=explains
        )
    elif leaf.operation == "replace":
        yield Meaning("server-renews", "the server certificate renews; bundles go on working", explains=explains)


def authorities(team: Team) -> Iterator[Meaning]:
    """Say which CAs of the server certificate come, go, renew or get another key."""
    if team.operation != "same" or keys.emergency(team) or _given(team):
        return
    for ca in (c for c in team.of("SelfSignedCert") if c.part in _authorities(team)):
        stays = ca.operation not in ("create", "delete")
        case = "another key" if stays and keys.is_new(team, ca.part) else ca.operation
        if case in AUTHORITY_CASES:
            code, sentence, risk = AUTHORITY_CASES[case]
            explains = tuple(keys.renewal(*keys.parts(team, ca.part)))
            yield Meaning(code, sentence, {"ca": _number(ca.part)}, risk=risk, explains=explains)


def given_authorities(team: Team) -> Iterator[Meaning]:
    """Say which CAs of the user's clients verify Tiller by from now on, or no more: outputs alone hold them."""
    for account in team.remaining("ServiceAccount", "service-account"):
        explains = ((account, GIVEN_CAS),)
        if hidden(at(account.new, GIVEN_CAS)):
            sentence = "the CAs by which clients verify Tiller are unknown until the update"
            yield Meaning("server-trust-unknown", sentence, risk=True, explains=explains)
            return
        before, after = (set(str(at(properties, GIVEN_CAS) or "").split()) for properties in (account.old, account.new))
        if gained := sorted(after - before):
            sentence = "new bundles trust the CA {cas}: whoever holds its key can pose as this Tiller"
            yield Meaning("server-ca-trusted", sentence, {"cas": tuple(gained)}, risk=True, explains=explains)
        if lost := sorted(before - after):
            sentence = "new bundles do not trust the CA {cas} any more"
            yield Meaning("server-ca-not-trusted", sentence, {"cas": tuple(lost)}, risk=True, explains=explains)


def given_certificate(team: Team) -> Iterator[Meaning]:
    """Report another server certificate of the user's own PKI: the preview hides the TLS Secret, which holds it."""
    for account in team.remaining("ServiceAccount", "service-account"):
        before, after = (at(properties, GIVEN_CERTIFICATE) for properties in (account.old, account.new))
        explains = ((account, GIVEN_CERTIFICATE),)
        if hidden(after):
            sentence = "the server certificate of your own PKI is unknown until the update"
            yield Meaning("server-certificate-unknown", sentence, risk=True, explains=explains)
        elif after and after != before:
            is_first = before is None and not _may_present_another(team, account)
            sentence = "Tiller presents the server certificate {certificate} of your own PKI from now on"
            if is_first:  # a component before 0.3.0 wrote no such annotation
                sentence = "the annotation with the fingerprint of your own server certificate {certificate} is new"
            names = {"certificate": tuple(str(after).split())}
            yield Meaning("server-certificate", sentence, names, risk=not is_first, explains=explains)


def _may_present_another(team: Team, account: Change) -> bool:
    """Return whether Tiller may get another certificate: its Secret or a certificate of the stack changes too."""
    return account.operation != "update" or _given(team) or team.one("Secret", "tls") is not None


def _authorities(team: Team) -> frozenset[str]:
    return frozenset(c.part for c in team.of("SelfSignedCert") if c.part == CA or c.part.startswith(f"{CA}:"))


def _given(team: Team) -> bool:
    leaf = team.one("LocallySignedCert", LEAF)
    return leaf is not None and leaf.operation in ("create", "delete")


def _signer(leaf: Change, *, old: bool = False) -> str:
    """Return the part of the CA that signs, by what the certificate depends on; empty if the preview does not say."""
    state = leaf.step.oldState if old else leaf.step.newState
    urns = (state.propertyDependencies or {}).get("caCertPem") if state else None
    return next((f"{CA}{urn.rsplit(f'-{CA}', 1)[1]}" for urn in urns or () if f"-{CA}" in urn), "")


def _number(part: str) -> str:
    """Return the number of a CA in `server_cas`: the first has none in its part."""
    return part.rsplit(":", 1)[1] if ":" in part else "1"

"""Content of Secrets with keys: a change of it is a renewal only where something that it is made of changes too."""

from typing import Any

import pytest

from secure_tiller_cli.preview.digest import SECRET, UNKNOWN, Digest
from secure_tiller_cli.preview.findings import Meaning
from secure_tiller_cli.preview.summary import summarize
from tests.support import pki
from tests.support.samples import FULL, OWN_CA, own_certificate, smallest
from tests.unit.secure_tiller_cli.preview.previews import Resources, preview, resources, urn_of
from tests.unit.secure_tiller_cli.preview.test_issued import KEY, SELF_SIGNED, SIGNED
from tests.unit.secure_tiller_cli.preview.test_rules import ACCOUNT, DEPLOYMENT, POD, TLS, fingerprint, put, transformed
from tiller_facts.identity import SERVER_CERTIFICATE_ANNOTATION

IN_CLUSTER: dict[str, Any] = {"bob": {"secret": {"namespace": "green-apps", "name": "bob"}}, "dora": {}}
BUNDLE = urn_of("green", "kubernetes:core/v1:Secret", "secret:bob")


def team(**certificates: Any) -> Resources:
    return resources("green", smallest(clients=IN_CLUSTER, certificates=certificates))


GREEN = team()
SERVER, SERVER_KEY, SERVER_CA = (
    urn_of("green", k, p) for k, p in ((SIGNED, "server"), (KEY, "server"), (SELF_SIGNED, "server-ca"))
)
BOB, BOBS_KEY, BOBS_CA = (
    urn_of("green", k, p) for k, p in ((SIGNED, "client:bob"), (KEY, "client:bob"), (SELF_SIGNED, "client-ca:bob"))
)
DORA, DORAS_CA = urn_of("green", SIGNED, "client:dora"), urn_of("green", SELF_SIGNED, "client-ca:dora")
FOREIGN = urn_of("blue", SIGNED, "server")

MADE_OF = {TLS: [SERVER, SERVER_KEY, BOBS_CA, DORAS_CA], BUNDLE: [BOB, BOBS_KEY, SERVER_CA]}
"""By Secret, what the engine says that its content depends on."""


def changed(
    *urns: str,
    before: Resources = GREEN,
    after: Resources = GREEN,
    old: dict[str, list[str]] | None = None,
    new: dict[str, list[str]] | None = None,
    reason: str = "stringData",
) -> Digest:
    """Return the preview of a change in which resources are replaced that look alike, as those with secrets do.

    Args:
        urns: of what is replaced.
        before: the team before.
        after: the team after.
        old: by Secret, what its content depended on; None: not shown.
        new: the same after.
        reason: of each replacement.
    """
    if TLS in urns:  # the provider gives it another name, and Tiller rolls
        after = transformed(after, DEPLOYMENT, put("another", *POD, "volumes", 0, "secret", "secretName"))
    digest = preview(before, after).model_dump(exclude_none=True)
    for step in digest["steps"]:
        if step["urn"] in urns:
            step |= {"op": "replace", "replaceReasons": [reason if step["urn"] in MADE_OF else "readyForRenewal"]}
        for word, given in (("oldState", old), ("newState", new)):
            if given is not None and word in step and step["urn"] in given:
                step[word]["propertyDependencies"] = {"stringData": given[step["urn"]]}
    return Digest.model_validate(digest)


def found(digest: Digest) -> dict[str, Meaning]:
    return {finding.code: finding for part in summarize(digest).parts for finding in part.findings}


def risks(digest: Digest) -> set[str]:
    return {code for code, finding in found(digest).items() if finding.risk}


SHOWN = [{}, {"old": MADE_OF, "new": MADE_OF}]


@pytest.mark.parametrize("reason", ["data", "stringData", 'data["ca.crt"]', "stringData.tls.key"])
@pytest.mark.parametrize("shown", SHOWN, ids=["unknown dependencies", "known dependencies"])
@pytest.mark.parametrize("secret", MADE_OF)
def test_content_that_changes_alone_is_a_risk(secret: str, shown: Any, reason: str) -> None:
    assert risks(changed(secret, reason=reason, **shown)) == {"secret-content"}
    assert "client-secret" not in found(changed(secret, reason=reason, **shown))


CAUSES = [(TLS, SERVER), (TLS, SERVER_KEY), (TLS, BOBS_CA), (BUNDLE, BOB), (BUNDLE, BOBS_KEY), (BUNDLE, SERVER_CA)]
NO_CAUSES = [(TLS, SERVER_CA), (TLS, BOB), (TLS, FOREIGN), (BUNDLE, SERVER), (BUNDLE, BOBS_CA), (BUNDLE, DORA)]


@pytest.mark.parametrize("shown", SHOWN, ids=["unknown dependencies", "known dependencies"])
@pytest.mark.parametrize(("secret", "cause"), CAUSES)
def test_control_content_that_follows_from_a_renewal_is_no_risk(secret: str, cause: str, shown: Any) -> None:
    meanings = found(changed(secret, cause, **shown))
    assert [code for code in meanings if code.startswith("secret-")] == []
    assert "not-understood" not in meanings or "Secret" not in meanings["not-understood"].plain()
    assert ("client-secret" in meanings) is (secret == BUNDLE)


@pytest.mark.parametrize("shown", SHOWN, ids=["unknown dependencies", "known dependencies"])
@pytest.mark.parametrize(("secret", "other"), NO_CAUSES)
def test_another_certificate_is_no_cause_of_new_content(secret: str, other: str, shown: Any) -> None:
    blue = resources("blue", smallest(namespaces={"blue-apps": {}}))
    digest = changed(secret, other, before={**GREEN, **blue}, after={**GREEN, **blue}, **shown)
    assert "secret-content" in risks(digest)


def test_control_other_labels_of_a_secret_are_no_new_content() -> None:
    labelled = transformed(GREEN, BUNDLE, put("1", "metadata", "labels", "cost-center"))
    assert not {"client-secret", "secret-content"} & found(changed(after=labelled)).keys()


def test_hidden_content_that_changes_together_with_labels_is_a_risk() -> None:
    labelled = transformed(GREEN, BUNDLE, put("1", "metadata", "labels", "cost-center"))
    assert "secret-content" in risks(changed(BUNDLE, after=labelled))


def test_control_another_order_of_the_servers_cas_is_a_new_bundle() -> None:
    digest = changed(BUNDLE, SERVER).model_dump(exclude_none=True)
    for step in digest["steps"]:
        if step["urn"] == SERVER:
            for word, ca in (("oldState", "server-ca"), ("newState", "server-ca:2")):
                step[word]["propertyDependencies"] = {"caCertPem": [urn_of("green", SELF_SIGNED, ca)]}
    assert "client-secret" in found(Digest.model_validate(digest))


def test_a_forged_word_of_a_client_is_no_cause_and_a_further_ca_is_one() -> None:
    trusts = ("spec", "template", "metadata", "annotations", "secure-tiller/trusts")
    forged = transformed(GREEN, DEPLOYMENT, put("bob@2 dora", *trusts))
    assert "secret-content" in risks(changed(TLS, after=forged))
    partner = team(trusted_client_cas=FULL["certificates"]["trusted_client_cas"])
    assert risks(changed(TLS, after=partner)) == {"ca-trusted"}


@pytest.mark.parametrize("secret", MADE_OF)
@pytest.mark.parametrize("content", ["new", {"tls.key": "new", "ca.crt": SECRET}], ids=["whole", "one value"])
@pytest.mark.parametrize("before", [GREEN, {}], ids=["changed", "new"])
def test_content_in_clear_text_is_a_risk(before: Resources, content: Any, secret: str) -> None:
    plain = transformed(GREEN, secret, put(content, "stringData"))
    assert "secret-plain" in risks(preview(before, plain))
    assert "secret-plain" not in risks(preview(plain, transformed(plain, secret, put("1", "metadata", "labels", "x"))))


@pytest.mark.parametrize("content", [UNKNOWN, SECRET, {"tls.key": SECRET, "tls.crt": UNKNOWN}], ids=str)
def test_control_hidden_content_is_not_in_clear_text(content: Any) -> None:
    assert "secret-plain" not in risks(preview({}, transformed(GREEN, TLS, put(content, "stringData"))))


@pytest.mark.parametrize("before", [GREEN, {}], ids=["renewed", "new"])
@pytest.mark.parametrize(
    ("secret", "made_of", "said"),
    [
        (TLS, [], "does not come from LocallySignedCert green-server, PrivateKey green-server, SelfSignedCert"),
        (TLS, [SERVER, SERVER_KEY, BOBS_CA], "does not come from SelfSignedCert green-client-ca:dora"),
        (TLS, [*MADE_OF[TLS], FOREIGN], "comes from blue-server"),
        (TLS, [*MADE_OF[TLS], BOBS_KEY], "comes from green-client:bob"),
        (BUNDLE, [BOB, BOBS_KEY], "does not come from SelfSignedCert green-server-ca"),
        (BUNDLE, [*MADE_OF[BUNDLE], DORA], "comes from green-client:dora"),
    ],
)
def test_a_secret_of_other_sources_is_a_risk(before: Resources, secret: str, made_of: list[str], said: str) -> None:
    renewed = (secret, SERVER, BOB) if before else ()
    source = found(changed(*renewed, before=before, old=MADE_OF, new={**MADE_OF, secret: made_of}))["secret-source"]
    assert source.risk
    assert said in source.plain()


def test_a_secret_whose_sources_were_known_and_are_not_any_more_is_a_risk() -> None:
    assert "secret-source" in risks(changed(TLS, SERVER, old=MADE_OF, new={BUNDLE: MADE_OF[BUNDLE]}))


@pytest.mark.parametrize("args", [smallest(clients=IN_CLUSTER), FULL])
def test_control_a_secret_of_its_own_sources_is_no_risk(args: Any) -> None:
    made = {"LocallySignedCert": "server", "PrivateKey": "server", "SelfSignedCert": "client-ca:"}
    every = resources("green", args)
    own = [urn for urn in every for kind, part in made.items() if f":{kind}::green-{part}" in urn and urn != SERVER_CA]
    own = [urn for urn in own if "PrivateKey" not in urn or urn.endswith("-server")]
    digest = changed(TLS, SERVER, before=every, after=every, old={TLS: own}, new={TLS: own})
    assert risks(digest) == set()
    assert risks(changed(TLS, before=every, after=every, old={TLS: own}, new={TLS: own})) == {"secret-content"}


RENEWED = pki.server(OWN_CA)


def given(**changes: Any) -> Resources:
    return team(server_certificate=own_certificate(**changes))


def test_a_certificate_of_the_users_own_pki_is_named() -> None:
    renewed = given(certificate=RENEWED.pem, key=RENEWED.key_pem)
    digest = changed(TLS, before=given(), after=renewed)
    assert risks(digest) == {"server-certificate"}
    assert fingerprint(RENEWED) in found(digest)["server-certificate"].plain()
    assert {"server-given", "server-certificate"} <= risks(preview(GREEN, given()))


def test_the_first_annotation_of_a_certificate_is_a_risk_only_if_the_certificate_may_be_another() -> None:
    """A stack made by version 0.2.0 has no such annotation."""
    old = transformed(given(), ACCOUNT, put(None, "metadata", "annotations", SERVER_CERTIFICATE_ANNOTATION))
    upgraded = preview(old, given())
    assert "server-certificate" in found(upgraded)
    assert risks(upgraded) == set()
    assert "server-certificate" in risks(changed(TLS, before=old, after=given()))


def test_a_certificate_of_the_users_own_pki_that_only_the_update_knows_is_a_risk() -> None:
    hidden = transformed(given(), ACCOUNT, put(UNKNOWN, "metadata", "annotations", SERVER_CERTIFICATE_ANNOTATION))
    assert risks(changed(TLS, before=given(), after=hidden)) == {"server-certificate-unknown"}


def test_a_certificate_of_the_users_own_pki_does_not_change_unseen() -> None:
    assert risks(changed(TLS, before=given(), after=given())) == {"secret-content"}


def test_control_the_stack_issues_a_certificate_in_place_of_the_users_own() -> None:
    codes = risks(changed(TLS, before=given(), after=GREEN))
    assert "server-issued" in codes
    assert not {"not-understood", "secret-content"} & codes


def test_the_name_of_another_secret_restarts_tiller_with_a_risk() -> None:
    theirs = transformed(GREEN, DEPLOYMENT, put("theirs", *POD, "volumes", 0, "secret", "secretName"))
    assert "not-understood" in risks(changed(after=theirs))

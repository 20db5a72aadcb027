"""The TLS Secret: it is the stack's, nobody can exchange it in place, and it holds no CA too many or too few."""

import pytest

from secure_tiller.plan import pem
from secure_tiller_cli.check.observed_state import Object, Unreadable
from secure_tiller_cli.check.trust import ANCHORS, RUNNING, SECRET, judge
from secure_tiller_cli.diagnosis import NoVerdictError
from secure_tiller_cli.diagnosis.handshake import ServerHandshake
from secure_tiller_cli.results.result import Result, Status
from secure_tiller_cli.state import DeployedTiller
from tests.support import pki
from tests.unit.secure_tiller_cli.check import samples

ALICE, CI = (ca.pem for ca in samples.CLIENT_CAS.values())
MALLORY = pki.authority("CA of mallory")
PARTNERS = pki.authority("partner").pem + pki.authority("partner 2").pem
ANOTHER_SERVER = pki.server(samples.SERVER_CA)


def names(*anchors: str) -> frozenset[bytes]:
    """Return what a Tiller tells of the CAs that it trusts."""
    return frozenset(each.subject.public_bytes() for text in anchors for each in pem.certificates(text))


def results(
    secret: Object | Unreadable | None,
    tiller: DeployedTiller | None = None,
    shown: ServerHandshake | NoVerdictError | None = None,
) -> dict[str, Result]:
    handshake = shown or ServerHandshake(trusted=names(ALICE, CI))
    return {result.check: result for result in judge(tiller or samples.blue(), secret, handshake)}


def trusting(*words: str) -> DeployedTiller:
    pod = {**samples.POD, "metadata": {"annotations": {"secure-tiller/trusts": " ".join(("alice", "ci", *words))}}}
    return samples.blue(deployment_spec={"template": pod})


def test_the_secret_of_the_stack_passes() -> None:
    assert {result.status for result in results(samples.secret()).values()} == {Status.PASSED}
    assert results(samples.secret())[ANCHORS].text == "the CAs of 2 clients"


@pytest.mark.parametrize(
    ("secret", "check", "said"),
    [
        (None, SECRET, "there is no Secret blue-tls-1"),
        (None, ANCHORS, "ca.crt of blue-tls-1 cannot be read"),
        (samples.secret(immutable=None), SECRET, "is not immutable"),
        (samples.secret(certificate=ANOTHER_SERVER.pem), SECRET, "and the stack issued"),
        (samples.secret(certificate="nothing"), SECRET, "tls.crt cannot be read"),
        (
            samples.secret(ALICE, CI, MALLORY.pem),
            ANCHORS,
            "in addition to the stack's clients, it trusts CN=CA of mallory",
        ),
        (samples.secret(ALICE), ANCHORS, "the CA of client ci is missing"),
        (samples.secret("nothing"), ANCHORS, "ca.crt of blue-tls-1 cannot be read"),
        ({"metadata": {}, "immutable": True}, ANCHORS, "ca.crt of blue-tls-1 cannot be read"),
    ],
)
def test_what_is_not_the_stacks_fails_and_is_named(secret: Object | None, check: str, said: str) -> None:
    result = results(secret)[check]
    assert result.status is Status.FAILED
    assert said in result.text


def test_further_cas_of_the_settings_are_known_by_their_mark() -> None:
    tiller = trusting(f"ca:partner#{pem.fingerprint(PARTNERS)}")
    result = results(samples.secret(ALICE, CI, PARTNERS), tiller)[ANCHORS]
    assert (result.status, result.text) == (
        Status.PASSED,
        "the CAs of 2 clients, and 2 of trusted_client_cas (partner)",
    )


@pytest.mark.parametrize("found", [(ALICE, CI), (ALICE, CI, PARTNERS, MALLORY.pem), (ALICE, CI, MALLORY.pem)])
def test_control_one_that_is_missing_and_one_too_many_fail(found: tuple[str, ...]) -> None:
    tiller = trusting(f"ca:partner#{pem.fingerprint(PARTNERS)}")
    assert results(samples.secret(*found), tiller)[ANCHORS].status is Status.FAILED


def test_a_ca_that_only_an_update_knew_leaves_the_check_open() -> None:
    result = results(samples.secret(ALICE, CI, PARTNERS), trusting("ca:partner"))[ANCHORS]
    assert result.status is Status.NOT_CHECKED
    assert "trusted_client_cas.partner became known during an update only" in result.text


@pytest.mark.parametrize(
    ("trusted", "said"),
    [
        ((), "it asks no caller for a certificate"),
        ((ALICE, CI, MALLORY.pem), "it names 1 that are not in the Secret, and not 0 of the Secret"),
        ((ALICE,), "it names 0 that are not in the Secret, and not 1 of the Secret"),
    ],
)
def test_a_process_that_has_read_other_cas_than_the_secrets_fails(trusted: tuple[str, ...], said: str) -> None:
    found = results(samples.secret(), shown=ServerHandshake(trusted=names(*trusted)))
    assert (found[RUNNING].status, found[RUNNING].text) == (Status.FAILED, said)
    assert found[ANCHORS].status is Status.PASSED


def test_a_port_that_shows_nothing_proves_nothing() -> None:
    assert results(samples.secret(), shown=NoVerdictError("no word"))[RUNNING].status is Status.NOT_CHECKED


def test_what_the_cluster_does_not_tell_is_not_checked() -> None:
    assert {each.status for each in results(Unreadable("refused", "")).values()} == {Status.NOT_CHECKED}

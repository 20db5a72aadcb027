"""The output of the command about a proof, and its exit code."""

import json
from dataclasses import replace
from datetime import datetime

import pytest
from typer.testing import CliRunner
from typer.testing import Result as Ended

from secure_tiller_cli import diagnosis
from secure_tiller_cli.bundle import Bundle
from secure_tiller_cli.commands import app, check, deployed
from secure_tiller_cli.diagnosis import Accepted, Cause, Diagnosis, Kind
from secure_tiller_cli.results.document import from_json
from secure_tiller_cli.results.result import CheckReport, Result, Status
from tests.support import pki

HELD = Bundle("", "", "", "blue-tiller", "", "", "")
STACK, SERVER = "organization/secure-tiller/test", "https://10.0.0.1:6443"
PASSED = Result("blue", "port refuses plaintext", Status.PASSED, "refused a call in plaintext")
WARNING = Result("blue", "certificates last", Status.WARNING, "server ends in 20 days", "pulumi up renews it")
FAILED = Result("green", "running pod is as planned", Status.FAILED, "no pod is ready", "kubectl describe pods")
UNCHECKED = Result(
    "green", "releases are in Secrets alone", Status.NOT_CHECKED, "the cluster refused it", "another account"
)
DRAWS = Result("blue", "only Tiller's pods carry its labels", Status.FAILED, "not of the Deployment: \x1b[2J")


def run(monkeypatch: pytest.MonkeyPatch, *results: Result, options: tuple[str, ...] = ()) -> Ended:
    """Run the command on a stack about which a proof has found these results."""
    proof = CheckReport(STACK, "2026-01-02T03:04:05Z", SERVER, "5e", results)
    monkeypatch.setattr(check, "_prove", lambda *_: proof)
    return CliRunner().invoke(app, ["check", *options])


def diagnosed(monkeypatch: pytest.MonkeyPatch, found: Diagnosis, *options: str, held: Bundle = HELD) -> Ended:
    """Run the command on a bundle about which this was found."""
    monkeypatch.setattr("secure_tiller_cli.bundle.read", lambda _: held)
    monkeypatch.setattr(diagnosis, "diagnose", lambda *_, **__: found)
    monkeypatch.setattr(deployed, "access_without_stack", lambda *_: None)
    return CliRunner().invoke(app, ["check", "--bundle", "alice", *options])


@pytest.mark.parametrize(
    ("results", "code"),
    [
        ((PASSED,), 0),
        ((PASSED, WARNING), 0),
        ((PASSED, FAILED), 3),
        ((PASSED, UNCHECKED), 3),
        ((WARNING, FAILED, UNCHECKED), 3),
    ],
)
def test_what_failed_or_was_not_checked_decides_the_exit_code(
    monkeypatch: pytest.MonkeyPatch, results: tuple[Result, ...], code: int
) -> None:
    assert run(monkeypatch, *results).exit_code == code
    assert run(monkeypatch, *results, options=("--format", "json")).exit_code == code


SENTENCE = f"{STACK} on {SERVER}: 4 checks: 1 passed, 1 warning, 1 failed, 1 not checked"


def test_the_text_shows_of_each_team_what_did_not_pass_and_last_a_sentence_with_the_counts(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert run(monkeypatch, PASSED, WARNING, FAILED, UNCHECKED).stdout.splitlines() == [
        "team blue: 1 of 2 checks passed",
        "CHECK               STATUS    WHAT WAS SEEN, AND WHAT TO DO",
        "certificates last   warning   server ends in 20 days; pulumi up renews it",
        "",
        "team green: 0 of 2 checks passed",
        "CHECK                           STATUS        WHAT WAS SEEN, AND WHAT TO DO",
        "running pod is as planned       failed        no pod is ready; kubectl describe pods",
        "releases are in Secrets alone   not checked   the cluster refused it; another account",
        "",
        SENTENCE,
    ]


def test_a_team_that_is_well_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    well = replace(PASSED, team="red")
    first, *rest = run(monkeypatch, well, PASSED, FAILED).stdout.splitlines()
    assert (first, rest[0]) == ("team red: 1 check passed", "team blue: 1 check passed")
    assert rest[1] == "team green: 0 of 1 check passed"


def test_all_shows_what_passed_too(monkeypatch: pytest.MonkeyPatch) -> None:
    assert run(monkeypatch, PASSED, options=("--all",)).stdout.splitlines() == [
        "team blue: 1 check passed",
        "CHECK                    STATUS   WHAT WAS SEEN, AND WHAT TO DO",
        "port refuses plaintext   passed   refused a call in plaintext",
        "",
        f"{STACK} on {SERVER}: 1 check: 1 passed, 0 warnings, 0 failed, 0 not checked",
    ]


def test_the_json_has_what_passed_without_all(monkeypatch: pytest.MonkeyPatch) -> None:
    some, every = (run(monkeypatch, PASSED, FAILED, options=(*options, "-o", "json")) for options in ((), ("--all",)))
    assert some.stdout == every.stdout
    assert PASSED in from_json(some.stdout, "the output").results


def test_a_long_sentence_stays_on_one_line_where_there_is_no_terminal(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    long = " ".join(["namespace"] * 40)
    found = Diagnosis(None, (Cause(Kind.NO_NAMESPACE, long, "look"),), (long,))
    lines = diagnosed(monkeypatch, found).stdout.splitlines()
    assert lines == ["Tiller in blue-tiller does not answer", f"{Kind.NO_NAMESPACE.value}: {long}; look", long]


def test_a_client_that_is_answered_learns_when_its_certificate_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    own = pki.client(pki.authority(), "alice")
    held, found = replace(HELD, certificate=own.pem), Diagnosis(Accepted("v2.17.0"), ())
    text, machine = (diagnosed(monkeypatch, found, "-o", form, held=held) for form in ("text", "json"))
    ends = own.certificate.not_valid_after_utc
    assert text.stdout.splitlines() == [
        "Tiller in blue-tiller answers: v2.17.0",
        f"the client's certificate ends {ends:%Y-%m-%d %H:%M} UTC; ask for a new bundle before that",
    ]
    assert datetime.fromisoformat(json.loads(machine.stdout)["certificateEnds"]) == ends


def test_the_json_is_the_proof_and_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    done = run(monkeypatch, PASSED, FAILED, options=("--format", "json"))
    assert from_json(done.stdout, "the output").results == (PASSED, FAILED)


def test_a_long_sentence_is_one_line_in_a_file(monkeypatch: pytest.MonkeyPatch) -> None:
    cause = Cause(Kind.FORWARD_DENIED, "in namespace blue-tiller the account lacks " + "rights " * 40, "ask for them")
    done = diagnosed(monkeypatch, Diagnosis(None, (cause,)))
    assert done.stdout.splitlines()[1:] == [f"{cause.kind.value}: {cause.seen}; {cause.remedy}"]


def test_a_kubeconfig_that_does_not_serve_is_no_matter_of_a_stack_given_with_a_bundle(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("secure_tiller_cli.bundle.read", lambda _: HELD)
    done = CliRunner().invoke(app, ["check", "--bundle", "alice", "--kubeconfig", "/nowhere"])
    assert done.exit_code == 1
    assert done.stderr.startswith("secure-tiller: --kubeconfig = ")
    assert done.stderr.endswith("choose another with --kubeconfig and --context\n")


def test_what_the_cluster_says_cannot_draw_on_the_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "\x1b" not in run(monkeypatch, DRAWS).output
    assert "\x1b" not in run(monkeypatch, DRAWS, options=("--format", "json")).output


@pytest.mark.parametrize(
    "options", [("--warn-within", "soon"), ("--fail-within", "0d"), ("--format", "html"), ("blue", "--bundle", ".")]
)
def test_wrong_use_ends_with_2(monkeypatch: pytest.MonkeyPatch, options: tuple[str, ...]) -> None:
    assert run(monkeypatch, PASSED, options=options).exit_code == 2

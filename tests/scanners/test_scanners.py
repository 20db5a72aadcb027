"""The field's scanners find nothing in the objects of two teams but what is waived, with a reason."""

import copy
from collections.abc import Callable

import pytest
from kubernetes import client

from tests.scanners.broken import BROKEN, WHOLE
from tests.scanners.conftest import Scan
from tests.scanners.manifests import RULE, Manifest, of_kind, place_of, pod, sent
from tests.scanners.scanners import Finding, Report, Scanners
from tests.scanners.waivers import ALWAYS, EXPOSED, RULE_BY_RULE, WITHOUT_DIGEST, Waiver, waived
from tests.support.leaks import leaked, private_keys
from tests.support.live_objects import listed
from tests.support.projects import TestStack
from tiller_facts.identity import TEAM_LABEL

Teams = dict[str, list[str]]
Subjects = dict[str, list[Manifest]]

ours = pytest.mark.parametrize("subject", ["as sent", "as kept"])
every = pytest.mark.parametrize("subject", ["as sent", "as kept", "one team, exposed"])


@ours
@pytest.mark.parametrize("scanner", ["checkov", "kube_score"])
def test_what_fails_is_exactly_what_is_waived(scan: Scan, teams: Teams, scanner: str, subject: str) -> None:
    assert set(scan(scanner, subject).failed) == waived(scanner, ALWAYS + WITHOUT_DIGEST, teams)


@pytest.mark.parametrize("scanner", ["checkov", "kube_score"])
def test_an_image_with_a_digest_needs_no_waiver_of_its_own(scan: Scan, one_team: Teams, scanner: str) -> None:
    report = scan(scanner, "one team, with a digest")
    assert set(report.failed) == waived(scanner, ALWAYS, one_team)
    assert waived(scanner, WITHOUT_DIGEST, one_team) <= set(report.passed)


@pytest.mark.parametrize("scanner", ["checkov", "kube_score"])
def test_exposing_a_tiller_and_opting_into_rights_needs_waivers_of_their_own(
    scan: Scan, open_team: Teams, scanner: str
) -> None:
    assert set(scan(scanner, "one team, exposed").failed) == waived(
        scanner, ALWAYS + WITHOUT_DIGEST + EXPOSED, open_team
    )


def test_no_rule_of_a_role_hides_behind_another(scan: Scan, one_team: Teams) -> None:
    failed = {_whole(finding) for finding in scan("checkov", "one team, rule by rule").failed}
    assert failed == waived("checkov", ALWAYS + WITHOUT_DIGEST + RULE_BY_RULE, one_team)


@every
def test_every_object_is_valid_by_the_strict_schema(scan: Scan, subjects: Subjects, subject: str) -> None:
    report = scan("schema", subject)
    assert report.failed == ()
    assert len(report.passed) == len(subjects[subject])


@pytest.mark.parametrize(
    ("scanner", "kinds"),
    [
        ("checkov", ["Deployment", "Role", "RoleBinding", "Secret", "ServiceAccount"]),
        ("kube_score", ["Deployment", "NetworkPolicy"]),
    ],
)
def test_every_object_of_the_kinds_that_a_scanner_knows_is_looked_at(
    scan: Scan, subjects: Subjects, scanner: str, kinds: list[str]
) -> None:
    report = scan(scanner, "as sent")
    expected = {f"{kind} {place_of(m)}" for kind in kinds for m in of_kind(kind, subjects["as sent"])}
    assert expected <= {finding.object for finding in report.passed + report.failed}


def test_the_manifests_are_everything_in_the_cluster_that_carries_a_teams_label(
    subjects: Subjects, api: client.ApiClient, teams: Teams
) -> None:
    found = listed(api, label_selector=f"{TEAM_LABEL} in ({','.join(teams)})")
    assert {f"{manifest['kind']} {place_of(manifest)}" for manifest in subjects["as sent"]} == found


@ours
def test_no_key_is_in_the_manifests(subjects: Subjects, deployed: TestStack, subject: str) -> None:
    keys = private_keys(deployed.export(secrets=True))
    assert keys
    assert leaked(str(subjects[subject]), keys) == []


def test_every_waiver_has_a_reason_and_stands_once() -> None:
    waivers: tuple[Waiver, ...] = ALWAYS + WITHOUT_DIGEST + RULE_BY_RULE + EXPOSED
    assert len({(waiver.scanner, waiver.check, waiver.object) for waiver in waivers}) == len(waivers)
    assert all(len(waiver.reason.split()) > 5 for waiver in waivers)


def test_control_a_waiver_that_nothing_needs_is_seen(scan: Scan, one_team: Teams) -> None:
    failed = set(scan("checkov", "one team, with a digest").failed)
    assert waived("checkov", ALWAYS + WITHOUT_DIGEST, one_team) - failed == waived("checkov", WITHOUT_DIGEST, one_team)


@pytest.mark.parametrize(
    ("scanner", "checks"),
    [
        # In this order: reached by any pod, through a Service, under no NetworkPolicy, with a token, as root, allowed
        # to become more, with all capabilities, able to write, unconfined, without limits.
        (
            "checkov",
            "CKV_K8S_45 CKV_K8S_44 CKV2_K8S_6 CKV_K8S_38 CKV_K8S_23 CKV_K8S_20 CKV_K8S_37 CKV_K8S_22 CKV_K8S_31 "
            "CKV_K8S_11 CKV_K8S_13",
        ),
        (
            "kube_score",
            "pod-networkpolicy:critical container-security-context-user-group-id:critical "
            "container-security-context-readonlyrootfilesystem:critical container-seccomp-profile:warning "
            "container-resources:critical",
        ),
    ],
)
def test_control_what_helm_init_installs_fails_much_more(scan: Scan, teams: Teams, scanner: str, checks: str) -> None:
    theirs, own = scan(scanner, "helm init"), scan(scanner, "as sent")
    assert set(checks.split()) <= theirs.failed_checks
    assert len(theirs.failed) > 3 * len(own.failed) / len(teams)


def test_control_the_role_of_helms_documentation_fails_every_check_on_rights(scan: Scan) -> None:
    report = scan("checkov", "the documented Role")
    # Wildcards; may bind itself more, exec into pods, impersonate, redirect traffic, read every Secret.
    assert report.failed_checks == {"CKV_K8S_49", *(f"CKV2_K8S_{number}" for number in (1, 2, 3, 4, 5))}


@pytest.mark.parametrize("name", BROKEN)
def test_control_a_protection_that_is_taken_out_is_noticed(scan: Scan, name: str) -> None:
    for scanner in ("checkov", "kube_score"):
        report = scan(scanner, "broken copies")
        assert _failed_in(report, name) - _failed_in(report, WHOLE) == getattr(BROKEN[name], scanner)


def test_control_an_annotation_hides_nothing(scanners: Scanners, subjects: Subjects) -> None:
    tillers = copy.deepcopy(of_kind("Deployment", subjects["helm init"]))
    for metadata in (tillers[0]["metadata"], tillers[0]["spec"]["template"]["metadata"]):
        metadata["annotations"] = {
            "checkov.io/skip1": "CKV_K8S_22=a whim",
            "kube-score/ignore": "container-security-context-readonlyrootfilesystem",
        }
    assert "CKV_K8S_22" in scanners.checkov(tillers).failed_checks
    critical = "container-security-context-readonlyrootfilesystem:critical"
    assert critical in scanners.kube_score(tillers).failed_checks


def test_control_checkov_overlooks_a_rule_among_others(scan: Scan, one_team: Teams) -> None:
    hidden = waived("checkov", RULE_BY_RULE, one_team)
    assert hidden <= set(scan("checkov", "as sent").passed)
    assert hidden <= {_whole(finding) for finding in scan("checkov", "one team, rule by rule").failed}


def _misspell_a_field(tiller: Manifest) -> str:
    pod(tiller)["securityContex"] = pod(tiller).pop("securityContext")
    return "spec.template.spec: Additional properties are not allowed ('securityContex' was unexpected)"


def _give_a_word_for_a_number(tiller: Manifest) -> str:
    tiller["spec"]["replicas"] = "one"
    return "spec.replicas: 'one' is not of type 'integer', 'null'"


def _use_an_api_version_of_old(tiller: Manifest) -> str:
    tiller["apiVersion"] = "extensions/v1beta1"
    return "no such API version: extensions/v1beta1"


@pytest.mark.parametrize("change", [_misspell_a_field, _give_a_word_for_a_number, _use_an_api_version_of_old])
def test_control_a_malformed_object_is_found_by_the_schema(
    scanners: Scanners, deployed: TestStack, change: Callable[[Manifest], str]
) -> None:
    manifests = sent(deployed.export())
    wrong = change(of_kind("Deployment", manifests)[0])
    report = scanners.schema(manifests)
    assert [finding.check for finding in report.failed] == [wrong]
    assert len(report.passed) == len(manifests) - 1


def _whole(finding: Finding) -> Finding:
    """A finding on one rule of a Role, as one on the Role."""
    return Finding(finding.check, finding.object.partition(RULE)[0])


def _failed_in(report: Report, namespace: str) -> set[str]:
    return {finding.check for finding in report.failed if finding.object.split(" ")[1].startswith(f"{namespace}/")}

"""Every remedy with a command names a test that runs it, or for a form without effect one that reads it."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[2]
COMPONENTS = PROJECT / "components"

CALL = re.compile(
    r"""
    (?<![\w/.-])(?:
        kubectl(?:\ --?[\w-]+(?:[=\ ]\{\})?)*
            \ (?:annotate|apply|auth|config|create|delete|describe|diff|get|label|logs|patch|rollout|scale|wait)
      | helm3?\ (?:2to3|delete|dependency|get|history|install|ls|mapkubeapis|plugin|rollback|upgrade)
      | openssl\ \w+
      | pulumi\ (?:config\ set|destroy|preview|stack\ export|state\ delete|up(?:\ --refresh)?|whoami)
      | secure-tiller\ (?:audit|bundle|check|exit-plan|migrate|preview-summary|renewals|report|vet)
    )(?![\w-])
    """,
    re.VERBOSE,
)
"""A command within a text, in which `{}` stands for what is filled in."""
OPTIONS = re.compile(r"(?<=kubectl)(?: --?[\w-]+(?:[= ]\{\})?)+")

CHECKED = "cluster/test_remedies.py::test_after_the_commands_of_the_remedies_every_check_passes"
WALKED = "cluster/test_exit_plan.py::test_every_command_of_the_plan_succeeds_for_whom_it_names"
SETTINGS = "engine/test_remedies.py::test_text_that_looks_like_something_else_is_set_by_its_type"
MOVED = "engine/test_remedies.py::test_a_private_key_in_plain_sight_is_moved_by_the_command"
CHANGED = "engine/test_remedies.py::test_what_is_no_text_is_set_again_by_the_command"
ENCRYPTED = "engine/test_remedies.py::test_a_kubeconfig_in_plain_sight_is_replaced_by_an_encrypted_one"
EXPORTED = "engine/test_remedies.py::test_an_export_and_the_login_are_asked_for_by_commands_of_pulumi"
RENEWED = "cluster/test_renewal.py::test_inside_its_window_a_clients_certificate_renews_and_nothing_else_of_the_team"
UPDATED = "cluster/test_failed_rollout.py::test_when_the_mended_update_ends_no_pod_is_left_that_answers_who_was_revoked"
DIAGNOSED = "cluster/test_endpoint_causes.py::test_the_commands_of_a_cause_run"
BUNDLED = "cluster/test_command_bundle.py::test_the_path_of_the_readme_from_a_bundle_to_helm_ls"
PREVIEWED = "cluster/test_preview_summary.py::test_the_command_previews_by_itself"
REPORTED = "cluster/test_command_report.py::test_the_results_of_the_check_are_on_the_page"
REPAIRED = "cluster/test_remedies.py::test_records_are_repaired_by_the_commands"
DESTROYED = "cluster/test_rollout.py::test_destroy_leaves_no_object_but_what_is_kept"
REFRESHED = "cluster/test_takeovers.py::test_when_it_is_deleted_an_update_makes_it_new"
WHO = "cluster/test_identities.py::test_our_questions_are_those_of_the_same_user_as_kubectls"
FORCED = "cluster/test_remedies.py::test_a_pod_that_does_not_end_goes_by_the_command"
GIVEN = "cluster/test_remedies.py::test_a_namespace_of_the_stack_is_given_away_by_the_command"
WAITED = "cluster/test_remedies.py::test_the_end_of_a_namespace_is_waited_for_by_the_command"
DELETED = "cluster/test_remedies.py::test_an_object_in_the_way_goes_by_the_command_with_its_namespace"
LABELLED = "cluster/test_remedies.py::test_what_is_weak_in_an_existing_namespace_is_corrected_by_the_command"
URN = "cluster/test_takeovers.py::test_what_is_to_leave_the_state_is_named_by_its_urn"

LOOKED = "unit/secure_tiller_cli/vet/test_upgrade.py::test_a_release_is_looked_at_by_its_name_and_tillers_namespace"

RUN: dict[str, dict[str, str]] = {
    "secure_tiller/plan/certificate_life.py": {"pulumi up": UPDATED},
    "secure_tiller/plan/pem.py": {
        "openssl req": "unit/secure_tiller/test_pem.py::test_the_remedy_for_a_request_makes_one_and_overwrites_no_key"
    },
    "secure_tiller/plan/schema.py": {"pulumi config set": SETTINGS},
    "secure_tiller/plan/validation/certificates.py": {"pulumi config set": MOVED},
    "secure_tiller_cli/charts/examine.py": {
        "kubectl get": "unit/secure_tiller_cli/charts/test_examine.py::test_the_service_that_does_not_answer_is_named"
    },
    "secure_tiller_cli/check/certificates.py": {"pulumi up": RENEWED},
    "secure_tiller_cli/check/endpoint.py": {"kubectl scale": CHECKED},
    "secure_tiller_cli/check/namespaces.py": {
        "kubectl describe": CHECKED,
        "kubectl get": CHECKED,
        "kubectl label": LABELLED,
    },
    "secure_tiller_cli/check/pod.py": {
        "kubectl delete": CHECKED,
        "kubectl describe": CHECKED,
        "kubectl get": CHECKED,
    },
    "secure_tiller_cli/check/rights.py": {"kubectl get": CHECKED},
    "secure_tiller_cli/check/run.py": {"pulumi up": UPDATED},
    "secure_tiller_cli/check/services.py": {"kubectl get": CHECKED},
    "secure_tiller_cli/check/trust.py": {
        "kubectl get": CHECKED,
        "kubectl rollout": CHECKED,
    },
    "secure_tiller_cli/commands/deployed.py": {
        "pulumi stack export": EXPORTED,
        "pulumi up": UPDATED,
        "pulumi up --refresh": CHECKED,
    },
    "secure_tiller_cli/diagnosis/absence.py": {"kubectl describe": DIAGNOSED},
    "secure_tiller_cli/diagnosis/client.py": {"pulumi up": RENEWED, "secure-tiller bundle": BUNDLED},
    "secure_tiller_cli/diagnosis/diagnosis.py": {"kubectl logs": DIAGNOSED},
    "secure_tiller_cli/diagnosis/server.py": {"pulumi up": RENEWED},
    "secure_tiller_cli/handover.py": {
        "helm ls": "cluster/test_remedies.py::test_the_releases_of_a_team_that_left_go_by_the_command",
        "pulumi up": RENEWED,
    },
    "secure_tiller_cli/migration/copy.py": {
        "kubectl delete": "cluster/test_remedies.py::test_records_are_repaired_by_the_commands"
    },
    "secure_tiller_cli/migration/exit_steps.py": dict.fromkeys(
        (
            *(f"helm3 {word}" for word in ("2to3", "get", "history", "ls", "mapkubeapis", "plugin")),
            *(f"kubectl {word}" for word in ("apply", "auth", "create", "delete", "diff", "get", "scale", "wait")),
            *("pulumi preview", "pulumi up"),
        ),
        WALKED,
    ),
    "secure_tiller_cli/migration/helm3_rights.py": {"kubectl apply": WALKED},
    "secure_tiller_cli/migration/old_tiller.py": {"kubectl get": REPAIRED, "kubectl scale": REPAIRED},
    "secure_tiller_cli/migration/repair.py": dict.fromkeys(
        ("kubectl delete", "kubectl get", "kubectl label"), REPAIRED
    ),
    "secure_tiller_cli/migration/report_text.py": {"kubectl delete": REPAIRED},
    "secure_tiller_cli/migration/selection.py": {
        "helm delete": REPAIRED,
        "helm rollback": REPAIRED,
        "kubectl get": REPAIRED,
    },
    "secure_tiller_cli/preview/digest.py": {"pulumi preview": PREVIEWED},
    "secure_tiller_cli/preview/renewals.py": {"pulumi preview": PREVIEWED},
    "secure_tiller_cli/report/check.py": {"secure-tiller check": REPORTED},
    "secure_tiller_cli/report/file.py": {"secure-tiller check": REPORTED},
    "secure_tiller_cli/report/findings.py": {"pulumi up": RENEWED},
    "secure_tiller_cli/results/document.py": {"secure-tiller check": REPORTED},
    "secure_tiller_cli/restore.py": {"pulumi up --refresh": CHECKED},
    "secure_tiller_cli/state/export.py": {"pulumi stack export": EXPORTED, "pulumi whoami": EXPORTED},
    "secure_tiller_cli/vet/upgrade.py": dict.fromkeys(("helm get", "helm history", "helm ls"), LOOKED),
    "secure_tiller_cli/vet/chart.py": {
        "helm dependency": "cluster/test_command_vet.py::"
        "test_a_chart_whose_dependencies_are_missing_is_refused_with_the_remedy"
    },
    "secure_tiller_stack/cluster/identity.py": {"kubectl auth": WHO},
    "secure_tiller_stack/cluster/login.py": {"kubectl auth": WHO},
    "secure_tiller_stack/configuration.py": {"pulumi config set": MOVED},
    "secure_tiller_stack/kubeconfig.py": {
        "kubectl config": "engine/test_remedies.py::"
        "test_a_context_that_is_spread_over_files_is_written_into_one_and_nothing_is_overwritten",
        "pulumi config set": CHANGED,
    },
    "secure_tiller_stack/preflight/departed.py": {
        "helm delete": "cluster/test_remedies.py::test_the_releases_of_a_team_that_left_go_by_the_command"
    },
    "secure_tiller_stack/preflight/foreign.py": {"kubectl delete": DELETED, "pulumi up --refresh": REFRESHED},
    "secure_tiller_stack/preflight/namespaces.py": {
        "kubectl annotate": "cluster/test_remedies.py::test_a_namespace_is_handed_over_by_the_command",
        "kubectl label": GIVEN,
        "kubectl wait": WAITED,
        "pulumi up": UPDATED,
    },
    "secure_tiller_stack/revocation.py": {"kubectl delete": FORCED, "kubectl get": FORCED, "pulumi up": UPDATED},
    "secure_tiller_stack/takeovers.py": {
        "kubectl delete": REFRESHED,
        "kubectl label": "cluster/test_takeovers.py::test_what_a_team_may_have_is_given_to_it_by_the_command",
        "pulumi state delete": URN,
        "pulumi up --refresh": REFRESHED,
    },
    "secure_tiller_stack/teams.py": {"pulumi destroy": DESTROYED},
}
"""By module, each command of its remedies, and the test that runs it."""

NAMED = {
    ("secure_tiller_cli/bundle/model.py", "secure-tiller bundle"),
    ("secure_tiller_cli/check/calls.py", "secure-tiller check"),
    ("secure_tiller_cli/check/storage.py", "secure-tiller migrate"),
    ("secure_tiller_cli/commands/options.py", "pulumi preview"),
    ("secure_tiller_cli/commands/vet.py", "helm install"),
    ("secure_tiller_cli/migration/report_text.py", "secure-tiller exit-plan"),
    ("secure_tiller_cli/preview/markdown.py", "secure-tiller preview-summary"),
    ("secure_tiller_cli/preview/renewals.py", "secure-tiller renewals"),
    ("secure_tiller_cli/report/build.py", "secure-tiller report"),
    ("secure_tiller_cli/vet/exactness.py", "helm install"),
}
"""Commands that a text names, and gives nobody to run: in a help, a title, or a sentence about what a command does."""


def texts(node: ast.AST) -> Iterator[str]:
    """Yield each text of a module but its docstrings, with `{}` for what is filled in."""
    if isinstance(node, ast.JoinedStr):
        yield "".join(str(part.value) if isinstance(part, ast.Constant) else "{}" for part in node.values)
    elif isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    else:
        for child in ast.iter_child_nodes(node):
            if not (isinstance(child, ast.Expr) and isinstance(child.value, ast.Constant)):
                yield from texts(child)


def calls(text: str) -> set[str]:
    """Return the commands of a module, each without options: `kubectl get`."""
    found = (match[0] for part in texts(ast.parse(text)) for match in CALL.finditer(part))
    return {OPTIONS.sub("", call) for call in found}


def test_every_command_that_a_text_gives_has_a_test_that_runs_it() -> None:
    listed = {(module, call) for module, tests in RUN.items() for call in tests}
    assert listed.isdisjoint(NAMED)
    files = COMPONENTS.rglob("*.py")
    found = {(str(file.relative_to(COMPONENTS)), call) for file in files for call in calls(file.read_text())}
    assert listed | NAMED == found


@pytest.mark.parametrize("test", sorted({test for tests in RUN.values() for test in tests.values()}))
def test_the_test_exists(test: str) -> None:
    file, _, name = test.partition("::")
    tree = ast.parse((PROJECT / "tests" / file).read_text())
    assert name in {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('x = "see why: kubectl --namespace {} get pods"', {"kubectl get"}),
        ('x = f"stop it: kubectl --namespace {a} scale deployment {b} --replicas=0; then pulumi up --refresh"',
         {"kubectl scale", "pulumi up --refresh"}),
        ('"""Docstring: kubectl get pods."""', set()),
        ('x = "install kubectl, and put it on PATH"', set()),
        ('x = "helm3 2to3 convert"', {"helm3 2to3"}),
    ],
)  # fmt: skip
def test_control_a_command_is_found_in_a_text_and_not_in_a_docstring(text: str, found: set[str]) -> None:
    assert calls(text) == found

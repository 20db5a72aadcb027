"""The remedies with a command, and the test that runs each, on the state that it is printed for.

After each test of the list, tests/conftest.py fails it unless it has run what the list says of it.
"""

import ast
import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path

from tests.support.remedies import Ran

COMPONENTS = Path(__file__).parents[2] / "components"

CALL = re.compile(
    r"""
    (?<![\w/.-])(?:
        kubectl(?:\ --?[\w-]+(?:[=\ ]\{\})?)*
            \ (?:annotate|apply|auth|config|create|delete|describe|diff|get|label|logs|patch|rollout|scale|wait)
      | helm3?\ (?:2to3|delete|dependency|get|history|install|ls|mapkubeapis|plugin|rollback|template|upgrade)
      | openssl\ \w+
      | pulumi\ (?:config\ set|destroy|preview|stack\ export|state\ delete|up(?:\ --refresh)?|whoami)
      | pip\ install
      | secure-tiller\ (?:audit|bundle|check|exit-plan|migrate|preview-summary|renewals|report|vet)
    )(?![\w-])
    """,
    re.VERBOSE,
)
"""A command within a text, in which `{}` stands for what is filled in."""
END = re.compile(r"[;`)]|\. |, |\.?$")
"""The end of a command, and of the words on when to run it."""

CHECKED = "cluster/test_remedies.py::test_after_the_commands_of_the_remedies_every_check_passes"
COMES_AND_GOES = "cluster/test_remedies.py::test_a_team_whose_first_update_never_ended_comes_and_goes_by_the_commands"
OF_THE_STATE = "cluster/test_remedies.py::test_a_state_that_lacks_something_is_completed_by_the_commands"
REPAIRED = "cluster/test_remedies.py::test_records_are_repaired_by_the_commands"
FORCED = "cluster/test_remedies.py::test_a_pod_that_does_not_end_goes_by_the_command"
GIVEN = "cluster/test_remedies.py::test_a_namespace_of_the_stack_is_given_away_by_the_command"
IN_THE_WAY = "cluster/test_remedies.py::test_an_object_in_the_way_goes_by_the_command_with_its_namespace"
WALKED = "cluster/test_exit_plan.py::test_every_command_of_the_plan_succeeds_for_whom_it_names"
BROUGHT_BACK = (
    "cluster/test_exit_plan.py::test_until_the_records_are_removed_tiller_can_be_brought_back_and_stopped_again"
)
RENEWED = "cluster/test_renewal.py::test_the_update_that_renews_is_that_of_the_remedies"
DIAGNOSED = "cluster/test_endpoint_causes.py::test_the_commands_of_a_cause_run"
REPORTED = "cluster/test_command_report.py::test_the_results_of_the_check_are_on_the_page"
PREVIEWED = "cluster/test_preview_summary.py::test_what_is_no_whole_preview_is_replaced_by_that_of_the_command"
LOOKED = "cluster/test_command_vet.py::test_what_is_said_of_a_release_is_looked_at_by_the_commands"
COMPARED = "cluster/test_command_vet.py::test_what_a_chart_makes_of_the_version_is_compared_by_the_commands"
EXPORTED = "engine/test_remedies.py::test_an_export_and_the_login_are_asked_for_by_commands_of_pulumi"
SET = "engine/test_remedies.py::test_what_is_no_text_is_set_again_by_the_command"

RUN: dict[str, dict[str, str]] = {
    "secure_tiller/plan/certificate_life.py": {"pulumi up": OF_THE_STATE},
    "secure_tiller/plan/pem.py": {
        "openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj {}": (
            "unit/secure_tiller/test_pem.py::test_the_remedy_for_a_request_makes_one_and_overwrites_no_key"
        )
    },
    "secure_tiller/plan/validation/certificates.py": {
        "pulumi config set --secret --path {} < key.pem": (
            "engine/test_remedies.py::test_a_private_key_in_plain_sight_is_moved_by_the_command"
        )
    },
    "secure_tiller_cli/charts/examine.py": {
        "kubectl get apiservice {}": "cluster/test_identities.py::test_a_service_that_does_not_answer_is_looked_at"
    },
    "secure_tiller_cli/check/certificates.py": {
        "pulumi up renews them": RENEWED,
        "pulumi up renews {} from {} on": RENEWED,
    },
    "secure_tiller_cli/check/endpoint.py": {
        "kubectl --namespace {} scale deployment {} --replicas=0": f"{CHECKED}[other arguments]"
    },
    "secure_tiller_cli/check/namespaces.py": {
        "kubectl --namespace {} describe networkpolicies": f"{CHECKED}[a policy that opens]",
        "kubectl create namespace {}": IN_THE_WAY,
        "kubectl get pods --namespace {}": f"{CHECKED}[a label that is gone]",
        "kubectl label --overwrite namespace {} {}=baseline": (
            "cluster/test_remedies.py::test_what_is_weak_in_an_existing_namespace_is_corrected_by_the_command"
        ),
    },
    "secure_tiller_cli/check/pod.py": {
        "kubectl --namespace {} delete pod {}": f"{CHECKED}[an impostor]",
        "kubectl --namespace {} describe pods": f"{CHECKED}[a Tiller that is stopped]",
        "kubectl --namespace {} get pods --output wide": f"{CHECKED}[a second pod]",
    },
    "secure_tiller_cli/check/rights.py": {
        "kubectl delete {} {}{}": f"{CHECKED}[a binding of Tiller's account]",
        "kubectl get -A rolebindings,clusterrolebindings -o wide": f"{CHECKED}[a binding for everybody]",
    },
    "secure_tiller_cli/check/run.py": {"pulumi up": COMES_AND_GOES},
    "secure_tiller_cli/check/services.py": {"kubectl --namespace {} get services": f"{CHECKED}[a Service]"},
    "secure_tiller_cli/check/trust.py": {
        "kubectl --namespace {} get secret {}": OF_THE_STATE,
        "kubectl --namespace {} rollout restart deployment {}": f"{CHECKED}[other arguments]",
    },
    "secure_tiller_cli/commands/deployed.py": {
        "pulumi stack export": OF_THE_STATE,
        "pulumi up": COMES_AND_GOES,
        "pulumi up --refresh": OF_THE_STATE,
    },
    "secure_tiller_cli/diagnosis/absence.py": {
        "kubectl --namespace {} describe deployment {}": DIAGNOSED,
        "kubectl --namespace {} describe pods --selector {}": DIAGNOSED,
    },
    "secure_tiller_cli/diagnosis/client.py": {
        "pulumi up": RENEWED,
        "secure-tiller bundle {} {} --out {}": (
            "cluster/test_endpoint_causes.py::test_a_bundle_that_is_written_again_is_answered"
        ),
    },
    "secure_tiller_cli/diagnosis/diagnosis.py": {"kubectl --namespace {} logs deployment/tiller-deploy": DIAGNOSED},
    "secure_tiller_cli/diagnosis/server.py": {"pulumi up": RENEWED},
    "secure_tiller_cli/handover.py": {"helm ls": COMES_AND_GOES, "pulumi up": RENEWED},
    "secure_tiller_cli/migration/copy.py": {"kubectl delete secrets --namespace {} {}": REPAIRED},
    "secure_tiller_cli/migration/exit_steps.py": {
        "kubectl create --filename {}": (
            "cluster/test_exit_plan.py::test_a_record_that_is_lost_comes_back_from_the_backup"
        ),
        "kubectl delete quota {} --namespace {} && {}1": BROUGHT_BACK,
        **dict.fromkeys(
            (
                "helm3 2to3 cleanup --dry-run --release-cleanup --skip-confirmation {}",
                "helm3 2to3 cleanup --release-cleanup {}",
                "helm3 2to3 convert {}--release-versions-max 0 {} {}",
                "helm3 2to3 move config --dry-run --skip-confirmation",
                "helm3 get manifest {} --namespace {} | kubectl diff --namespace {} --filename -",
                "helm3 history {} --namespace {}",
                "helm3 ls --all --namespace {}",
                "helm3 mapkubeapis {}--namespace {} {}",
                "helm3 plugin install https://github.com/helm/{} --version {}",
                "kubectl auth can-i {} secrets --namespace {}",
                "kubectl create quota {} --namespace {} --hard=pods=0",
                "kubectl create role {} --namespace {} --verb={} --resource=secrets",
                "kubectl create rolebinding helm3 --namespace {} --role=helm3 {}",
                "kubectl create rolebinding {} --namespace {} --role={} --user=carol@example.org",
                "kubectl delete rolebinding,role {} --namespace {} --ignore-not-found",
                "kubectl get secrets --namespace {} --selector owner=helm",
                "kubectl get secrets --namespace {} {}",
                "kubectl get secrets --namespace {} {} --output yaml",
                "kubectl scale deployment {} --namespace {} --replicas=",
                "kubectl wait pods --selector app=helm,name=tiller --namespace {} --for=delete --timeout=120s",
                "pulumi preview --diff{}",
                "pulumi up{}",
            ),
            WALKED,
        ),
    },
    "secure_tiller_cli/migration/helm3_rights.py": {"kubectl apply --namespace {} --filename - <<'END'": WALKED},
    "secure_tiller_cli/migration/old_tiller.py": {
        "kubectl get pod {} {} --output yaml": REPAIRED,
        "kubectl scale deployment {} {} --replicas=0": REPAIRED,
    },
    "secure_tiller_cli/migration/repair.py": {
        "kubectl delete {}": REPAIRED,
        "kubectl get {} --output yaml": REPAIRED,
        "kubectl label --overwrite {} {} {} {}": REPAIRED,
    },
    "secure_tiller_cli/migration/report_text.py": {"kubectl delete {}": REPAIRED},
    "secure_tiller_cli/migration/selection.py": {
        "helm delete --purge {}": REPAIRED,
        "helm rollback {} 0": REPAIRED,
        "kubectl get {}": REPAIRED,
    },
    "secure_tiller_cli/preview/digest.py": {"pulumi preview --json --show-sames": PREVIEWED},
    "secure_tiller_cli/preview/renewals.py": {"pulumi preview --json --show-sames": PREVIEWED},
    "secure_tiller_cli/report/check.py": {"secure-tiller check --format json": REPORTED},
    "secure_tiller_cli/report/file.py": {"secure-tiller check --format json": REPORTED},
    "secure_tiller_cli/report/findings.py": {"pulumi up": COMES_AND_GOES, "pulumi up renews it": RENEWED},
    "secure_tiller_cli/restore.py": {"pulumi up --refresh": f"{CHECKED}[a policy that is gone]"},
    "secure_tiller_cli/results/document.py": {"secure-tiller check --format json": REPORTED},
    "secure_tiller_cli/state/export.py": {"pulumi stack export": EXPORTED, "pulumi whoami": EXPORTED},
    "secure_tiller_cli/vet/chart.py": {
        "helm dependency build {}": (
            "cluster/test_command_vet.py::test_a_chart_whose_dependencies_are_missing_is_refused_with_the_remedy"
        )
    },
    "secure_tiller_cli/vet/exactness.py": {
        "helm install --dry-run --debug {}": COMPARED,
        "helm template --kube-version {} {}": COMPARED,
    },
    "secure_tiller_cli/vet/upgrade.py": {
        "helm get manifest {}": LOOKED,
        "helm history {}": LOOKED,
        "helm ls --all --tiller-namespace {}": LOOKED,
    },
    "secure_tiller_stack/cluster/identity.py": {
        "kubectl auth whoami": "cluster/test_identities.py::test_a_token_that_has_expired_is_renewed_by_the_command"
    },
    "secure_tiller_stack/cluster/login.py": {
        "kubectl auth whoami": "cluster/test_identities.py::test_the_command_shows_why_a_login_program_fails"
    },
    "secure_tiller_stack/configuration.py": {
        "pulumi config set --secret {}": (
            "engine/test_remedies.py::test_a_kubeconfig_in_plain_sight_is_replaced_by_an_encrypted_one"
        ),
    },
    "secure_tiller_stack/kubeconfig.py": {
        "kubectl config view --context={} --minify --flatten > one.kubeconfig": (
            "engine/test_remedies.py::"
            "test_a_context_that_is_spread_over_files_is_written_into_one_and_nothing_is_overwritten"
        ),
        "pulumi config set --secret {} < kubeconfig": f"{SET}[kubeconfig]",
    },
    "secure_tiller_stack/preflight/departed.py": {"helm delete --purge --tiller-namespace {} {}": COMES_AND_GOES},
    "secure_tiller_stack/preflight/foreign.py": {
        "kubectl delete {} --namespace {} {}": IN_THE_WAY,
        "pulumi up --refresh after: {}": IN_THE_WAY,
    },
    "secure_tiller_stack/preflight/namespaces.py": {
        "kubectl label --overwrite namespace {} {} && kubectl annotate --overwrite namespace {} {}={}": (
            "cluster/test_remedies.py::test_a_namespace_is_handed_over_by_the_command"
        ),
        "kubectl create namespace {}": (
            "cluster/test_remedies.py::test_a_namespace_that_is_not_there_is_created_by_the_command"
        ),
        "kubectl label namespace {} {}- {}- && kubectl annotate namespace {} {}-": GIVEN,
        "kubectl wait --for=delete namespace/{} --timeout=10m": (
            "cluster/test_remedies.py::test_the_end_of_a_namespace_is_waited_for_by_the_command"
        ),
        "pulumi up": GIVEN,
    },
    "secure_tiller_stack/revocation.py": {
        "kubectl delete pod --grace-period=0 --force --namespace {} {}": FORCED,
        "kubectl get pods --namespace {} --output wide": FORCED,
        "pulumi up without --target or --exclude": (
            "cluster/test_remedies.py::test_whom_an_update_left_is_revoked_by_the_command"
        ),
    },
    "secure_tiller_stack/takeovers.py": {
        "kubectl delete {} && pulumi up --refresh": (
            "cluster/test_takeovers.py::test_when_it_is_deleted_an_update_makes_it_new"
        ),
        "kubectl label --overwrite {} {}={}": (
            "cluster/test_takeovers.py::test_what_a_team_may_have_is_given_to_it_by_the_command"
        ),
        "pulumi state delete --target-dependents {}": (
            "cluster/test_takeovers.py::test_what_is_to_leave_the_state_is_named_by_its_urn"
        ),
    },
    "secure_tiller_stack/teams.py": {
        "pulumi destroy": "cluster/test_remedies.py::test_the_last_team_goes_by_the_command"
    },
}
"""By module, each command of its remedies, and the test that runs it."""

CANNOT_BE_RUN = {
    ("secure_tiller_cli/__init__.py", "pip install 'pulumi-secure-tiller[cli]'"): (
        "it installs the last version that is published, and not this one"
    ),
}
"""Commands of remedies that no test runs, and why."""

NAMED = {
    ("secure_tiller/plan/schema.py", "pulumi config set"): "an option of a command that the user has typed",
    ("secure_tiller_cli/bundle/model.py", "secure-tiller bundle has written"): "the origin of files",
    ("secure_tiller_cli/check/calls.py", "secure-tiller check"): "the name of a client",
    ("secure_tiller_cli/check/storage.py", "secure-tiller migrate moves them into Secrets"): "its purpose",
    ("secure_tiller_cli/commands/options.py", "pulumi preview --json --show-sames"): "a help",
    ("secure_tiller_cli/commands/vet.py", "helm install"): "a help",
    ("secure_tiller_cli/diagnosis/client.py", "secure-tiller bundle wrote"): "the origin of files",
    ("secure_tiller_cli/migration/exit_steps.py", "kubectl apply refuses large records"): "a command not to use",
    ("secure_tiller_cli/migration/exit_steps.py", "kubectl diff compares what a release says with what there is"): (
        "its purpose"
    ),
    ("secure_tiller_cli/migration/exit_steps.py", "pulumi up would start it again"): "its effect",
    ("secure_tiller_cli/migration/report_text.py", "secure-tiller exit-plan"): "the origin of steps",
    ("secure_tiller_cli/preview/digest.py", "pulumi preview --json"): "the origin of a text",
    ("secure_tiller_cli/preview/markdown.py", "secure-tiller preview-summary: {} -->"): "a title",
    ("secure_tiller_cli/preview/renewals.py", "secure-tiller renewals: {} -->\n## Certificates of {}: {}"): "a title",
    ("secure_tiller_cli/report/build.py", "secure-tiller report"): "a title",
}
"""Commands that a text names, and gives nobody to run, and as what it names them."""


def texts(node: ast.AST) -> Iterator[str]:
    """Yield each text of a module but its docstrings and the examples of a help, with `{}` for what is filled in.

    tests/unit/secure_tiller_cli/test_help.py reads the examples.
    """
    if isinstance(node, ast.JoinedStr):
        yield "".join(str(part.value) if isinstance(part, ast.Constant) else "{}" for part in node.values)
    elif isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    else:
        for child in ast.iter_child_nodes(node):
            docstring = isinstance(child, ast.Expr) and isinstance(child.value, ast.Constant)
            if not docstring and not _is_examples(child):
                yield from texts(child)


def _is_examples(node: ast.AST) -> bool:
    return isinstance(node, ast.Assign) and [ast.unparse(each) for each in node.targets] == ["EXAMPLES"]


def commands_in(text: str) -> Iterator[str]:
    """Yield the commands of a text, each with its options and the words on when to run it."""
    end = 0
    while begins := CALL.search(text, end):
        ends = END.search(text, begins.end())
        end = ends.start() if ends else len(text)
        yield text[begins.start() : end].strip()


@cache
def given() -> Mapping[tuple[str, str], frozenset[str]]:
    """Return the texts of our packages that give a command, by module and command."""
    texts_of = defaultdict[tuple[str, str], set[str]](set)
    for file in COMPONENTS.rglob("*.py"):
        for text in texts(ast.parse(file.read_text())):
            for command in commands_in(text):
                texts_of[str(file.relative_to(COMPONENTS)), command].add(text)
    return {key: frozenset(found) for key, found in texts_of.items()}


def claims(test: str) -> list[tuple[str, str]]:
    """Return the commands that a test runs by the list, each with its module.

    Args:
        test: its node ID, from the folder of the tests on.
    """
    named = (test, test.partition("[")[0])
    return [(module, command) for module, each in RUN.items() for command, runs in each.items() if runs in named]


def not_run(claimed: Iterable[tuple[str, str]], ran: Collection[Ran]) -> list[tuple[str, str]]:
    """Return those of some commands that were not run as a remedy of their module gives them."""
    return [
        (module, command)
        for module, command in claimed
        if not any(_gives(given()[module, command], command, each) for each in ran)
    ]


def _gives(texts: Iterable[str], command: str, ran: Ran) -> bool:
    update = re.match(r"pulumi up(?: --refresh)?", command)  # what follows says when
    return _holds(ran.command, update[0] if update else command) and any(_holds(ran.remedy, each) for each in texts)


def _holds(text: str, part: str) -> bool:
    pattern = ".*".join(map(re.escape, part.split("{}")))
    return bool(re.search(pattern, text, re.DOTALL))

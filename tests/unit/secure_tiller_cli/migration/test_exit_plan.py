"""The steps from Tiller to Helm 3, as a team's releases make them necessary."""

import os
import shlex
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from secure_tiller_cli.charts import Concern, Effect, Group
from secure_tiller_cli.migration.exit_document import to_json, to_markdown
from secure_tiller_cli.migration.exit_plan import By, ExitPlan
from secure_tiller_cli.migration.exit_steps import steps
from secure_tiller_cli.migration.history import histories
from secure_tiller_cli.releases import Record, Status
from tests.unit.secure_tiller_cli.migration.samples import copied, tiller
from tiller_facts.rbac import Subject

GONE = Concern(Group.API_GONE, Effect.STOPS, "the cluster no longer serves Deployment in extensions/v1beta1", "")
WEB, DELETED = copied("web", 3), copied("old", status=Status.DELETED)


def plan(*records: Record, gone: str = "", stack: str = "", subjects: tuple[Subject, ...] = ()) -> ExitPlan:
    findings = {gone: (GONE,)} if gone else {}
    return ExitPlan(tiller(*subjects), histories(records, ()), findings, stack)


def titles(made: ExitPlan) -> list[str]:
    return [step.title for step in steps(made)]


def commands(made: ExitPlan) -> list[str]:
    return [command for step in steps(made) for command in step.commands]


def test_the_steps_lead_from_the_tools_to_the_end_of_the_team() -> None:
    assert titles(plan(WEB)) == [
        "Install the tools",
        "Let somebody convert",
        "See that you may",
        "Give the team's people the rights of their Tiller",
        "Stop Tiller",
        "Back up the records",
        "Convert the releases",
        "Verify",
        "Remove Tiller's records",
        "Take the rights to convert back",
        "Remove the team",
    ]


def test_a_tiller_without_releases_is_only_removed() -> None:
    assert titles(plan()) == ["Remove the team"]
    assert "The Tiller in `blue-tiller` holds no releases." in to_markdown(plan())


def test_a_deleted_release_is_kept_in_the_backup_and_not_converted() -> None:
    assert titles(plan(DELETED)) == [
        "Install the tools",
        "Let somebody convert",
        "See that you may",
        "Stop Tiller",
        "Back up the records",
        "Remove Tiller's records",
        "Take the rights to convert back",
        "Remove the team",
    ]
    assert not [command for command in commands(plan(WEB, DELETED)) if "convert" in command and "old" in command]
    assert "Deleted, and so left out: `old`." in to_markdown(plan(WEB, DELETED))


def test_of_what_was_found_only_api_versions_that_are_gone_are_called_so() -> None:
    lacking = Concern(Group.CANNOT_INSTALL, Effect.STOPS, "Tiller may not create pods", "")
    made = ExitPlan(tiller(), histories([WEB], ()), {"web": (GONE, lacking)}, "")
    (text,) = (step.text for step in steps(made) if step.title.startswith("Rewrite"))
    assert text == f"Before anything else is done with them, or every upgrade fails: {GONE.text}."


def test_records_go_back_by_what_takes_large_ones_too() -> None:
    """By `kubectl apply` each gets an annotation of its own size, of which 256 KiB are the most that is taken."""
    (text,) = (step.text for step in steps(plan(WEB)) if step.title == "Back up the records")
    assert "leaves what is there: kubectl create --filename blue-tiller-releases.yaml." in text


def test_each_release_is_first_converted_dry() -> None:
    storage = "--tiller-out-cluster --release-storage secrets --tiller-ns blue-tiller"
    converted = [command for command in commands(plan(WEB, copied("blog"))) if "convert" in command]
    assert converted == [
        f"helm3 2to3 convert --dry-run --release-versions-max 0 {storage} blog",
        f"helm3 2to3 convert --dry-run --release-versions-max 0 {storage} web",
        f"helm3 2to3 convert --release-versions-max 0 {storage} blog",
        f"helm3 2to3 convert --release-versions-max 0 {storage} web",
    ]


def test_a_release_whose_api_versions_are_gone_is_rewritten_between_conversion_and_use() -> None:
    made = plan(WEB, copied("blog"), gone="web")
    at = titles(made).index("Rewrite API versions that are gone")
    assert titles(made)[at - 1 : at + 2] == ["Convert the releases", "Rewrite API versions that are gone", "Verify"]
    assert tuple(steps(made))[at].commands == (
        "helm3 mapkubeapis --dry-run --namespace blue-apps web",
        "helm3 mapkubeapis --namespace blue-apps web",
    )
    assert "helm3 plugin install https://github.com/helm/helm-mapkubeapis --version 0.4.1" in commands(made)
    assert "| `web` | `blue-apps` | 1 | DEPLOYED | `ledger-1.0.0` | API versions gone |" in to_markdown(made)
    assert not [command for command in commands(plan(WEB)) if "mapkubeapis" in command]


@pytest.mark.parametrize(
    ("subjects", "options"),
    [
        ((Subject("Group", "blue-developers"),), "--group=blue-developers"),
        ((Subject("User", "carol@example.org"),), "--user=carol@example.org"),
        ((Subject("ServiceAccount", "deployer", "pipelines"),), "--serviceaccount=pipelines:deployer"),
        ((Subject("Group", "a b; rm"), Subject("User", "bob")), "--group='a b; rm' --user=bob"),
    ],
)
def test_the_rights_go_to_whom_the_stack_lets_reach_tiller(subjects: tuple[Subject, ...], options: str) -> None:
    expected = f"kubectl create rolebinding helm3 --namespace blue-apps --role=helm3 {options}"
    assert expected in commands(plan(WEB, subjects=subjects))


def test_where_the_stack_names_nobody_that_is_said() -> None:
    assert "bind the Roles to whom you want" in to_markdown(plan(WEB))
    assert not [command for command in commands(plan(WEB)) if "rolebinding helm3" in command]


def test_the_role_of_the_people_is_that_of_tiller_and_what_helm_3_stores() -> None:
    (command,) = [command for command in commands(plan(WEB)) if "kind: Role\n" in command]
    manifest = command.partition("\n")[2].removesuffix("END")
    given = {each for rule in yaml.safe_load(manifest)["rules"] for each in _each(rule)}
    managed = next(role for role in tiller().roles if role.part == "manage:blue-apps")
    tillers = {
        (group, resource, verb)
        for rule in managed.rules
        for group in rule.api_groups
        for resource in rule.resources
        for verb in rule.verbs
    }
    assert given - tillers == {("", "secrets", "update")}
    assert tillers <= given


def _each(rule: dict[str, Any]) -> list[tuple[str, str, str]]:
    return [(a, b, c) for a in rule["apiGroups"] for b in rule["resources"] for c in rule["verbs"]]


def test_who_rewrites_a_release_may_update_its_records_and_nobody_else_who_converts() -> None:
    created = "kubectl create role helm-2to3 --namespace blue-apps --verb=create,get,list{} --resource=secrets"
    asked = "kubectl auth can-i update secrets --namespace blue-apps"
    for gone, verb in (("web", ",update"), ("", "")):
        made = commands(plan(WEB, gone=gone))
        assert (created.format(verb) in made, asked in made) == (True, bool(gone))


def test_each_step_says_whose_rights_its_commands_take() -> None:
    made = plan(WEB, gone="web")
    found = {step.title: step.by for step in steps(made)}
    assert found["Let somebody convert"] is found["Stop Tiller"] is By.ADMINISTRATOR
    assert found["Convert the releases"] is found["Remove Tiller's records"] is By.CONVERTER
    assert (found["Verify"], found["Remove the team"]) == (By.PEOPLE, By.DEPLOYER)
    assert "\n\nBy one of the team's people. Expect: " in to_markdown(made)
    assert [step["by"] for step in to_json(made)["steps"]] == [step.by.name.lower() for step in steps(made)]


def test_the_backup_is_for_its_owner_alone_and_never_overwritten(tmp_path: Path) -> None:
    """Run again after the records are removed, it would replace the only backup by nothing."""
    (command,) = [each for each in commands(plan(WEB)) if "--output yaml" in each]
    kubectl = tmp_path / "kubectl"
    for content, fails in (("all records", False), ("nothing", True)):
        kubectl.write_text(f"#!/bin/sh\necho {content}\n")
        kubectl.chmod(0o755)
        environment = {"PATH": f"{tmp_path}:{os.environ['PATH']}"}
        done = subprocess.run(["sh", "-c", command], cwd=tmp_path, env=environment, capture_output=True, text=True)
        assert (done.returncode != 0) is fails, done.stderr
    file = tmp_path / "blue-tiller-releases.yaml"
    assert (file.read_text(), file.stat().st_mode & 0o777) == ("all records\n", 0o600)


def test_every_command_is_one_for_a_shell() -> None:
    for command in commands(plan(WEB, DELETED, gone="web", subjects=(Subject("Group", "it's"),))):
        assert shlex.split(command.split("\n", 1)[0].replace("<<'END'", ""))


def test_the_stack_is_named_to_pulumi_where_it_was_named_here() -> None:
    assert commands(plan(stack="production")) == [
        "pulumi preview --diff --stack production",
        "pulumi up --stack production",
    ]
    assert commands(plan()) == ["pulumi preview --diff", "pulumi up"]


def test_the_json_has_the_releases_and_the_same_steps() -> None:
    made = to_json(plan(WEB, DELETED, gone="web"))
    assert [(item["name"], item["apiVersionsGone"]) for item in made["releases"]] == [("old", False), ("web", True)]
    assert [step["title"] for step in made["steps"]] == titles(plan(WEB, DELETED, gone="web"))

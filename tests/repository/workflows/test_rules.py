"""The rules that the workflow files keep, each with a copy that breaks it; actionlint sees to the rest."""

import copy
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import yaml

from testbed.pulumi_stack import PROJECT

TEMPLATE = "template/.github/workflows/preview.yml"
"""That of a project made by `pulumi new`."""

FILES = {file.name: file.read_text() for file in sorted((PROJECT / ".github" / "workflows").iterdir())} | {
    TEMPLATE: (PROJECT / TEMPLATE).read_text()
}
Workflow = dict[Any, Any]


def parsed(name: str) -> Workflow:
    workflow = yaml.safe_load(FILES[name])
    assert isinstance(workflow, dict)
    return workflow


def jobs(workflow: Workflow) -> dict[str, Any]:
    return dict(workflow["jobs"])


def steps(workflow: Workflow) -> Iterator[tuple[str, dict[str, Any]]]:
    for name, job in jobs(workflow).items():
        yield from ((name, step) for step in job["steps"])


def test_there_are_four_and_one_in_the_template() -> None:
    assert set(FILES) == {"ci.yml", "preview.yml", "release.yml", "renewals.yml", TEMPLATE}


# Every workflow


def not_pinned(text: str) -> list[str]:
    """The actions that are not named by a commit with its version in a comment."""
    uses = re.findall(r"^\s*(?:- )?uses: (.*)$", text, re.MULTILINE)
    assert uses
    return [use for use in uses if not re.fullmatch(r"[\w.-]+/[\w.-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", use)]


def pinned_twice(text: str) -> list[str]:
    """The actions that stand in two versions."""
    pins = set(re.findall(r"uses: (\S+)@(\S+)", text))
    return [name for name, _ in pins if sum(other == name for other, _ in pins) > 1]


def too_many_permissions(workflow: Workflow) -> list[str]:
    """The jobs that may more than they need."""
    allowed = {
        "outdated": {"pull-requests": "write"},
        "risks": {"pull-requests": "write"},
        "issue": {"issues": "write"},
        "publish": {"id-token": "write"},
    }
    wide = [] if workflow["permissions"] == {} else ["(all)"]
    for name, job in jobs(workflow).items():
        if not job.get("permissions", {}).items() <= {"contents": "read", **allowed.get(name, {})}.items():
            wide.append(name)
    return wide


def injectable(workflow: Workflow) -> list[str]:
    """The steps whose commands hold an expression, which is replaced before the shell reads it."""
    return [step["run"] for _, step in steps(workflow) if "${{" in step.get("run", "")]


def keeping_the_token(workflow: Workflow) -> list[str]:
    """The checkouts that leave the token in `.git/config`."""
    found = [step for _, step in steps(workflow) if step.get("uses", "").startswith("actions/checkout@")]
    assert found
    return [step["uses"] for step in found if step["with"].get("persist-credentials") is not False]


def without_history(workflow: Workflow) -> list[str]:
    """The jobs that read other commits, and check out one."""
    found = []
    for name, job in jobs(workflow).items():
        text = yaml.safe_dump(job)
        if any(reader in text for reader in (".ci/run", "make test", "changes.py", "prepare.py")):
            depths = [step["with"].get("fetch-depth") for step in job["steps"] if "checkout@" in step.get("uses", "")]
            found += [name] if depths != [0] else []
    return found


def without_end(workflow: Workflow) -> list[str]:
    """The jobs without a limit of time."""
    return [name for name, job in jobs(workflow).items() if not 0 < job.get("timeout-minutes", 0) <= 120]


def with_secrets(job: dict[str, Any]) -> bool:
    return "secrets." in yaml.safe_dump(job)


def secrets_at_large(workflow: Workflow) -> list[str]:
    """Return the jobs that have a secret outside of an environment, or for longer than a step."""
    found = [name for name, job in jobs(workflow).items() if with_secrets(job) and "environment" not in job]
    outside = {key: value for key, value in workflow.items() if key != "jobs"}
    found += ["(all)"] if "secrets" in yaml.safe_dump(outside) else []
    return found + [name for name, job in jobs(workflow).items() if "secrets." in yaml.safe_dump(job.get("env", {}))]


def writing_with_secrets(workflow: Workflow) -> list[str]:
    """The jobs that have secrets and may write, or that read what others left in a cache."""
    return [
        name
        for name, job in jobs(workflow).items()
        if with_secrets(job) and ("write" in job["permissions"].values() or "cache" in yaml.safe_dump(job))
    ]


# Those of pull requests


def checked_out_elsewhere(workflow: Workflow) -> list[str]:
    """The checkouts of anything but the default branch."""
    found = [step for _, step in steps(workflow) if step.get("uses", "").startswith("actions/checkout@")]
    return [step["uses"] for step in found if {"ref", "repository"} & step["with"].keys()]


def green_when_cancelled(workflow: Workflow) -> list[str]:
    """The verdicts that are skipped in a cancelled run: GitHub takes a skipped job for one that succeeded."""
    verdicts = {name: jobs(workflow)[name].get("if", "") for name in ("previewed", "risks")}
    return [name for name, condition in verdicts.items() if "always()" not in condition]


def for_forks(workflow: Workflow) -> list[str]:
    """The jobs that run for forks, or after one that does, and do more than to say so.

    One that needs another is skipped with it; `risks` wants that other to have succeeded.
    """
    condition = "github.event.pull_request.head.repo.full_name == github.repository"
    every = jobs(workflow)

    def guarded(name: str) -> bool:
        needs = every[name].get("needs", [])
        first = needs if isinstance(needs, str) else next(iter(needs), "")
        if "always()" in every[name].get("if", "") and f"needs.{first}.result == 'success'" not in every[name]["if"]:
            return False
        return bool(re.search(rf"(^|&& ){re.escape(condition)}$", every[name].get("if", ""))) or (
            bool(first) and guarded(first)
        )

    def harmless(name: str) -> bool:
        job = every[name]
        return not ({"permissions", "environment"} & job.keys() or any("uses" in step for step in job["steps"]))

    return [name for name in every if not harmless(name) and not guarded(name)]


def words_of_others(workflow: Workflow) -> list[str]:
    """Return the fields of the event in use, but for numbers, commits and the repository's name."""
    harmless = {"number", "head.sha", "head.repo.full_name"}
    return sorted({*re.findall(r"github\.event\.pull_request\.([\w.]+)", yaml.safe_dump(workflow))} - harmless) + (
        ["head_ref"] if "head_ref" in yaml.safe_dump(workflow) else []
    )


def not_one_at_a_time(workflow: Workflow) -> list[str]:
    group = workflow.get("concurrency", {})
    number = "${{ github.event.pull_request.number }}"
    return [] if number in group.get("group", "") and group.get("cancel-in-progress") is True else ["concurrency"]


def reading_with_secrets_what_code_made(workflow: Workflow) -> list[str]:
    """The jobs that have secrets and read what an approved pull request's code may have made. A tag's run has none."""
    if workflow[True] == {"push": {"tags": ["v*"]}}:
        return []
    return [
        name
        for name, job in jobs(workflow).items()
        if "download-artifact" in yaml.safe_dump(job) and ("environment" in job or with_secrets(job))
    ]


TEXT_RULES: list[Callable[[str], list[str]]] = [not_pinned, pinned_twice]
RULES: list[Callable[[Workflow], list[str]]] = [
    *(
        too_many_permissions,
        injectable,
        keeping_the_token,
        without_history,
        without_end,
        secrets_at_large,
        writing_with_secrets,
    ),
    reading_with_secrets_what_code_made,
]
PREVIEW_RULES = [checked_out_elsewhere, for_forks, words_of_others, not_one_at_a_time, green_when_cancelled]


def name_of(rule: Any) -> str:
    return str(getattr(rule, "__name__", rule))


@pytest.mark.parametrize("rule", TEXT_RULES, ids=name_of)
def test_the_text_keeps_the_rule(rule: Callable[[str], list[str]]) -> None:
    assert rule("\n".join(FILES.values())) == []


@pytest.mark.parametrize("rule", RULES, ids=name_of)
@pytest.mark.parametrize("name", FILES)
def test_every_workflow_keeps_the_rule(name: str, rule: Callable[[Workflow], list[str]]) -> None:
    assert rule(parsed(name)) == []


@pytest.mark.parametrize("rule", PREVIEW_RULES, ids=name_of)
def test_the_preview_keeps_the_rule(rule: Callable[[Workflow], list[str]]) -> None:
    assert rule(parsed("preview.yml")) == []


@pytest.mark.parametrize("rule", [for_forks, words_of_others, not_one_at_a_time], ids=name_of)
def test_the_templates_preview_keeps_the_rule(rule: Callable[[Workflow], list[str]]) -> None:
    assert rule(parsed(TEMPLATE)) == []


def test_the_templates_preview_gets_its_secrets_by_an_approval_alone() -> None:
    workflow = parsed(TEMPLATE)
    assert set(workflow[True]) == {"pull_request"}
    assert {name for name, job in jobs(workflow).items() if with_secrets(job)} == {"preview"}
    assert jobs(workflow)["preview"]["environment"] == "preview-code"
    assert "**required reviewers**" in (PROJECT / "template" / "README.md").read_text()


def test_the_preview_is_the_default_branchs_own_workflow() -> None:
    # True: YAML 1.1 takes `on` for a boolean.
    assert parsed("preview.yml")[True] == {"pull_request_target": {"branches": ["main"]}}


def test_no_other_workflow_runs_with_more_than_a_pull_requests_rights() -> None:
    assert "pull_request_target" not in FILES["ci.yml"] + FILES["renewals.yml"]
    assert "secrets." not in FILES["ci.yml"]


# Controls: a copy that breaks each rule

Break = Callable[[Workflow], object]
CHECKOUT = "jobs.preview.steps.0.with"


def at(workflow: Workflow, path: str) -> Any:
    found: Any = workflow
    for key in path.split("."):
        found = found[int(key)] if isinstance(found, list) else found[key]
    return found


def put(path: str, **values: Any) -> Break:
    return lambda workflow: at(workflow, path).update(values)


BROKEN: list[tuple[Callable[[Workflow], list[str]], Break]] = [
    (too_many_permissions, lambda workflow: workflow.update(permissions="write-all")),
    (too_many_permissions, put("jobs.preview.permissions", contents="write")),
    (too_many_permissions, put("jobs.preview", permissions={"pull-requests": "write"})),
    (injectable, put("jobs.changes.steps.2", run="echo ${{ github.event.pull_request.title }}")),
    (injectable, put("jobs.preview.steps.3", run="prepare ${{ matrix.stack }}")),
    (keeping_the_token, lambda workflow: at(workflow, CHECKOUT).pop("persist-credentials")),
    (without_history, lambda workflow: at(workflow, CHECKOUT).pop("fetch-depth")),
    (without_history, put("jobs.changes.steps.0.with", **{"fetch-depth": 1})),
    (without_end, lambda workflow: at(workflow, "jobs.preview").pop("timeout-minutes")),
    (secrets_at_large, lambda workflow: at(workflow, "jobs.preview").pop("environment")),
    (secrets_at_large, put("jobs.preview", env={"KEY": "${{ secrets.KEY }}"})),
    (secrets_at_large, lambda workflow: workflow.update(env={"KEY": "${{ secrets.KEY }}"})),
    (writing_with_secrets, put("jobs.preview.permissions", issues="write")),
    (writing_with_secrets, put("jobs.preview.steps.1.with", cache="pip")),
    (reading_with_secrets_what_code_made, put("jobs.risks", environment="preview")),
    (checked_out_elsewhere, put(CHECKOUT, ref="${{ github.event.pull_request.head.sha }}")),
    (checked_out_elsewhere, put(CHECKOUT, repository="mallory/fork")),
    (for_forks, put("jobs.changes", **{"if": "vars.PULUMI_BACKEND_URL != ''"})),
    (for_forks, lambda workflow: at(workflow, "jobs.preview").pop("needs")),
    (for_forks, lambda workflow: at(workflow, "jobs.outdated").pop("if")),
    (for_forks, put("jobs.previewed", permissions={"contents": "read"})),
    (for_forks, put("jobs.risks", **{"if": "${{ always() }}"})),
    (green_when_cancelled, put("jobs.previewed", **{"if": "${{ !cancelled() }}"})),
    (green_when_cancelled, lambda workflow: at(workflow, "jobs.risks").pop("if")),
    (words_of_others, put("jobs.changes.steps.3.env", TITLE="${{ github.event.pull_request.title }}")),
    (words_of_others, put("jobs.changes.steps.3.env", BRANCH="${{ github.head_ref }}")),
    (not_one_at_a_time, put("concurrency", group="preview")),
]


@pytest.mark.parametrize(("rule", "break_it"), BROKEN)
def test_control_a_copy_that_breaks_a_rule_is_seen(rule: Callable[[Workflow], list[str]], break_it: Break) -> None:
    workflow = copy.deepcopy(parsed("preview.yml"))
    break_it(workflow)
    assert rule(workflow)


@pytest.mark.parametrize(
    ("rule", "right", "wrong"),
    [
        (not_pinned, "@de0fac2e4500dabe0009e67214ff5f5447ce83dd # v6.0.2", "@v6"),
        (not_pinned, " # v6.0.2", ""),
        (pinned_twice, "checkout@de0fac2e4500dabe0009e67214ff5f5447ce83dd", f"checkout@{'0' * 40}"),
    ],
)
def test_control_a_pin_that_is_none_is_seen(rule: Callable[[str], list[str]], right: str, wrong: str) -> None:
    text = "\n".join(FILES.values())
    assert right in text
    assert rule(text.replace(right, wrong, 1))

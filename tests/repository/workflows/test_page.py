"""docs/pull-requests.md is true: its tests exist, its links lead somewhere, its tables are those of the files."""

import re
from collections.abc import Callable

import pytest
import yaml

from testbed.pulumi_stack import PROJECT
from tests.repository import test_docs
from tests.repository.workflows.test_rules import FILES, parsed
from tests.repository.workflows.test_stack_files import stack_file

PAGE = PROJECT / "docs" / "pull-requests.md"
TEXT = PAGE.read_text()


def missing_tests(text: str) -> list[str]:
    named = re.findall(r"`([\w/]+\.py)::(\w+)`", text)
    assert len(named) > 10
    return [name for file, name in named if f"def {name}(" not in (PROJECT / "tests" / file).read_text()]


def links_that_lead_nowhere(text: str) -> list[str]:
    return test_docs.links_that_lead_nowhere(text, PAGE)


def settings_that_differ(text: str) -> set[str]:
    (row,) = re.findall(r"^\| in `stacks/.* only (.*), in plain YAML", text, re.MULTILINE)
    return set(re.findall(r"`(.*?)`", row)) ^ set(stack_file.TEAM_SETTINGS)


def secrets_and_environments_that_differ(text: str) -> set[str]:
    used = set(re.findall(r"secrets\.(\w+)", "".join(FILES.values()))) | {"preview", "preview-code"}
    return used ^ set(re.findall(r"^\| `([A-Z_]+|preview|preview-code)` \|", text, re.MULTILINE))


def checks_that_differ(text: str) -> set[str]:
    names = {job["name"].replace("${{ matrix.stack }}", "<stack>") for job in parsed("preview.yml")["jobs"].values()}
    return set(re.findall(r"^\| `([A-Z][a-z]+(?: \(<stack>\))?)` \|", text, re.MULTILINE)) - names


def time_that_differs(text: str) -> set[str]:
    minute, hour, *_ = parsed("renewals.yml")[True]["schedule"][0]["cron"].split()
    return {f"{hour:0>2}:{minute}"} ^ set(re.findall(r"every day at (\S+) UTC", text))


def commands_that_do_not_parse(text: str) -> list[str]:
    blocks = re.findall(r"^```yaml\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    assert blocks
    return [block for block in blocks if not isinstance(yaml.safe_load(block), dict)]


CHECKS: list[Callable[[str], object]] = [
    missing_tests,
    links_that_lead_nowhere,
    settings_that_differ,
    secrets_and_environments_that_differ,
    checks_that_differ,
    time_that_differs,
    commands_that_do_not_parse,
]


@pytest.mark.parametrize("check", CHECKS)
def test_the_page_is_true(check: Callable[[str], object]) -> None:
    assert not check(TEXT)


@pytest.mark.parametrize(
    ("check", "right", "wrong"),
    [
        (missing_tests, "::test_the_job_with_the_keys_decides_again", "::test_the_job_decides"),
        (links_that_lead_nowhere, "(../.github/workflows/preview.yml)", "(../.github/preview.yml)"),
        (settings_that_differ, "`secure-tiller:removed`", "`secure-tiller:cluster`"),
        (secrets_and_environments_that_differ, "| `PULUMI_ACCESS_TOKEN` |", "| `PULUMI_TOKEN` |"),
        (checks_that_differ, "| `Risks (<stack>)` |", "| `Risk (<stack>)` |"),
        (time_that_differs, "05:17", "5 o'clock"),
    ],
)
def test_control_what_is_not_true_is_seen(check: Callable[[str], object], right: str, wrong: str) -> None:
    assert right in TEXT
    assert check(TEXT.replace(right, wrong))

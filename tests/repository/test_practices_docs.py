"""docs/practices.md is the catalogue, and docs/policies.md is true of the pack."""

import json
import re
import subprocess

import yaml

from secure_tiller.version import VERSION
from tests.repository.test_docs import PROJECT
from tests.support.pages import fenced
from tiller_facts.practices import BY_CODE, PRACTICES, Severity
from tiller_facts.practices.model import PAGE
from tiller_facts.practices.page import SEVERITIES, page
from tiller_policies.policies import LEVELS, OF_CLUSTER, POLICIES, Level

TEXT = (PROJECT / "docs" / "policies.md").read_text()
MANIFEST = yaml.safe_load((PROJECT / "policies" / "PulumiPolicy.yaml").read_text())


def test_the_page_is_written_from_the_catalogue() -> None:
    assert (PROJECT / PAGE).read_text() == f"{page()}\n"
    recipe = subprocess.run(["make", "-n", "practices"], cwd=PROJECT, capture_output=True, text=True, check=True)
    assert f"-m tiller_facts.practices.page > {PAGE}" in recipe.stdout
    assert set(SEVERITIES) == set(Severity)


def test_each_practice_has_one_anchor_and_no_other_heading_has_one() -> None:
    headings = re.findall(r"^## (\S+)$", (PROJECT / PAGE).read_text(), re.MULTILINE)
    assert headings == [practice.code for practice in PRACTICES]
    assert [practice.page for practice in PRACTICES] == [f"{PAGE}#{code}" for code in headings]


def test_the_findings_of_each_practice_are_a_list_of_their_own() -> None:
    lists = re.findall(r"^Findings:\n\n((?:- `.+\n)+)\nRemedy: ", (PROJECT / PAGE).read_text(), re.MULTILINE)
    codes = [re.findall(r"^- `([a-z-]+)`", one, re.MULTILINE) for one in lists]
    assert codes == [list(practice.findings) for practice in PRACTICES]


def test_the_example_of_levels_names_policies_and_levels_that_there_are() -> None:
    (example,) = fenced("json", TEXT)
    for name, value in json.loads(example).items():
        assert name == "all" or name in {policy.name for policy in POLICIES}
        assert (value if isinstance(value, str) else value["enforcementLevel"]) in {*Level, "disabled"}


def test_the_message_of_the_page_is_one_of_the_pack() -> None:
    (shown,) = fenced("text", TEXT)
    practice = BY_CODE["clients-verified"]
    assert f"{practice.title}\n" in shown
    assert f"has its rights. {practice.remedy[0].upper()}{practice.remedy[1:]} ({practice.page})" in shown
    assert f"secure-tiller@v{MANIFEST['version']}" in shown


def test_the_page_names_every_practice_with_a_level_of_its_own() -> None:
    (section,) = re.findall(r"^## Policies and levels\n(.+?)^## ", TEXT, re.MULTILINE | re.DOTALL)
    for code in (*LEVELS, *OF_CLUSTER):
        assert f"`{code}`" in section


def test_the_pack_has_the_version_of_the_package() -> None:
    assert MANIFEST["version"] == VERSION

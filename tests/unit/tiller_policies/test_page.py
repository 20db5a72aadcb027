"""docs/policies.md is true: its tables are those of the code, its links lead somewhere, its example is accepted."""

import json
import re

import pytest
import yaml

from tests.repository.test_docs import PROJECT, fenced, table
from tiller_policies.rule import PAGE, Rule
from tiller_policies.rules import RULES

TEXT = (PROJECT / PAGE).read_text()
SECTIONS = dict(re.findall(r"^### (\S+)\n\n(.+?)(?=\n\n#|\Z)", TEXT, re.MULTILINE | re.DOTALL))
PRACTICES = range(1, 6)
LEVELS = {"advisory", "mandatory", "disabled"}


def test_the_table_is_that_of_the_rules() -> None:
    assert table("rule", TEXT) == [
        [
            f"[{rule.name}](#{rule.name})",
            "mandatory",
            rule.severity,
            str(rule.practice or "beyond"),
            "the stack" if rule.of_stack else "each resource",
            rule.remedy.replace("`", ""),
        ]
        for rule in RULES
    ]


def test_each_rule_has_a_section_and_no_other_has() -> None:
    assert list(SECTIONS) == [rule.name for rule in RULES]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_each_rule_tells_all_that_a_reader_needs(rule: Rule) -> None:
    assert rule.url == f"{PAGE}#{rule.name}"
    assert re.fullmatch(r"[a-z]+(-[a-z]+)*", rule.name)
    assert rule.description[0].isupper()
    assert not rule.description.endswith(".")
    assert rule.remedy[0].islower()
    assert not rule.remedy.endswith(".")


def test_every_practice_of_the_document_has_a_rule() -> None:
    assert {rule.practice for rule in RULES} == {*PRACTICES, None}


def test_the_example_of_levels_names_rules_and_levels_that_there_are() -> None:
    (example,) = fenced("json", TEXT)
    for name, value in json.loads(example).items():
        assert name == "all" or name in {rule.name for rule in RULES}
        assert (value if isinstance(value, str) else value["enforcementLevel"]) in LEVELS


def test_the_message_of_the_page_is_one_of_the_pack() -> None:
    (shown,) = fenced("text", TEXT)
    (rule,) = (rule for rule in RULES if rule.name == "clients-verified")
    assert f"{rule.description}\n" in shown
    assert f"answers clients without a certificate: {rule.remedy} ({rule.url})" in shown
    manifest = yaml.safe_load((PROJECT / "policies" / "PulumiPolicy.yaml").read_text())
    assert f"secure-tiller@v{manifest['version']}" in shown


def test_the_pack_has_the_version_of_the_package() -> None:
    from secure_tiller.version import VERSION

    manifest = yaml.safe_load((PROJECT / "policies" / "PulumiPolicy.yaml").read_text())
    assert manifest["version"] == VERSION

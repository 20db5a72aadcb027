"""The published JSON Schema of stack files: it is current, and editors judge by it as the program does."""

import copy
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from secure_tiller.args import SecureTillerArgs
from secure_tiller.plan.validation import check
from secure_tiller_stack.args import TeamArgs
from secure_tiller_stack.configuration import KEYS, read_stack
from secure_tiller_stack.json_schema import WORDS, schema
from tests.support.samples import BLUE, DORAS_REQUEST, FULL, SMALLEST, smallest

STACKS = Path(__file__).parents[3] / "stacks"
FILES = sorted(STACKS.glob("Pulumi.*.yaml"))
SCHEMA = json.loads((STACKS / "schema.json").read_text())


def wrong(content: object) -> list[str]:
    return [error.json_path for error in jsonschema.Draft7Validator(SCHEMA).iter_errors(content)]


def holding(team: object, /, **keys: object) -> dict[str, Any]:
    settings = {"cluster": {"uid": "any"}, "teams": {"green": team}, **keys}
    return {"config": {f"secure-tiller:{key}": value for key, value in settings.items()}}


def without(settings: Mapping[str, Any], *keys: str) -> Any:
    return {key: value for key, value in copy.deepcopy(dict(settings)).items() if key not in keys}


def test_the_published_file_is_what_the_types_give_now() -> None:
    assert schema() == SCHEMA, "run `make schema`"


def test_it_is_a_schema() -> None:
    jsonschema.Draft7Validator.check_schema(SCHEMA)


def test_every_key_of_every_part_is_described() -> None:
    parts = {"config": SCHEMA["properties"]["config"], **SCHEMA["definitions"]}
    fields = {(part, key): field for part, made in parts.items() for key, field in made["properties"].items()}
    assert len(fields) > 70
    assert [at for at, field in fields.items() if "description" not in field and "$ref" not in field] == []


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_the_stack_files_of_this_repository_name_it_and_agree_with_it(file: Path) -> None:
    text = file.read_text()
    assert text.startswith("# yaml-language-server: $schema=schema.json\n")
    assert wrong(yaml.safe_load(text)) == []


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_the_stack_files_of_this_repository_are_right(file: Path) -> None:
    config = yaml.safe_load(file.read_text())["config"]
    values = {key: config.get(f"secure-tiller:{key}") for key in KEYS}
    assert read_stack("secure-tiller", config, values, secret=()).teams


@pytest.mark.parametrize("team", [SMALLEST, BLUE, without(FULL, "certificates")], ids=["smallest", "blue", "full"])
def test_right_settings_agree_with_it(team: SecureTillerArgs) -> None:
    assert check("green", team) == ()
    assert wrong(holding(team)) == []


@pytest.mark.parametrize(
    "team",
    [
        smallest(namespce="x"),
        smallest(clients=["bob"]),
        smallest(namespaces={"green-apps": {"pod_security": "privilegd"}}),
        smallest(rights={"preset": "admin"}),
        smallest(rights={"rules": [{"api_groups": [""], "resources": ["pods"], "verbs": ["*"]}]}),
        smallest(certificates={"server_cas": ["1"]}),
        smallest(expose="world"),
        {"clients": {"bob": {}}},
    ],
    ids=["misspelt", "list", "level", "preset", "verb", "text for a number", "expose", "missing"],
)
def test_what_the_program_refuses_for_its_form_or_its_word_an_editor_marks(team: Any) -> None:
    assert check("green", team)
    assert wrong(holding(team))


@pytest.mark.parametrize(
    "content",
    [
        {},
        {"config": {}},
        holding(SMALLEST, team={}),
        holding(SMALLEST, removed={"blue": "yes"}),
        holding(SMALLEST, defaults={"pod_security": "privileged"}),
        holding(SMALLEST, cluster={"context": "kind"}),
        holding(SMALLEST, serverKeys={"green": "in plain sight"}),
    ],
    ids=["nothing", "no settings", "unknown key", "removed", "privileged default", "no uid", "no secret"],
)
def test_a_file_that_is_wrong_as_a_whole_is_marked(content: object) -> None:
    assert wrong(content)


def test_what_others_keep_in_the_file_is_theirs() -> None:
    content = holding(smallest(clients={"dora": {"csr": DORAS_REQUEST}}), kubeconfig={"secure": "v1:abc"})
    content["encryptionsalt"] = "v1:x"
    content["config"] |= {"kubernetes:namespace": "x", "pulumi:disable-default-providers": ["*"]}
    assert wrong(content) == []


def test_every_word_is_of_a_field_that_there_is() -> None:
    for part, fields in WORDS.items():
        assert set(fields) <= set(SCHEMA["definitions"][part]["properties"])


def test_a_team_takes_what_the_component_takes_and_two_keys_of_its_own() -> None:
    assert set(TeamArgs.__annotations__) == {*SecureTillerArgs.__annotations__, "protect", "formerly"}

"""The commands of remedies about settings and kubeconfigs, run on what they are printed for."""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from secure_tiller import ConfigurationError
from secure_tiller.problems import ClusterError, Problem
from secure_tiller_cli.programs import Ended
from secure_tiller_cli.state import StackError
from secure_tiller_cli.state import export as read_state
from secure_tiller_stack import kubeconfig
from secure_tiller_stack.configuration import read_stack
from testbed.toolchain import Toolchain
from tests.support import pki
from tests.support.remedies import Command, commands, run, succeeded

KUBECONFIG = """\
apiVersion: v1
kind: Config
current-context: here
contexts: [{name: here, context: {cluster: c, user: me}}, {name: other, context: {cluster: d, user: me}}]
clusters: [{name: c, cluster: {server: "https://a.example.org"}}]
"""
USERS = "apiVersion: v1\nkind: Config\nusers: [{name: me, user: {token: sesame}}]\n"


class Stack:
    """A stack of which there is only the file."""

    def __init__(self, folder: Path, tools: Toolchain) -> None:
        self.folder = folder
        (folder / "backend").mkdir()
        self.environment = tools.environment | {
            "PULUMI_BACKEND_URL": f"file://{folder}/backend",
            "PULUMI_CONFIG_PASSPHRASE": "sesame",
        }
        (folder / "Pulumi.yaml").write_text("name: secure-tiller\nruntime: python\n")
        self.run("pulumi stack init test")

    def run(self, command: str) -> str:
        return succeeded(run(command, self.folder, self.environment))

    @property
    def file(self) -> Path:
        return self.folder / "Pulumi.test.yaml"

    def problems(self) -> tuple[Problem, ...]:
        """Return what is wrong with the settings of the file, as the program reads them."""
        found: Mapping[str, Any] = json.loads(self.run("pulumi config --json --show-secrets"))
        values = {key.partition(":")[2]: item.get("objectValue", item.get("value")) for key, item in found.items()}
        try:
            read_stack("secure-tiller", list(found), values, secret={key for key in found if found[key]["secret"]})
        except ConfigurationError as error:
            return error.problems
        return ()

    def set(self, settings: Mapping[str, Any]) -> None:
        content = yaml.safe_load(self.file.read_text())
        whole = {"secure-tiller:cluster": {"uid": "any"}, **settings}
        self.file.write_text(yaml.safe_dump({**content, "config": whole}))


@pytest.fixture
def stack(tmp_path: Path, tools: Toolchain) -> Stack:
    return Stack(tmp_path, tools)


def team(**settings: Any) -> dict[str, Any]:
    return {"secure-tiller:teams": {"case": {"namespaces": {"case-apps": {}}, "clients": {"dora": {}}, **settings}}}


@pytest.mark.parametrize(
    ("settings", "path", "value"),
    [
        ({"subjects": {"groups": ["devs"]}}, "subjects.groups[1]", "4711"),
        ({"labels": {"area": "shop"}}, "labels.cost", "42"),
        ({"labels": {"area": "shop"}}, "labels.live", "true"),
    ],
)
def test_text_that_looks_like_something_else_is_set_by_its_type(
    stack: Stack, settings: dict[str, Any], path: str, value: str
) -> None:
    stack.set(team(**settings))
    assert stack.problems() == ()
    quoted = f"pulumi config set --path 'secure-tiller:teams.case.{path}' '{value}'"
    stack.run(quoted)
    (problem,) = stack.problems()
    assert (problem.key, problem.why) == (path, "must be text")
    assert "add the option --type string" in problem.remedy
    stack.run(f"{quoted} --type string")
    assert stack.problems() == ()


def test_control_quotes_in_the_file_are_enough(stack: Stack) -> None:
    stack.set(team(labels={"cost": "42"}))
    assert "cost: '42'" in stack.file.read_text()
    assert stack.problems() == ()


def _give_the_file(stack: Stack, name: str, content: str) -> None:
    (stack.folder / name).write_text(content)


def test_a_private_key_in_plain_sight_is_moved_by_the_command(stack: Stack) -> None:
    server = pki.server(pki.authority("company"), names=("localhost",))
    given = {"certificate": server.pem, "ca": pki.authority("company").pem, "key": server.key_pem}
    stack.set(team(certificates={"server_certificate": given}))
    (problem,) = [each for each in stack.problems() if each.key.endswith(".key")]
    _give_the_file(stack, "key.pem", server.key_pem)
    (command,) = commands(problem.remedy)
    stack.run(command)
    kept = yaml.safe_load(stack.file.read_text())["config"]["secure-tiller:serverKeys"]
    assert set(kept["case"]) == {"secure"}


def test_a_kubeconfig_in_plain_sight_is_replaced_by_an_encrypted_one(stack: Stack) -> None:
    stack.set({**team(), "secure-tiller:kubeconfig": KUBECONFIG})
    (problem,) = stack.problems()
    (command,) = commands(problem.remedy)
    _give_the_file(stack, "kubeconfig", KUBECONFIG)
    stack.run(command)
    assert set(yaml.safe_load(stack.file.read_text())["config"]["secure-tiller:kubeconfig"]) == {"secure"}


@pytest.mark.parametrize("key", ["serverKeys", "kubeconfig"])
def test_what_is_no_text_is_set_again_by_the_command(stack: Stack, key: str) -> None:
    values = {"serverKeys": {"case": 5}, "kubeconfig": {"a": "b"}}
    settings = {**team(), f"secure-tiller:{key}": values[key]}
    if key == "serverKeys":
        server = pki.server(pki.authority("company"))
        given = {"certificate": server.pem, "ca": pki.authority("company").pem}
        settings = {**team(certificates={"server_certificate": given}), f"secure-tiller:{key}": values[key]}
    stack.set(settings)
    said = [each.remedy for each in stack.problems() if each.why == "must be text"]
    assert said, stack.problems()
    (command,) = commands(said[0])
    for name in ("key.pem", "kubeconfig"):
        _give_the_file(stack, name, "text")
    stack.run(command)
    assert "must be text" not in {each.why for each in stack.problems()}


@pytest.fixture
def spread(tmp_path: Path) -> str:
    """Return a KUBECONFIG of two files, none of which has the whole context."""
    files = tmp_path / "contexts", tmp_path / "users"
    for file, content in zip(files, (KUBECONFIG, USERS), strict=True):
        file.write_text(content)
    return os.pathsep.join(map(str, files))


def test_a_context_that_is_spread_over_files_is_written_into_one_and_nothing_is_overwritten(
    tmp_path: Path, tools: Toolchain, spread: str
) -> None:
    with pytest.raises(ClusterError) as refused:
        kubeconfig.find({}, environment={"KUBECONFIG": spread})
    (command,) = commands(refused.value.problems[0].remedy)
    environment = tools.environment | {"KUBECONFIG": spread}
    succeeded(run(command, tmp_path, environment))
    one = tmp_path / "one.kubeconfig"
    assert "sesame" in one.read_text(), "its credentials are there"
    assert one.stat().st_mode & 0o777 == 0o600
    assert kubeconfig.find({}, environment={"KUBECONFIG": str(one)}).context == "here"
    again = run(command, tmp_path, environment)
    assert (again.returncode != 0, "sesame" in one.read_text()) == (True, True)


@pytest.mark.parametrize("keys", ["5", "{case: 5}"])
def test_keys_in_a_wrong_form_are_set_by_the_command(stack: Stack, keys: str) -> None:
    server = pki.server(pki.authority("company"))
    given = {"certificate": server.pem, "ca": pki.authority("company").pem}
    stack.set({**team(certificates={"server_certificate": given}), "secure-tiller:serverKeys": yaml.safe_load(keys)})
    found = [each for problem in stack.problems() for each in commands(problem.remedy) if "TEAM" in each]
    assert found
    _give_the_file(stack, "key.pem", server.key_pem)
    stack.run(found[0].filled(TEAM="case"))
    assert [each for each in stack.problems() if each.key.startswith("secure-tiller:serverKeys")] == []


def test_an_export_and_the_login_are_asked_for_by_commands_of_pulumi(
    stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(name: str) -> tuple[Command, ...]:
        with pytest.raises(StackError) as error:
            read_state(name)
        return tuple(commands(error.value.problems[0].remedy))

    for name, value in stack.environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(stack.folder)
    (login,) = refused("nowhere")
    assert stack.run(login)
    monkeypatch.setitem(read_state.__globals__, "run", lambda *_, **__: Ended(0, "[]", ""))
    (look,) = refused("test")
    assert json.loads(stack.run(look))["version"] == 3

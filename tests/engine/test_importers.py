"""Programs that import the package, on the real engine and without a cluster: the refusals and their messages."""

import json
from pathlib import Path

import pytest

from testbed.pulumi_stack import Stack
from testbed.toolchain import Toolchain
from tests.engine.python_projects import new_stack

TEAMS = '{"blue": {"namespaces": {"blue-apps": {}}, "clients": {"ci": {}}}}'
UNREACHABLE = """\
apiVersion: v1
kind: Config
current-context: here
contexts: [{name: here, context: {cluster: c, user: u}}]
clusters: [{name: c, cluster: {server: "http://127.0.0.1:9"}}]
users: [{name: u, user: {}}]
"""
BARE = f"""
import pulumi
import pulumi_kubernetes as kubernetes
from secure_tiller import SecureTiller

def tiller(opts=None):
    return SecureTiller("blue", {TEAMS}["blue"], opts)
"""
CALL = f"""
import pulumi
import pulumi_kubernetes as kubernetes
from secure_tiller_stack import deploy, look

TEAMS = {TEAMS}
"""


@pytest.mark.parametrize(
    ("program", "words"),
    [
        (BARE + "tiller()", "Nobody has looked for such objects"),
        (BARE + "tiller(pulumi.ResourceOptions(providers=['west']))", "must be a list of provider objects"),
        (CALL + "deploy(TEAMS, cluster={'uid': 'any'})", "it cannot be reached"),
        (CALL + "look(TEAMS, cluster={'uid': 'any'})", "it cannot be reached"),
        (CALL + "deploy(TEAMS, cluster={'context': 'there'})", "must be a context of"),
        (CALL + "deploy(TEAMS, cluster={'uid': 'any'}, opts={})", "must be a pulumi.ResourceOptions"),
        (CALL + "deploy({'blue': {}}, cluster={'uid': 'any'})", "The configuration is refused (2 problems)"),
    ],
)
def test_a_refusal_is_one_message_and_registers_nothing(
    tools: Toolchain, tmp_path: Path, program: str, words: str
) -> None:
    stack = _stack(tools, tmp_path, program)
    done = stack.up(check=False)
    assert done.returncode != 0
    assert words in done.stdout, done.stdout
    summary = done.stdout.partition("Diagnostics:")[2]
    assert summary.count("; nothing was changed.") == 1, done.stdout
    assert "Traceback" not in done.stdout + done.stderr
    assert _registered(stack) <= {"pulumi:pulumi:Stack"}


NEWER = f"""
import pulumi
import pulumi_kubernetes as kubernetes
from secure_tiller import SecureTiller, foreign

foreign._version = lambda _: "4.34.2"

class Newer(kubernetes.Provider):
    def __init__(self):
        arguments = {{"kubeconfig": pulumi.Output.secret("secret"), "upsertExistingObjects": "VALUE"}}
        pulumi.ProviderResource.__init__(self, "kubernetes", "cluster", arguments)

SecureTiller("blue", {TEAMS}["blue"], pulumi.ResourceOptions(providers=[Newer()]))
"""
"""A provider that registers itself as the SDK's does from 4.29 on."""


@pytest.mark.parametrize("command", ["preview", "up"])
def test_a_provider_that_upserts_is_refused_before_anything_of_the_tiller_is_registered(
    tools: Toolchain, tmp_path: Path, command: str
) -> None:
    stack = _stack(tools, tmp_path, NEWER.replace("VALUE", "true"))
    done = stack.preview(check=False) if command == "preview" else stack.up(check=False)
    assert done.returncode != 0
    assert "with upsert_existing_objects takes over" in done.stdout, done.stdout
    assert {one for one in _registered(stack) if not one.startswith("pulumi:")} == set()


def test_control_a_provider_that_does_not_upsert_is_accepted(tools: Toolchain, tmp_path: Path) -> None:
    stack = _stack(tools, tmp_path, NEWER.replace("VALUE", "false"))
    assert "takes over" not in stack.preview(check=False).stdout
    stack.up(check=False)
    assert "secure-tiller:index:SecureTiller" in _registered(stack)


def _registered(stack: Stack) -> set[str]:
    """Return the types of the resources in the state."""
    return {resource["type"] for resource in json.loads(stack.export())["deployment"].get("resources", ())}


def _stack(tools: Toolchain, folder: Path, program: str) -> Stack:
    file = folder / "kubeconfig"
    file.write_text(UNREACHABLE)
    return new_stack(folder, {**tools.environment, "KUBECONFIG": str(file)}, program)

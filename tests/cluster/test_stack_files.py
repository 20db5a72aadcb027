"""The values of a stack file reach the cluster: defaults, one set by Pulumi's command, a secret kubeconfig.

One stack of two teams, `plain` and `own`, of which `own` says some things otherwise.
"""

import base64
import json
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from testbed.demo.place import Place
from tests.support import leaks
from tests.support.projects import PASSPHRASE, TestStack

FILE = """\
config:
  secure-tiller:cluster:
    uid: any  # the cluster of the tests, which comes and goes
  secure-tiller:defaults:
    # Auditors ask for it.
    pod_security: restricted
    labels: {cost-centre: platform, stage: test}
    pod:
      history_max: 5
  secure-tiller:teams:
    # The first of the two.
    PLAIN:
      namespaces: {PLAIN-apps: {retain_on_delete: false}}
      clients: {ann: {}}
    OWN:
      namespaces: {OWN-apps: {retain_on_delete: false, pod_security: baseline}}
      clients: {ann: {}}
      labels: {cost-centre: research}
      pod: {history_max: 7}
"""
COMMENTS = [line.partition("#")[2].strip() for line in FILE.splitlines() if "#" in line]


@dataclass
class Written:
    """The results of Pulumi on a file that its own commands changed.

    Attributes:
        stack: the stack.
        plain: the name of the team for which only the defaults hold.
        own: the name of the other one.
        key: the secret number of the private key in the kubeconfig.
        first: by logical name, the inputs that the first preview planned.
        joined: the operation by kind and logical name, when a client had been added by `pulumi config set`.
        lost: how a preview ended when no file led to the cluster any more.
        moved: the same as `joined`, when the kubeconfig had become a secret value besides.
        printed: the output and files of Pulumi since then, by command.
        clear: the state with its secrets in clear.
        updated: how the update with the secret kubeconfig ended.
        text: the stack file in the end.
    """

    stack: TestStack
    plain: str
    own: str
    key: bytes
    first: dict[str, Any] = field(default_factory=dict)
    joined: dict[tuple[str, str], str] = field(default_factory=dict)
    lost: "subprocess.CompletedProcess[str] | None" = None
    moved: dict[tuple[str, str], str] = field(default_factory=dict)
    printed: dict[str, str] = field(default_factory=dict)
    clear: str = ""
    updated: "subprocess.CompletedProcess[str] | None" = None
    text: str = ""


@pytest.fixture(scope="module")
def written(
    new_stack: Callable[..., TestStack], cluster: Place, suffix: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Written]:
    stack, plain, own = new_stack({}, PASSPHRASE), f"plain-file-{suffix}", f"own-file-{suffix}"
    salt = yaml.safe_dump({"encryptionsalt": yaml.safe_load(stack.file.read_text())["encryptionsalt"]})
    stack.file.write_text(FILE.replace("PLAIN", plain).replace("OWN", own) + salt)
    seen = Written(stack, plain, own, _key(cluster.kubeconfig))
    with stack:
        seen.first = {step["urn"].rsplit("::", 1)[-1]: step["newState"].get("inputs") for step in _steps(stack)}
        stack.up()
        _add_a_client(seen)
        _take_the_kubeconfig_from_a_secret(seen, cluster.kubeconfig, tmp_path_factory.mktemp("home"))
        yield seen


def _key(kubeconfig: Path) -> bytes:
    (user,) = yaml.safe_load(kubeconfig.read_text())["users"]
    (key,) = leaks.private_keys(base64.b64decode(user["user"]["client-key-data"]).decode())
    return key


def _add_a_client(seen: Written) -> None:
    path = f"secure-tiller:teams.{seen.own}.clients.carol.generation"
    seen.stack.run("config", "set", "--path", path, "1", "--stack", seen.stack.name)
    seen.joined = _planned(_steps(seen.stack))


def _take_the_kubeconfig_from_a_secret(seen: Written, kubeconfig: Path, home: Path) -> None:
    """Let no file lead to the cluster from here on."""
    nowhere = {name: value for name, value in seen.stack.environment.items() if name != "KUBECONFIG"}
    stack = replace(seen.stack, environment={**nowhere, "HOME": str(home)})
    seen.lost = stack.preview(check=False)
    secret = ("config", "set", "--secret", "secure-tiller:kubeconfig", "--stack", stack.name)
    stack.run(*secret, stdin=kubeconfig.read_text())
    preview = stack.preview("--json")
    seen.moved = _planned(json.loads(preview.stdout)["steps"])
    seen.updated = stack.up("--diff", check=False)
    seen.clear = stack.export(secrets=True)
    seen.text = stack.file.read_text()
    seen.printed = {
        "preview": preview.stdout + preview.stderr,
        "up": seen.updated.stdout + seen.updated.stderr,
        "state": stack.export(),
        "stack file": seen.text,
    }


def _steps(stack: TestStack) -> Any:
    return json.loads(stack.preview("--json").stdout)["steps"]


def _planned(steps: Any) -> dict[tuple[str, str], str]:
    named = ((*step["urn"].split("::")[-2:], step["op"]) for step in steps if step["op"] != "same")
    return {(kind.rsplit(":", 1)[-1], name): op for kind, name, op in named}


# Defaults.


def _history(written: Written, team: str) -> list[str]:
    (container,) = written.first[f"{team}-deployment"]["spec"]["template"]["spec"]["containers"]
    return [argument for argument in container["args"] if argument.startswith("--history-max")]


def _labels(written: Written, team: str) -> dict[str, str]:
    found = written.first[f"{team}-namespace:{team}-apps"]["metadata"]["labels"]
    return {key: found[key] for key in ("cost-centre", "stage", "pod-security.kubernetes.io/enforce")}


def test_defaults_hold_for_a_team_that_says_nothing(written: Written) -> None:
    assert _history(written, written.plain) == ["--history-max=5"]
    assert _labels(written, written.plain) == {
        "cost-centre": "platform",
        "stage": "test",
        "pod-security.kubernetes.io/enforce": "restricted",
    }


def test_control_a_team_that_says_otherwise_has_its_own_and_the_rest_of_the_defaults(written: Written) -> None:
    assert _history(written, written.own) == ["--history-max=7"]
    assert _labels(written, written.own) == {
        "cost-centre": "research",
        "stage": "test",
        "pod-security.kubernetes.io/enforce": "baseline",
    }


# A value set by Pulumi's command.


def test_a_client_that_a_command_adds_is_all_that_changes(written: Written) -> None:
    issued = {(kind, f"{written.own}-client-ca:carol") for kind in ("PrivateKey", "SelfSignedCert")}
    issued |= {(kind, f"{written.own}-client:carol") for kind in ("PrivateKey", "CertRequest", "LocallySignedCert")}
    trust = {("Secret", f"{written.own}-tls"): "replace", ("Deployment", f"{written.own}-deployment"): "update"}
    assert written.joined == dict.fromkeys(issued, "create") | trust


def test_comments_stay_in_a_file_that_commands_have_changed(written: Written) -> None:
    assert len(COMMENTS) == 3
    assert [comment for comment in COMMENTS if comment not in written.text] == []
    assert "carol" in written.text


# A secret kubeconfig.


def test_a_kubeconfig_that_becomes_a_secret_changes_the_provider_and_replaces_nothing(written: Written) -> None:
    assert written.moved == written.joined | {("kubernetes", "cluster"): "update"}


def test_an_update_needs_no_file_but_the_secret_kubeconfig(written: Written) -> None:
    assert written.updated is not None
    assert written.updated.returncode == 0, written.updated.stdout
    assert "carol" in written.stack.outputs()[written.own]["bundles"]


def test_control_without_the_secret_there_was_no_way_to_the_cluster(written: Written) -> None:
    assert written.lost is not None
    assert written.lost.returncode != 0
    assert "cannot be read: No such file" in written.lost.stdout


@pytest.mark.parametrize("where", ["preview", "up", "state", "stack file"])
def test_the_key_in_the_secret_kubeconfig_is_shown_nowhere(written: Written, where: str) -> None:
    assert leaks.leaked(written.printed[where], [written.key]) == []


def test_control_with_secrets_shown_the_state_has_the_key(written: Written) -> None:
    assert leaks.leaked(written.clear, [written.key]) != []

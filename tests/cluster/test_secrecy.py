"""No key and no credential shows, in whatever Pulumi prints or keeps in clear."""

import base64
import subprocess
from collections.abc import Callable

import pytest
import yaml

from testbed.demo.place import Place
from tests.leaks import leaked, private_keys, secret_number
from tests.projects import TestStack


@pytest.fixture(scope="module")
def outputs(new_stack: Callable[..., TestStack], suffix: str) -> tuple[dict[str, str], set[bytes], str]:
    """What a stack's whole life prints, the private keys it had, and its state with every secret in clear.

    A client comes after the first update, so that a Secret is seen being replaced, its old and new values side by side.
    """
    team = f"quiet-{suffix}"
    settings = {"namespaces": {f"{team}-apps": {"retain_on_delete": False}}, "clients": {"ann": {}}}
    stack = new_stack({team: settings})
    printed: dict[str, str] = {}

    def keep(name: str, done: "subprocess.CompletedProcess[str]") -> None:
        printed[name] = done.stdout + done.stderr

    try:
        keep("preview --diff of the first update", stack.preview("--diff"))
        keep("up --diff, the first", stack.up("--diff"))
        stack.configure_teams({team: settings | {"clients": {"ann": {}, "bot": {}}}})
        keep("preview --diff of a replaced Secret", stack.preview("--diff"))
        keep("preview --json of a replaced Secret", stack.preview("--diff", "--json"))
        keep("up --diff, replacing a Secret", stack.up("--diff"))
        keep("stack output", stack.run("stack", "output", "--stack", stack.name))
        printed["stack export"] = stack.export()
        clear = stack.export(secrets=True)
    finally:
        keep("destroy --diff", stack.destroy("--diff"))
    return printed, private_keys(clear), clear


def test_the_state_holds_every_key_so_that_there_is_something_to_find(
    outputs: tuple[dict[str, str], set[bytes], str],
) -> None:
    _, keys, clear = outputs
    assert len(keys) == 6  # CA and leaf of the server and of each of two clients
    assert leaked(clear, keys)


def test_no_private_key_shows(outputs: tuple[dict[str, str], set[bytes], str]) -> None:
    printed, keys, _ = outputs
    assert {where: leaked(text, keys) for where, text in printed.items()} == {where: [] for where in printed}


def test_a_secret_was_seen_being_replaced(outputs: tuple[dict[str, str], set[bytes], str]) -> None:
    printed, _, _ = outputs
    assert "core/v1:Secret: (replace)" in printed["up --diff, replacing a Secret"]
    assert "[secret]" in printed["up --diff, replacing a Secret"]


def test_a_planted_key_is_found(outputs: tuple[dict[str, str], set[bytes], str]) -> None:
    printed, keys, _ = outputs
    planted = printed["stack output"] + base64.b64encode(min(keys)).decode()
    assert leaked(planted, keys)


def test_no_credential_of_the_kubeconfig_shows_or_is_kept(
    cluster: Place, outputs: tuple[dict[str, str], set[bytes], str]
) -> None:
    printed, _, clear = outputs
    user = yaml.safe_load(cluster.kubeconfig.read_text())["users"][0]["user"]
    credentials = [secret_number(base64.b64decode(user["client-key-data"]).decode())]
    everywhere = printed | {"the state, decrypted": clear}
    assert {where: leaked(text, credentials) for where, text in everywhere.items()} == {w: [] for w in everywhere}
    assert leaked(f"user: {user['client-key-data']}", credentials), "the search finds a planted credential"

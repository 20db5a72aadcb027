"""No key and no credential shows, in whatever Pulumi prints or keeps in clear."""

import base64
from collections.abc import Callable

import pytest
import yaml

from testbed.demo.place import Place
from tests.leaks import leaked, private_keys, secret_number
from tests.projects import TestStack


@pytest.fixture(scope="module")
def outputs(new_stack: Callable[..., TestStack], suffix: str) -> tuple[dict[str, str], set[bytes], str]:
    """What a stack's whole life prints, the private keys it had, and its state with every secret in clear."""
    team = f"quiet-{suffix}"
    stack = new_stack(
        {team: {"namespaces": {f"{team}-apps": {"retain_on_delete": False}}, "clients": {"ann": {}, "bot": {}}}}
    )
    printed: dict[str, str] = {}
    try:
        first = stack.preview("--diff")
        up = stack.up("--diff")
        preview = stack.preview("--diff", "--json")
        clear = stack.export(secrets=True)
        printed = {
            "preview --diff, before": first.stdout + first.stderr,
            "up": up.stdout + up.stderr,
            "preview --json": preview.stdout + preview.stderr,
            "stack export": stack.export(),
            "stack output": stack.run("stack", "output", "--stack", stack.name).stdout,
        }
    finally:
        destroyed = stack.destroy()
    printed["destroy"] = destroyed.stdout + destroyed.stderr
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


def test_a_planted_key_is_found(outputs: tuple[dict[str, str], set[bytes], str]) -> None:
    printed, keys, _ = outputs
    planted = printed["up"] + base64.b64encode(min(keys)).decode()
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

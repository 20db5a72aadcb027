"""No key and no credential shows, in whatever Pulumi prints or keeps in clear."""

import base64

import pytest
import yaml

from testbed.demo.place import Place
from tests.cluster.conftest import Story
from tests.support.leaks import leaked, private_keys, secret_number


@pytest.fixture(scope="module")
def keys(story: Story) -> set[bytes]:
    return private_keys(story.clear)


def test_the_state_holds_every_key_so_that_there_is_something_to_find(story: Story, keys: set[bytes]) -> None:
    assert len(keys) == 6  # CA and leaf of the server and of each of two clients
    assert leaked(story.clear, keys)


def test_a_secret_was_seen_being_replaced(story: Story) -> None:
    assert "core/v1:Secret: (replace)" in story.printed["up --diff, replacing a Secret"]
    assert "[secret]" in story.printed["up --diff, replacing a Secret"]


def test_no_private_key_shows(story: Story, keys: set[bytes]) -> None:
    assert {where: leaked(text, keys) for where, text in story.printed.items()} == {
        where: [] for where in story.printed
    }


def test_a_planted_key_is_found(story: Story, keys: set[bytes]) -> None:
    planted = story.printed["stack output"] + base64.b64encode(min(keys)).decode()
    assert leaked(planted, keys)


def test_no_credential_of_the_kubeconfig_shows_or_is_kept(cluster: Place, story: Story) -> None:
    user = yaml.safe_load(cluster.kubeconfig.read_text())["users"][0]["user"]
    credentials = [secret_number(base64.b64decode(user["client-key-data"]).decode())]
    everywhere = story.printed | {"the state, decrypted": story.clear}
    assert {where: leaked(text, credentials) for where, text in everywhere.items()} == {w: [] for w in everywhere}
    assert leaked(f"user: {user['client-key-data']}", credentials), "the search finds a planted credential"

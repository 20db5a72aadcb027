"""Reading and changing a stack's state as the cluster tests do, on the state of a recorded program."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest
from cryptography import x509

from secure_tiller import SecureTiller
from testbed.pulumi_stack import Stack
from tests.support import ageing
from tests.support.ageing import Ageing
from tests.support.credentials import tillers
from tests.support.projects import TestStack
from tests.support.recording import Recording, revealed, run
from tests.support.samples import BLUE
from tests.support.state import State


@pytest.fixture(scope="module")
def blue() -> Recording:
    return run(lambda: SecureTiller("blue", BLUE))


class Kept:
    """A stack with the state that a recording left, exported as the engine does it: secrets as JSON within JSON."""

    def __init__(self, recording: Recording) -> None:
        self.recording = recording
        self.imported = ""

    def export(self, *, secrets: bool) -> str:
        assert secrets
        resources = [
            {"type": r.type, "urn": f"urn:pulumi:test::secure-tiller::{r.type}::{r.name}", "outputs": _kept(r.state)}
            for r in self.recording.resources
        ]
        return json.dumps({"deployment": {"resources": resources}})

    def outputs(self) -> dict[str, Any]:
        return {"blue": revealed(self.recording.outputs_of("SecureTiller"))}

    def import_state(self, state: str) -> None:
        self.imported = state


def _kept(state: dict[str, Any]) -> dict[str, Any]:
    return {key: {"plaintext": json.dumps(value)} if key == "privateKeyPem" else value for key, value in state.items()}


def test_keys_and_certificates_are_found_by_their_logical_names(blue: Recording) -> None:
    state = State.of(cast("Stack", Kept(blue)))
    assert state.private_key("blue-client:alice") == blue.key("blue-client:alice")
    assert state.certificate("blue-server") == blue.certificate("blue-server")
    assert state.authority("blue-server-ca") == blue.certificate("blue-server-ca")


def test_every_client_is_given_with_its_bundle_and_the_key_of_its_ca(blue: Recording) -> None:
    (tiller,) = tillers(cast("Stack", Kept(blue)))
    assert (tiller.team, tiller.own.cert, tiller.own.key) == (
        "blue",
        blue.certificate("blue-server"),
        blue.key("blue-server"),
    )
    assert [client.name for client in tiller.clients] == ["alice", "ci"]
    for client in tiller.clients:
        assert client.own.cert == blue.certificate(f"blue-client:{client.name}")
        ca = x509.load_pem_x509_certificate(blue.certificate(f"blue-client-ca:{client.name}").encode())
        assert client.ca_key.public_key() == ca.public_key()


@contextmanager
def aged(kept: Kept) -> Iterator[Ageing]:
    with ageing.state(cast("TestStack", kept)) as state:
        yield state


@pytest.mark.parametrize(("name", "ca"), [("server", "server-ca"), ("server-ca", "")])
def test_a_certificate_is_made_older_and_stays_signed_by_its_ca(blue: Recording, name: str, ca: str) -> None:
    kept = Kept(blue)
    with aged(kept) as state:
        state.age(f"blue-{name}", timedelta(days=5), f"blue-{ca}" if ca else "")
    after = State(json.loads(kept.imported))
    pem = after.certificate(f"blue-{name}") if ca else after.authority(f"blue-{name}")
    old, new = (x509.load_pem_x509_certificate(text.encode()) for text in (blue.certificate(f"blue-{name}"), pem))
    new.verify_directly_issued_by(x509.load_pem_x509_certificate(after.authority(f"blue-{ca or name}").encode()))
    assert abs(new.not_valid_after_utc - datetime.now(UTC) - timedelta(days=5)) < timedelta(minutes=1)
    assert new.not_valid_after_utc - new.not_valid_before_utc == old.not_valid_after_utc - old.not_valid_before_utc
    assert new.public_key() == old.public_key()

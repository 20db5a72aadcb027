"""The calls of Tiller's port, with a TLS server of this machine behind a program in the place of kubectl."""

import os
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from secure_tiller.plan import pem
from secure_tiller_cli.check.calls import call
from secure_tiller_cli.check.endpoint import Calls
from secure_tiller_cli.diagnosis import Accepted, NoVerdictError, Refused, UnverifiedError
from secure_tiller_cli.diagnosis.handshake import ServerHandshake
from secure_tiller_stack.kubeconfig import Access
from tests.support import pki
from tests.unit.secure_tiller_cli.check import samples
from tests.unit.secure_tiller_cli.diagnosis.ports import closing, serving
from tests.unit.secure_tiller_cli.diagnosis.test_refusal import OURS, tls

SERVER, BOB = pki.server(OURS), pki.client(pki.authority("of bob"), "bob")

Call = Callable[..., Calls]


@pytest.fixture
def called(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Call:
    """Return the calls of a port; without one, kubectl fails."""
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")

    def made(port: int = 0, ca: str = OURS.pem, **further: Any) -> Calls:
        listens = f"echo 'Forwarding from 127.0.0.1:{port} -> 44134'; exec sleep 60" if port else "echo no pod"
        (tmp_path / "kubectl").write_text(f"#!/bin/sh\n{listens}\n")
        (tmp_path / "kubectl").chmod(0o700)
        blue = samples.blue(ca_certificate=ca, bundles={})
        green = replace(
            samples.green(), **{"bundles": {"bob": {"ca": ca, "cert": BOB.pem, "key": BOB.key_pem}}, **further}
        )
        return call(Access(Path("/somewhere/config"), "here"), blue, [blue, green], datetime.now(UTC))

    return made


def _verdicts(found: Calls) -> list[Any]:
    return [found.plaintext, found.no_certificate, found.stranger, found.others["green/bob"]]


def test_a_port_that_verifies_its_callers_refuses_all_but_the_teams_clients(called: Call, tmp_path: Path) -> None:
    with tls(tmp_path, SERVER) as port:
        found = called(port)
    assert [type(each) for each in _verdicts(found)] == [Refused] * 4
    assert found.presented == pem.serial(SERVER.pem)
    assert isinstance(found.shown, ServerHandshake)
    assert found.shown.chain[0] == SERVER.certificate


def test_control_a_port_that_verifies_nobody_answers_everybody_with_tls(called: Call, tmp_path: Path) -> None:
    with tls(tmp_path, SERVER, verifies=False) as port:
        found = called(port)
    assert isinstance(found.plaintext, Refused)
    assert _verdicts(found)[1:] == [Accepted("")] * 3


def test_a_certificate_of_another_ca_is_not_verified(called: Call, tmp_path: Path) -> None:
    with tls(tmp_path, SERVER) as port:
        found = called(port, ca=pki.authority("another").pem)
    assert isinstance(found.presented, UnverifiedError)
    assert [type(each) for each in _verdicts(found)] == [Refused] * 4


def test_a_port_that_only_closes_proves_nothing(called: Call) -> None:
    with serving(closing) as port:
        found = called(port)
    assert [type(each) for each in (*_verdicts(found), found.presented)] == [NoVerdictError] * 5
    assert found.shown == ServerHandshake()


def test_without_a_port_nothing_is_shown(called: Call) -> None:
    found = called()
    everything = (*_verdicts(found), found.presented, found.shown)
    assert {type(each).__name__ for each in everything} == {"ForwardError"}


def test_clients_without_a_bundle_in_the_state_are_named_and_not_taken_for_makers_of_their_own_keys(
    called: Call, tmp_path: Path
) -> None:
    with tls(tmp_path, SERVER) as port:
        found = called(port)
    assert (found.unseen, found.keyless) == (samples.blue().clients, ())


def test_a_team_without_bundles_in_the_state_is_no_team_that_was_refused(called: Call, tmp_path: Path) -> None:
    with tls(tmp_path, SERVER) as port:
        found = called(port, bundles=None, expirations={"client:bob": samples.expiration(BOB.pem)})
    assert {name: type(verdict) for name, verdict in found.others.items()} == {"green/bob": NoVerdictError}

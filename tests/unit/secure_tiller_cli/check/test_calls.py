"""The calls of Tiller's port, with a gRPC server of this machine behind a program in the place of kubectl."""

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import grpc
import pytest

from secure_tiller.plan import pem
from secure_tiller_cli.check.calls import call
from secure_tiller_cli.check.endpoint import Calls
from secure_tiller_cli.diagnosis import Accepted, NoVerdictError, Refused, UnverifiedError
from secure_tiller_cli.diagnosis.handshake import ServerHandshake
from secure_tiller_cli.diagnosis.pod_lookup import PodLookup
from secure_tiller_stack.kubeconfig import Access
from tests.support import pki
from tests.unit.secure_tiller_cli.check import samples

CA, OF_ALICE, OF_BOB = pki.authority("of the server"), pki.authority("of alice"), pki.authority("of bob")
SERVER, ALICE, BOB = pki.server(CA), pki.client(OF_ALICE, "alice"), pki.client(OF_BOB, "bob")


ANSWER = grpc.unary_unary_rpc_method_handler(lambda *_: b"v2.17.0")
TILLER = grpc.method_handlers_generic_handler("hapi.services.tiller.ReleaseService", {"GetVersion": ANSWER})


@contextmanager
def _serving(*, verifies: bool) -> Iterator[int]:
    roots = OF_ALICE.pem.encode()
    served = grpc.ssl_server_credentials(
        [(SERVER.key_pem.encode(), SERVER.pem.encode())], roots if verifies else None, require_client_auth=verifies
    )
    server = grpc.server(ThreadPoolExecutor(8), [TILLER])
    port = server.add_secure_port("127.0.0.1:0", served)
    server.start()
    try:
        yield port
    finally:
        server.stop(None).wait()


@pytest.fixture
def calls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Return the calls of a port."""
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setattr("secure_tiller_cli.diagnosis.diagnosis.locate", lambda *_: PodLookup("a"))

    def made(port: int, ca: str = CA.pem) -> Calls:
        listens = f"echo 'Forwarding from 127.0.0.1:{port} -> 44134'; exec sleep 60" if port else "echo no pod"
        (tmp_path / "kubectl").write_text(f"#!/bin/sh\n{listens}\n")
        (tmp_path / "kubectl").chmod(0o700)
        blue = samples.blue(ca_certificate=ca, bundles={"alice": {"ca": ca, "cert": ALICE.pem, "key": ALICE.key_pem}})
        green = replace(samples.green(), bundles={"bob": {"ca": ca, "cert": BOB.pem, "key": BOB.key_pem}})
        return call(Access(Path("/somewhere/config"), "here"), blue, [blue, green], datetime.now(UTC))

    return made


def _strangers(found: Calls) -> list[Any]:
    return [found.no_certificate, found.stranger, found.others["green/bob"]]


def test_a_port_that_verifies_its_callers_answers_the_teams_client_alone(calls: Any) -> None:
    with _serving(verifies=True) as port:
        found = calls(port)
    assert {type(each) for each in (found.plaintext, *_strangers(found))} == {Refused}
    assert found.clients["alice"].answer == Accepted("v2.17.0")
    assert found.presented == pem.serial(SERVER.pem)
    assert isinstance(found.shown, ServerHandshake)
    assert found.shown.chain[0] == SERVER.certificate


def test_control_a_port_that_verifies_nobody_answers_everybody_with_tls(calls: Any) -> None:
    with _serving(verifies=False) as port:
        found = calls(port)
    assert _strangers(found) == [Accepted("v2.17.0")] * 3
    assert isinstance(found.plaintext, Refused)


def test_a_certificate_of_another_ca_is_not_verified(calls: Any) -> None:
    with _serving(verifies=True) as port:
        found = calls(port, ca=OF_BOB.pem)
    assert isinstance(found.presented, UnverifiedError)
    # The callers refuse the server, and a port in plaintext is closed by some server that is not the stack's.
    assert isinstance(found.plaintext, NoVerdictError)


def test_without_a_port_nothing_is_shown(calls: Any) -> None:
    found = calls(0)
    everything = (found.plaintext, *_strangers(found), found.presented, found.shown)
    assert {type(each).__name__ for each in everything} == {"ForwardError"}

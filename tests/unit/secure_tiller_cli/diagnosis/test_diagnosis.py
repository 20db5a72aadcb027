"""How a diagnosis is put together, with ports of this machine in the place of Tiller's."""

import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import pytest

from secure_tiller_cli.diagnosis import Cause, Credentials, Diagnosis, Kind, diagnose
from secure_tiller_cli.diagnosis.pod_lookup import PodLookup
from secure_tiller_cli.programs import ProgramError
from secure_tiller_stack.kubeconfig import Access
from tests.support import pki
from tests.unit.secure_tiller_cli.diagnosis.ports import closing, plaintext, serving

ACCESS = Access(None, "here", content="not used")
CA, OWN = pki.authority(), pki.authority("of ann")
ANN = pki.client(OWN, "ann")
EXPIRED = pki.client(OWN, "ann", life=pki.Life.of(1, datetime(2020, 1, 1, tzinfo=UTC)), uses=[pki.SERVER_AUTH])

Reach = Callable[..., None]


@pytest.fixture
def reach(monkeypatch: pytest.MonkeyPatch) -> Reach:
    """Put what was found, and a port or what is raised instead of it, in the place of the cluster."""

    def put(place: PodLookup, port: int | Exception = 0) -> None:
        @contextmanager
        def forwarded(*_: Any, **__: Any) -> Iterator[int]:
            if isinstance(port, Exception):
                raise port
            yield port

        monkeypatch.setattr("secure_tiller_cli.diagnosis.diagnosis.locate", lambda *_: place)
        monkeypatch.setattr("secure_tiller_cli.diagnosis.diagnosis.forwarded", forwarded)

    return put


def _diagnose(client: pki.Pair = ANN, key: str | None = None) -> Diagnosis:
    credentials = Credentials(CA.pem, client.pem, client.key_pem if key is None else key)
    return diagnose(ACCESS, "blue-tiller", credentials, datetime.now(UTC))


def _kinds(diagnosis: Diagnosis) -> list[Kind]:
    assert not diagnosis.fine
    return [cause.kind for cause in diagnosis.causes]


@pytest.mark.parametrize(
    ("serve", "kind"), [pytest.param(plaintext, Kind.PLAINTEXT), pytest.param(closing, Kind.UNEXPLAINED)]
)
def test_a_port_that_does_not_answer_is_looked_at(
    reach: Reach, serve: Callable[[socket.socket], None], kind: Kind
) -> None:
    with serving(serve) as port:
        reach(PodLookup("a"), port)
        assert _kinds(_diagnose()) == [kind]


def test_the_faults_of_the_client_are_reported_with_the_obstacles_on_its_way(reach: Reach) -> None:
    denied = Cause(Kind.FORWARD_DENIED, "seen", "remedy")
    reach(PodLookup("", (denied,), ("not checked: this",)))
    diagnosis = _diagnose(EXPIRED)
    assert _kinds(diagnosis) == [Kind.FORWARD_DENIED, Kind.CLIENT_EXPIRED, Kind.CLIENT_USE]
    assert diagnosis.unchecked == ("not checked: this",)


def test_with_a_key_that_does_not_belong_to_the_certificate_nothing_is_called(reach: Reach) -> None:
    reach(PodLookup("a"), AssertionError("called"))
    assert _kinds(_diagnose(key=OWN.key_pem)) == [Kind.KEY_MISMATCH]


def test_a_port_that_is_closed_again_is_a_forward_that_failed(reach: Reach) -> None:
    with serving(closing) as port:
        pass
    reach(PodLookup("a"), port)
    assert _kinds(_diagnose()) == [Kind.FORWARD_FAILED]


def test_without_kubectl_there_is_no_diagnosis(reach: Reach) -> None:
    reach(PodLookup("a"), ProgramError("kubectl", "cannot be run", "install kubectl"))
    with pytest.raises(ProgramError):
        _diagnose()


def test_without_an_answer_nothing_is_fine() -> None:
    assert not Diagnosis(None, ()).fine


def test_the_kinds_are_in_the_order_in_which_a_client_meets_them() -> None:
    order = list(Kind)
    for before, after in (
        (Kind.CLUSTER_UNREACHABLE, Kind.NO_NAMESPACE),
        (Kind.NOT_READY, Kind.FORWARD_DENIED),
        (Kind.FORWARD_DENIED, Kind.PLAINTEXT),
        (Kind.ANOTHER_CA, Kind.SERVER_EXPIRED),
        (Kind.SERVER_EXPIRED, Kind.REVOKED),
        (Kind.SERVER_EXPIRED, Kind.CLIENT_EXPIRED),
    ):
        assert order.index(before) < order.index(after)
    assert order[-1] == Kind.UNEXPLAINED

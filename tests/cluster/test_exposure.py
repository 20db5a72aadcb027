"""`expose: cluster`: clients in the cluster connect by the Service's name, pods of other namespaces not at all."""

import base64
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass

import pytest
from cryptography import x509
from kubernetes import client

from secure_tiller_cli.diagnosis import Accepted
from testbed import pods
from testbed.pods import SECRET, Ended
from testbed.tiller import ask
from testbed.toolchain.pins import HELM, HELM_IMAGE
from testbed.waiting import until
from tests.support.cluster_objects import item
from tests.support.live_objects import existing
from tests.support.projects import TestStack

BUNDLE = "tiller-client"
GRPC_PORT = 44134


@dataclass(frozen=True)
class Exposed:
    """A team whose client `robot` runs in the cluster.

    Attributes:
        team: its name.
        stack: the stack it is in.
        settings: of the team.
        allowed: the namespace in which robot runs.
        other: a namespace that is not allowed, with a copy of robot's Secret.
    """

    team: str
    stack: TestStack
    settings: dict[str, object]
    allowed: str
    other: str

    @property
    def tiller(self) -> str:
        """Tiller's namespace."""
        return f"{self.team}-tiller"


@pytest.fixture(scope="module")
def exposed(new_stack: Callable[..., TestStack], api: client.ApiClient, suffix: str) -> Iterator[Exposed]:
    core = client.CoreV1Api(api)
    team, allowed, other = f"open-{suffix}", f"robots-{suffix}", f"others-{suffix}"
    settings: dict[str, object] = {
        "namespaces": {f"{team}-apps": {"retain_on_delete": False}},
        "clients": {"ann": {}, "robot": {"secret": {"namespace": allowed, "name": BUNDLE}}},
        "expose": "cluster",
    }
    with (
        existing(api, item("Namespace", allowed, ""), item("Namespace", other, "")),
        new_stack({team: settings}) as stack,
    ):
        stack.up()
        secret = core.read_namespaced_secret(BUNDLE, allowed)
        core.create_namespaced_secret(other, {"metadata": {"name": BUNDLE}, "data": secret.data})
        yield Exposed(team, stack, settings, allowed, other)


def _helm_ls(
    exposed: Exposed, api: client.ApiClient, namespace: str, verified_name: str = "", seconds: int = 30
) -> Ended:
    """Run the Helm client in a pod, with robot's Secret, at the Service; the network may admit a new pod late."""
    name = f"tiller-deploy.{exposed.tiller}.svc"
    files = (f"--tls-ca-cert={SECRET}/ca.crt", f"--tls-cert={SECRET}/tls.crt", f"--tls-key={SECRET}/tls.key")
    verified = ("--tls", "--tls-verify", f"--tls-hostname={verified_name or name}")
    command = ["/helm", "ls", f"--host={name}:{GRPC_PORT}", f"--tiller-connection-timeout={seconds}", *verified, *files]
    return pods.run(api, namespace, HELM_IMAGE.reference, command, secret=BUNDLE)


def test_a_pod_in_the_clients_namespace_is_answered_by_the_services_name_with_verification(
    exposed: Exposed, api: client.ApiClient
) -> None:
    ended = _helm_ls(exposed, api, exposed.allowed)
    assert ended.code == 0, ended.output


def test_control_the_pod_verifies_the_servers_name(exposed: Exposed, api: client.ApiClient) -> None:
    ended = _helm_ls(exposed, api, exposed.allowed, verified_name="tiller-deploy.elsewhere.svc", seconds=4)
    assert ended.code != 0


def test_a_pod_in_another_namespace_does_not_reach_it_even_with_the_clients_secret(
    exposed: Exposed, api: client.ApiClient
) -> None:
    assert _helm_ls(exposed, api, exposed.other, seconds=4).code != 0
    connected = _connect(exposed, api, exposed.other)
    assert connected.code != 0
    assert "refused" in connected.output


def test_control_the_same_pod_reaches_it_when_a_policy_admits_its_namespace(
    exposed: Exposed, api: client.ApiClient
) -> None:
    with _admitted(api, exposed.tiller):
        until(lambda: _connect(exposed, api, exposed.other).code == 0, "the network admits the pod")


def test_no_pod_reaches_the_probe_port(exposed: Exposed, api: client.ApiClient) -> None:
    ended = pods.fetch(api, exposed.allowed, HELM_IMAGE.reference, _address(exposed, api), 44135, "/metrics")
    assert ended.code != 0


def test_clients_outside_the_cluster_go_on_with_their_port_forward(exposed: Exposed) -> None:
    own = exposed.stack.bundle(exposed.team, "ann")
    assert ask(exposed.tiller, exposed.stack.environment, own) == Accepted(HELM)


def test_a_renewed_bundle_is_written_into_the_clients_secret_where_it_is(
    exposed: Exposed, api: client.ApiClient
) -> None:
    core = client.CoreV1Api(api)
    before = core.read_namespaced_secret(BUNDLE, exposed.allowed)
    exposed.stack.configure_teams({exposed.team: {**exposed.settings, "certificates": {"client": {"validity": "36h"}}}})
    exposed.stack.up()
    after = core.read_namespaced_secret(BUNDLE, exposed.allowed)
    assert before.metadata.uid == after.metadata.uid
    assert before.data["tls.key"] == after.data["tls.key"]
    (certificate,) = x509.load_pem_x509_certificates(base64.b64decode(after.data["tls.crt"]))
    assert (certificate.not_valid_after_utc - certificate.not_valid_before_utc).total_seconds() == 36 * 3600
    assert _helm_ls(exposed, api, exposed.allowed).code == 0


def _address(exposed: Exposed, api: client.ApiClient) -> str:
    """The address of Tiller's pod: past the Service, which could hide what the policy does not."""
    tillers = client.CoreV1Api(api).list_namespaced_pod(exposed.tiller, label_selector="app=helm,name=tiller").items
    return str(next(pod.status.pod_ip for pod in tillers if not pod.metadata.deletion_timestamp))


def _connect(exposed: Exposed, api: client.ApiClient, namespace: str) -> Ended:
    """Connect to the gRPC port from a pod, and send nothing."""
    script = f"echo | /bin/busybox nc -w 4 {_address(exposed, api)} {GRPC_PORT}"
    return pods.run(api, namespace, HELM_IMAGE.reference, ["/bin/sh", "-c", script])


def _admitted(api: client.ApiClient, namespace: str) -> AbstractContextManager[None]:
    """Let every pod connect to every pod of a namespace, for a while."""
    everybody = item("NetworkPolicy", "everybody", namespace, spec={"podSelector": {}, "ingress": [{}]})
    return existing(api, everybody)

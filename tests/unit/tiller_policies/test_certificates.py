"""What Tillers must not have in common."""

import base64
from typing import Any

import pytest

from tests.support import pki
from tests.unit.tiller_policies.samples import MOUNT, RIGHT, broken, container, pod, resource, violations, workload
from tiller_policies.resources import Resource
from tiller_policies.values import UNKNOWN

PATHS = [*RIGHT, "--tls-cert=/certs/tls.crt", "--tls-ca-cert=/certs/ca.crt"]


def encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def secret(team: str, cert: Any, cas: Any, cluster: str = "one", kind: str = "Secret", **further: Any) -> Resource:
    metadata = {"namespace": team, "name": "tiller-secret"}
    data = {"stringData": {"tls.crt": cert, "ca.crt": cas}, "metadata": metadata, **further}
    return resource(f"core/v1:{kind}", f"{team}-tls", data, cluster)


def deployment(team: str, volume: Any = None, cluster: str = "one", mount: Any = MOUNT) -> Resource:
    files = {"name": "certificates", **(volume or {"secret": {"secretName": "tiller-secret"}})}
    return workload(team, pod(container(PATHS, volumeMounts=[mount]), volumes=[files]), cluster=cluster)


class Certificates:
    """Made once: a certificate and a CA of each of two teams."""

    def __init__(self) -> None:
        """Make them."""
        self.blue_ca, self.green_ca = pki.authority("blue"), pki.authority("green")
        self.blue, self.green = pki.server(self.blue_ca).pem, pki.server(self.green_ca).pem


@pytest.fixture(scope="module")
def made() -> Certificates:
    return Certificates()


def two(blue: Resource, green: Resource) -> list[Resource]:
    return [deployment("blue"), blue, deployment("green"), green]


def test_two_tillers_that_have_nothing_in_common_break_no_rule(made: Certificates) -> None:
    teams = two(secret("blue", made.blue, made.blue_ca.pem), secret("green", made.green, made.green_ca.pem))
    assert broken(*teams) == set()


def test_a_certificate_that_two_have_is_noticed(made: Certificates) -> None:
    teams = two(secret("blue", made.blue, made.blue_ca.pem), secret("green", made.blue, made.green_ca.pem))
    assert broken(*teams) == {"certificate-of-its-own"}
    assert [name for name, _ in violations("certificate-of-its-own", *teams)] == ["blue", "green"]


def test_a_ca_that_two_trust_is_noticed_among_others(made: Certificates) -> None:
    both = made.green_ca.pem + made.blue_ca.pem
    teams = two(secret("blue", made.blue, made.blue_ca.pem), secret("green", made.green, both))
    assert broken(*teams) == {"client-ca-of-its-own"}
    assert violations("client-ca-of-its-own", *teams)[0] == (
        "blue",
        "Deployment blue trusts a CA in common with Deployment green: make a CA for the clients of each Tiller, and "
        "let no other Tiller trust it (docs/policies.md#client-ca-of-its-own)",
    )


def test_a_renewed_certificate_is_the_same_ca(made: Certificates) -> None:
    renewed = pki.authority("another name", key=made.blue_ca.key)
    teams = two(secret("blue", made.blue, made.blue_ca.pem), secret("green", made.green, renewed.pem))
    assert broken(*teams) == {"client-ca-of-its-own"}


@pytest.mark.parametrize("cluster", ["one", "two"])
def test_clusters_are_no_excuse(made: Certificates, cluster: str) -> None:
    here = [deployment("blue"), secret("blue", made.blue, made.blue_ca.pem)]
    there = [deployment("green", cluster=cluster), secret("green", made.green, made.blue_ca.pem, cluster)]
    assert broken(*here, *there) == {"client-ca-of-its-own"}


def test_how_a_secret_is_written_does_not_matter(made: Certificates) -> None:
    data: Any = {"stringData": None, "data": {"tls.crt": encoded(made.green), "ca.crt": encoded(made.blue_ca.pem)}}
    teams = two(secret("blue", made.blue, made.blue_ca.pem), secret("green", "", "", **data))
    assert broken(*teams) == {"client-ca-of-its-own"}


def test_a_ca_in_a_config_map_is_read_through_a_projected_volume(made: Certificates) -> None:
    items = [{"key": "clients", "path": "ca.crt"}]
    sources = [{"secret": {"name": "own"}}, {"configMap": {"name": "tiller-secret", "items": items}}]
    there = secret("green", "", "", kind="ConfigMap", data={"clients": made.blue_ca.pem})
    projected = deployment("green", {"projected": {"sources": sources}})
    blue = [deployment("blue"), secret("blue", made.blue, made.blue_ca.pem)]
    assert broken(*blue, projected, there) == {"client-ca-of-its-own"}


def test_a_file_can_be_mounted_alone(made: Certificates) -> None:
    mount = {"name": "certificates", "mountPath": "/certs/ca.crt", "subPath": "ca.crt"}
    blue = [deployment("blue"), secret("blue", made.blue, made.blue_ca.pem)]
    green = [deployment("green", mount=mount), secret("green", made.blue, made.blue_ca.pem)]
    assert broken(*blue, *green) == {"client-ca-of-its-own"}


def test_a_secret_that_the_program_does_not_make_is_the_same_one_in_the_same_place() -> None:
    twice = [deployment("blue"), workload("other", deployment("blue").props["spec"]["template"]["spec"])]
    twice[1].props["metadata"]["namespace"] = "blue"
    assert broken(*twice) == {"certificate-of-its-own", "client-ca-of-its-own", "namespace-of-its-own"}
    assert broken(deployment("blue"), deployment("green")) == set()


def test_what_is_no_certificate_is_passed_over_as_tiller_does(made: Certificates) -> None:
    broken_block = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"
    cas = broken_block + made.blue_ca.pem
    teams = two(secret("blue", broken_block, cas), secret("green", broken_block, cas))
    assert broken(*teams) == {"client-ca-of-its-own"}
    nothing: Any = {"stringData": None, "data": {"tls.crt": "?", "ca.crt": "not base64"}}
    assert broken(*two(secret("blue", "", "", **nothing), secret("green", "", "", **nothing))) == set()


@pytest.mark.parametrize(
    "unknown", [{"stringData": UNKNOWN}, {"metadata": UNKNOWN}, {"stringData": {"tls.crt": UNKNOWN}}]
)
def test_what_is_not_known_is_not_shared(made: Certificates, unknown: Any) -> None:
    teams = two(secret("blue", made.blue, made.blue_ca.pem), secret("green", "", "", **unknown))
    assert broken(*teams) == set()
    assert broken(*two(secret("blue", "", "", **unknown), secret("green", "", "", **unknown))) == set()


def test_two_tillers_in_a_namespace_are_noticed_on_one_cluster_only() -> None:
    blue, second, elsewhere = (workload("blue", pod(container()), cluster=cluster) for cluster in ("one", "one", "two"))
    assert broken(blue, second) == {"namespace-of-its-own"}
    assert broken(blue, elsewhere) == set()
    second.props["metadata"]["namespace"] = UNKNOWN
    assert broken(blue, second) == set()

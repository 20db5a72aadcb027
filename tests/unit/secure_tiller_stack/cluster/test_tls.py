"""The TLS fields of a kubeconfig: who is verified, by which authority, and which certificate is shown."""

import json
import ssl
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import urllib3
from cryptography import x509
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, PrivateFormat

from secure_tiller.problems import ClusterError
from secure_tiller_stack import cluster
from secure_tiller_stack.cluster import api, connection
from secure_tiller_stack.kubeconfig import Access
from tests.support import api_server, pki
from tests.support.api_server import ApiServer, entry
from tests.support.verified import ACCEPTED, REFUSED
from tests.unit.secure_tiller_stack.cluster.asking import CA, OURS, PREVIEW, data, serving
from tests.unit.secure_tiller_stack.cluster.test_identity import answer, program

OTHER = pki.authority("another CA")
ANN = pki.client(CA, "ann")
BOB = pki.client(CA, "bob")


USER: dict[str, Any] = {"client-certificate-data": data(ANN.pem), "client-key-data": data(ANN.key_pem)}


@pytest.fixture
def secure(tmp_path: Path) -> Iterator[ApiServer]:
    with api_server.running(serving(tmp_path, "127.0.0.1")) as running:
        yield running


def shown(server: ApiServer) -> set[str]:
    """Return the common names of the certificates that clients have shown."""
    subjects = [x509.load_der_x509_certificate(peer).subject if peer else None for peer in server.peers]
    return {subject.rfc4514_string() if subject else "" for subject in subjects}


def refused(access: Access) -> str:
    with pytest.raises(ClusterError) as error:
        cluster.ask(access, PREVIEW)
    return str(error.value)


@pytest.mark.parametrize(
    ("of_cluster", "user", "name"),
    [
        (OURS, {"token": "t"}, ""),
        ({"certificate-authority": "ca.pem"}, {"token": "t"}, ""),
        (OURS | {"disable-compression": True, "extensions": [{"name": "x", "extension": 7}]}, {"token": "t"}, ""),
        (OURS | {"insecure-skip-tls-verify": False, "tls-server-name": "", "proxy-url": None}, {"token": "t"}, ""),
        (OURS, USER, "CN=ann"),
        (OURS, {"client-certificate": "ann.pem", "client-key": "ann.key"}, "CN=ann"),
        (OURS, {"client-certificate": "ann.pem", "client-key-data": data(ANN.key_pem)}, "CN=ann"),
        (OURS, USER | {"token": "t"}, "CN=ann"),
    ],
)
def test_the_server_is_verified_and_the_certificate_of_the_user_is_shown(
    secure: ApiServer, tmp_path: Path, of_cluster: dict[str, Any], user: dict[str, Any], name: str
) -> None:
    (tmp_path / "ann.pem").write_text(ANN.pem)
    (tmp_path / "ann.key").write_text(ANN.key_pem)
    cluster.ask(entry(tmp_path, secure.url, user, **of_cluster), PREVIEW)
    assert shown(secure) == {name}


def test_the_name_of_the_server_can_be_another_than_its_address(tmp_path: Path) -> None:
    with api_server.running(serving(tmp_path, "api.example.org")) as server:
        cluster.ask(
            entry(tmp_path, server.url, {"token": "t"}, **OURS, **{"tls-server-name": "api.example.org"}), PREVIEW
        )
        assert "CERTIFICATE_VERIFY_FAILED" in refused(entry(tmp_path, server.url, {"token": "t"}, **OURS))


def test_the_certificate_of_a_login_program_is_shown(secure: ApiServer, tmp_path: Path) -> None:
    given = program(tmp_path, answer(clientCertificateData=ANN.pem, clientKeyData=ANN.key_pem))
    cluster.ask(entry(tmp_path, secure.url, {"exec": given}, **OURS), PREVIEW)
    assert shown(secure) == {"CN=ann"}


def test_with_a_certificate_in_the_entry_the_login_program_is_not_asked(secure: ApiServer, tmp_path: Path) -> None:
    given = program(tmp_path, answer(token="t", clientCertificateData=BOB.pem, clientKeyData=BOB.key_pem))
    cluster.ask(entry(tmp_path, secure.url, USER | {"exec": given}, **OURS), PREVIEW)
    assert shown(secure) == {"CN=ann"}
    assert secure.sent("Authorization")[0] == []


@pytest.mark.parametrize("further", [{}, {"insecure-skip-tls-verify": False}])
def test_a_cluster_of_another_authority_is_refused(
    secure: ApiServer, tmp_path: Path, further: dict[str, object]
) -> None:
    other = {"certificate-authority-data": data(OTHER.pem)}
    access = entry(tmp_path, secure.url, {"token": "sesame"}, **other, **further)
    said = refused(access)
    assert "there is no TLS with it: [SSL: CERTIFICATE_VERIFY_FAILED]" in said
    assert said.endswith(f"remedy: {connection.CORRECT}")
    assert secure.asked == []


def test_a_cluster_that_refuses_the_certificate_of_the_user_is_no_matter_of_rights(tmp_path: Path) -> None:
    serves = serving(tmp_path, "127.0.0.1")
    serves.maximum_version = ssl.TLSVersion.TLSv1_2  # in which a refusal comes before the request
    stranger = pki.client(OTHER, "stranger")
    user = {"client-certificate-data": data(stranger.pem), "client-key-data": data(stranger.key_pem)}
    with api_server.running(serves) as server:
        said = refused(entry(tmp_path, server.url, user, **OURS))
    assert "there is no TLS with it: [SSL: TLSV1_ALERT_UNKNOWN_CA]" in said
    assert said.endswith(f"remedy: {connection.CORRECT}")


def trusting(folder: Path, server: ApiServer, authority: pki.Pair) -> Access:
    return entry(folder, server.url, {"token": "t"}, **{"certificate-authority-data": data(authority.pem)})


# What kubectl does with the same certificates: tests/engine/test_verification.py.
@pytest.mark.parametrize(("authority", "server"), ACCEPTED.values(), ids=ACCEPTED)
def test_a_ca_that_kubectl_accepts_counts_on_each_version_of_python(
    tmp_path: Path, authority: pki.Pair, server: pki.Pair
) -> None:
    with api_server.running(serving(tmp_path, own=server)) as running:
        cluster.ask(
            entry(tmp_path, running.url, {"token": "t"}, **{"certificate-authority-data": data(authority.pem)}), PREVIEW
        )


@pytest.mark.parametrize(("authority", "server"), REFUSED.values(), ids=REFUSED)
def test_a_certificate_that_kubectl_refuses_is_refused(tmp_path: Path, authority: pki.Pair, server: pki.Pair) -> None:
    with api_server.running(serving(tmp_path, own=server)) as running:
        assert "CERTIFICATE_VERIFY_FAILED" in refused(
            entry(tmp_path, running.url, {"token": "t"}, **{"certificate-authority-data": data(authority.pem)})
        )
        assert running.asked == []


def test_a_cluster_that_nobody_verifies_is_named_in_one_line(
    secure: ApiServer, tmp_path: Path, capfd: pytest.CaptureFixture[str], recwarn: pytest.WarningsRecorder
) -> None:
    access = entry(tmp_path, secure.url, {"token": "t"}, **{"insecure-skip-tls-verify": True})
    for _ in range(2):
        cluster.ask(access, PREVIEW)
    (line,) = capfd.readouterr().err.splitlines()
    assert line.startswith(f"warning: {secure.url} is not verified: insecure-skip-tls-verify")
    assert [str(each.message) for each in recwarn] == []


ENCRYPTED = ANN.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"pw")).decode()


@pytest.mark.parametrize(
    ("of_cluster", "user", "words"),
    [
        (OURS | {"certificate-authority": "ca.pem"}, {}, "certificate-authority: cannot be used with certificate-auth"),
        (OURS | {"insecure-skip-tls-verify": True}, {}, "insecure-skip-tls-verify: cannot be used with a certificate"),
        ({"insecure-skip-tls-verify": "yes"}, {}, "insecure-skip-tls-verify: must be true or false"),
        ({"certificate-authority": "/nowhere"}, {}, "certificate-authority: the file is not there"),
        ({"certificate-authority": "config"}, {}, "certificate-authority: cannot be read as certificates"),
        ({"certificate-authority-data": 7}, {}, "certificate-authority-data: must be text"),
        ({"tls-server-name": 7}, {}, "tls-server-name: must be text"),
        ({"disable-compression": "no"}, {}, "disable-compression: must be true or false"),
        ({"server": "api.example.org:6443"}, {}, "server: must be an address"),
        ({"server": "unix:///run/api"}, {}, "server: must be an address"),
        (OURS, USER | {"client-certificate": "x"}, "client-certificate: cannot be used with client-certificate-data"),
        (OURS, USER | {"client-key-data": data(BOB.key_pem)}, "client-certificate: cannot be read as a certificate"),
        (OURS, USER | {"client-key-data": data(ENCRYPTED)}, "with its unencrypted key"),
    ],
)
def test_a_field_that_cannot_be_used_is_named_and_nothing_is_sent(
    secure: ApiServer, tmp_path: Path, of_cluster: dict[str, Any], user: dict[str, Any], words: str
) -> None:
    assert words in refused(entry(tmp_path, secure.url, user, **of_cluster))
    assert secure.asked == []


@pytest.mark.parametrize(
    ("context", "words"),
    [
        ({"cluster": "c", "user": False}, "contexts: the user of the context must be text"),
        ({"cluster": 7, "user": "u"}, "contexts: the cluster of the context must be text"),
        ({"cluster": "c", "user": "nobody"}, "users: there is no user of the name"),
        ({"cluster": "none", "user": "u"}, "clusters: there is no cluster of the name"),
        ({"user": "u"}, "server: is missing"),
    ],
)
def test_a_context_without_its_entries_is_refused(tmp_path: Path, context: dict[str, str], words: str) -> None:
    access = entry(tmp_path, "https://127.0.0.1:1", {"token": "t"})
    content = json.loads((tmp_path / "config").read_text())
    content["contexts"][0]["context"] = context | {"namespace": "green", "extensions": []}
    (tmp_path / "config").write_text(json.dumps(content))
    assert words in refused(access)


CHANGES = ("set_alpn_protocols", "load_verify_locations", "load_cert_chain", "load_default_certs")


@pytest.fixture
def changed_in_use(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Record what changes in a client's TLS context after its first connection."""
    used: set[int] = set()
    changes: list[str] = []

    def watch(name: str) -> None:
        original = getattr(ssl.SSLContext, name)

        def watched(context: ssl.SSLContext, *arguments: Any, **named: Any) -> Any:
            if name in CHANGES and id(context) in used:
                changes.append(name)
            elif name not in CHANGES and context.protocol == ssl.PROTOCOL_TLS_CLIENT:
                used.add(id(context))
            return original(context, *arguments, **named)

        monkeypatch.setattr(ssl.SSLContext, name, watched)

    for name in (*CHANGES, "wrap_socket", "wrap_bio"):
        watch(name)
    return changes


# While one thread connects, OpenSSL must not read what another one changes: it would send bytes that were freed.
def test_the_TLS_context_of_a_cluster_never_changes_once_it_is_used(  # noqa: N802
    secure: ApiServer, tmp_path: Path, changed_in_use: list[str]
) -> None:
    with connection.calling(entry(tmp_path, secure.url, USER, **OURS)) as client:
        for _ in range(2):
            api.call(client, "GET", "/version")
    assert len(secure.peers) == 2, "the control: the same context served two connections"
    assert changed_in_use == []


def test_the_control_urllib3_changes_the_context_that_it_is_given(
    secure: ApiServer, tmp_path: Path, changed_in_use: list[str]
) -> None:
    context = ssl.create_default_context(cafile=tmp_path / "ca.pem")
    with urllib3.PoolManager(ssl_context=context, ca_certs=str(tmp_path / "ca.pem")) as pool:
        for _ in range(2):
            pool.request("GET", f"{secure.url}/version")
    assert changed_in_use == ["load_verify_locations", "set_alpn_protocols"]


def test_no_key_is_on_the_disk_while_the_cluster_is_called(
    secure: ApiServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "temporary"))
    (tmp_path / "temporary").mkdir()
    written: list[str] = []
    write = Path.write_bytes

    def noted(path: Path, data: bytes) -> int:
        written.append(path.name)
        return write(path, data)

    monkeypatch.setattr(Path, "write_bytes", noted)
    with connection.calling(entry(tmp_path, secure.url, USER, **OURS)) as client:
        assert list((tmp_path / "temporary").iterdir()) == []
        api.call(client, "GET", "/version")
    assert shown(secure) == {"CN=ann"}
    assert "client-key" in written, "the control"

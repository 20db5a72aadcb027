"""The proxy on the way to the API server: chosen as kubectl chooses it, or refused by its name."""

from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from ssl import SSLContext, SSLSocket
from urllib.request import ProxyHandler, build_opener

import pytest

from secure_tiller.problems import ClusterError
from secure_tiller_stack import cluster
from secure_tiller_stack.cluster.entries import EntryError
from secure_tiller_stack.cluster.proxy import proxy
from tests.support import pki
from tests.support.api_server import ApiServer, entry
from tests.support.served import served
from tests.support.verified import ACCEPTED
from tests.unit.secure_tiller_stack.cluster.asking import CA, OURS, PREVIEW, data, serving

WAY = "http://proxy:3128"
SERVER = "https://api.example.org:6443"
_ANN = pki.client(CA, "ann")
CERTIFICATE = {"client-certificate-data": data(_ANN.pem), "client-key-data": data(_ANN.key_pem)}


@pytest.mark.parametrize(
    ("server", "environment", "expected"),
    [
        (SERVER, {}, None),
        (SERVER, {"HTTPS_PROXY": WAY}, WAY),
        (SERVER, {"https_proxy": WAY}, WAY),
        (SERVER, {"HTTPS_PROXY": WAY, "https_proxy": "http://other"}, WAY),
        (SERVER, {"HTTPS_PROXY": "proxy:3128"}, WAY),
        (SERVER, {"HTTP_PROXY": WAY, "ALL_PROXY": WAY}, None),
        ("http://api.example.org", {"HTTP_PROXY": WAY}, WAY),
        ("https://localhost:6443", {"HTTPS_PROXY": WAY}, None),
        ("https://127.0.0.2:6443", {"HTTPS_PROXY": WAY}, None),
        ("https://[::1]:6443", {"HTTPS_PROXY": WAY}, None),
        ("https://[::ffff:127.0.0.1]:6443", {"HTTPS_PROXY": WAY}, None),
        ("https://LOCALHOST:6443", {"HTTPS_PROXY": WAY}, WAY),
        ("https://localhost.:6443", {"HTTPS_PROXY": WAY}, WAY),
        (SERVER, {"HTTPS_PROXY": "socks5://proxy", "NO_PROXY": "example.org"}, None),
    ],
)
def test_the_proxy_of_the_environment_is_that_of_kubectl(
    server: str, environment: dict[str, str], expected: str | None
) -> None:
    assert proxy({"server": server}, environment) == expected


@pytest.mark.parametrize(
    ("listed", "server", "without"),
    [
        ("*", SERVER, True),
        ("example.org", SERVER, True),
        (".example.org", SERVER, True),
        ("*.example.org", SERVER, True),
        ("API.EXAMPLE.ORG", SERVER, True),
        ("other, example.org:6443", SERVER, True),
        ("example.org:443", SERVER, False),
        ("example.org:443", "https://example.org", True),
        (".api.example.org", SERVER, False),
        ("ample.org", SERVER, False),
        ("", SERVER, False),
        ("10.0.0.0/8", "https://10.1.2.3:6443", True),
        ("10.0.0.0/8", "https://11.1.2.3:6443", False),
        ("10.0.0.0/8", SERVER, False),
        ("10.0.0.0/sesame", SERVER, False),
        ("10.1.2.3", "https://10.1.2.3:6443", True),
        ("10.1.2.3:443", "https://10.1.2.3:6443", False),
        ("2.3", "https://10.1.2.3:6443", False),
        ("fd00::1", "https://[fd00::1]:6443", True),
        ("[fd00::1]:6443", "https://[fd00::1]:6443", True),
        ("[fd00::1]:443", "https://[fd00::1]:6443", False),
        ("[fd00::1]", "https://[fd00::1]:6443", False),
        ("FD00:0::1", "https://[fd00::1]:6443", True),
        ("fd00::/8", "https://[fd00::1]:6443", True),
        ("[fd00::]/8", "https://[fd00::1]:6443", False),
        ("fe80::1", "https://[fe80::1%25eth0]:6443", True),
        ("fe80::1%eth0", "https://[fe80::1%25eth0]:6443", False),
        ("10.1.2.3", "https://[::ffff:10.1.2.3]:6443", True),
        ("::ffff:10.1.2.3", "https://10.1.2.3:6443", True),
        ("::/0", "https://10.1.2.3:6443", False),
        ("[10.1.2.3]:6443", "https://10.1.2.3:6443", True),
        ("10.1.2.3/8", "https://10.9.9.9:6443", True),
        ("10.0.0.0/255.0.0.0", "https://10.1.2.3:6443", False),
        ("10.0.0.0/33", "https://10.1.2.3:6443", False),
        ("10.1.2.3.", "https://10.1.2.3:6443", False),
        ("10.1.2.3", "https://10.1.2.3.:6443", False),
        ("example.org.", SERVER, False),
        ("example.org", "https://api.example.org.:6443", False),
        ("example.org.", "https://api.example.org.:6443", True),
        ("api.example.org", "https://API.Example.org:6443", True),
        ("example.org:", SERVER, True),
        ("example.org:06443", SERVER, False),
        ("example.org:https", "https://example.org", False),
        ("[example.org]", SERVER, False),
        ("[example.org]:6443", SERVER, True),
        ("http://example.org", SERVER, False),
        ("*example.org", SERVER, False),
        ("*:6443", SERVER, False),
        (":6443", SERVER, False),
        ("*.example.org", "https://example.org", False),
        ("other,*", SERVER, True),
        ("localhost", "https://my.localhost:6443", True),
        ("bücher.example", "https://xn--bcher-kva.example:6443", True),
        ("xn--bcher-kva.example", "https://bücher.example:6443", True),
    ],
)
def test_NO_PROXY_is_read_as_kubectl_reads_it(listed: str, server: str, without: bool) -> None:  # noqa: N802
    found = proxy({"server": server}, {"HTTPS_PROXY": WAY, "no_proxy": listed})
    assert found == (None if without else WAY)


def test_the_proxy_of_the_kubeconfig_counts_whatever_the_environment_says() -> None:
    entry = {"server": "https://127.0.0.1:6443", "proxy-url": WAY}
    assert proxy(entry, {"HTTPS_PROXY": "socks5://other", "NO_PROXY": "*"}) == WAY


@pytest.mark.parametrize("address", ["socks4://p:1", "ftp://p", "sesame", "http://", "http://[::1", "sesame@p:1"])
def test_a_proxy_that_cannot_be_used_is_named_by_its_field(address: str) -> None:
    with pytest.raises(EntryError, match="proxy-url: must be an address") as refused:
        proxy({"server": SERVER, "proxy-url": address}, {})
    assert "sesame" not in str(refused.value)


@pytest.mark.parametrize("scheme", ["socks5", "socks5h"])
def test_a_SOCKS_proxy_without_PySocks_is_refused_in_one_line(  # noqa: N802
    server: ApiServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, scheme: str
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    access = entry(tmp_path, server.url, {}, **{"proxy-url": f"{scheme}://me:sesame@127.0.0.1:1"})
    with pytest.raises(ClusterError) as refused:
        cluster.ask(access, PREVIEW)
    (problem,) = refused.value.problems
    assert problem.why.startswith("proxy-url: names a SOCKS proxy")
    assert "PySocks" in problem.remedy
    assert "sesame" not in str(problem)
    with pytest.raises(EntryError, match="HTTPS_PROXY: names a SOCKS proxy"):
        proxy({"server": SERVER}, {"HTTPS_PROXY": f"{scheme}://p"})
    assert server.asked == []


def test_with_PySocks_the_proxy_looks_up_names_as_with_kubectl(monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: N802
    monkeypatch.setattr("importlib.util.find_spec", lambda _: object())
    assert proxy({"server": SERVER, "proxy-url": "socks5://me:pw@p:1"}, {}) == "socks5h://me:pw@p:1"


def test_whatever_the_client_raises_while_it_is_set_up_ends_in_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(configuration: object) -> None:
        raise RuntimeError(f"sesame {configuration}")

    monkeypatch.setattr("kubernetes.client.ApiClient", broken)
    with pytest.raises(ClusterError, match=r"the Kubernetes client cannot use it \(RuntimeError\)") as refused:
        cluster.ask(entry(tmp_path, SERVER, {"token": "sesame"}), PREVIEW)
    assert "sesame" not in str(refused.value)


@contextmanager
def forwarding(seen: list[str]) -> Iterator[str]:
    """Run a proxy that forwards plain requests."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            seen.append(f"{self.headers.get('Proxy-Authorization', '')} {self.path}".strip())
            opener = build_opener(ProxyHandler({}))
            with opener.open(self.path) as answer:
                body = answer.read()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *arguments: object) -> None:
            """Say nothing."""

    http = HTTPServer(("127.0.0.1", 0), Handler)
    with served(http):
        yield f"http://127.0.0.1:{http.server_port}"


def test_requests_go_through_the_proxy_that_the_kubeconfig_names(
    server: ApiServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_PROXY", "*")
    seen: list[str] = []
    with forwarding(seen) as way:
        cluster.ask(entry(tmp_path, server.url, {}, **{"proxy-url": way}), PREVIEW)
    assert f"{server.url}/version" in seen


@pytest.mark.parametrize(("user", "pair"), [("ann:p%40ss", "ann:p@ss"), ("ann", "ann:")])
def test_a_name_and_password_in_the_address_of_a_proxy_are_sent_to_it(
    server: ApiServer, tmp_path: Path, user: str, pair: str
) -> None:
    seen: list[str] = []
    with forwarding(seen) as way:
        cluster.ask(entry(tmp_path, server.url, {}, **{"proxy-url": way.replace("//", f"//{user}@")}), PREVIEW)
    assert f"Basic {b64encode(pair.encode()).decode()} {server.url}/version" in seen


@pytest.mark.parametrize("several", [{"as-groups": ["a", "b"]}, {"as-user-extra": {"reason": ["a", "b"]}}])
def test_a_value_is_not_joined_to_another_on_the_way_through_a_proxy(
    server: ApiServer, tmp_path: Path, several: dict[str, object]
) -> None:
    with forwarding([]) as way, pytest.raises(ClusterError, match="several values cannot be sent"):
        cluster.ask(entry(tmp_path, server.url, {"as": "reader", **several}, **{"proxy-url": way}), PREVIEW)


@contextmanager
def refusing(tls: SSLContext, seen: list[tuple[str, bytes | None]]) -> Iterator[str]:
    """Run a proxy of https:// that asks for a certificate and opens no way."""

    class Handler(BaseHTTPRequestHandler):
        def do_CONNECT(self) -> None:
            assert isinstance(self.connection, SSLSocket)
            seen.append((self.path, self.connection.getpeercert(binary_form=True)))
            self.send_error(502)

        def log_message(self, *arguments: object) -> None:
            """Say nothing."""

    http = HTTPServer(("127.0.0.1", 0), Handler)
    http.socket = tls.wrap_socket(http.socket, server_side=True)
    with served(http):
        yield f"https://127.0.0.1:{http.server_port}"


@pytest.mark.parametrize(("authority", "shown"), ACCEPTED.values(), ids=ACCEPTED)
def test_a_proxy_of_https_is_verified_by_the_cas_of_the_cluster_and_sees_no_certificate(
    tmp_path: Path, authority: pki.Pair, shown: pki.Pair
) -> None:
    seen: list[tuple[str, bytes | None]] = []
    trusted = {"certificate-authority-data": data(authority.pem)}
    with refusing(serving(tmp_path, own=shown), seen) as way, pytest.raises(ClusterError, match="502"):
        cluster.ask(entry(tmp_path, SERVER, CERTIFICATE, **trusted, **{"proxy-url": way}), PREVIEW)
    assert seen == [("api.example.org:6443", None)]


def test_a_proxy_of_https_of_another_ca_is_refused(tmp_path: Path) -> None:
    seen: list[tuple[str, bytes | None]] = []
    own = pki.server(pki.authority("another"))
    with refusing(serving(tmp_path, own=own), seen) as way, pytest.raises(ClusterError, match="VERIFY_FAILED"):
        cluster.ask(entry(tmp_path, SERVER, CERTIFICATE, **OURS, **{"proxy-url": way}), PREVIEW)
    assert seen == []

"""How a container runs Tiller, as far as its description tells."""

from typing import Any

import pytest

from tiller_policies.flags import read
from tiller_policies.values import UNKNOWN, NotKnownError


def env(**values: Any) -> list[dict[str, Any]]:
    return [{"name": name, "value": value} for name, value in values.items()]


ELSEWHERE = [{"name": "TILLER_TLS_VERIFY", "valueFrom": {"secretKeyRef": {"name": "a", "key": "b"}}}]


VERIFIES: list[tuple[dict[str, Any], bool]] = [
    ({}, False),
    ({"args": ["--tls-verify"]}, True),
    ({"args": ["-tls-verify"]}, True),
    ({"args": ["--tls-verify=true"]}, True),
    ({"args": ["--tls-verify=T"]}, True),
    ({"args": ["--tls-verify=1"]}, True),
    ({"args": ["--tls-verify=yes"]}, False),  # Tiller does not start
    ({"args": ["--tls-verify=false"]}, False),
    ({"args": ["--tls-verify", "--tls-verify=false"]}, False),
    ({"args": ["--tls-verify=false", "--tls-verify"]}, True),
    ({"args": ["--tls-verify", "false"]}, True),  # the word belongs to no flag
    ({"args": ["serve", "--tls-verify"]}, False),
    ({"args": ["--", "--tls-verify"]}, False),
    ({"args": ["--storage", "--tls-verify"]}, False),  # that is the storage
    ({"args": ["--tls"]}, False),
    ({"env": env(TILLER_TLS_ENABLE="1")}, False),
    ({"env": env(TILLER_TLS_VERIFY="1")}, True),
    ({"env": env(TILLER_TLS_VERIFY="false")}, True),  # any text is yes
    ({"env": env(TILLER_TLS_VERIFY="")}, False),
    ({"env": [*env(TILLER_TLS_VERIFY="1"), *env(TILLER_TLS_VERIFY="")]}, False),
    ({"env": env(TILLER_TLS_VERIFY="1"), "args": ["--tls-verify=false"]}, False),
    ({"env": ELSEWHERE}, False),
    ({"envFrom": [{"configMapRef": {"name": "tiller"}}]}, False),
    ({"command": ["/tiller"], "args": ["--tls-verify"]}, True),
    ({"command": ["/tiller", "--tls-verify"]}, True),
    ({"command": ["/tiller", "--tls-verify"], "args": ["--tls-verify=0"]}, False),
    ({"command": ["dumb-init", "/tiller", "--tls-verify"]}, True),
    ({"command": ["sh", "-c", "exec /tiller --tls-verify=true"]}, True),
    ({"command": ["sh", "-c"], "args": ["/tiller; echo --tls-verify"]}, False),
    ({"command": ["sh", "-c", "/tiller --tls-verify=$VERIFY"]}, False),
    ({"command": ["/entrypoint.sh"], "args": ["--tls-verify"]}, False),  # who knows what it does
    ({"args": ["--tls-verify=$(VERIFY)"], "env": env(VERIFY="true")}, True),
    ({"args": ["--tls-verify=$(VERIFY)"], "env": env(VERIFY="false")}, False),
    ({"args": ["--tls-verify=$(VERIFY)"]}, False),
    ({"args": ["--tls-verify=$$(VERIFY)"], "env": env(VERIFY="true")}, False),
]
"""How a container is described, and whether its Tiller asks for certificates; tests/engine asks the real one."""


@pytest.mark.parametrize(("container", "verifies"), VERIFIES)
def test_whether_tiller_asks_its_clients_for_a_certificate(container: dict[str, Any], verifies: bool) -> None:
    assert read(container).verifies is verifies


STORAGE: list[tuple[list[str], str]] = [
    ([], "configmap"),
    (["--storage=secret"], "secret"),
    (["--storage", "secret"], "secret"),
    (["-storage", "secret"], "secret"),
    (["--storage=secret", "--storage=memory"], "memory"),
    (["--history-max", "--storage=secret"], "configmap"),
    (["--trace", "--storage=secret"], "secret"),
]


@pytest.mark.parametrize(("args", "storage"), STORAGE)
def test_where_releases_go(args: list[str], storage: str) -> None:
    assert read({"args": args}).storage == storage


@pytest.mark.parametrize(
    ("container", "cas"),
    [
        ({}, "ca.crt"),
        ({"env": env(TILLER_TLS_CERTS="/etc/certs")}, "/etc/certs/ca.crt"),
        ({"args": ["--tls-ca-cert=/a/b.pem"], "env": env(TILLER_TLS_CERTS="/etc/certs")}, "/a/b.pem"),
        ({"args": ["--tls-ca-cert="]}, ""),
    ],
)
def test_whose_clients_it_trusts(container: dict[str, Any], cas: str) -> None:
    assert read(container).client_cas == cas


def test_it_listens_on_all_interfaces_unless_told_otherwise() -> None:
    assert read({}).listen == ":44134"
    assert read({"args": ["--listen", "localhost:1"]}).listen == "localhost:1"


@pytest.mark.parametrize(
    "container",
    [
        {"args": UNKNOWN},
        {"args": ["--tls-verify=false", UNKNOWN]},  # a later flag counts
        {"command": [UNKNOWN], "args": ["--tls-verify"]},
        {"env": UNKNOWN},
        {"env": env(TILLER_TLS_VERIFY=UNKNOWN)},
        {"args": ["--tls-verify=$(VERIFY)"], "env": env(VERIFY=UNKNOWN)},
    ],
)
def test_what_hangs_on_something_unknown_is_not_known(container: dict[str, Any]) -> None:
    with pytest.raises(NotKnownError):
        read(container)


def test_an_unknown_variable_that_does_not_matter_hides_nothing() -> None:
    assert not read({"env": env(DATABASE=UNKNOWN)}).verifies

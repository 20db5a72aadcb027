"""How a container runs Tiller, as its description tells; None: that is not told."""

from typing import Any

import pytest

from secure_tiller_cli.audit.settings import UNREAD, read
from tests.unit.secure_tiller_cli.audit.samples import env

ELSEWHERE = [{"name": "TILLER_TLS_VERIFY", "valueFrom": {"secretKeyRef": {"name": "a", "key": "b"}}}]
TLS: list[tuple[dict[str, Any], bool | None, bool | None]] = [
    ({}, False, False),
    ({"args": ["--tls"]}, True, False),
    ({"args": ["--tls-verify"]}, True, True),
    ({"args": ["-tls-verify"]}, True, True),
    ({"args": ["--tls-verify=T"]}, True, True),
    ({"args": ["--tls-verify=false"]}, False, False),
    ({"args": ["--tls=false", "--tls-verify"]}, True, True),  # verification turns TLS on
    ({"args": ["--tls-verify", "--tls-verify=false"]}, False, False),
    ({"args": ["--tls-verify", "false"]}, True, True),  # the word belongs to no flag
    ({"args": ["serve", "--tls-verify"]}, False, False),
    ({"args": ["--", "--tls-verify"]}, False, False),
    ({"args": ["--storage", "--tls-verify"]}, False, False),  # that is the storage
    ({"env": env(TILLER_TLS_ENABLE="1")}, True, False),
    ({"env": env(TILLER_TLS_VERIFY="1")}, True, True),
    ({"env": env(TILLER_TLS_VERIFY="false")}, True, True),  # any text is yes
    ({"env": env(TILLER_TLS_ENABLE="false")}, True, False),
    ({"env": env(TILLER_TLS_VERIFY="")}, False, False),
    ({"env": [*env(TILLER_TLS_VERIFY="1"), *env(TILLER_TLS_VERIFY="")]}, False, False),
    ({"env": env(TILLER_TLS_VERIFY="1"), "args": ["--tls-verify=false"]}, False, False),
    ({"env": ELSEWHERE}, None, None),
    ({"env": ELSEWHERE, "args": ["--tls"]}, True, None),
    ({"env": ELSEWHERE, "args": ["--tls-verify=false"]}, False, False),
    ({"envFrom": [{"configMapRef": {"name": "tiller"}}]}, None, None),
    ({"envFrom": [{"configMapRef": {"name": "tiller"}}], "args": ["--tls-verify=true"]}, True, True),
    ({"command": ["/tiller"], "args": ["--tls-verify"]}, True, True),
    ({"command": ["/tiller", "--tls-verify"], "args": ["--tls-verify=0"]}, False, False),
    ({"command": ["dumb-init", "/tiller", "--tls-verify"]}, True, True),
    ({"command": ["sh", "-c", "exec /tiller --tls-verify=true"]}, True, True),
    ({"command": ["sh", "-c"], "args": ["/tiller; echo --tls-verify"]}, False, False),
    ({"command": ["sh", "-c", "/tiller --tls-verify=$VERIFY"]}, None, None),
    ({"command": ["sh", "-c", "/tiller $FLAGS"]}, None, None),
    ({"command": ["sh", "-c", "/tiller --tls-verify `cat flags`"]}, None, None),
    ({"command": ["sh", "-c", "TILLER_TLS_VERIFY= /tiller"], "env": env(TILLER_TLS_VERIFY="1")}, None, None),
    ({"command": ["sh", "-c", "env -i /tiller --tls"]}, None, None),
    ({"command": ["sh", "-c", "/tiller"], "env": env(TILLER_TLS_VERIFY="1")}, True, True),
    ({"command": ["sh", "-c", "/tiller"], "args": ["--tls-verify"]}, False, False),  # the word is the shell's $0
    ({"command": ["sh", "-ec", "exec /tiller", "--tls-verify"]}, False, False),
    ({"command": ["tini", "--", "sh", "-c"], "args": ["/tiller --tls-verify"]}, True, True),
    ({"command": ["sh", "-c", '/tiller "$@"', "sh", "--tls-verify"]}, None, None),
    ({"command": ["sh", "-c", "if test -f a; then /tiller; else /tiller --tls-verify; fi"]}, None, None),
    ({"command": ["sh", "-c", "/tiller || /tiller --tls-verify"]}, None, None),
    ({"command": ["sh", "-c", "/tiller --tls-verify || /tiller --tls-verify"]}, True, True),
    ({"command": ["sh", "-c", "echo --tls-verify=0 | xargs /tiller --tls-verify"]}, None, None),
    ({"command": ["sh", "-c", ". /flags; /tiller"], "env": env(TILLER_TLS_VERIFY="1")}, None, None),
    ({"command": ["sh", "-c", "# starts /tiller\n/tiller --tls-verify # for all"]}, True, True),
    ({"command": ["sh", "-c", "# /tiller --tls-verify\n/tiller"]}, False, False),
    ({"command": ["sh", "-c", "/tiller --history-max=1#2 --tls-verify"]}, True, True),
    ({"command": ["sh", "-c", "/tiller --tls-verify 2>&1 >/log --tls-verify=0"]}, False, False),
    ({"command": ["sh", "-c", "/tiller --tls-verify >/log 2>&1"]}, True, True),
    ({"env": env(NONE="", TILLER_TLS_VERIFY="$(NONE)")}, False, False),
    ({"env": env(SOME="1", TILLER_TLS_VERIFY="$(SOME)")}, True, True),
    (
        {"env": [*env(TILLER_TLS_VERIFY="$(LATER)"), *env(LATER="")]},
        True,
        True,
    ),  # left as it stands, and any text is yes
    ({"env": [*ELSEWHERE, *env(TILLER_TLS_ENABLE="$(TILLER_TLS_VERIFY)")]}, None, None),
    ({"command": ["/entrypoint.sh"], "args": ["--tls-verify"]}, None, None),  # who knows what it does
    ({"args": ["--tls-verify=$(VERIFY)"], "env": env(VERIFY="true")}, True, True),
    ({"args": ["--tls-verify=$(VERIFY)"], "env": env(VERIFY="false")}, False, False),
    ({"args": ["--tls-verify=$(VERIFY)"], "env": env(VERIFY="")}, False, False),
    ({"args": ["--tls-verify=$(TILLER_TLS_VERIFY)"], "env": ELSEWHERE}, None, None),
    ({"args": ["--tls-verify=$(VERIFY)"]}, False, False),  # Tiller does not start
    ({"args": ["--tls-verify=$$(VERIFY)"], "env": env(VERIFY="true")}, False, False),
]
"""How a container is described, whether its Tiller speaks TLS, and whether it asks for certificates."""


@pytest.mark.parametrize(("container", "tls", "verifies"), TLS)
def test_tls_and_verification(container: dict[str, Any], tls: bool | None, verifies: bool | None) -> None:
    settings = read(container)
    assert (settings.tls, settings.verifies) == (tls, verifies)


@pytest.mark.parametrize(
    ("args", "storage"),
    [
        ([], "configmap"),
        (["--storage=secret"], "secret"),
        (["--storage", "secret"], "secret"),
        (["--storage=secret", "--storage=memory"], "memory"),
        (["--storage=sql"], "sql"),
        (["--storage=Secret"], "memory"),  # what Tiller does not know
        (["--history-max", "--storage=secret"], "configmap"),
        (["--trace", "--storage=secret"], "secret"),
    ],
)
def test_where_releases_go(args: list[str], storage: str) -> None:
    assert read({"args": args}).storage == storage


@pytest.mark.parametrize(
    ("container", "kept"),
    [
        ({}, 0),
        ({"env": env(TILLER_HISTORY_MAX="7")}, 7),
        ({"env": env(TILLER_HISTORY_MAX="many")}, 0),
        ({"env": env(TILLER_HISTORY_MAX="7"), "args": ["--history-max=3"]}, 3),
        ({"envFrom": [{}]}, None),
    ],
)
def test_how_many_revisions_are_kept(container: dict[str, Any], kept: int | None) -> None:
    assert read(container).history_max == kept


def test_its_ports() -> None:
    assert (read({}).listen, read({}).probe_listen) == (":44134", ":44135")
    said = read({"args": ["--listen", "localhost:1", "--probe-listen=127.0.0.1:2"]})
    assert (said.listen, said.probe_listen) == ("localhost:1", "127.0.0.1:2")
    assert read({"args": ["--probe=false"]}).probe_listen == ""
    assert read({"args": ["--probe=$(V)"], "envFrom": [{}]}).probe_listen == ":44135"


def test_its_certificates() -> None:
    by_environment = read({"env": env(TILLER_TLS_CERTS="/etc/certs")})
    assert (by_environment.certificate, by_environment.client_cas) == ("/etc/certs/tls.crt", "/etc/certs/ca.crt")
    by_flags = read({"args": ["--tls-cert=/a/b", "--tls-ca-cert="], "env": env(TILLER_TLS_CERTS="/etc/certs")})
    assert (by_flags.certificate, by_flags.client_cas) == ("/a/b", "")


def test_where_it_stores_releases() -> None:
    of_field = [{"name": "TILLER_NAMESPACE", "valueFrom": {"fieldRef": {"fieldPath": "metadata.namespace"}}}]
    described: list[dict[str, Any]] = [{}, {"env": of_field}, {"env": env(TILLER_NAMESPACE="a")}, {"envFrom": [{}]}]
    assert [read(container).namespace for container in described] == ["", "", "a", None]


def test_a_script_tells_nothing() -> None:
    assert read({"command": ["/entrypoint.sh"], "env": env(TILLER_TLS_VERIFY="1")}) == UNREAD

"""How a container runs Tiller, as far as its description decides it."""

import time
import tracemalloc
from typing import Any

import pytest

from tiller_facts.commands import calls
from tiller_facts.flags import read, runs
from tiller_facts.values import UNKNOWN, Hidden, Unknown

HIDDEN = "hidden"
IMAGE = "ghcr.io/helm/tiller:v2.17.0"


def env(**values: Any) -> list[dict[str, Any]]:
    return [{"name": name, "value": value} for name, value in values.items()]


def shell(script: str, *more: str, **further: Any) -> dict[str, Any]:
    return {"command": ["sh", "-c", script, *more], **further}


def plain(value: Any) -> Any:
    """A value, or the word for what it is not."""
    return HIDDEN if isinstance(value, Hidden) else UNKNOWN if isinstance(value, Unknown) else value


ELSEWHERE = [{"name": "TILLER_TLS_VERIFY", "valueFrom": {"secretKeyRef": {"name": "a", "key": "b"}}}]
FROM_MAP = [{"configMapRef": {"name": "tiller"}}]
VERIFIES = env(TILLER_TLS_VERIFY="1")
NEITHER, TLS, BOTH, NOBODY_KNOWS = (False, False), (True, False), (True, True), (HIDDEN, HIDDEN)

BY_FLAGS: list[tuple[dict[str, Any], tuple[Any, Any]]] = [
    ({}, NEITHER),
    ({"args": ["--tls"]}, TLS),
    ({"args": ["--tls-verify"]}, BOTH),
    ({"args": ["-tls-verify"]}, BOTH),
    ({"args": ["--tls-verify=T"]}, BOTH),
    ({"args": ["--tls-verify=yes"]}, NEITHER),  # Tiller does not start
    ({"args": ["--tls-verify=false"]}, NEITHER),
    ({"args": ["--tls=false", "--tls-verify"]}, BOTH),  # verification turns TLS on
    ({"args": ["--tls-verify", "--tls-verify=false"]}, NEITHER),
    ({"args": ["--tls-verify", "-tls-verify=false"]}, NEITHER),
    ({"args": ["--tls-verify=false", "--tls-verify"]}, BOTH),
    ({"args": ["--tls-verify", "false"]}, BOTH),  # the word belongs to no flag
    ({"args": ["serve", "--tls-verify"]}, NEITHER),
    ({"args": ["--", "--tls-verify"]}, NEITHER),
    ({"args": ["-", "--tls-verify"]}, NEITHER),
    ({"args": ["--storage", "--tls-verify"]}, NEITHER),  # that is the storage
    ({"args": ["--add_dir_header", "--tls-verify"]}, BOTH),
    ({"args": ["--tls-verify=$(V)"], "env": env(V="true")}, BOTH),
    ({"args": ["--tls-verify=$(V)"], "env": env(V="false")}, NEITHER),
    ({"args": ["--tls-verify=$(V)"], "env": env(V="")}, NEITHER),
    ({"args": ["--tls-verify=$(V)"]}, NEITHER),  # Tiller does not start
    ({"args": ["--tls-verify=$$(V)"], "env": env(V="true")}, NEITHER),
    ({"args": ["--tls-verify=$(TILLER_TLS_VERIFY)"], "env": ELSEWHERE}, NOBODY_KNOWS),
    ({"args": ["--$(V)", "--tls-verify"], "envFrom": FROM_MAP}, NOBODY_KNOWS),  # it may end the flags
    ({"args": ["--tls-verify", "--storage=$(V)"], "envFrom": FROM_MAP}, BOTH),
    ({"image": IMAGE, "args": ["/tiller", "--tls-verify"]}, NEITHER),  # its entry point is Tiller already
    ({"image": "me/server:1", "args": ["/tiller", "--tls-verify"]}, NOBODY_KNOWS),
    ({"image": "me/server:1", "args": ["--tls-verify"]}, BOTH),
]

BY_ENVIRONMENT: list[tuple[dict[str, Any], tuple[Any, Any]]] = [
    ({"env": env(TILLER_TLS_ENABLE="1")}, TLS),
    ({"env": VERIFIES}, BOTH),
    ({"env": env(TILLER_TLS_VERIFY="false")}, BOTH),  # any text is yes
    ({"env": env(TILLER_TLS_ENABLE="false")}, TLS),
    ({"env": env(TILLER_TLS_VERIFY="")}, NEITHER),
    ({"env": [{"name": "TILLER_TLS_VERIFY"}]}, NEITHER),
    ({"env": [*VERIFIES, *env(TILLER_TLS_VERIFY="")]}, NEITHER),
    ({"env": VERIFIES, "args": ["--tls-verify=false"]}, NEITHER),
    ({"env": ELSEWHERE}, NOBODY_KNOWS),
    ({"env": ELSEWHERE, "args": ["--tls"]}, (True, HIDDEN)),
    ({"env": ELSEWHERE, "args": ["--tls-verify=false"]}, NEITHER),
    ({"envFrom": FROM_MAP}, NOBODY_KNOWS),
    ({"envFrom": FROM_MAP, "env": VERIFIES}, BOTH),
    ({"envFrom": FROM_MAP, "env": env(TILLER_TLS_VERIFY="", TILLER_TLS_ENABLE="")}, NEITHER),
    ({"envFrom": FROM_MAP, "args": ["--tls-verify=true"]}, BOTH),
    ({"env": env(NONE="", TILLER_TLS_VERIFY="$(NONE)")}, NEITHER),
    ({"env": env(SOME="1", TILLER_TLS_VERIFY="$(SOME)")}, BOTH),
    ({"env": [*env(TILLER_TLS_VERIFY="$(LATER)"), *env(LATER="")]}, BOTH),  # left as it stands, and any text is yes
    ({"env": [*ELSEWHERE, *env(TILLER_TLS_ENABLE="$(TILLER_TLS_VERIFY)")]}, NOBODY_KNOWS),
    ({"envFrom": FROM_MAP, "env": env(TILLER_TLS_VERIFY="$(V)")}, NOBODY_KNOWS),
]

BY_COMMAND: list[tuple[dict[str, Any], tuple[Any, Any]]] = [
    ({"command": ["/tiller"], "args": ["--tls-verify"]}, BOTH),
    ({"command": ["/tiller", "--tls-verify"], "args": ["--tls-verify=0"]}, NEITHER),
    ({"command": ["/entrypoint.sh"], "args": ["--tls-verify"]}, NOBODY_KNOWS),
    ({"command": ["/entrypoint.sh"], "args": ["tiller", "--tls-verify"]}, NOBODY_KNOWS),
    ({"command": ["timeout", "1d", "/tiller", "--tls-verify"]}, BOTH),
    ({"command": ["timeout", "-k", "5", "1d", "/tiller", "--tls-verify"]}, BOTH),
    ({"command": ["nice", "-n", "5", "tiller", "--tls-verify"]}, BOTH),
    ({"command": ["s6-setuidgid", "nobody", "tiller", "--tls-verify"]}, BOTH),
    ({"command": ["catatonit", "--", "/tiller", "--tls-verify"]}, BOTH),
    ({"command": ["sudo", "tiller", "--tls-verify"]}, NOBODY_KNOWS),
    ({"command": ["dumb-init", "/tiller", "--tls-verify"]}, BOTH),
    ({"command": ["/sbin/dumb-init", "--rewrite", "15:2", "--", "/tiller", "--tls-verify"]}, BOTH),
    ({"command": ["tini", "-g", "-p", "SIGTERM", "--", "tiller", "--tls-verify"]}, BOTH),
    ({"command": ["nohup", "tiller", "--tls-verify"]}, BOTH),
    ({"command": ["su-exec", "nobody:nobody", "tiller", "--tls-verify"]}, BOTH),
    ({"command": ["gosu", "tiller", "tiller", "--tls-verify"]}, BOTH),
    ({"command": ["env", "TILLER_TLS_VERIFY=1", "tiller"]}, BOTH),
    ({"command": ["env", "--", "TILLER_TLS_VERIFY=", "tiller"], "env": VERIFIES}, NEITHER),
    ({"command": ["env", "-i", "tiller"], "env": VERIFIES}, NOBODY_KNOWS),
    ({"command": ["env", "-u", "TILLER_TLS_VERIFY", "tiller"], "env": VERIFIES}, NOBODY_KNOWS),
    ({"command": ["tini", "--", "sh", "-c"], "args": ["/tiller --tls-verify"]}, BOTH),
    ({"command": ["busybox", "sh", "-c", "/tiller --tls-verify"]}, BOTH),
    ({"command": ["bash", "-eo", "pipefail", "-c", "tiller --tls-verify"]}, BOTH),
    ({"command": ["sh", "/start.sh", "tiller", "--tls-verify"]}, NOBODY_KNOWS),
    ({"command": ["tiller"], "args": ["--tls-verify", "--storage=$(V)"], "envFrom": FROM_MAP}, BOTH),
    ({"command": ["sh", "tiller"], "env": VERIFIES}, NOBODY_KNOWS),  # a file of that name
    ({"command": ["tiller", "$(V)", "--tls-verify"], "env": env(V="-trace")}, BOTH),
]

BY_SCRIPT: list[tuple[dict[str, Any], tuple[Any, Any]]] = [
    (shell("exec /tiller --tls-verify=true"), BOTH),
    (shell("/tiller; echo --tls-verify"), NEITHER),
    (shell("tiller; tiller --tls-verify --storage=secret --listen=127.0.0.1:44134 --tls-ca-cert=/a"), NOBODY_KNOWS),
    (shell("exec tiller --listen=:44134", "sh", "tiller --tls-verify --storage=secret"), NEITHER),
    (shell("/tiller --tls-verify=$VERIFY"), NOBODY_KNOWS),
    (shell("/tiller $FLAGS"), NOBODY_KNOWS),
    (shell("/tiller --tls-verify `cat flags`"), NOBODY_KNOWS),
    (shell("/tiller --listen=$(IP):1 --tls-verify", envFrom=FROM_MAP), NOBODY_KNOWS),  # it may hold any words
    (shell("/tiller --listen=$(IP):1 --tls-verify", env=env(IP="127.0.0.1")), BOTH),
    (shell("TILLER_TLS_VERIFY= /tiller", env=VERIFIES), NEITHER),
    (shell("TILLER_TLS_VERIFY=1 /tiller"), BOTH),
    (shell("TILLER_TLS_VERIFY=$V /tiller"), NOBODY_KNOWS),
    (shell("export TILLER_TLS_VERIFY=1; tiller"), NOBODY_KNOWS),
    (shell("TILLER_TLS_VERIFY=; tiller", env=VERIFIES), NOBODY_KNOWS),
    (shell("unset TILLER_TLS_VERIFY; tiller", env=VERIFIES), NOBODY_KNOWS),
    (shell("env TILLER_TLS_VERIFY=1 tiller"), BOTH),
    (shell("env -i /tiller --tls"), NOBODY_KNOWS),
    (shell("env | sort; /tiller --tls-verify"), BOTH),
    (shell("/tiller", env=VERIFIES), BOTH),
    (shell("/tiller", "--tls-verify"), NEITHER),  # the word is the script's $0
    ({"command": ["sh", "-ec", "exec /tiller", "--tls-verify"]}, NEITHER),
    (shell('/tiller "$@"', "sh", "--tls-verify"), NOBODY_KNOWS),
    (shell("if test -f a; then /tiller; else /tiller --tls-verify; fi"), NOBODY_KNOWS),
    (shell("if test -f a; then tiller --tls-verify; fi"), BOTH),
    (shell("while true; do tiller --tls-verify; done"), BOTH),
    (shell("/tiller || /tiller --tls-verify"), NOBODY_KNOWS),
    (shell("/tiller --tls-verify || /tiller --tls-verify"), BOTH),
    (shell("test -x /tiller && exec /tiller --tls-verify"), BOTH),
    (shell("exec -c /tiller", env=VERIFIES), NOBODY_KNOWS),  # bash empties the environment
    (shell("exec -a blue -c /tiller", env=VERIFIES), NOBODY_KNOWS),
    (shell("exec -lc /tiller", env=VERIFIES), NOBODY_KNOWS),
    (shell("exec -a blue /tiller", env=VERIFIES), BOTH),
    (shell("command . /start.env && exec /tiller", env=VERIFIES), NOBODY_KNOWS),
    (shell('builtin unset "$name"; exec /tiller', env=VERIFIES), NOBODY_KNOWS),
    (shell("echo --tls-verify=0 | xargs /tiller --tls-verify"), NOBODY_KNOWS),
    (shell(". /flags; /tiller", env=VERIFIES), NOBODY_KNOWS),
    (shell("eval $(cat /flags); /tiller --tls"), NOBODY_KNOWS),
    (shell("tiller() { /tiller --tls; }; tiller --tls-verify"), NOBODY_KNOWS),
    (shell("cat <<EOF\ntiller --tls-verify\nEOF\ntiller"), NOBODY_KNOWS),
    (shell("# starts /tiller\n/tiller --tls-verify # for all"), BOTH),
    (shell("# /tiller --tls-verify\n/tiller"), NEITHER),
    (shell("/tiller --history-max=1#2 --tls-verify"), BOTH),
    (shell("/tiller --tls-verify 2>&1 >/log --tls-verify=0"), NEITHER),
    (shell("/tiller --tls-verify >/log 2>&1"), BOTH),
    (shell("/tiller \\\n --tls-verify"), BOTH),
    (shell("/tiller --tls-ver\\\nify"), BOTH),
    (shell('/tiller --tls-verify --storage=\\"a'), BOTH),
    (shell("sh -c 'tiller --tls-verify'"), BOTH),
    (shell("tiller 'it"), NOBODY_KNOWS),
    (shell("echo ' # '; exec tiller --tls-verify"), BOTH),
    (shell("echo ';' tiller --tls-verify; exec /start"), NOBODY_KNOWS),
    (shell('echo "; tiller --tls-verify"; exec tiller'), NEITHER),
    (shell("# now \\\nexec tiller\nexec tiller --tls-verify"), NOBODY_KNOWS),
    (shell("tiller --history-max 20 >/log --tls-verify"), BOTH),
    (shell("tiller --storage='$a' --tls-ca-cert=\"\\$b\" --tls-verify"), BOTH),
    (shell('tiller --tls-ca-cert="$B" --tls-verify'), NOBODY_KNOWS),
    (shell("tiller --tls-verify $$(cat /flags)"), NOBODY_KNOWS),
    (shell("export $(cat /settings); tiller --tls-verify"), NOBODY_KNOWS),
    (shell("export PATH=/bin; tiller --tls-verify"), BOTH),
    (shell("$SETUP; tiller --tls-verify"), NOBODY_KNOWS),
    (shell("tiller --tls-verify={true,false}"), NOBODY_KNOWS),
    (shell("tiller --tls-verify=\"true\" --storage='{a,b}'"), BOTH),
    (shell("nice tiller || tiller --tls-verify"), NOBODY_KNOWS),
    (shell("test -e /tiller || exit; tiller --tls-verify"), BOTH),
    (shell("(tiller --tls-verify) & wait"), BOTH),
]


@pytest.mark.parametrize(("container", "expected"), [*BY_FLAGS, *BY_ENVIRONMENT, *BY_COMMAND, *BY_SCRIPT])
def test_tls_and_verification(container: dict[str, Any], expected: tuple[Any, Any]) -> None:
    flags = read(container)
    assert (plain(flags.tls), plain(flags.verifies)) == expected


@pytest.mark.parametrize(
    "container",
    [
        {"args": UNKNOWN},
        {"args": ["--tls-verify=false", UNKNOWN]},  # a later flag counts
        {"command": [UNKNOWN], "args": ["--tls-verify"]},
        {"command": UNKNOWN},
        {"env": UNKNOWN},
        {"env": [UNKNOWN]},
        {"env": env(TILLER_TLS_VERIFY=UNKNOWN)},
        {"args": ["--tls-verify=$(VERIFY)"], "env": env(VERIFY=UNKNOWN)},
        shell("tiller --tls-verify $(V)", env=env(V=UNKNOWN)),
    ],
)
def test_what_depends_on_something_unknown_is_unknown(container: dict[str, Any]) -> None:
    assert read(container).verifies is UNKNOWN


def test_an_unknown_variable_that_does_not_matter_hides_nothing() -> None:
    assert read({"env": env(DATABASE=UNKNOWN)}).verifies is False


@pytest.mark.parametrize(
    ("args", "storage"),
    [
        ([], "configmap"),
        (["--storage=secret"], "secret"),
        (["--storage", "secret"], "secret"),
        (["-storage", "secret"], "secret"),
        (["--storage=secret", "-storage=configmap"], "configmap"),
        (["--storage=sql"], "sql"),
        (["--storage=Secret"], "memory"),  # Tiller does not know it
        (["--history-max", "--storage=secret"], "configmap"),
        (["--trace", "--storage=secret"], "secret"),
        (["--storage=$(V)"], HIDDEN),
    ],
)
def test_where_releases_go(args: list[str], storage: str) -> None:
    elsewhere = [{"name": "V", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}}]
    assert plain(read({"args": args, "env": elsewhere}).storage) == storage


@pytest.mark.parametrize(
    ("container", "kept"),
    [
        ({}, 0),
        ({"env": env(TILLER_HISTORY_MAX="7")}, 7),
        ({"env": env(TILLER_HISTORY_MAX="many")}, 0),
        ({"env": env(TILLER_HISTORY_MAX="+07")}, 7),
        ({"env": env(TILLER_HISTORY_MAX="0x10")}, 0),
        ({"env": env(TILLER_HISTORY_MAX=" 7")}, 0),
        ({"args": ["--history-max=010"]}, 8),
        ({"args": ["--history-max=0x10"]}, 16),
        ({"args": ["--history-max=-1"]}, 0),
        ({"env": env(TILLER_HISTORY_MAX="7"), "args": ["--history-max=3"]}, 3),
        ({"envFrom": FROM_MAP}, HIDDEN),
    ],
)
def test_how_many_revisions_are_kept(container: dict[str, Any], kept: Any) -> None:
    assert plain(read(container).history_max) == kept


def test_its_ports() -> None:
    assert (read({}).listen, read({}).probe_listen) == (":44134", ":44135")
    flags = read({"args": ["--listen", "localhost:1", "--probe-listen=127.0.0.1:2"]})
    assert (flags.listen, flags.probe_listen) == ("localhost:1", "127.0.0.1:2")
    assert read({"args": ["--probe=false"]}).probe_listen == ""
    assert read({"args": ["--probe=$(V)"], "envFrom": FROM_MAP}).probe_listen == ":44135"


def test_its_certificates() -> None:
    by_environment = read({"env": env(TILLER_TLS_CERTS="/etc//x/../certs/")})
    assert (by_environment.certificate, by_environment.client_cas) == ("/etc/certs/tls.crt", "/etc/certs/ca.crt")
    by_flags = read({"args": ["--tls-cert=/a/b", "--tls-ca-cert="], "env": env(TILLER_TLS_CERTS="/etc/certs")})
    assert (by_flags.certificate, by_flags.client_cas) == ("/a/b", "")
    assert plain(read({"envFrom": FROM_MAP}).client_cas) == HIDDEN


def test_where_it_stores_releases() -> None:
    of_field = [{"name": "TILLER_NAMESPACE", "valueFrom": {"fieldRef": {"fieldPath": "metadata.namespace"}}}]
    described: list[dict[str, Any]] = [
        {},
        {"env": of_field},
        {"env": env(TILLER_NAMESPACE="a")},
        {"envFrom": FROM_MAP},
        {"env": of_field, "command": ["env", "TILLER_NAMESPACE=b", "tiller"]},
    ]
    assert [plain(read(container).namespace) for container in described] == ["", "", "a", HIDDEN, "b"]


def test_a_flag_that_decides_is_explicit() -> None:
    assert read({"args": ["--tls-verify"]}).explicit is True
    assert read({"env": VERIFIES}).explicit is False


def image(name: Any, *words: Any, **further: Any) -> dict[str, Any]:
    return {"name": "main", "image": name, **({"command": list(words)} if words else {}), **further}


TILLERS = [
    image("tiller"),
    image("me/helm-tiller"),
    image("ghcr.io/helm/tiller:v2.17.0"),
    image("mirror.example:5000/helm/tiller@sha256:00"),
    image("mine/server:1", "/bin/tiller", "--tls"),
    image("mine/server:1", "sh", "-c", "exec /tiller --listen=$(IP):44134", envFrom=FROM_MAP),
    image("mine/server:1", "sh", "-ec", args=["set -x\n/tiller \\\n --storage=secret\n"]),
    image("mine/server:1", "tini", "-g", "--", "tiller"),
    image("mine/server:1", "tini", "-s", "/tiller"),
    image("mine/server:1", "sh", "-c", "A=b tiller"),
    image("mine/server:1", "sh", "-c", "sleep 1 && tiller"),
    image("mine/server:1", "sh", "-c", "if true; then tiller; fi"),
    image("mine/server:1", "/entrypoint.sh", "tiller", "--tls-verify"),
    image("mine/server:1", "timeout", "1d", "/tiller"),
    image("mine/server:1", args=["/tiller"]),
    image("bash:5", args=["-c", "exec tiller"]),
    image(IMAGE, "/entrypoint.sh"),
    image(IMAGE, UNKNOWN),
    image(UNKNOWN, "/tiller"),
    image(UNKNOWN, "/tiller", UNKNOWN),
]
OTHERS = [
    image("mine/server:1"),
    image("mine/distiller:1"),
    image("mine/tiller-proxy:v1.5.0", "/proxy", args=["--host=tiller-deploy.old:44134"]),
    image("mine/tiller-exporter:1"),
    image("tiller.example.org/backup:1"),
    image("mine/web:tiller"),
    image("mine/helm:2", "helm", "upgrade", "--install", "--tiller-namespace", "tiller", "--tls", "a", "./a"),
    image("mine/helm:2", "/usr/bin/helm", "tiller", "run", "blue", "--", "sh"),
    image("mine/kubectl:1", "kubectl", "-n", "tiller", "get", "pods"),
    image("mine/kubectl:1", "kubectl", "get", "namespace", "tiller"),
    image("mine/kubectl:1", "sh", "-c", "kubectl get pods -n tiller"),
    image("mine/server:1", args=["--tiller-namespace", "tiller"]),
    image("mine/server:1", args=["--tiller-binary", "/tiller"]),
    image("mine/server:1", args=["--upstream", "tiller"]),
    image("mine/server:1", "echo", "tillers"),
    image("mine/server:1", "sh", "-c", "cp /tiller /shared/; ls -l /tiller"),
    image("mine/server:1", "sh", "-c", "it's"),
    image("mine/server:1", "sh", "-c", "# exec /tiller\nsleep 1"),
    image(IMAGE, "/helm", "ls"),
    image(IMAGE, "sh", "-c", "helm init --client-only; helm ls"),
    image(UNKNOWN),
    image("mine/server:1", "serve", UNKNOWN),
]


@pytest.mark.parametrize("container", TILLERS)
def test_a_tiller_is_recognised_by_its_image_or_its_command(container: dict[str, Any]) -> None:
    assert runs(container)


@pytest.mark.parametrize("container", OTHERS)
def test_what_only_speaks_of_a_tiller_is_none(container: dict[str, Any]) -> None:
    assert not runs(container)


def test_the_calls_of_a_program_are_found_in_scripts() -> None:
    found = calls("helm", shell("helm init --client-only && A=1 /bin/helm ls --tls > /log"))
    assert [call.words for call in found] == [("helm", "init", "--client-only"), ("/bin/helm", "ls", "--tls")]
    assert calls("helm", {"command": UNKNOWN}) == ()


DOUBLED = [{"name": "A0", "value": "a"}, *({"name": f"A{n + 1}", "value": f"$(A{n})$(A{n})"} for n in range(60))]
LONG = [{"name": "A0", "value": "a" * 2**17}]
MANY = [f"A{n}=1" for n in range(10_000)]
HOSTILE: dict[str, dict[str, Any]] = {
    "values that double": {"env": DOUBLED, "command": ["tiller", "$(A60)"]},
    "many references": {"env": LONG, "command": ["tiller", *["$(A0)"] * 10_000]},
    "many references in values": {
        "env": [*LONG, *({"name": f"B{n}", "value": "$(A0)"} for n in range(10_000))],
        "command": ["tiller"],
    },
    "many references in a word": {"env": LONG, "command": ["tiller", "$(A0)" * 10_000]},
    "launchers": {"command": ["exec"] * 10_000},
    "launchers of a shell": {"command": ["sh", "-c", f"{'env ' * 10_000} tiller"]},
    "many commands with many variables": {"command": ["env", *MANY, "sh", "-c", "a;" * 10_000]},
    "many commands with variables of their own": {"command": ["env", *MANY, "sh", "-c", "A=1 a;" * 10_000]},
}


@pytest.mark.parametrize("case", HOSTILE)
def test_a_hostile_command_line_takes_little_memory_and_time(case: str) -> None:
    began = time.process_time()
    tracemalloc.start()
    read(HOSTILE[case])
    runs(HOSTILE[case])
    assert tracemalloc.get_traced_memory()[1] < 2**28
    tracemalloc.stop()
    assert time.process_time() - began < 60


def test_what_no_linux_starts_is_hidden() -> None:
    assert read({"env": DOUBLED[:11], "command": ["tiller", "--tls-cert=$(A10)"]}).certificate == "a" * 2**10
    assert isinstance(read({"env": DOUBLED, "command": ["tiller", "--tls-cert=$(A60)"]}).certificate, Hidden)


@pytest.mark.parametrize("deep", [1, 40])
def test_launchers_are_seen_through(deep: int) -> None:
    assert read({"command": ["env", "exec"] * (deep // 2) + ["tiller", "--tls"]}).tls is True

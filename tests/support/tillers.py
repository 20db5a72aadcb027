"""The table of Tillers: pods good and bad, and the one verdict that every tool reaches about each.

A row differs from a Tiller that breaks no practice by the one thing that its id names. Nothing here knows a tool: how a
tool is asked about a row stands with the tests of that tool.
"""

import re
from collections.abc import Sequence
from typing import Any

from tests.support import component
from tests.support.cluster_objects import (
    ARGS,
    BLUE,
    FILES,
    IMAGE,
    LINE,
    PLAIN,
    RED,
    TLS,
    VERIFY,
    Object,
    admitting,
    binding,
    config_map,
    container,
    granted,
    instead,
    rule,
    secret,
    service,
    surroundings,
    template,
    variables,
    without,
    workload,
)
from tests.support.row import HIDDEN, Recognition, Row, Setting

RIGHT: dict[str, Setting] = {
    "tls": True,
    "verifies": True,
    "explicit": True,
    "storage": "secret",
    "namespace": "",
    "listen": "127.0.0.1:44134",
    "probe_listen": ":44135",
    "history_max": 20,
    "certificate": "/etc/certs/tls.crt",
    "client_cas": "/etc/certs/ca.crt",
}
"""How the Tiller runs that breaks no practice."""

BARE: dict[str, Setting] = {
    **RIGHT,
    "tls": False,
    "verifies": False,
    "explicit": False,
    "storage": "configmap",
    "listen": ":44134",
    "history_max": 0,
    "certificate": "tls.crt",
    "client_cas": "ca.crt",
}
"""How a Tiller runs that is given no flag (Helm 2.17, cmd/tiller/tiller.go)."""

BARE_FINDS = ("no-tls", "releases-in-configmaps", "listens-everywhere", "unlimited-history")
"""What is found about one, behind a NetworkPolicy that admits nobody."""

ALL_HIDDEN: dict[str, Setting] = dict.fromkeys(
    (name for name in RIGHT if name not in ("namespace", "explicit")), HIDDEN
)
HIDDEN_FINDS = ("verification-unknown", "storage-unknown", "listening-unknown", "history-unknown")
"""What is found about a Tiller whose flags no description gives."""

SHELL = ["/bin/sh", "-c"]
ELSEWHERE = {"secretKeyRef": {"name": "settings", "key": "verify"}}


def row(
    name: str,
    *objects: Object,
    settings: dict[str, Setting] = RIGHT,
    finds: Sequence[str] = (),
    tiller: Recognition = Recognition.YES,
    starts: bool = True,
) -> Row:
    """Return a row whose objects are made already."""
    return Row(name, lambda: objects, tiller, settings, frozenset(finds), starts)


def runs(name: str, *, finds: Sequence[str] = (), starts: bool = True, settings: Any = None, **container_: Any) -> Row:
    """Return a row about how a container runs Tiller: what differs of the container, and of its settings."""
    made = workload("Deployment", template(container(**container_)))
    return row(name, made, *surroundings(), settings={**RIGHT, **(settings or {})}, finds=finds, starts=starts)


def bare(name: str, **container_: Any) -> Row:
    """Return a row whose Tiller gets none of the flags that stand in its description."""
    return runs(name, settings=BARE, finds=BARE_FINDS, **container_)


def hides(name: str, **container_: Any) -> Row:
    """Return a row whose Tiller gets flags that no description gives."""
    made = workload("Deployment", template(container(**container_)))
    return row(name, made, *surroundings(), settings=ALL_HIDDEN, finds=HIDDEN_FINDS, starts=False)


def script(name: str, text: str, **further: Any) -> Row:
    """Return a row whose script gives Tiller the right flags."""
    return runs(name, command=SHELL, args=[text], **further)


def stands(name: str, *objects: Object, finds: Sequence[str] = (), of: Object | None = None, **spec: Any) -> Row:
    """Return a row about a right container in other surroundings, or in a pod that differs."""
    made = workload("Deployment", template(of or container(), **spec))
    return row(name, made, *(objects or surroundings()), finds=finds)


def is_none(name: str, of: Object, *, kind: str = "Deployment", finds: Sequence[str] = ()) -> Row:
    """Return a row whose container is no Tiller."""
    described = template(of, labels={"app": "other"})
    return row(name, workload(kind, described, "ci", "other"), settings={}, finds=finds, tiller=Recognition.NO)


def other(image: str, *command: str, **further: Any) -> Object:
    """Return a container of another program."""
    return {"name": "main", "image": image, **({"command": list(command)} if command else {}), **further}


def but(*changed: str, args: Sequence[str] = ARGS) -> list[str]:
    """Return the right arguments, with others in the place of those of the same flag, or after them."""
    names = {re.split("[= ]", word.lstrip("-"))[0] for word in changed}
    return [*(word for word in args if re.split("[= ]", word.lstrip("-"))[0] not in names), *changed]


NO_TLS = {"tls": False, "verifies": False, "explicit": False}
NO_FILES = {"certificate": "tls.crt", "client_cas": "ca.crt"}

KINDS = (
    stands("deployment"),
    *(
        row(kind.lower(), workload(kind, template(container())), *surroundings())
        for kind in ("StatefulSet", "DaemonSet", "ReplicaSet", "Job", "CronJob", "Pod", "Rollout")
    ),
    row(
        "native-sidecar",
        workload("Deployment", template(other("web:1"), initContainers=[{**container(), "restartPolicy": "Always"}])),
        *surroundings(),
    ),
    row(
        "beside-another-container",
        workload("Deployment", template(other("web:1", args=["--storage=configmap"]), container())),
        *surroundings(),
    ),
    stands("helm-init-names-the-account-in-the-old-field", serviceAccountName="", serviceAccount="tiller"),
)

FLAGS = (
    runs("single-dashes", args=[word.replace("--", "-") for word in ARGS]),
    runs("values-as-words", args=[part for word in ARGS for part in word.split("=")]),
    runs("switches-by-value", args=but("--tls=T", "--tls-verify=1")),
    runs("verification-alone-turns-tls-on", args=[word for word in ARGS if word != "--tls"]),
    runs("verification-turns-tls-on-that-is-off", args=but("--tls=false")),
    runs("last-flag-wins-right", args=["--storage=memory", "--tls-verify=false", "--history-max=0", *ARGS]),
    runs(
        "last-flag-wins-wrong",
        args=[*ARGS, "-tls-verify=false", "-storage=configmap"],
        settings={"verifies": False, "storage": "configmap"},
        finds=("no-verification", "releases-in-configmaps"),
    ),
    runs("a-word-after-a-switch-is-none-of-its", args=[*PLAIN, "--tls", *FILES, VERIFY, "false"]),
    runs("command-and-args", command=["/tiller"]),
    runs("command-alone", command=["/tiller", *ARGS], args=None),
    runs("command-by-bare-name", command=["tiller"]),
    bare("no-flag", args=None),
    bare("a-word-ends-the-flags", args=["serve", *ARGS]),
    bare("two-dashes-end-the-flags", args=["--", *ARGS]),
    bare("an-empty-word-ends-the-flags", args=["", *ARGS]),
    bare("a-dash-ends-the-flags", args=["-", *ARGS]),
    runs(
        "a-flag-eats-the-next",
        args=but("--storage", "--tls-verify", args=[*PLAIN[1:], "--tls", *FILES]),
        settings={"storage": "memory", "verifies": False, "explicit": False},
        finds=("releases-in-memory", "no-verification"),
    ),
    runs(
        "plaintext",
        args=PLAIN,
        settings={**NO_TLS, **NO_FILES},
        finds=("no-tls",),
    ),
    runs(
        "tls-without-verification",
        args=[*PLAIN, "--tls", *FILES],
        settings={"verifies": False, "explicit": False},
        finds=("no-verification",),
    ),
    runs("verification-off", args=but("--tls-verify=0"), settings={"verifies": False}, finds=("no-verification",)),
    runs("empty-client-ca", args=but("--tls-ca-cert="), settings={"client_cas": ""}, finds=("trusts-public-cas",)),
    runs("history-in-octal", args=but("--history-max=010"), settings={"history_max": 8}),
    runs("history-in-hexadecimal", args=but("--history-max=0x10"), settings={"history_max": 16}),
    runs(
        "history-below-nothing",
        args=but("--history-max=-1"),
        settings={"history_max": 0},
        finds=("unlimited-history",),
    ),
    runs("unlimited-history", args=but("--history-max=0"), settings={"history_max": 0}, finds=("unlimited-history",)),
    runs("no-probes", args=[*ARGS, "--probe=false"], settings={"probe_listen": ""}),
    runs(
        "probes-on-the-loopback",
        args=[*ARGS, "--probe-listen=127.0.0.1:44135"],
        settings={"probe_listen": "127.0.0.1:44135"},
    ),
    *(
        runs(
            f"storage-{word}",
            args=but(f"--storage={word}"),
            settings={"storage": storage},
            finds=(finding,),
            starts=storage != "sql",  # without a database it ends
        )
        for word, storage, finding in (
            ("configmap", "configmap", "releases-in-configmaps"),
            ("memory", "memory", "releases-in-memory"),
            ("sql", "sql", "releases-in-database"),
            ("Secret", "memory", "releases-in-memory"),
            ("secrets", "memory", "releases-in-memory"),
            ("", "memory", "releases-in-memory"),
        )
    ),
    runs(
        "storage-left-out",
        args=[word for word in ARGS if "storage" not in word],
        settings={"storage": "configmap"},
        finds=("releases-in-configmaps",),
    ),
)

BY_ENVIRONMENT = variables(TILLER_TLS_VERIFY="1", TILLER_TLS_CERTS="/etc/certs")

ENVIRONMENT = (
    runs(
        "environment-verifies",
        args=PLAIN,
        env=BY_ENVIRONMENT,
        settings={"explicit": False},
        finds=("verification-by-environment",),
    ),
    runs(
        "environment-says-false-which-is-on",
        args=PLAIN,
        settings={"explicit": False},
        env=variables(TILLER_TLS_VERIFY="false", TILLER_TLS_CERTS="/etc/certs"),
        finds=("verification-by-environment",),
    ),
    runs(
        "environment-enables-tls-by-false",
        args=PLAIN,
        settings={"verifies": False, "explicit": False},
        env=variables(TILLER_TLS_ENABLE="false", TILLER_TLS_CERTS="/etc/certs"),
        finds=("no-verification",),
    ),
    runs(
        "environment-is-empty",
        args=PLAIN,
        settings=NO_TLS,
        env=variables(TILLER_TLS_VERIFY="", TILLER_TLS_CERTS="/etc/certs"),
        finds=("no-tls",),
    ),
    runs(
        "environment-is-repeated-empty",
        args=PLAIN,
        settings=NO_TLS,
        env=[*BY_ENVIRONMENT, *variables(TILLER_TLS_VERIFY="")],
        finds=("no-tls",),
    ),
    runs(
        "flag-beats-environment",
        args=[*PLAIN, "--tls-verify=false"],
        env=BY_ENVIRONMENT,
        settings={"tls": False, "verifies": False},
        finds=("no-tls",),
    ),
    runs(
        "environment-from-a-secret",
        args=[*PLAIN, "--tls", *FILES],
        env=[{"name": "TILLER_TLS_VERIFY", "valueFrom": ELSEWHERE}],
        settings={"verifies": HIDDEN, "explicit": False},
        finds=("verification-unknown",),
    ),
    runs("flags-beat-environment-from-a-secret", env=[{"name": "TILLER_TLS_VERIFY", "valueFrom": ELSEWHERE}]),
    runs(
        "environment-from-a-config-map",
        args=PLAIN,
        envFrom=[{"configMapRef": {"name": "settings"}}],
        settings={"tls": HIDDEN, "verifies": HIDDEN, "explicit": False, "certificate": HIDDEN, "client_cas": HIDDEN},
        finds=("verification-unknown",),
    ),
    runs("flags-beat-environment-from-a-config-map", envFrom=[{"configMapRef": {"name": "settings"}}]),
    runs(
        "variables-beat-environment-from-a-config-map",
        args=PLAIN,
        env=BY_ENVIRONMENT,
        envFrom=[{"configMapRef": {"name": "settings"}}],
        settings={"explicit": False},
        finds=("verification-by-environment",),
    ),
    runs(
        "history-by-environment",
        args=[*PLAIN[:2], *TLS],
        env=variables(TILLER_HISTORY_MAX="7"),
        settings={"history_max": 7},
    ),
    runs(
        "history-with-a-sign",
        args=[*PLAIN[:2], *TLS],
        env=variables(TILLER_HISTORY_MAX="+07"),
        settings={"history_max": 7},
    ),
    runs(
        "environment-with-a-roundabout-path",
        args=PLAIN,
        env=variables(TILLER_TLS_VERIFY="1", TILLER_TLS_CERTS="/etc//x/../certs/"),
        settings={"explicit": False},
        finds=("verification-by-environment",),
    ),
    runs(
        "history-of-no-number",
        args=[*PLAIN[:2], *TLS],
        env=variables(TILLER_HISTORY_MAX="many"),
        settings={"history_max": 0},
        finds=("unlimited-history",),
    ),
    runs("variable-of-kubernetes", args=but("--tls-verify=$(VERIFY)"), env=variables(VERIFY="true")),
    runs(
        "variable-of-kubernetes-says-no",
        args=but("--tls-verify=$(VERIFY)"),
        env=variables(VERIFY="false"),
        settings={"verifies": False},
        finds=("no-verification",),
    ),
    runs(
        "variable-of-kubernetes-names-another",
        args=but("--tls-verify=$(VERIFY)"),
        env=variables(SOME="true", VERIFY="$(SOME)"),
    ),
    runs(
        "variable-of-kubernetes-with-dots",
        args=but("--tls-verify=$(verify.clients)"),
        env=variables(**{"verify.clients": "true"}),
    ),
    runs(
        "variable-of-kubernetes-from-a-secret",
        args=but("--tls-verify=$(VERIFY)"),
        env=[{"name": "VERIFY", "valueFrom": ELSEWHERE}],
        settings={"verifies": HIDDEN},
        finds=("verification-unknown",),
    ),
    runs(
        "variable-of-kubernetes-escaped",
        args=but("--storage=$$(KIND)"),
        env=variables(KIND="secret"),
        settings={"storage": "memory"},
        finds=("releases-in-memory",),
    ),
    runs(
        "variable-of-kubernetes-that-is-none",
        args=but("--storage=$(KIND)"),
        settings={"storage": "memory"},
        finds=("releases-in-memory",),
    ),
    runs("releases-elsewhere", env=variables(TILLER_NAMESPACE="releases"), settings={"namespace": "releases"}),
)

SCRIPTS = (
    script("script-exec", f"exec tiller {LINE}"),
    script("script-by-path", f"/tiller {LINE}"),
    runs("script-in-the-command", command=[*SHELL, f"exec tiller {LINE}"], args=None),
    runs("script-with-options", command=["sh", "-ec"], args=[f"exec tiller {LINE}"]),
    script("script-goes-on", f"tiller {LINE}; echo ended"),
    script("script-goes-on-with-flags", f"tiller {LINE}; echo --tls-verify=false"),
    script("script-prepares", f"cd / && exec tiller {LINE}"),
    script("script-of-lines", f"cd /\nexec tiller {LINE}\n"),
    script("script-of-continued-lines", "exec tiller " + " \\\n  ".join(ARGS)),
    script("script-pipes", f"tiller {LINE} 2>&1 | cat"),
    script("script-redirects", f"exec tiller {' '.join(PLAIN)} 2>&1 {' '.join(TLS)}"),
    script("script-comments", f"# tiller --tls-verify=false\nexec tiller {LINE} # --tls-verify=false"),
    script("script-quotes", "exec tiller " + " ".join(f"'{word}'" for word in ARGS)),
    script("script-quotes-half-a-word", "exec tiller " + LINE.replace("=secret", '="sec"ret')),
    script("script-subshell", f"(exec tiller {LINE})"),
    script("script-in-the-background", f"tiller {LINE} &\nwait"),
    script("script-says-another-call", f"echo 'now: tiller --tls-verify=false'; exec tiller {LINE}"),
    script("script-repeats-a-call", f"tiller {LINE} || tiller {LINE}"),
    script(
        "script-with-a-variable-of-kubernetes",
        "exec tiller " + LINE.replace(VERIFY, "--tls-verify=$(VERIFY)"),
        env=variables(VERIFY="true"),
    ),
    runs(
        "script-with-the-environment",
        command=SHELL,
        args=[f"exec tiller {' '.join(PLAIN)}"],
        env=BY_ENVIRONMENT,
        settings={"explicit": False},
        finds=("verification-by-environment",),
    ),
    runs("script-option-in-the-args", command=["/bin/sh"], args=["-c", f"exec tiller {LINE}"]),
    runs("script-with-several-options", command=["bash", "-eu", "-o", "pipefail", "-c"], args=[f"exec tiller {LINE}"]),
    script("script-in-a-loop", f"while true; do tiller {LINE}; done"),
    script("script-in-braces", f"{{ exec tiller {LINE}; }}"),
    script("script-in-a-condition", f"if true; then exec tiller {LINE}; fi"),
    script("script-launches", f"exec env HOME=/tmp nohup tiller {LINE}"),
    script("script-begins-with-a-redirection", f"2>&1 exec tiller {LINE}"),
    script("script-quotes-the-name", f"exec 'ti'\"ll\"er {LINE}"),
    script("script-ends-the-flags", f"exec tiller {LINE} -- --storage=memory"),
    script("script-of-a-script", f"sh -c 'exec tiller {LINE}'"),
    script("script-quotes-a-hash", f"echo ' # '; exec tiller {LINE}"),
    script("script-redirects-after-a-number", f"exec tiller {LINE.replace('max=20', 'max 20 >/dev/null')}"),
    runs(
        "script-assigns",
        command=SHELL,
        args=[f"TILLER_TLS_VERIFY= tiller {' '.join(PLAIN)}"],
        env=BY_ENVIRONMENT,
        settings=NO_TLS,
        finds=("no-tls",),
    ),
    bare("script-without-flags", command=SHELL, args=["exec tiller"]),
    bare("script-hides-flags-in-a-comment", command=SHELL, args=[f"exec tiller # {LINE}"]),
    bare("script-hides-flags-behind-the-end", command=SHELL, args=[f"tiller; echo {LINE}"]),
    bare("script-hides-flags-in-a-text", command=SHELL, args=[f'echo "; tiller {LINE}"; exec tiller']),
    bare("flags-behind-the-script", command=SHELL, args=["exec tiller", *ARGS]),
    bare("call-behind-the-script", command=[*SHELL, "exec tiller", "sh", f"tiller {LINE}"], args=None),
    hides("two-calls", command=SHELL, args=[f"tiller; tiller {LINE}"]),
    hides("two-calls-the-other-way", command=SHELL, args=[f"tiller {LINE}; tiller"]),
    hides("one-call-or-the-other", command=SHELL, args=[f"if test -f /a; then tiller; else tiller {LINE}; fi"]),
    hides("call-if-the-first-fails", command=SHELL, args=[f"tiller || tiller {LINE}"]),
    hides("variable-of-the-shell", command=SHELL, args=[f"exec tiller {LINE} $FLAGS"]),
    hides("output-of-a-program", command=SHELL, args=[f"exec tiller {LINE} `cat /flags`"]),
    hides("output-of-a-program-escaped", command=SHELL, args=[f"exec tiller {LINE} $$(cat /flags)"]),
    hides("arguments-of-the-script", command=[*SHELL, 'exec tiller "$@"', "sh"]),
    hides("script-reads-settings", command=SHELL, args=[f". /settings; exec tiller {LINE}"]),
    hides("script-evaluates", command=SHELL, args=[f"eval tiller {LINE}"]),
    hides("script-builds-arguments", command=SHELL, args=[f"echo --tls-verify=0 | xargs tiller {LINE}"]),
    hides("script-defines-tiller", command=SHELL, args=[f"tiller() {{ /tiller --storage=memory; }}; tiller {LINE}"]),
    hides("script-writes-a-call", command=SHELL, args=[f"cat >/dev/null <<END\ntiller {LINE}\nEND\nexec /start"]),
    hides(
        "script-exports-what-a-program-says",
        command=SHELL,
        args=[f"export $(cat /settings); exec tiller {' '.join(PLAIN)}"],
        env=BY_ENVIRONMENT,
    ),
    hides("script-starts-its-words", command=[*SHELL, 'exec "$0" "$@"', "tiller"]),
    hides("script-expands-braces", command=["bash", "-c"], args=[f"exec tiller {LINE} --storage={{memory,configmap}}"]),
    hides("script-exports", command=SHELL, args=[f"export TILLER_TLS_VERIFY=; exec tiller {' '.join(PLAIN)}"]),
    hides("script-quotes-an-operator", command=SHELL, args=[f"echo ';' tiller {LINE}; exec /start"]),
    hides(
        "script-quotes-a-hash-around-a-call", command=SHELL, args=[f"echo ' #'; exec tiller; echo '\n'; tiller {LINE}"]
    ),
    hides("script-comment-ends-in-a-backslash", command=SHELL, args=[f"# now \\\nexec tiller\nexec tiller {LINE}"]),
    hides("script-tries-another-program-first", command=SHELL, args=[f"nice tiller || tiller {LINE}"]),
    hides("script-in-a-file", command=["sh", "/start.sh", "tiller"]),
)

LAUNCHERS = (
    *(
        runs(f"launcher-{words[0]}", command=[*words, "/tiller"])
        for words in (
            ["tini", "--"],
            ["dumb-init"],
            ["nohup"],
            ["env"],
            ["su-exec", "nobody"],
            ["gosu", "nobody"],
        )
    ),
    runs("launcher-with-a-script", command=["tini", "--", *SHELL], args=[f"exec tiller {LINE}"]),
    runs("launchers-in-a-row", command=["dumb-init", "env", "HOME=/tmp", "tiller"]),
    runs(
        "launcher-assigns",
        command=["env", "TILLER_TLS_VERIFY=1", "TILLER_TLS_CERTS=/etc/certs", "tiller"],
        args=PLAIN,
        settings={"explicit": False},
        finds=("verification-by-environment",),
    ),
    runs(
        "launcher-assigns-nothing",
        command=["env", "TILLER_TLS_VERIFY=", "tiller"],
        args=PLAIN,
        env=BY_ENVIRONMENT,
        settings=NO_TLS,
        finds=("no-tls",),
    ),
    hides("wrapper-script", command=["/entrypoint.sh"]),
    hides("wrapper-script-with-the-call", command=["/entrypoint.sh", "tiller"]),
    hides("wrapper-program-with-the-call", command=["vault-env", "tiller"]),
)

BY_PORT = [{"containerPort": 44134}]

RECOGNITION = (
    *(
        runs(f"image-{name}", image=image, finds=finds)
        for name, image, finds in (
            ("of-a-registry-with-a-port", "localhost:5000/helm/tiller:v2.17.0", ()),
            ("of-another-name", "me/helm-tiller:v2.17.0", ()),
            ("with-tag-and-digest", f"{IMAGE}@sha256:{'a' * 64}", ()),
            ("by-digest", f"ghcr.io/helm/tiller@sha256:{'a' * 64}", ("version-unknown",)),
            ("latest", "tiller:latest", ("version-unknown",)),
            ("old", "ghcr.io/helm/tiller:v2.16.12", ("old-version",)),
            ("flawed", "gcr.io/kubernetes-helm/tiller:v2.14.0", ("flawed-version",)),
        )
    ),
    row(
        "image-alone",
        workload("Deployment", template(other("me/helm-tiller"), labels={"app": "other"})),
        *surroundings(),
        settings=BARE,
        finds=(*BARE_FINDS, "version-unknown", "no-limits"),
    ),
    row(
        "command-alone-in-another-image",
        workload("Deployment", template(container(image="tools:2.17.0", command=["/bin/tiller"]), labels={})),
        *surroundings(),
    ),
    row(
        "labels-alone",
        workload("Deployment", template(container(name="main", image="mine:2.17.0", ports=None))),
        *surroundings(),
    ),
    row(
        "labels-alone-with-another-command",
        workload("Deployment", template(container(name="main", image="mine:2.17.0", command=["/start"], ports=None))),
        *surroundings(),
        settings=ALL_HIDDEN,
        finds=HIDDEN_FINDS,
        starts=False,
    ),
    row(
        "port-alone",
        workload("Deployment", template(other("registry.example.org/chat:1", ports=BY_PORT), labels={"app": "chat"})),
        *surroundings(),
        settings={},
        finds=("suspected",),
        tiller=Recognition.SUSPECTED,
    ),
    row(
        "port-alone-with-a-command",
        workload("StatefulSet", template(other("chat:1", "/chat", "--serve", ports=BY_PORT), labels={"app": "chat"})),
        *surroundings(),
        settings={},
        finds=("suspected",),
        tiller=Recognition.SUSPECTED,
    ),
    is_none("image-distiller", other("distiller:1")),
    is_none("image-distiller-of-a-registry", other("registry.example.org/ml/distiller:3")),
    is_none("image-tiller-proxy", other("tiller-proxy:1")),
    is_none(
        "proxy-of-a-dashboard",
        other("example.org/dashboard/tiller-proxy:v1.5.0", "/proxy", args=["--host=tiller-deploy.old:44134"]),
    ),
    is_none("image-in-a-folder-tiller", other("example.org/tiller/exporter:1")),
    is_none(
        "helm-client-of-a-namespace-tiller",
        other(
            "tools/helm:2.17.0",
            "helm",
            "upgrade",
            "--install",
            "--tiller-namespace",
            "tiller",
            "--tls",
            "--tls-verify",
            "shop",
            "./shop",
        ),
        kind="CronJob",
    ),
    is_none(
        "helm-client-in-a-script",
        other(
            "tools/helm:2.17.0",
            *SHELL,
            "helm init --client-only && helm ls --tiller-namespace tiller --tls --tls-verify",
        ),
        kind="Job",
    ),
    is_none(
        "helm-client-in-tillers-image",
        other(IMAGE, "/helm", "--tiller-namespace", "tiller", "ls", "--tls", "--tls-verify"),
        kind="Job",
    ),
    is_none(
        "helm-client-without-verification",
        other("tools/helm:2.17.0", "helm", "--tiller-namespace", "tiller", "ls", "--tls"),
        kind="Job",
        finds=("client-without-verification",),
    ),
    is_none(
        "kubectl-of-a-namespace-tiller", other("kubectl:1.36", "kubectl", "get", "pods", "-n", "tiller"), kind="Job"
    ),
    is_none(
        "kubectl-in-a-script", other("kubectl:1.36", *SHELL, "kubectl -n tiller get pods | grep tiller"), kind="CronJob"
    ),
    is_none("container-called-tiller", {**other("web:1"), "name": "tiller"}),
    is_none("script-that-speaks-of-tiller", other("web:1", *SHELL, "echo tiller; exec web --upstream tiller")),
)

EVERY_POD: Object = {"namespaceSelector": {}}
NAMED: Object = {"namespaceSelector": {"matchLabels": {"team": "blue"}}}
ALL_INTERFACES = container(args=but("--listen=:44134"))
SOMEWHERE = {**RIGHT, "listen": ":44134"}


def block(cidr: str, *excepted: str) -> Object:
    """Return a peer of a NetworkPolicy by addresses."""
    return {"ipBlock": {"cidr": cidr, **({"except": list(excepted)} if excepted else {})}}


def reached(name: str, *objects: Object, finds: Sequence[str] = ("listens-everywhere", "probe-port-open")) -> Row:
    """Return a row whose Tiller listens on all interfaces, with NetworkPolicies that its objects tell."""
    made = workload("Deployment", template(ALL_INTERFACES))
    return row(name, made, *without(surroundings(), "NetworkPolicy"), *objects, settings=SOMEWHERE, finds=finds)


NETWORK = (
    runs("listens-on-localhost", args=but("--listen=localhost:44134"), settings={"listen": "localhost:44134"}),
    runs(
        "listens-on-the-loopback-of-ipv6",
        args=but("--listen=[::1]:44134"),
        settings={"listen": "[::1]:44134"},
        starts=False,
    ),
    reached("listens-everywhere-without-a-policy"),
    reached("listens-everywhere-for-named-pods", admitting(NAMED), finds=("listens-everywhere",)),
    reached("listens-everywhere-for-every-pod", admitting(EVERY_POD), finds=("listens-everywhere",)),
    reached("listens-everywhere-for-all-addresses", admitting(block("0.0.0.0/0")), finds=("listens-everywhere",)),
    reached(
        "listens-everywhere-but-for-some-addresses",
        admitting(block("0.0.0.0/0", "10.0.0.0/8")),
        finds=("listens-everywhere",),
    ),
    reached(
        "listens-everywhere-for-both-halves",
        admitting(block("0.0.0.0/1"), block("128.0.0.0/1")),
        finds=("listens-everywhere",),
    ),
    reached("listens-everywhere-for-one-network", admitting(block("10.1.0.0/16")), finds=("listens-everywhere",)),
    stands("probes-for-everybody", *without(surroundings(), "NetworkPolicy"), finds=("probe-port-open",)),
    stands("network-of-the-node", hostNetwork=True, finds=("host-network",)),
    stands("port-of-the-node", of=container(ports=[{"containerPort": 44134, "hostPort": 44134}]), finds=("host-port",)),
    stands("service-of-the-cluster", *surroundings(), service(), finds=("service",)),
    stands("service-of-the-nodes", *surroundings(), service(type="NodePort"), finds=("service-outside",)),
    stands("service-of-a-load-balancer", *surroundings(), service(type="LoadBalancer"), finds=("service-outside",)),
)


def two(name: str, *blue: Object, red: Sequence[Object], finds: Sequence[str] = (), **spec: Any) -> Row:
    """Return a row with the Tillers of two teams, which have the files that their objects tell."""
    made = [workload("Deployment", template(container(), **spec), namespace) for namespace in (BLUE, RED)]
    return row(name, *made, *instead((*surroundings(BLUE), *surroundings(RED)), *blue, *red), finds=finds)


CLIENTS = [{"name": "certificates", "mountPath": "/etc/certs"}, {"name": "clients", "mountPath": "/etc/clients"}]
BY_FILE = [CLIENTS[0], {"name": "clients", "mountPath": "/etc/clients/ca.crt", "subPath": "ca.crt"}]
ELSEWHERE_CA = container(args=but("--tls-ca-cert=/etc/clients/ca.crt"), volumeMounts=CLIENTS)
CERTIFICATES = {"name": "certificates", "secret": {"secretName": "tiller-tls"}}
OF_CONFIG_MAP = {"name": "clients", "configMap": {"name": "client-cas"}}
OF_SECRET = {"name": "clients", "secret": {"secretName": "client-cas"}}
PROJECTED = {
    "name": "clients",
    "projected": {"sources": [{"configMap": {"name": "client-cas", "items": [{"key": "ca.crt", "path": "ca.crt"}]}}]},
}


def sharing(name: str, *objects: Object, of: Object, volume: Object, finds: Sequence[str]) -> Row:
    """Return a row with the Tillers of two teams, whose client CAs come from a volume of its own."""
    made = [
        workload("Deployment", template(of, volumes=[CERTIFICATES, volume]), namespace) for namespace in (BLUE, RED)
    ]
    settings = {**RIGHT, "client_cas": "/etc/clients/ca.crt"}
    return row(name, *made, *surroundings(BLUE), *surroundings(RED), *objects, settings=settings, finds=finds)


SAME = [config_map("of both", namespace) for namespace in (BLUE, RED)]
SAME_SECRETS = [secret(namespace, name="client-cas", clients="of both") for namespace in (BLUE, RED)]
DIFFERENT = [config_map(f"of {namespace}", namespace) for namespace in (BLUE, RED)]
SHARED = ("shared-client-ca",)

CERTIFICATE = (
    two("two-teams", red=()),
    two("client-ca-in-common", secret(BLUE, clients="of both"), red=[secret(RED, clients="of both")], finds=SHARED),
    two(
        "certificate-in-common",
        secret(BLUE, keys="both"),
        red=[secret(RED, keys="both")],
        finds=("shared-certificate",),
    ),
    sharing("client-ca-in-common-by-config-map", *SAME, of=ELSEWHERE_CA, volume=OF_CONFIG_MAP, finds=SHARED),
    sharing("client-ca-in-common-by-secret", *SAME_SECRETS, of=ELSEWHERE_CA, volume=OF_SECRET, finds=SHARED),
    sharing("client-ca-in-common-by-projection", *SAME, of=ELSEWHERE_CA, volume=PROJECTED, finds=SHARED),
    sharing(
        "client-ca-in-common-by-sub-path",
        *SAME_SECRETS,
        of={**ELSEWHERE_CA, "volumeMounts": BY_FILE},
        volume=OF_SECRET,
        finds=SHARED,
    ),
    sharing("client-cas-in-config-maps", *DIFFERENT, of=ELSEWHERE_CA, volume=OF_CONFIG_MAP, finds=()),
    sharing("client-cas-not-read", of=ELSEWHERE_CA, volume=OF_CONFIG_MAP, finds=("client-ca-unknown",)),
    row(
        "two-in-a-namespace",
        workload("Deployment", template(container())),
        workload("Deployment", template(container()), name="another"),
        *surroundings(),
        finds=("several-tillers", "shared-certificate", "shared-client-ca"),
    ),
    stands("certificate-not-read", *without(surroundings(), "Secret"), finds=("certificate-unknown",)),
)

EVERYTHING = rule("*", "*", "*")
GROUP = f"Group system:serviceaccounts:{BLUE}"

RIGHTS = (
    stands("account-of-any-pod", serviceAccountName="default", finds=("default-account",)),
    stands("cluster-admin", *surroundings(), binding("ClusterRole cluster-admin"), finds=("cluster-admin",)),
    stands(
        "cluster-admin-by-group", *surroundings(), binding("ClusterRole cluster-admin", GROUP), finds=("cluster-admin",)
    ),
    stands(
        "cluster-admin-for-strangers",
        *surroundings(),
        binding("ClusterRole cluster-admin", "User system:anonymous"),
        finds=("rbac-not-enforced", "port-forward-by-everybody"),
    ),
    stands(
        "rights-in-all-namespaces",
        *surroundings(),
        *granted(rule("pods", "get"), namespace=""),
        finds=("cluster-wide-rights",),
    ),
    stands(
        "secrets-of-all-namespaces",
        *surroundings(),
        *granted(rule("secrets", "get"), namespace=""),
        finds=("cluster-wide-rights", "secrets-everywhere"),
    ),
    stands("rights-without-names", *surroundings(), *granted(rule("*", "get", "apps")), finds=("wildcard-rights",)),
    stands(
        "rights-to-give-rights",
        *surroundings(),
        *granted(rule("roles", "bind", "rbac.authorization.k8s.io")),
        finds=("escalating-rights",),
    ),
    stands(
        "rights-to-tokens",
        *surroundings(),
        *granted(rule("serviceaccounts/token", "create")),
        finds=("escalating-rights",),
    ),
    stands(
        "port-forward-for-everybody",
        *surroundings(),
        *granted(rule("pods/portforward", "create"), to="Group system:authenticated", namespace=BLUE),
        finds=("port-forward-by-everybody",),
    ),
    stands(
        "port-forward-for-the-team",
        *surroundings(),
        *granted(rule("pods/portforward", "create"), to="Group blue-developers", namespace=BLUE),
    ),
)

POD = (
    stands("no-limits", of=container(resources={}), finds=("no-limits",)),
    stands("limits-of-the-pod", of=container(resources={}), resources={"limits": {"cpu": "1", "memory": "1Gi"}}),
    stands("root", securityContext={"runAsUser": 0}, finds=("runs-as-root",)),
    stands("perhaps-root", securityContext={}, finds=("may-run-as-root",)),
    stands("privileged", of=container(securityContext={"privileged": True}), finds=("privileged",)),
)


def ours(
    name: str,
    settings: dict[str, Setting],
    *,
    finds: Sequence[str] = (),
    exposed: bool = False,
    appended: Sequence[str] = (),
) -> Row:
    """Return a row with the Tiller of the component, whose arguments a transform may have appended to."""
    of_component = {**settings, "namespace": BLUE}
    made = component.made(exposed=exposed, appended=appended)
    return Row(name, made, Recognition.YES, of_component, frozenset(finds))


COMPONENT = (
    ours("component", RIGHT),
    ours("component-exposed", SOMEWHERE, finds=("listens-everywhere", "service"), exposed=True),
    ours(
        "component-with-flags-appended",
        {**RIGHT, "verifies": False, "storage": "configmap"},
        finds=("no-verification", "releases-in-configmaps"),
        appended=("-tls-verify=false", "-storage=configmap"),
    ),
    ours(
        "component-with-an-empty-client-ca",
        {**RIGHT, "client_cas": ""},
        finds=("trusts-public-cas",),
        appended=("--tls-ca-cert=",),
    ),
)

ROWS: tuple[Row, ...] = (
    *KINDS,
    *FLAGS,
    *ENVIRONMENT,
    *SCRIPTS,
    *LAUNCHERS,
    *RECOGNITION,
    *NETWORK,
    *CERTIFICATE,
    *RIGHTS,
    *POD,
    *COMPONENT,
)

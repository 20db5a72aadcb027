"""Rows about flags and the environment."""

from tests.support.cluster_objects import (
    ARGS,
    FILES,
    PLAIN,
    TLS,
    VERIFY,
    variables,
)
from tests.support.row import HIDDEN
from tests.support.tillers.rows import BY_ENVIRONMENT, ELSEWHERE, NO_FILES, NO_TLS, bare, but, runs

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
    *(
        runs(
            f"client-ca-of-everybody-{number}",
            args=but(f"--tls-ca-cert={path}"),
            settings={"client_cas": path},
            finds=("trusts-public-cas",),
            starts=False,  # a file of its image, or of its pod
        )
        for number, path in enumerate(
            (
                "/etc/ssl/certs/ca-certificates.crt",
                "/etc/ssl//cert.pem",
                "/etc/pki/tls/certs/ca-bundle.crt",
                "/var/run/secrets/kubernetes.io/serviceaccount/ca.crt",
                "/run/secrets/kubernetes.io/serviceaccount/ca.crt",
            )
        )
    ),
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
    runs(
        "tls-from-a-secret",
        args=[*PLAIN, "--tls-verify=false", *FILES],
        env=[{"name": "TILLER_TLS_ENABLE", "valueFrom": ELSEWHERE}],
        settings={"tls": HIDDEN, "verifies": False},
        finds=("tls-unknown",),
    ),
    runs(
        "releases-in-a-namespace-from-a-secret",
        env=[{"name": "TILLER_NAMESPACE", "valueFrom": ELSEWHERE}],
        settings={"namespace": HIDDEN},
        finds=("records-unknown",),
    ),
    runs("releases-elsewhere", env=variables(TILLER_NAMESPACE="releases"), settings={"namespace": "releases"}),
)

"""Rows about what a Tiller is, and about its pod."""

from tests.support.cluster_objects import (
    IMAGE,
    LABELS,
    Object,
    container,
    item,
    surroundings,
    template,
    variables,
    workload,
)
from tests.support.row import Recognition
from tests.support.tillers.rows import (
    ALL_HIDDEN,
    BARE,
    BARE_FINDS,
    ELSEWHERE,
    HIDDEN_FINDS,
    SHELL,
    but,
    is_none,
    other,
    row,
    runs,
    stands,
)

KINDS = (
    stands("deployment", answers=dict.fromkeys((1, 2, 3, 4, 5), "yes")),
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
        "with-another-container",
        workload("Deployment", template(other("web:1", args=["--storage=configmap"]), container())),
        *surroundings(),
    ),
    stands("helm-init-names-the-account-in-the-old-field", serviceAccountName="", serviceAccount="tiller"),
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
        answers=dict.fromkeys((1, 2, 3, 4, 5), "unknown"),
        tiller=Recognition.SUSPECTED,
    ),
    row(
        "port-alone-with-a-command",
        workload("StatefulSet", template(other("chat:1", "/chat", "--serve", ports=BY_PORT), labels={"app": "chat"})),
        *surroundings(),
        settings={},
        finds=("suspected",),
        answers=dict.fromkeys((1, 2, 3, 4, 5), "unknown"),
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
        "helm-client-whose-verification-comes-from-a-secret",
        other(
            "tools/helm:2.17.0",
            "helm",
            "ls",
            env=[
                *variables(HELM_HOST="tiller-deploy.old:44134", HELM_TLS_ENABLE="true"),
                {"name": "HELM_TLS_VERIFY", "valueFrom": ELSEWHERE},
            ],
        ),
        kind="Job",
        finds=("client-verification-unknown",),
    ),
    is_none(
        "kubectl-of-a-namespace-tiller", other("kubectl:1.36", "kubectl", "get", "pods", "-n", "tiller"), kind="Job"
    ),
    is_none(
        "kubectl-in-a-script", other("kubectl:1.36", *SHELL, "kubectl -n tiller get pods | grep tiller"), kind="CronJob"
    ),
    *(
        is_none(f"command-to-which-tiller-is-a-word-{number}", other("tools:1", *command))
        for number, command in enumerate(
            (
                ("/usr/bin/stern", "tiller"),
                ("/bin/ping", "tiller"),
                ("/usr/bin/pgrep", "tiller"),
                ("/usr/bin/oc", "tiller"),
                ("/scripts/wait-for.sh", "tiller"),
                ("wait-for-it.sh", "tiller"),
                ("rsync", "-a", "/data/tiller", "/backup"),
                ("/usr/bin/du", "-s", "/tiller"),
                ("/opt/backup", "/var/lib/tiller"),
                ("/bin/su", "tiller", "-c", "server"),
                ("wait-for-it.sh", "tiller:44134", "--", "server", "tiller"),
                ("sudo", "-u", "tiller", "server"),
            )
        )
    ),
    *(
        row(
            f"command-that-starts-tiller-{number}",
            workload("Deployment", template(other("tools:1", *command), labels={"app": "other"})),
            *surroundings(),
            settings=ALL_HIDDEN,
            finds=(*HIDDEN_FINDS, "version-unknown", "no-limits"),
            starts=False,
        )
        for number, command in enumerate(
            (
                ("sudo", "tiller"),
                ("setpriv", "--reuid", "65534", "tiller"),
                ("runuser", "-u", "nobody", "--", "tiller"),
                ("env", "-i", "tiller"),
                ("/app/run", "--", "/tiller"),
                ("/app/run", "/data/tiller"),
                ("wait-for-it.sh", "db:5432", "--", "tiller"),
            )
        )
    ),
    *(
        row(
            f"image-of-{machine}",
            workload("Deployment", template(other(f"me/tiller{machine}:v2.17.0"), labels={"app": "other"})),
            *surroundings(),
            settings=BARE,
            finds=(*BARE_FINDS, "no-limits"),
        )
        for machine in ("-amd64", "_arm64", "-linux-arm")
    ),
    is_none("container-called-tiller", {**other("web:1"), "name": "tiller"}),
    is_none("script-that-speaks-of-tiller", other("web:1", *SHELL, "echo tiller; exec web --upstream tiller")),
)

RECORD = item("ConfigMap", "shop.v1", metadata={"labels": {"OWNER": "TILLER", "NAME": "shop", "VERSION": "1"}})
NEIGHBOUR = template(other("tools:1"), labels={"app": "tools"}, serviceAccountName="tools")
OWNED = {
    "labels": {**LABELS, "pod-template-hash": "5d8f"},
    "ownerReferences": [
        {"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "tiller-deploy-5d8f", "uid": "1", "controller": True}
    ],
}


def running(*containers: Object) -> Object:
    """Return a pod of the Deployment that runs such containers."""
    return item("Pod", "tiller-deploy-5d8f-x2x", metadata=OWNED, spec=template(*containers)["spec"])


POD = (
    stands("pod-as-described", *surroundings(), running(container())),
    stands(
        "pod-of-before", *surroundings(), running(container(args=but("--tls-verify=false"))), finds=("pods-differ",)
    ),
    stands("another-pod", *surroundings(), workload("Pod", NEIGHBOUR, name="tools"), finds=("other-pods",)),
    stands(
        "another-pod-of-the-account",
        *surroundings(),
        workload("Pod", template(other("tools:1"), labels={"app": "tools"}), name="tools"),
        finds=("other-pods", "shared-account"),
    ),
    stands("releases-left-in-config-maps", *surroundings(), RECORD, finds=("records-in-configmaps",)),
    stands("no-limits", of=container(resources={}), finds=("no-limits",)),
    *(
        stands(
            f"limits-of-{nothing!r}",
            of=container(resources={"limits": {"cpu": nothing, "memory": nothing}}),
            finds=("no-limits",),
        )
        for nothing in (0, "0", "0m", "0Mi", "0.0", "0e3", "")
    ),
    stands("limits-of-the-pod", of=container(resources={}), resources={"limits": {"cpu": "1", "memory": "1Gi"}}),
    stands("root", securityContext={"runAsUser": 0}, finds=("runs-as-root",)),
    stands("perhaps-root", securityContext={}, finds=("may-run-as-root",)),
    stands("privileged", of=container(securityContext={"privileged": True}), finds=("privileged",)),
)

"""Rows about what a Tiller is, and about its pod."""

from tests.support.cluster_objects import (
    IMAGE,
    container,
    surroundings,
    template,
    workload,
)
from tests.support.row import Recognition
from tests.support.tillers.rows import (
    ALL_HIDDEN,
    BARE,
    BARE_FINDS,
    HIDDEN_FINDS,
    SHELL,
    is_none,
    other,
    row,
    runs,
    stands,
)

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

POD = (
    stands("no-limits", of=container(resources={}), finds=("no-limits",)),
    stands("limits-of-the-pod", of=container(resources={}), resources={"limits": {"cpu": "1", "memory": "1Gi"}}),
    stands("root", securityContext={"runAsUser": 0}, finds=("runs-as-root",)),
    stands("perhaps-root", securityContext={}, finds=("may-run-as-root",)),
    stands("privileged", of=container(securityContext={"privileged": True}), finds=("privileged",)),
)

"""Pods of a CI: each calls a client, none is a Tiller. Nothing is sent to a cluster."""

import pulumi
import pulumi_kubernetes as kubernetes

HERE = pulumi.ResourceOptions(provider=kubernetes.Provider("rendered", render_yaml_to_directory="rendered"))
HELM = ["upgrade", "--install", "--tiller-namespace", "tiller", "--tls", "--tls-verify", "shop", "./shop"]


def pod(image: str, *command: str) -> dict[str, object]:
    """Return the spec of a pod that runs a command."""
    one = {"name": "main", "image": image, "command": [command[0]], "args": list(command[1:])}
    return {"restartPolicy": "Never", "serviceAccountName": "ci", "containers": [one]}


nightly = pod("registry.example.org/tools/helm:2.17.0", "helm", *HELM)
status = pod("registry.example.org/tools/kubectl:1.36", "kubectl", "get", "pods", "-n", "tiller")
kubernetes.batch.v1.CronJob(
    "nightly",
    metadata={"name": "nightly", "namespace": "ci"},
    spec={"schedule": "0 3 * * *", "jobTemplate": {"spec": {"template": {"spec": nightly}}}},
    opts=HERE,
)
kubernetes.batch.v1.Job(
    "status", metadata={"name": "status", "namespace": "ci"}, spec={"template": {"spec": status}}, opts=HERE
)

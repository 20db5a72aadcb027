"""What runs: the TLS Secret, Tiller's Deployment, the NetworkPolicies around it, and what clients in the cluster need.

Deliberately absent, unless clients in the cluster are to connect: a Service. The Helm client finds the pod and forwards
a port to it.
"""

from collections.abc import Iterable

import pulumi
import pulumi_kubernetes as kubernetes
from pulumi_kubernetes.core import v1 as core

from secure_tiller.args import ClientSecretArgs, TolerationArgs
from secure_tiller.plan.model import (
    SELECTOR,
    SERVICE_ACCOUNT,
    STACK_ANNOTATION,
    TRUSTS_ANNOTATION,
    ExposurePlan,
    TillerPlan,
)
from secure_tiller.plan.names import ADMIT_CLIENTS, DENY_INGRESS, DEPLOYMENT_NAME
from secure_tiller.plan.pod import CERTIFICATES, DRAIN, GRPC_PORT, PROBE_PORT, STARTS, STAYS_READY, TOKEN, PodPlan
from secure_tiller.resources.certificates import Issued
from secure_tiller.resources.namespaces import metadata

READABLE_BY_GROUP = 0o440


def tls_secret(
    plan: TillerPlan, server: Issued, trusted: Iterable[pulumi.Output[str]], opts: pulumi.ResourceOptions
) -> core.Secret:
    """Create the Secret with the server's certificate and key and, as `ca.crt`, one CA per client.

    It is immutable, and Pulumi names it anew each time. So a changed certificate makes a new Secret, the Deployment
    that names it rolls, and the old Secret goes last: there is no moment without one, and nobody can swap a key in
    place. A name that follows from the content would come back when a failed update is reverted, and be deleted as old.
    A stack that turns Pulumi's naming off (`pulumi:autonaming`) is refused by the provider.
    """
    anchors = pulumi.Output.all(*trusted).apply("".join)
    return core.Secret(
        f"{plan.name}-tls",
        metadata=metadata(plan, None, plan.namespace.name),
        type="kubernetes.io/tls",
        immutable=True,
        string_data={"tls.crt": server.certificate_pem, "tls.key": server.key_pem or "", "ca.crt": anchors},
        opts=opts,
    )


def client_secret(
    plan: TillerPlan,
    client: str,
    place: ClientSecretArgs,
    server: Issued,
    issued: Issued,
    opts: pulumi.ResourceOptions,
) -> core.Secret:
    """Create the Secret with the bundle of a client in the cluster, which mounts it by its name."""
    return core.Secret(
        f"{plan.name}-secret:{client}",
        metadata=metadata(plan, place["name"], place["namespace"]),
        type="kubernetes.io/tls",
        string_data={"tls.crt": issued.certificate_pem, "tls.key": issued.key_pem or "", "ca.crt": server.ca_pem},
        opts=opts,
    )


def network_policy(plan: TillerPlan, opts: pulumi.ResourceOptions) -> kubernetes.networking.v1.NetworkPolicy:
    """Close every pod of Tiller's namespace to all pods: the probe port shows metrics to whoever asks.

    The kubelet's probes and port-forwards come from the node, which a NetworkPolicy lets pass.
    """
    return kubernetes.networking.v1.NetworkPolicy(
        f"{plan.name}-deny-ingress",
        metadata=metadata(plan, DENY_INGRESS, plan.namespace.name),
        spec={"pod_selector": {}, "policy_types": ["Ingress"]},
        opts=opts,
    )


def exposure(
    plan: TillerPlan, exposed: ExposurePlan, opts: pulumi.ResourceOptions
) -> tuple[pulumi.Resource, pulumi.Resource]:
    """Create what lets clients in the cluster connect: who may, and the name to connect to."""
    return _admission(plan, exposed, opts), _service(plan, opts)


def _admission(
    plan: TillerPlan, exposed: ExposurePlan, opts: pulumi.ResourceOptions
) -> kubernetes.networking.v1.NetworkPolicy:
    """Admit the pods of the clients' namespaces to Tiller's gRPC port, past the policy that closes everything."""
    admitted = [
        {"namespace_selector": {"match_labels": {"kubernetes.io/metadata.name": namespace}}}
        for namespace in exposed.namespaces
    ]
    return kubernetes.networking.v1.NetworkPolicy(
        f"{plan.name}-admit-clients",
        metadata=metadata(plan, ADMIT_CLIENTS, plan.namespace.name),
        spec={
            "pod_selector": {"match_labels": SELECTOR},
            "policy_types": ["Ingress"],
            "ingress": [{"from_": admitted, "ports": [{"port": GRPC_PORT, "protocol": "TCP"}]}],
        },
        opts=opts,
    )


def _service(plan: TillerPlan, opts: pulumi.ResourceOptions) -> core.Service:
    """Create the Service by whose names clients in the cluster reach Tiller; its certificate holds them."""
    named = metadata(plan, DEPLOYMENT_NAME, plan.namespace.name)
    # The provider would wait for the pods behind it, which come after it.
    named.annotations = {**plan.annotations, STACK_ANNOTATION: plan.stack, "pulumi.com/skipAwait": "true"}
    return core.Service(
        f"{plan.name}-service",
        metadata=named,
        spec={
            "type": "ClusterIP",
            "selector": SELECTOR,
            "ports": [{"name": "tiller", "port": GRPC_PORT, "target_port": "tiller", "protocol": "TCP"}],
        },
        opts=opts,
    )


def deployment(plan: TillerPlan, tls: core.Secret, opts: pulumi.ResourceOptions) -> kubernetes.apps.v1.Deployment:
    """Create Tiller's Deployment, under the names and labels by which Helm's clients and helm-2to3 find it."""
    labels = {**plan.labels, **SELECTOR}
    annotations = {**plan.annotations, TRUSTS_ANNOTATION: " ".join(plan.trusts)}
    named = metadata(plan, DEPLOYMENT_NAME, plan.namespace.name)
    named.labels = labels
    return kubernetes.apps.v1.Deployment(
        f"{plan.name}-deployment",
        metadata=named,
        spec={
            # Two Tillers would both believe that they hold the lock on a release.
            "replicas": 1,
            # An older revision names a TLS Secret that is gone: there is nothing to go back to.
            "revision_history_limit": 1,
            "progress_deadline_seconds": plan.pod.rollout_seconds,
            "selector": {"match_labels": SELECTOR},
            "strategy": {"type": "RollingUpdate", "rolling_update": {"max_unavailable": 0, "max_surge": 1}},
            "template": {
                "metadata": {"labels": labels, "annotations": annotations},
                "spec": _pod_spec(plan.pod, tls),
            },
        },
        opts=pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(custom_timeouts=_timeouts(plan.pod))),
    )


def _timeouts(pod: PodPlan) -> pulumi.CustomTimeouts:
    wait = f"{pod.rollout_seconds}s"
    return pulumi.CustomTimeouts(create=wait, update=wait)


def _pod_spec(pod: PodPlan, tls: core.Secret) -> core.PodSpecArgs:
    return core.PodSpecArgs(
        service_account_name=SERVICE_ACCOUNT,
        automount_service_account_token=False,
        # A Service of the namespace must not add to the environment that Tiller reads its settings from.
        enable_service_links=False,
        termination_grace_period_seconds=pod.grace_seconds,
        node_selector=dict(pod.node_selector) or None,
        tolerations=[_toleration(wanted) for wanted in pod.tolerations] or None,
        priority_class_name=pod.priority_class or None,
        security_context=core.PodSecurityContextArgs(
            run_as_non_root=True,
            run_as_user=pod.user,
            run_as_group=pod.user,
            fs_group=pod.user,
            seccomp_profile=core.SeccompProfileArgs(type="RuntimeDefault"),
        ),
        containers=[_container(pod)],
        volumes=_volumes(pod, tls),
    )


def _container(pod: PodPlan) -> core.ContainerArgs:
    return core.ContainerArgs(
        name="tiller",
        image=pod.image,
        image_pull_policy="IfNotPresent",
        args=list(pod.arguments),
        env=[core.EnvVarArgs(name=name, value=value) for name, value in pod.environment.items()],
        ports=[
            core.ContainerPortArgs(name="tiller", container_port=GRPC_PORT),
            core.ContainerPortArgs(name="http", container_port=PROBE_PORT),
        ],
        # Tiller is up within a second: with the default period of ten, a rollout would mostly wait.
        startup_probe=_probe(
            "/readiness", period_seconds=1, failure_threshold=pod.rollout_seconds, grace_seconds=pod.hung_seconds
        ),
        liveness_probe=_probe("/liveness", period_seconds=10, grace_seconds=pod.hung_seconds),
        readiness_probe=core.ProbeArgs(
            exec_=core.ExecActionArgs(command=list(STAYS_READY)), period_seconds=2, failure_threshold=1
        ),
        lifecycle=core.LifecycleArgs(
            post_start=core.LifecycleHandlerArgs(exec_=core.ExecActionArgs(command=list(STARTS))),
            pre_stop=core.LifecycleHandlerArgs(exec_=core.ExecActionArgs(command=list(DRAIN))),
        ),
        resources=core.ResourceRequirementsArgs(requests=dict(pod.requests), limits=dict(pod.limits)),
        security_context=core.SecurityContextArgs(
            allow_privilege_escalation=False,
            read_only_root_filesystem=True,
            run_as_non_root=True,
            capabilities=core.CapabilitiesArgs(drop=["ALL"]),
        ),
        volume_mounts=[
            core.VolumeMountArgs(name="certificates", mount_path=CERTIFICATES, read_only=True),
            core.VolumeMountArgs(name="token", mount_path=TOKEN, read_only=True),
            core.VolumeMountArgs(name="tmp", mount_path="/tmp"),  # noqa: S108  the pod's own emptyDir
        ],
    )


def _probe(
    path: str, period_seconds: int, failure_threshold: int = 3, grace_seconds: int | None = None
) -> core.ProbeArgs:
    return core.ProbeArgs(
        # No host: Pod Security refuses a probe that names one.
        http_get=core.HTTPGetActionArgs(path=path, port=PROBE_PORT),
        period_seconds=period_seconds,
        failure_threshold=failure_threshold,
        termination_grace_period_seconds=grace_seconds,
    )


def _toleration(wanted: TolerationArgs) -> core.TolerationArgs:
    return core.TolerationArgs(
        key=wanted.get("key"),
        operator=wanted.get("operator"),
        value=wanted.get("value"),
        effect=wanted.get("effect"),
        toleration_seconds=wanted.get("toleration_seconds"),
    )


def _volumes(pod: PodPlan, tls: core.Secret) -> list[core.VolumeArgs]:
    return [
        core.VolumeArgs(
            name="certificates",
            secret=core.SecretVolumeSourceArgs(secret_name=tls.metadata.name, default_mode=READABLE_BY_GROUP),
        ),
        core.VolumeArgs(
            name="token",
            projected=core.ProjectedVolumeSourceArgs(
                default_mode=READABLE_BY_GROUP,
                sources=[
                    core.VolumeProjectionArgs(
                        service_account_token=core.ServiceAccountTokenProjectionArgs(
                            path="token", expiration_seconds=pod.token_seconds
                        )
                    ),
                    core.VolumeProjectionArgs(
                        config_map=core.ConfigMapProjectionArgs(
                            name="kube-root-ca.crt", items=[core.KeyToPathArgs(key="ca.crt", path="ca.crt")]
                        )
                    ),
                    core.VolumeProjectionArgs(
                        downward_api=core.DownwardAPIProjectionArgs(
                            items=[
                                core.DownwardAPIVolumeFileArgs(
                                    path="namespace",
                                    field_ref=core.ObjectFieldSelectorArgs(field_path="metadata.namespace"),
                                )
                            ]
                        )
                    ),
                ],
            ),
        ),
        core.VolumeArgs(name="tmp", empty_dir=core.EmptyDirVolumeSourceArgs(size_limit=pod.temporary_storage)),
    ]

"""What runs: the TLS Secret, Tiller's Deployment and the NetworkPolicy around it.

Deliberately absent: a Service. The Helm client finds the pod and forwards a port to it; nothing else may connect.
"""

import hashlib
from collections.abc import Iterable

import pulumi
import pulumi_kubernetes as kubernetes
from pulumi_kubernetes.core import v1 as core

from secure_tiller.certificates import Issued
from secure_tiller.plan import SELECTOR, SERVICE_ACCOUNT, TillerPlan
from secure_tiller.pod import CERTIFICATES, GRPC_PORT, PROBE_PORT, TOKEN, PodPlan
from secure_tiller.rights import DEPLOYMENT_NAME

READABLE_BY_GROUP = 0o440


def tls_secret(
    plan: TillerPlan, server: Issued, clients: Iterable[Issued], opts: pulumi.ResourceOptions
) -> core.Secret:
    """Create the Secret with the server's certificate and key and, as `ca.crt`, one CA per client.

    It is immutable and named after its content. So a changed certificate makes a new Secret, the Deployment that names
    it rolls, and the old Secret goes last: there is no moment without one, and nobody can swap a key in place.
    (Pulumi's own naming would do the same, but a stack can turn it off; server-side apply refuses `generateName`.)
    """
    trusted = pulumi.Output.all(*(client.ca_pem for client in clients)).apply("".join)
    name = pulumi.Output.concat(server.certificate_pem, trusted).apply(tls_secret_name)
    return core.Secret(
        f"{plan.name}-tls",
        metadata={"name": name, "namespace": plan.namespace.name, "labels": dict(plan.labels)},
        type="kubernetes.io/tls",
        immutable=True,
        string_data={"tls.crt": server.certificate_pem, "tls.key": server.key_pem, "ca.crt": trusted},
        opts=opts,
    )


def tls_secret_name(certificates: str) -> str:
    """Return the name of the TLS Secret for its public content, which changes whenever the key does."""
    return f"tiller-tls-{hashlib.sha256(certificates.encode()).hexdigest()[:12]}"


def network_policy(plan: TillerPlan, opts: pulumi.ResourceOptions) -> kubernetes.networking.v1.NetworkPolicy:
    """Close every pod of Tiller's namespace to all pods: the probe port shows metrics to whoever asks.

    The kubelet's probes and port-forwards come from the node, which a NetworkPolicy lets pass.
    """
    return kubernetes.networking.v1.NetworkPolicy(
        f"{plan.name}-deny-ingress",
        metadata={"name": "deny-ingress", "namespace": plan.namespace.name, "labels": dict(plan.labels)},
        spec={"pod_selector": {}, "policy_types": ["Ingress"]},
        opts=opts,
    )


def deployment(plan: TillerPlan, tls: core.Secret, opts: pulumi.ResourceOptions) -> kubernetes.apps.v1.Deployment:
    """Create Tiller's Deployment, under the names and labels by which Helm's clients and helm-2to3 find it."""
    labels = {**plan.labels, **SELECTOR}
    return kubernetes.apps.v1.Deployment(
        f"{plan.name}-deployment",
        metadata={"name": DEPLOYMENT_NAME, "namespace": plan.namespace.name, "labels": labels},
        spec={
            # Two Tillers would both believe that they hold the lock on a release.
            "replicas": 1,
            # An older revision names a TLS Secret that is gone: there is nothing to go back to.
            "revision_history_limit": 1,
            "selector": {"match_labels": SELECTOR},
            "strategy": {"type": "RollingUpdate", "rolling_update": {"max_unavailable": 0, "max_surge": 1}},
            "template": {"metadata": {"labels": labels}, "spec": _pod_spec(plan.pod, tls)},
        },
        opts=opts,
    )


def _pod_spec(pod: PodPlan, tls: core.Secret) -> core.PodSpecArgs:
    return core.PodSpecArgs(
        service_account_name=SERVICE_ACCOUNT,
        automount_service_account_token=False,
        # A Service of the namespace must not add to the environment that Tiller reads its settings from.
        enable_service_links=False,
        termination_grace_period_seconds=pod.grace_seconds,
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
        liveness_probe=_probe("/liveness", period_seconds=10),
        # Tiller is up within a second: with the default period of ten, a rollout would mostly wait.
        readiness_probe=_probe("/readiness", period_seconds=2),
        # The sleep action, because an image need not hold a shell that could sleep.
        lifecycle=core.LifecycleArgs(
            pre_stop=core.LifecycleHandlerArgs(sleep=core.SleepActionArgs(seconds=pod.stop_delay_seconds))
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


def _probe(path: str, period_seconds: int) -> core.ProbeArgs:
    # No host: Pod Security refuses a probe that names one.
    http_get = core.HTTPGetActionArgs(path=path, port=PROBE_PORT)
    return core.ProbeArgs(http_get=http_get, period_seconds=period_seconds)


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

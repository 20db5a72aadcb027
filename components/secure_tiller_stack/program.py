"""The program of a stack: one secured Tiller for each team of the stack's configuration."""

import os

import pulumi
import pulumi_kubernetes as kubernetes

from secure_tiller.component import SecureTiller, this_stack
from secure_tiller.plan.build import plan
from secure_tiller.plan.validation import Settings
from secure_tiller_stack import kubeconfig, revocation, takeovers
from secure_tiller_stack.configuration import KEYS, TEXTS, Stack, read_stack
from secure_tiller_stack.kubeconfig import Access
from secure_tiller_stack.preflight import Cluster, look
from secure_tiller_stack.teams import Team


def run() -> None:
    """Register the Tillers of the stack's configuration, after one look at the cluster.

    Raises:
        ConfigurationError: the configuration is refused; the cluster was not asked.
        ClusterError: the cluster is refused; nothing was registered.
    """
    stack = _configuration()
    access = kubeconfig.find(stack.cluster, stack.kubeconfig)
    cluster = _look(stack, access)
    provider = _provider(access, cluster)
    for team in stack.teams:
        _export(team.name, _tiller(team, provider, access, cluster))


def _configuration() -> Stack:
    config = pulumi.Config()
    keys = pulumi.runtime.get_config_env()
    return read_stack(
        pulumi.get_project(),
        keys=keys,
        values={key: config.get(key) if key in TEXTS else config.get_object(key) for key in KEYS},
        secret={key for key in keys if pulumi.runtime.is_config_secret(key)},
    )


def _look(stack: Stack, access: Access) -> Cluster:
    cluster = look(
        access,
        [plan(team.name, team.args, this_stack()) for team in stack.teams],
        deploying=not pulumi.runtime.is_dry_run(),
        formerly={team.name: team.formerly for team in stack.teams if team.formerly},
        removed=stack.removed,
    )
    for sentence in cluster.warnings:
        pulumi.log.warn(sentence)
    for sentence in cluster.notes:
        pulumi.log.info(sentence)
    return cluster


def _provider(access: Access, cluster: Cluster) -> kubernetes.Provider:
    # From 4.29 on the provider refuses every object that exists, unless this variable is set. The look has refused
    # foreign objects; the stack's own are taken back.
    os.environ["PULUMI_K8S_UPSERT_EXISTING_OBJECTS"] = "true"
    return kubernetes.Provider(
        "cluster",
        # A path rather than the file's content: credentials enter the state only where there is no file.
        kubeconfig=pulumi.Output.secret(access.content) if access.content else str(access.kubeconfig),
        context=access.context,
        # With the identifier, the same cluster under another address or in another file replaces nothing.
        cluster_identifier=cluster.uid,
        # A renewed bundle is written into its client's Secret, which is otherwise deleted and created again.
        enable_secret_mutable=True,
    )


def _tiller(team: Team, provider: kubernetes.Provider, access: Access, cluster: Cluster) -> SecureTiller:
    made = takeovers.Made()
    options = pulumi.ResourceOptions(
        providers=[provider],
        transformations=[made.collect],
        protect=team.protect,
        aliases=[pulumi.Alias(name=team.formerly)] if team.formerly else None,
    )
    tiller = SecureTiller(team.name, team.args, options)
    if pulumi.runtime.is_dry_run():
        return tiller
    takeovers.look(plan(team.name, team.args, this_stack()), made, access, cluster)
    leaving = cluster.leaving.get(Settings(team.name, team.args).namespace)
    if leaving:
        # The update ends when the last pod that answers them is gone.
        revocation.wait(tiller, access, leaving)
    return tiller


def _export(name: str, tiller: SecureTiller) -> None:
    pulumi.export(
        name,
        {
            "namespace": tiller.namespace,
            "serviceAccount": tiller.service_account,
            "caCertificate": tiller.ca_certificate,
            "expirations": tiller.expirations,
            "bundles": tiller.bundles,
        },
    )

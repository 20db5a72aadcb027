"""The Tillers of one cluster, for any program: the look, the provider, the components, the wait for revocations."""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any
from weakref import WeakKeyDictionary

import pulumi
import pulumi_kubernetes as kubernetes

from secure_tiller import foreign, together
from secure_tiller.component import SecureTiller, this_stack
from secure_tiller.plan.build import plan
from secure_tiller.plan.validation import Settings
from secure_tiller.problems import ConfigurationError, Problem, RefusedError, shown
from secure_tiller_stack import kubeconfig as kubeconfigs
from secure_tiller_stack import preflight, revocation, takeovers
from secure_tiller_stack.args import ClusterArgs, DefaultsArgs, TeamArgs
from secure_tiller_stack.configuration import Stack, read_values
from secure_tiller_stack.kubeconfig import Access
from secure_tiller_stack.preflight import Cluster
from secure_tiller_stack.teams import Team

PROVIDER = "cluster"
"""The logical name of the provider, unless a program chooses another."""


def deploy(
    teams: Mapping[str, TeamArgs],
    *,
    cluster: ClusterArgs,
    defaults: DefaultsArgs | None = None,
    removed: Mapping[str, str] | None = None,
    kubeconfig: str = "",
    provider_name: str = PROVIDER,
    opts: pulumi.ResourceOptions | None = None,
) -> dict[str, SecureTiller]:
    """Make one secured Tiller for each team, after one look at the cluster.

    The call registers a Kubernetes provider, and for each team the component `SecureTiller` under the team's name. An
    update looks again at each object that it made, and ends when no pod answers a client that has left the settings.

    Args:
        teams: by name, all teams of this cluster in this stack: the settings are those of a stack file.
        cluster: the cluster that the program may touch; its `uid` is required.
        defaults: the settings of every team that does not say otherwise. Default: none.
        removed: teams that left `teams` although their Tillers hold releases, each with the word `with-releases`.
            Default: none.
        kubeconfig: the content of a kubeconfig, for runners that have no file. It is kept in the state, as a secret.
            Default: the file of `cluster`, else KUBECONFIG, else ~/.kube/config.
        provider_name: the logical name of the provider. Another name replaces every object in the cluster; a program
            with Tillers on two clusters calls `deploy` once for each, with different names. Default: `cluster`.
        opts: further options of each component, such as `parent`, `depends_on`, `transforms`, or the provider of
            another package in `providers`. A Kubernetes provider is refused. Default: none.

    Returns:
        The components, by team.

    Raises:
        ConfigurationError: the arguments are refused, by themselves or together with what the program has made before.
            Nothing of this call was registered.
        ClusterError: the cluster is refused, or cannot be reached. Nothing of this call was registered.
    """
    with naming_arguments():
        stack = read_values(
            {"teams": teams, "cluster": cluster, "defaults": defaults, "removed": removed, "kubeconfig": kubeconfig}
        )
        return create(stack, provider_name, opts)


def look(
    teams: Mapping[str, TeamArgs],
    *,
    cluster: ClusterArgs,
    removed: Mapping[str, str] | None = None,
    kubeconfig: str = "",
    provider_name: str = PROVIDER,
) -> kubernetes.Provider:
    """Look at a cluster as `deploy` does, and return the provider with which a program may make these Tillers itself.

    `SecureTiller(name, settings, ResourceOptions(providers=[provider]))` then makes each of the teams, with the
    settings of this call. In contrast to `deploy`, nothing looks at the objects again once they are made, and the
    update does not wait until revoked clients are no longer answered. Give the provider to these Tillers only: from
    pulumi-kubernetes 4.29 on, any other object that uses it takes over an object of the same name.

    Args:
        teams: as for `deploy`.
        cluster: as for `deploy`.
        removed: as for `deploy`.
        kubeconfig: as for `deploy`.
        provider_name: as for `deploy`.

    Returns:
        The Kubernetes provider of that cluster. A component with another one is refused, unless that cannot take over
        objects of somebody else (pulumi-kubernetes 4.29 or newer, without upserting).

    Raises:
        ConfigurationError: as for `deploy`.
        ClusterError: as for `deploy`.
    """
    with naming_arguments():
        stack = read_values({"teams": teams, "cluster": cluster, "removed": removed, "kubeconfig": kubeconfig})
        access, cluster_seen = _look(stack, provider_name, None)
        return looked_at(stack, provider_of(access, cluster_seen, provider_name))


def create(
    stack: Stack, provider_name: str = PROVIDER, opts: pulumi.ResourceOptions | None = None
) -> dict[str, SecureTiller]:
    """Make the Tillers of a stack; arguments and errors as for `deploy`."""
    common = read_options(opts)
    access, cluster = _look(stack, provider_name, common.parent)
    provider = looked_at(stack, provider_of(access, cluster, provider_name))
    return {team.name: _tiller(team, provider, access, cluster, common) for team in stack.teams}


def read_options(opts: object) -> pulumi.ResourceOptions:
    """Return the options of a call.

    Raises:
        ConfigurationError: they are no options, or have a Kubernetes provider.
    """
    read = together.read_options(opts)
    if together.KUBERNETES in together.given_providers(read):
        why = "has a Kubernetes provider, which could lead to another cluster than the one that is looked at"
        remedy = "remove it: the provider is made from `cluster`, under the name `provider_name`"
        raise refused("opts.providers", together.KUBERNETES, why, remedy)
    return read


@dataclass(frozen=True)
class _Looked:
    """A look at a cluster by a program."""

    provider_name: str
    uid: str


_looks: WeakKeyDictionary[pulumi.Resource, list[_Looked]] = WeakKeyDictionary()
"""By program, of which its stack is the root, its looks."""


def _look(stack: Stack, provider_name: str, parent: pulumi.Resource | None) -> tuple[Access, Cluster]:
    """Look at the cluster of a stack, once in a program.

    Raises:
        ConfigurationError: the program has looked at it before, or has made such Tillers before.
        ClusterError: the cluster is refused.
    """
    program = pulumi.runtime.get_root_resource()
    # Without a stack the program is a unit test.
    looks = [] if program is None else _looks.setdefault(program, [])
    require_name(provider_name, looks)
    together.require_apart([Settings(team.name, team.args) for team in stack.teams], object(), parent)
    access = kubeconfigs.find(stack.cluster, stack.kubeconfig)
    cluster = ask(stack, access)
    if cluster.uid in (each.uid for each in looks):
        why = "is the cluster of an earlier call, and each call takes the other's teams for teams that have left"
        raise refused("cluster", access.place, why, "name all teams of a cluster in one call")
    looks.append(_Looked(provider_name, cluster.uid))
    report(cluster)
    return access, cluster


def ask(stack: Stack, access: Access, *, every_team: bool = True) -> Cluster:
    """Ask the cluster whether it is fit for a stack; arguments and errors as for `preflight.look`."""
    return preflight.look(
        access,
        [plan(team.name, team.args, this_stack()) for team in stack.teams],
        deploying=not pulumi.runtime.is_dry_run(),
        formerly={team.name: team.formerly for team in stack.teams if team.formerly},
        removed=stack.removed,
        every_team=every_team,
    )


def report(cluster: Cluster) -> None:
    """Report what a look found that refuses nothing."""
    for sentence in cluster.warnings:
        pulumi.log.warn(sentence)
    for sentence in cluster.notes:
        pulumi.log.info(sentence)


def require_name(provider_name: object, looks: list[_Looked]) -> None:
    if not isinstance(provider_name, str) or not provider_name:
        raise refused("provider_name", provider_name, "must be text", 'leave it out, or name it: "west"')
    if provider_name in (each.provider_name for each in looks):
        why = "is the provider of an earlier call of deploy or look in this program"
        remedy = "name all teams of a cluster in one call; for another cluster choose another `provider_name`"
        raise refused("provider_name", provider_name, why, remedy)


def looked_at(stack: Stack, provider: kubernetes.Provider) -> kubernetes.Provider:
    """Return a provider, marked: its cluster was looked at for the teams of a stack."""
    foreign.mark_looked_at(provider, [plan(team.name, team.args, this_stack()) for team in stack.teams])
    return provider


def provider_of(access: Access, cluster: Cluster, name: str) -> kubernetes.Provider:
    """Make the provider of a cluster that was looked at."""
    # From 4.29 on the provider refuses every object that exists, unless upserting is on. The look has refused foreign
    # objects; the stack's own are taken back.
    upserting: dict[str, Any] = {foreign.UPSERT: True} if foreign.creates_alone() else {}
    return kubernetes.Provider(
        name,
        # A path rather than the file's content: credentials enter the state only where there is no file.
        kubeconfig=pulumi.Output.secret(access.content) if access.content else str(access.kubeconfig),
        context=access.context,
        # With the identifier, the same cluster under another address or in another file replaces nothing.
        cluster_identifier=cluster.uid,
        # A renewed bundle is written into its client's Secret, which is otherwise deleted and created again.
        enable_secret_mutable=True,
        **upserting,
    )


def _tiller(
    team: Team, provider: kubernetes.Provider, access: Access, cluster: Cluster, common: pulumi.ResourceOptions
) -> SecureTiller:
    made = takeovers.Made()
    tiller = SecureTiller(team.name, team.args, options_of(team, provider, made, common))
    follow(team, tiller, made, access, cluster)
    return tiller


def options_of(
    team: Team, provider: kubernetes.Provider, made: takeovers.Made, common: pulumi.ResourceOptions
) -> pulumi.ResourceOptions:
    """Return the options of a team's component, which collect the resources that it makes."""
    own = pulumi.ResourceOptions(
        providers=[provider],
        transformations=[made.collect],
        protect=team.protect or bool(common.protect),
        aliases=[pulumi.Alias(name=team.formerly)] if team.formerly else None,
    )
    return pulumi.ResourceOptions.merge(common, own)


def follow(
    team: Team, tiller: SecureTiller, made: takeovers.Made, access: Access, cluster: Cluster
) -> pulumi.Output[None]:
    """Let an update look at what it made, and wait until those who leave are no longer answered.

    Returns:
        An output that fails if the update must fail.
    """
    if pulumi.runtime.is_dry_run():
        return pulumi.Output.from_input(None)
    looked = takeovers.look(plan(team.name, team.args, this_stack()), made, access, cluster)
    leaving = cluster.leaving.get(Settings(team.name, team.args).namespace)
    # The update ends when the last pod that answers them is gone.
    waited = [revocation.wait(tiller, access, leaving)] if leaving else []
    return pulumi.Output.all(looked, *waited).apply(lambda _: None)


def refused(key: str, value: object, why: str, remedy: str) -> ConfigurationError:
    return ConfigurationError([Problem("", key, shown(value), why, remedy)])


_KUBECONFIG = 'give its text: kubeconfig=pulumi.Config().require("kubeconfig"), which decrypts a secret value'
_IN_A_PROGRAM = "in a program: "
"""It separates the parts of a remedy: one for stack files, then one for programs."""


@contextmanager
def naming_arguments() -> Iterator[None]:
    """Translate each refusal: it then names arguments of the call, and no keys of a stack's file."""
    try:
        yield
    except RefusedError as error:
        raise type(error)(map(_of_argument, error.problems)) from None


def _of_argument(problem: Problem) -> Problem:
    key, why, remedy = (
        re.sub(r"\bsecure-tiller:(?=[a-z])", "", text).replace(" in the stack's file", "")
        for text in (problem.key, problem.why, problem.remedy)
    )
    remedy = _KUBECONFIG if key == "kubeconfig" else remedy.rpartition(_IN_A_PROGRAM)[2]
    return replace(problem, key=key, why=why, remedy=remedy)

"""The settings of a stack file in addition to those of the component: a platform engineer's, for a whole cluster.

The JSON Schema of stack files is made of these types and their docstrings (`secure_tiller_stack.json_schema`).
"""

from collections.abc import Mapping
from typing import NotRequired

from typing_extensions import TypedDict  # pydantic reads this one on Python 3.11

from secure_tiller.args import LifetimeArgs, PodArgs, RightsArgs, SecureTillerArgs


class ClusterArgs(TypedDict):
    """The cluster that the stack may touch."""

    uid: str
    """UID of the cluster's namespace kube-system, which no two clusters share (`kubectl get namespace kube-system
    --output jsonpath={.metadata.uid}` prints it), or `any` for throwaway clusters, whose state goes with them. A
    cluster with another one is refused before anything is registered, and the refusal names it."""

    kubeconfig: NotRequired[str]
    """The kubeconfig file. Default: KUBECONFIG, else ~/.kube/config. Not allowed together with the secret value
    `secure-tiller:kubeconfig`, which holds such a file's content."""

    context: NotRequired[str]
    """The context of that kubeconfig. Default: its current one, which others may change: name it."""


class DefaultCertificatesArgs(TypedDict):
    """How long certificates live, for every team. Keys, and CAs of somebody else, are each team's own."""

    server: NotRequired[LifetimeArgs]
    """Life of each Tiller's certificate. Default: 90 days."""

    client: NotRequired[LifetimeArgs]
    """Life of each client's certificate. Default: 90 days."""

    ca: NotRequired[LifetimeArgs]
    """Life of the CAs. Default: 365 days, renewed in the last 120."""


class DefaultsArgs(TypedDict):
    """The settings of every team that does not say otherwise.

    They must be right by themselves, for the smallest team. A map of a team is laid over the map here, key by key;
    anything else that a team sets, a list too, takes the place of what stands here.
    """

    pod_security: NotRequired[str]
    """The Pod Security Standard of every managed namespace that is created: `baseline` or `restricted`. (`privileged`
    is said of one namespace, with its reason.) Default: `baseline`."""

    rights: NotRequired[RightsArgs]
    """The rights of each Tiller in its team's namespaces. Default: the preset `edit`."""

    certificates: NotRequired[DefaultCertificatesArgs]
    """How long certificates live. Default: see there."""

    pod: NotRequired[PodArgs]
    """Tiller's pod: image, resources, where it runs. Default: see there."""

    labels: NotRequired[Mapping[str, str]]
    """Further labels of every Kubernetes object that is created. Default: none."""

    annotations: NotRequired[Mapping[str, str]]
    """Further annotations of the same. Default: none."""

    protect: NotRequired[bool]
    """Whether teams are protected; see there. Default: false."""


class TeamArgs(SecureTillerArgs):
    """One team of the stack: the settings of its Tiller, and what the stack does with it as a whole."""

    protect: NotRequired[bool]
    """Whether Pulumi refuses to delete the team's namespaces and its Tiller, by `pulumi destroy` as much as by taking
    the team out of the file. (`destroy` runs no program, so nothing else can refuse there.) Renewals and revocations go
    on. To remove the team, first update with `protect: false`. Default: false."""

    formerly: NotRequired[str]
    """The team's name before it was renamed: what the stack made under that name stays, with keys, CAs and releases,
    and takes the new name; its certificates are issued again by the same CAs, so that bundles go on working. It needs
    `namespace`, set to the name that Tiller's namespace has. Take it out once every cluster had its update.
    Default: none."""


REMOVED = "with-releases"


class StackArgs(TypedDict):
    """The settings of a stack, by their key in its file after `secure-tiller:`."""

    teams: Mapping[str, TeamArgs]
    """The teams, by name; at least one."""

    cluster: ClusterArgs
    """The cluster that the stack may touch."""

    defaults: NotRequired[DefaultsArgs]
    """The settings of every team that does not say otherwise. Default: nothing, each key has its own default."""

    removed: NotRequired[Mapping[str, str]]
    """Teams that left this file although their Tillers still hold releases, each with the word `with-releases`: their
    release records are deleted, and what they installed stays, managed by nobody. Without the word, an update that
    would do so is refused. Default: none."""

    kubeconfig: NotRequired[Mapping[str, str]]
    """Secret (`pulumi config set --secret secure-tiller:kubeconfig < file`): the content of a kubeconfig, for runners
    that have no file. Default: none, a file is read."""

    serverKeys: NotRequired[Mapping[str, Mapping[str, str]]]
    """Secret (`pulumi config set --secret --path secure-tiller:serverKeys.<team> < key.pem`): by team, the private key
    of its `server_certificate`. Default: none."""

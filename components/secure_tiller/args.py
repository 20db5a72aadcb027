"""The settings of one team's Tiller: what a user reads and writes.

The same fields serve a Python program (as a dict or by these types) and a stack file. Unknown keys are refused.

The Pulumi component analyzer reads the types and docstrings of this file, and it knows no postponed annotations,
`Literal`, `Annotated` or `Union`: which words a field takes is checked by `secure_tiller.checks`.
"""

from collections.abc import Mapping, Sequence
from typing import NotRequired

from typing_extensions import TypedDict  # pydantic reads this one on Python 3.11


class ManagedNamespaceArgs(TypedDict):
    """A namespace in which this team's Tiller installs releases."""

    existing: NotRequired[bool]
    """Whether the namespace is there already and stays somebody else's: it is then neither created, labelled nor
    deleted, and only receives Tiller's Role and RoleBinding. Default: false, the namespace is created. Refused
    for a namespace that carries the label of a team: another team's holds its secrets, and one that this stack created
    Pulumi would delete (to give it away: the message says how)."""

    pod_security: NotRequired[str]
    """The Pod Security Standard that the namespace enforces: `baseline`, `restricted` or `privileged`.
    Default: `baseline`, under which a chart cannot take over the node and with it the keys of every other team, and
    most charts run unchanged. Not allowed with `existing`, whose labels are not ours."""

    pod_security_reason: NotRequired[str]
    """Why this namespace must run privileged pods, for those who review the settings; it is kept as an annotation of
    the namespace. Required with `privileged`, not allowed without. Default: none."""

    retain_on_delete: NotRequired[bool]
    """Whether the namespace stays in the cluster when it leaves the settings or the stack is destroyed.
    Default: true, because it holds the team's workloads. Not allowed with `existing`, which always stays."""


class ClientArgs(TypedDict):
    """Somebody, or a machine, who may call this team's Tiller: receives a certificate of its own. No settings yet."""


class ServiceAccountSubjectArgs(TypedDict):
    """A Kubernetes ServiceAccount that may reach Tiller's port."""

    namespace: str
    """The namespace of the ServiceAccount."""

    name: str
    """The name of the ServiceAccount."""


class SubjectsArgs(TypedDict):
    """The people and machines, as Kubernetes knows them, who may open a port-forward to this team's Tiller.

    Subjects that Kubernetes reserves (`system:...`) are refused: most of them are everybody.
    """

    groups: NotRequired[Sequence[str]]
    """Groups, as the cluster's authentication names them. Default: none."""

    users: NotRequired[Sequence[str]]
    """Users, as the cluster's authentication names them. Default: none."""

    service_accounts: NotRequired[Sequence[ServiceAccountSubjectArgs]]
    """ServiceAccounts, such as that of a deployment pipeline in the cluster. Default: none."""


class SecureTillerArgs(TypedDict):
    """The settings of one team's Tiller."""

    namespaces: Mapping[str, ManagedNamespaceArgs]
    """The namespaces that this Tiller manages, by name; at least one. Write `blue-apps: {}` for the defaults.
    Tiller's own namespace is never one of them: whoever can create pods there can use Tiller's keys."""

    clients: Mapping[str, ClientArgs]
    """Who may call this Tiller, by name; at least one, because Tiller does not start without a trusted certificate
    (Helm 2.17, pkg/tlsutil, CertPoolFromFile). Write `alice: {}`. Each client has its own certificate authority: to
    remove a client here is to revoke exactly that client's certificate."""

    namespace: NotRequired[str]
    """Tiller's own namespace, created for it alone. Default: `<name>-tiller`."""

    subjects: NotRequired[SubjectsArgs]
    """Who may reach Tiller's port, through `kubectl port-forward` or the Helm client. A certificate is needed besides.
    Default: nobody, so that only those reach it who hold rights in every namespace anyway."""

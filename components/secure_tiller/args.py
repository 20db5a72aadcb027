"""The settings of one team's Tiller: what a user reads and writes.

The same fields serve a Python program (as a dict or by these types) and a stack file. Unknown keys are refused. What
decides which resources there are is plain; certificates and annotations may be outputs of other resources, and are then
checked when they are known: during the update, before anything is made of them.

The Pulumi component analyzer reads the types and docstrings of this file, and it knows no postponed annotations,
`Literal`, `Annotated` or `Union`: which words a field takes is checked by `secure_tiller.plan.validation`.
"""

from collections.abc import Mapping, Sequence
from typing import NotRequired

import pulumi
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

    shared: NotRequired[bool]
    """Whether another team of the stack manages this namespace too. Both must say so, and both must say `existing`,
    because one of them could otherwise delete it. Default: false, because what two Tillers install in one namespace
    overwrites each other, and each reaches the other's Secrets there."""


class ClientSecretArgs(TypedDict):
    """A Secret to make for a client that runs in the cluster, with the keys `ca.crt`, `tls.crt` and `tls.key`."""

    namespace: str
    """The namespace in which the client runs. It must be there already or be one that this team manages; one that
    another team manages or shares is refused, because that team could read the key. A client that moves keeps its key:
    raise its `generation` if the old namespace is not trusted any more."""

    name: str
    """The name of the Secret."""


class ClientArgs(TypedDict):
    """Somebody, or a machine, who may call this team's Tiller: receives a certificate of its own."""

    csr: NotRequired[pulumi.Input[str]]
    """A certificate request (PKCS #10, PEM) with the client's name as common name, for a client that makes its own key:
    the key is then nowhere in the stack's state, and the bundle holds none. Default: none, the stack makes the key."""

    generation: NotRequired[int]
    """Another number, from 1 to 9999, replaces this client's key and CA, and its old bundle stops working with the
    update: for a lost laptop. (A `csr` for another key does the same by itself, unless it is an output.) Default: 1."""

    secret: NotRequired[ClientSecretArgs]
    """The Secret that receives the bundle of a client in the cluster, and each renewed one. Not allowed with `csr`.
    Default: none, the bundle is an output of the stack only."""


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


class RuleArgs(TypedDict):
    """One further rule of Tiller's Role in every managed namespace (rbac.authorization.k8s.io/v1, PolicyRule).

    Refused, because each leads out of the namespaces or undoes what limits the team there: `*`; the verbs escalate,
    bind, impersonate and every other that is not a plain one; cluster-scoped kinds; subresources but `pods/log` and
    `<kind>/scale`; ResourceQuotas, LimitRanges and Endpoints. Roles and NetworkPolicies have a word of their own.
    """

    api_groups: Sequence[str]
    """API groups; the core group is the empty text."""

    resources: Sequence[str]
    """Kinds, in the plural of the API: `leases`."""

    verbs: Sequence[str]
    """Of get, list, watch, create, update, patch, delete and deletecollection."""

    resource_names: NotRequired[Sequence[str]]
    """The only objects that the rule covers. Default: all of the namespace."""


class RightsArgs(TypedDict):
    """Tiller's rights in the managed namespaces."""

    preset: NotRequired[str]
    """`edit`: the namespaced kinds that charts are made of, with the verbs that Helm uses; or `none`: your own `rules`
    alone. Default: `edit`, which installs most charts and holds no right outside of the namespace. (A Service with
    externalIPs, or an Ingress for another's host name, acts outside of it all the same: admission must deny those.)"""

    network_policies: NotRequired[bool]
    """Whether Tiller also manages NetworkPolicies. Default: false, because a chart could then delete one that fences a
    namespace in."""

    roles: NotRequired[bool]
    """Whether Tiller also manages Roles and RoleBindings. Kubernetes lets it grant no more than it holds itself.
    Default: false, because a chart could then give what Tiller holds to anybody."""

    rules: NotRequired[Sequence[RuleArgs]]
    """Further rules, such as for the custom resources of an operator, which acts on them with its own rights.
    Default: none."""


class LifetimeArgs(TypedDict):
    """How long a certificate lives, as people write it: whole days or hours, `90d` or `36h`."""

    validity: NotRequired[str]
    """From issue to end; 2h to 3650d. Default: 90d for `server` and `client`, 365d for `ca`."""

    renew_before: NotRequired[str]
    """How long before its end an update of the stack renews it; shorter than `validity`, and for `ca` longer than the
    validity of both others, so that no certificate outlives its CA. Default: a third of `validity`, in whole hours, so
    that a stack which is updated every four weeks renews the default in time; 120d for `ca` unless its `validity` is
    set. (cert-manager renews at two thirds of the life too.)"""


class ServerCertificateArgs(TypedDict):
    """A server certificate of your own PKI, in place of one that the stack issues. You renew it."""

    certificate: pulumi.Input[str]
    """PEM: the certificate, then intermediates if there are any. It must hold the IP address 127.0.0.1 (and with
    `expose` the names of the Service) among its names, and the use serverAuth but not clientAuth. An expired one gives
    a warning only: time must not stand in the way of revoking a client."""

    key: NotRequired[pulumi.Input[str]]
    """PEM of its private key, unencrypted; required. Give a secret output. In a stack file it stands in the secret
    value `secure-tiller:serverKeys` under the team's name, never here."""

    ca: pulumi.Input[str]
    """PEM of the CA, or of several, that clients verify it by."""


class CertificatesArgs(TypedDict):
    """Certificates: how long they live, when keys change, and whose else are trusted."""

    server: NotRequired[LifetimeArgs]
    """Life of Tiller's certificate. Its renewal restarts Tiller once; running calls end first. Default: 90 days."""

    client: NotRequired[LifetimeArgs]
    """Life of each client's certificate. Its renewal restarts nothing, and the old one works until its own end.
    Default: 90 days, the term that public CAs have settled on: long enough to hand out a bundle, short enough that a
    lost one dies by itself."""

    ca: NotRequired[LifetimeArgs]
    """Life of the CAs. A renewed CA keeps its key and name, so what it signed before stays good. Default: 365 days,
    renewed in the last 120."""

    server_cas: NotRequired[Sequence[int]]
    """Numbers, each from 1 to 9999, of the CAs for Tiller's certificate: the first signs it, clients are given all.
    Default: `[1]`. To change the CA's key while every client goes on working, update the stack with `[1, 2]` and hand
    out the bundles; when every client has its new one, update it with `[2, 1]`, and then with `[2]`."""

    generation: NotRequired[int]
    """The emergency word: another number, from 1 to 9999, replaces every key that the stack holds for this Tiller and
    its clients, and all bundles handed out before stop working. Raise it when the stack's state was stolen.
    Keys that are not the stack's to make stay: of a `csr`, a `server_certificate` and `trusted_client_cas`.
    Default: 1."""

    server_certificate: NotRequired[ServerCertificateArgs]
    """Tiller's certificate from your own PKI. Default: none, the stack issues it. Not allowed with `server` or
    `server_cas`."""

    trusted_client_cas: NotRequired[Mapping[str, pulumi.Input[str]]]
    """Further CAs, each by a name of your choice as PEM of one or more, whose client certificates Tiller accepts: all
    of them, so a CA that also signs for others opens this Tiller to those others. Default: none."""


class ResourcesArgs(TypedDict):
    """Compute resources of Tiller's container, by name (`cpu`, `memory`, `ephemeral-storage`), as quantities."""

    requests: NotRequired[Mapping[str, str]]
    """The reserved amounts; one that is not named keeps its default. Default: 25m cpu, 64Mi memory, 16Mi
    ephemeral-storage."""

    limits: NotRequired[Mapping[str, str]]
    """The limits; one that is not named keeps its default. Default: 1 cpu, 512Mi memory, 256Mi ephemeral-storage: a
    chart of Helm's largest message, 20 MiB, and the history of its release fit."""


class TolerationArgs(TypedDict):
    """A taint of nodes that Tiller's pod tolerates (core/v1, Toleration)."""

    key: NotRequired[str]
    """The taint's key. Default: every key, with the operator `Exists`."""

    operator: NotRequired[str]
    """`Exists` or `Equal`. Default: `Equal`."""

    value: NotRequired[str]
    """The taint's value, for `Equal`. Default: none."""

    effect: NotRequired[str]
    """`NoSchedule`, `PreferNoSchedule` or `NoExecute`. Default: all of them."""

    toleration_seconds: NotRequired[int]
    """How many seconds the pod stays once a `NoExecute` taint appears. Default: for ever."""


class PodArgs(TypedDict):
    """Tiller's pod. What is not here can be changed by a transform (docs/component.md), with care."""

    image: NotRequired[str]
    """Image of Tiller: 2.16.11 or newer of Helm 2, because older ones have known flaws (CVE-2020-15184 to 15187); with
    a tag, a digest or both. A digest alone says no version: which one it is, is yours to know. The image must hold
    /bin/sh, grep, rm, sleep, test and touch, as the Helm project's does.
    Default: `ghcr.io/helm/tiller:v2.17.0`, the last release. Its digest is not in the default, because a registry can
    be a mirror of yours; set it when you know it."""

    history_max: NotRequired[int]
    """Revisions kept of a release, from 1 to 1000. Default: 20. (Tiller's own default keeps all, until listing them
    exhausts its memory.)"""

    resources: NotRequired[ResourcesArgs]
    """Compute resources. Default: see there."""

    node_selector: NotRequired[Mapping[str, str]]
    """Labels that a node must have. Default: any node."""

    tolerations: NotRequired[Sequence[TolerationArgs]]
    """Taints that are tolerated. Default: none."""

    priority_class: NotRequired[str]
    """Name of a PriorityClass. Default: the cluster's default."""

    rollout_timeout: NotRequired[str]
    """How long an update waits for a new Tiller to become ready: whole seconds, minutes or hours, `90s` or `5m`, from
    10s to 1h. After that the update fails, and the old Tiller serves on. Default: 5m, enough to pull the image."""


class SecureTillerArgs(TypedDict):
    """The settings of one team's Tiller."""

    namespaces: Mapping[str, ManagedNamespaceArgs]
    """The namespaces that this Tiller manages, by name; at least one. Write `blue-apps: {}` for the defaults.
    Tiller's own namespace is never one of them: whoever can create pods there can use Tiller's keys."""

    clients: Mapping[str, ClientArgs]
    """The clients that may call this Tiller, by name; at least one, because Tiller does not start without a trusted
    certificate (Helm 2.17, pkg/tlsutil, CertPoolFromFile). Write `alice: {}`. Each client has its own certificate
    authority: to remove a client here is to revoke exactly that client's certificate."""

    namespace: NotRequired[str]
    """Tiller's own namespace, created for it alone. Default: `<name>-tiller`. Another name is another namespace: the
    release records in the old one go with it."""

    subjects: NotRequired[SubjectsArgs]
    """The subjects that may reach Tiller's port, through `kubectl port-forward` or the Helm client. A call takes a
    certificate too. Default: nobody, so that only those reach it who hold rights in every namespace anyway."""

    rights: NotRequired[RightsArgs]
    """Tiller's rights in the managed namespaces. Default: the preset `edit`."""

    certificates: NotRequired[CertificatesArgs]
    """Lives of certificates, changes of keys, and certificates of your own. Default: see there."""

    expose: NotRequired[str]
    """The word `cluster` lets clients in the cluster connect without a port-forward: Tiller listens on all interfaces,
    with a Service `tiller-deploy`, and a NetworkPolicy admits pods of the namespaces in which clients have their
    `secret`, and no other. Default: not exposed, Tiller listens on its pod's loopback only."""

    pod: NotRequired[PodArgs]
    """Tiller's pod: image, resources, where it runs. Default: see there."""

    labels: NotRequired[Mapping[str, str]]
    """Further labels of every Kubernetes object that is created, and of Tiller's pod. Default: none."""

    annotations: NotRequired[Mapping[str, pulumi.Input[str]]]
    """Further annotations of the same. Default: none."""

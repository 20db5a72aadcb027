"""The pure core: settings in, a complete plan out. Nothing here creates, reads or asks anything.

The builders (`namespaces`, `certificates`, `access`, `workload`) turn a plan into resources and decide nothing.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from secure_tiller import checks, lifetimes, rights
from secure_tiller.args import ManagedNamespaceArgs, SecureTillerArgs, SubjectsArgs
from secure_tiller.checks import Settings
from secure_tiller.lifetimes import Lifetime
from secure_tiller.pod import PodPlan, pod
from secure_tiller.problems import ConfigurationError
from secure_tiller.rights import DEPLOYMENT_NAME, Rule

MANAGED_BY_LABEL = "app.kubernetes.io/managed-by"
MANAGED_BY = "secure-tiller"
TEAM_LABEL = "secure-tiller/team"
"""Label of every object made for a team: tells what is ours from what is foreign, also after the team has left."""
STACK_ANNOTATION = "secure-tiller/stack"
"""Annotation of the namespaces that we create: the stack whose they are, because two stacks may both have a team of one
name. No label, because a label's value ends at 63 characters (Kubernetes documentation, Labels and Selectors)."""
REASON_ANNOTATION = "secure-tiller/pod-security-reason"
POD_SECURITY = "pod-security.kubernetes.io"
POD_SECURITY_LABEL = f"{POD_SECURITY}/enforce"
"""The label from which Pod Security reads what it must refuse in a namespace."""

SELECTOR = {"app": "helm", "name": "tiller"}
"""The labels by which the Helm 2 client finds Tiller's pod (Helm 2.17, pkg/helm/portforwarder)."""

SERVICE_ACCOUNT = "tiller"


@dataclass(frozen=True)
class NamespacePlan:
    """A namespace to create."""

    name: str
    labels: Mapping[str, str]
    annotations: Mapping[str, str]
    retain_on_delete: bool


@dataclass(frozen=True)
class Subject:
    """Who a RoleBinding is for."""

    kind: str
    """`Group`, `User` or `ServiceAccount`."""
    name: str
    namespace: str = ""
    """Of a ServiceAccount; empty for the other kinds."""


@dataclass(frozen=True)
class RolePlan:
    """A Role, and a RoleBinding of the same name if there is anybody to bind."""

    part: str
    """What follows the component's name in the logical name."""
    name: str
    namespace: str
    rules: tuple[Rule, ...]
    subjects: tuple[Subject, ...]


@dataclass(frozen=True)
class CertificatePlan:
    """A certificate and the CA made for it alone. The CA's name is derived from its key, when that is known."""

    part: str
    """What follows the component's name in the logical names of key, request and certificate."""
    ca_part: str
    """The same for the CA's key and certificate."""
    common_name: str
    organization: str
    allowed_uses: tuple[str, ...]
    """Key usages in the words of the tls provider: `server_auth` or `client_auth`, never both, so that Tiller's key
    cannot call another Tiller and a client cannot pose as one."""
    dns_names: tuple[str, ...]
    ip_addresses: tuple[str, ...]
    lifetime: Lifetime
    ca_lifetime: Lifetime


@dataclass(frozen=True)
class TillerPlan:
    """Everything that is created for one team."""

    name: str
    stack: str
    """Whose the namespaces will be: `<organization>/<project>/<stack>`."""
    labels: Mapping[str, str]
    namespace: NamespacePlan
    managed: tuple[NamespacePlan, ...]
    """The managed namespaces to create; those that exist already are not among them."""
    existing: tuple[str, ...]
    """The names of the managed namespaces that exist already and stay somebody else's."""
    server: CertificatePlan
    clients: Mapping[str, CertificatePlan]
    roles: tuple[RolePlan, ...]
    pod: PodPlan


def plan(name: str, args: SecureTillerArgs, stack: str) -> TillerPlan:
    """Return the plan for one team.

    Args:
        name: the team, or whatever this Tiller is called; the prefix of all logical names.
        args: its settings.
        stack: the stack that is to own what is created, as `<organization>/<project>/<stack>`.

    Raises:
        ConfigurationError: the settings are refused; it carries every problem.
    """
    problems = checks.check(name, args)
    if problems:
        raise ConfigurationError(problems)
    settings = Settings(name, args)
    labels, owner = {MANAGED_BY_LABEL: MANAGED_BY, TEAM_LABEL: name}, {STACK_ANNOTATION: stack}
    return TillerPlan(
        name=name,
        stack=stack,
        labels=labels,
        namespace=_tiller_namespace(settings, labels, owner),
        managed=tuple(_managed_namespaces(settings, labels, owner)),
        existing=tuple(sorted(name for name, args in settings.namespaces.items() if args.get("existing", False))),
        server=_server_certificate(settings),
        clients={client: _client_certificate(settings, client) for client in sorted(args["clients"])},
        roles=tuple(_roles(settings)),
        pod=pod(settings.namespace),
    )


def _tiller_namespace(settings: Settings, labels: Mapping[str, str], owner: Mapping[str, str]) -> NamespacePlan:
    """Tiller's namespace goes when its Tiller goes, and the release records in it go too."""
    security = _pod_security("restricted")
    return NamespacePlan(settings.namespace, {**labels, **security}, owner, retain_on_delete=False)


def _managed_namespaces(
    settings: Settings, labels: Mapping[str, str], owner: Mapping[str, str]
) -> Iterator[NamespacePlan]:
    for name, args in sorted(settings.namespaces.items()):
        if not args.get("existing", False):
            yield NamespacePlan(
                name,
                labels={**labels, **_pod_security(args.get("pod_security", "baseline"))},
                annotations={**owner, **_reason(args)},
                retain_on_delete=args.get("retain_on_delete", True),
            )


def _pod_security(level: str) -> Mapping[str, str]:
    """Return the labels that enforce a Pod Security Standard, and tell the user of a violation when it happens."""
    return {f"{POD_SECURITY}/{mode}": level for mode in ("enforce", "audit", "warn")}


def _reason(args: ManagedNamespaceArgs) -> Mapping[str, str]:
    reason = args.get("pod_security_reason")
    return {REASON_ANNOTATION: reason} if reason else {}


def _server_certificate(settings: Settings) -> CertificatePlan:
    service = f"{DEPLOYMENT_NAME}.{settings.namespace}"
    return CertificatePlan(
        part="server",
        ca_part="server-ca",
        common_name=DEPLOYMENT_NAME,
        organization=settings.name,
        allowed_uses=("digital_signature", "server_auth"),
        # The names of a Service too: to expose Tiller in the cluster one day must not reissue its certificate.
        dns_names=("localhost", DEPLOYMENT_NAME, service, f"{service}.svc", f"{service}.svc.cluster.local"),
        ip_addresses=("127.0.0.1",),
        lifetime=lifetimes.DEFAULT.leaf,
        ca_lifetime=lifetimes.DEFAULT.ca,
    )


def _client_certificate(settings: Settings, client: str) -> CertificatePlan:
    return CertificatePlan(
        # No name of a client contains ':', so that no two teams and clients can share a logical name.
        part=f"client:{client}",
        ca_part=f"client-ca:{client}",
        common_name=client,
        organization=settings.name,
        allowed_uses=("digital_signature", "client_auth"),
        dns_names=(),
        ip_addresses=(),
        lifetime=lifetimes.DEFAULT.leaf,
        ca_lifetime=lifetimes.DEFAULT.ca,
    )


def _roles(settings: Settings) -> Iterator[RolePlan]:
    tiller = (Subject("ServiceAccount", SERVICE_ACCOUNT, settings.namespace),)
    yield RolePlan("storage", "tiller-storage", settings.namespace, rights.STORAGE, tiller)
    yield RolePlan("people", "tiller-people", settings.namespace, rights.PEOPLE, tuple(_people(settings.subjects)))
    for namespace in sorted(settings.namespaces):
        # The team's name is in it, because an existing namespace may have Roles of others.
        role = f"tiller-{settings.name}"
        yield RolePlan(f"manage:{namespace}", role, namespace, rights.manage(namespace), tiller)


def _people(subjects: SubjectsArgs) -> Iterator[Subject]:
    yield from (Subject("Group", name) for name in subjects.get("groups", ()))
    yield from (Subject("User", name) for name in subjects.get("users", ()))
    for account in subjects.get("service_accounts", ()):
        yield Subject("ServiceAccount", account["name"], account["namespace"])

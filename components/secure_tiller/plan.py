"""The pure core: settings in, a complete plan out. Nothing here creates, reads or asks anything.

The builders (`namespaces`, `certificates`, `access`, `workload`) turn a plan into resources and decide nothing.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import pulumi

from secure_tiller import checks, pem, rights
from secure_tiller.args import ClientSecretArgs, ManagedNamespaceArgs, SecureTillerArgs, SubjectsArgs
from secure_tiller.checks import Settings
from secure_tiller.lifetimes import Lifetime, Lifetimes, lifetimes
from secure_tiller.names import DEPLOYMENT_NAME, server_names
from secure_tiller.pod import PodPlan, pod
from secure_tiller.problems import ConfigurationError
from secure_tiller.rights import Rule

MANAGED_BY_LABEL = "app.kubernetes.io/managed-by"
MANAGED_BY = "secure-tiller"
TEAM_LABEL = "secure-tiller/team"
"""Label of every object made for a team: tells what is ours from what is foreign, also after the team has left."""
STACK_ANNOTATION = "secure-tiller/stack"
"""Annotation of every object: the stack whose it is, because two stacks may both have a team of one name. No label,
because a label's value ends at 63 characters (Kubernetes documentation, Labels and Selectors)."""
TRUSTS_ANNOTATION = "secure-tiller/trusts"
"""Annotation of Tiller's pods: whom this very pod answers, one word for each; see `TillerPlan.trusts`."""
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
class AuthorityPlan:
    """A CA. Its name is derived from its key, when that is known."""

    part: str
    """What follows the component's name in the logical names of key and certificate."""
    generation: str
    """What follows that in the logical name of the key: another text is another key."""
    lifetime: Lifetime


@dataclass(frozen=True)
class CertificatePlan:
    """A certificate and the CAs made for it alone."""

    part: str
    """What follows the component's name in the logical names of key, request and certificate."""
    authorities: tuple[AuthorityPlan, ...]
    """The first signs; whoever verifies the certificate is given all."""
    generation: str
    """As that of a CA."""
    common_name: str
    organization: str
    allowed_uses: tuple[str, ...]
    """Key usages in the words of the tls provider: `server_auth` or `client_auth`, never both, so that Tiller's key
    cannot call another Tiller and a client cannot pose as one."""
    dns_names: tuple[str, ...]
    ip_addresses: tuple[str, ...]
    lifetime: Lifetime
    request: pulumi.Input[str] | None = None
    """The certificate request of a client that makes its own key; None: key and request are made."""


@dataclass(frozen=True)
class GivenCertificate:
    """A server certificate that the stack does not issue."""

    certificate: pulumi.Input[str]
    key: pulumi.Input[str] = field(repr=False)
    ca: pulumi.Input[str]
    names: tuple[str, ...]
    """What it must be issued for."""


@dataclass(frozen=True)
class ExposurePlan:
    """A Service, and who may connect to it."""

    namespaces: tuple[str, ...]
    """Whose pods are admitted."""


@dataclass(frozen=True)
class TillerPlan:
    """Everything that is created for one team."""

    name: str
    stack: str
    """Whose the namespaces will be: `<organization>/<project>/<stack>`."""
    labels: Mapping[str, str]
    annotations: Mapping[str, pulumi.Input[str]]
    """The user's, for every Kubernetes object."""
    namespace: NamespacePlan
    managed: tuple[NamespacePlan, ...]
    """The managed namespaces to create; those that exist already are not among them."""
    existing: tuple[str, ...]
    """The names of the managed namespaces that exist already and stay somebody else's."""
    server: CertificatePlan | GivenCertificate
    clients: Mapping[str, CertificatePlan]
    secrets: Mapping[str, ClientSecretArgs]
    """By client, the Secret that receives its bundle."""
    trusted: Mapping[str, pulumi.Input[str]]
    """By name, further CAs of clients."""
    trusts: tuple[str, ...]
    """Whom Tiller answers, a word for each trust anchor, in a form that does not change unless the anchor does:
    `alice` for a client, `alice@2` in another generation, `ca:partner#0a1b2c3d4e5f` for further CAs."""
    roles: tuple[RolePlan, ...]
    exposure: ExposurePlan | None
    pod: PodPlan

    @property
    def all_namespaces(self) -> tuple[str, ...]:
        """The names of Tiller's namespace and of all that it manages."""
        return (self.namespace.name, *(namespace.name for namespace in self.managed), *self.existing)


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
    labels = {**args.get("labels", {}), MANAGED_BY_LABEL: MANAGED_BY, TEAM_LABEL: name}
    lives = lifetimes(settings.certificates)
    exposure = _exposure(settings)
    return TillerPlan(
        name=name,
        stack=stack,
        labels=labels,
        annotations=args.get("annotations", {}),
        namespace=_tiller_namespace(settings, labels, stack),
        managed=tuple(_managed_namespaces(settings, labels, stack)),
        existing=tuple(sorted(name for name, args in settings.namespaces.items() if args.get("existing", False))),
        server=_given_certificate(settings) or _server_certificate(settings, lives),
        clients={client: _client_certificate(settings, client, lives) for client in sorted(settings.clients)},
        secrets=settings.secrets,
        trusted=dict(sorted(settings.certificates.get("trusted_client_cas", {}).items())),
        trusts=tuple(sorted(_trusts(settings))),
        roles=tuple(_roles(settings)),
        exposure=exposure,
        pod=pod(settings.namespace, settings.pod, exposed=exposure is not None),
    )


def _tiller_namespace(settings: Settings, labels: Mapping[str, str], stack: str) -> NamespacePlan:
    """Tiller's namespace goes when its Tiller goes, and the release records in it go too."""
    labels = {**labels, **_pod_security("restricted")}
    return NamespacePlan(settings.namespace, labels, {STACK_ANNOTATION: stack}, retain_on_delete=False)


def _managed_namespaces(settings: Settings, labels: Mapping[str, str], stack: str) -> Iterator[NamespacePlan]:
    for name, args in sorted(settings.namespaces.items()):
        if not args.get("existing", False):
            yield NamespacePlan(
                name,
                labels={**labels, **_pod_security(args.get("pod_security", "baseline"))},
                annotations={STACK_ANNOTATION: stack, **_reason(args)},
                retain_on_delete=args.get("retain_on_delete", True),
            )


def _pod_security(level: str) -> Mapping[str, str]:
    """Return the labels that enforce a Pod Security Standard, and tell the user of a violation when it happens."""
    return {f"{POD_SECURITY}/{mode}": level for mode in ("enforce", "audit", "warn")}


def _reason(args: ManagedNamespaceArgs) -> Mapping[str, str]:
    reason = args.get("pod_security_reason")
    return {REASON_ANNOTATION: reason} if reason else {}


def _server_certificate(settings: Settings, lives: Lifetimes) -> CertificatePlan:
    generation = _generation(settings)
    # The names of a Service too: to expose Tiller in the cluster one day must not reissue its certificate.
    address, *names = server_names(settings.namespace, exposed=True)
    return CertificatePlan(
        part="server",
        authorities=tuple(
            AuthorityPlan("server-ca" if number == 1 else f"server-ca:{number}", generation, lives.ca)
            for number in settings.server_cas
        ),
        generation=generation,
        common_name=DEPLOYMENT_NAME,
        organization=settings.name,
        allowed_uses=("digital_signature", "server_auth"),
        dns_names=("localhost", *names),
        ip_addresses=(address,),
        lifetime=lives.server,
    )


def _given_certificate(settings: Settings) -> GivenCertificate | None:
    given = settings.certificates.get("server_certificate")
    if given is None:
        return None
    names = server_names(settings.namespace, exposed="expose" in settings.args)
    return GivenCertificate(given["certificate"], given["key"], given["ca"], names)


def _client_certificate(settings: Settings, client: str, lives: Lifetimes) -> CertificatePlan:
    generation = _client_generation(settings, client)
    return CertificatePlan(
        # No name of a client contains ':', so that no two teams and clients can share a logical name.
        part=f"client:{client}",
        authorities=(AuthorityPlan(f"client-ca:{client}", generation, lives.ca),),
        generation=generation,
        common_name=client,
        organization=settings.name,
        allowed_uses=("digital_signature", "client_auth"),
        dns_names=(),
        ip_addresses=(),
        lifetime=lives.client,
        request=settings.clients[client].get("csr"),
    )


def _generation(settings: Settings) -> str:
    return "" if settings.generation == 1 else f"@{settings.generation}"


def _client_generation(settings: Settings, client: str) -> str:
    """Return what tells a client's CA from those before it; a request for another key makes a new one by itself."""
    args = settings.clients[client]
    generation, request = args.get("generation", 1), args.get("csr")
    own = f"@{settings.generation}.{generation}" if generation > 1 else _generation(settings)
    return f"{own}#{pem.key_of_request(request)}" if isinstance(request, str) else own


def _trusts(settings: Settings) -> Iterator[str]:
    yield from (f"{client}{_client_generation(settings, client)}" for client in settings.clients)
    for name, text in settings.certificates.get("trusted_client_cas", {}).items():
        yield f"ca:{name}#{pem.fingerprint(text)}" if isinstance(text, str) else f"ca:{name}"


def _exposure(settings: Settings) -> ExposurePlan | None:
    if "expose" not in settings.args:
        return None
    return ExposurePlan(tuple(sorted({secret["namespace"] for secret in settings.secrets.values()})))


def _roles(settings: Settings) -> Iterator[RolePlan]:
    tiller = (Subject("ServiceAccount", SERVICE_ACCOUNT, settings.namespace),)
    yield RolePlan("storage", "tiller-storage", settings.namespace, rights.STORAGE, tiller)
    yield RolePlan("people", "tiller-people", settings.namespace, rights.PEOPLE, tuple(_people(settings.subjects)))
    for namespace in sorted(settings.namespaces):
        # The team's name is in it, because an existing namespace may have Roles of others.
        role = f"tiller-{settings.name}"
        yield RolePlan(f"manage:{namespace}", role, namespace, rights.managed(namespace, settings.rights), tiller)


def _people(subjects: SubjectsArgs) -> Iterator[Subject]:
    yield from (Subject("Group", name) for name in subjects.get("groups", ()))
    yield from (Subject("User", name) for name in subjects.get("users", ()))
    for account in subjects.get("service_accounts", ()):
        yield Subject("ServiceAccount", account["name"], account["namespace"])

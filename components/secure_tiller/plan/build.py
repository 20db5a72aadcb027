"""From the settings of one team to its plan."""

from collections.abc import Iterator, Mapping

from secure_tiller.args import ManagedNamespaceArgs, SecureTillerArgs, SubjectsArgs
from secure_tiller.plan import pem, rights, validation
from secure_tiller.plan.lifetimes import Lifetimes, lifetimes
from secure_tiller.plan.model import (
    AuthorityPlan,
    CertificatePlan,
    GivenCertificate,
    NamespacePlan,
    RolePlan,
    TillerPlan,
)
from secure_tiller.plan.names import server_names
from secure_tiller.plan.pod import pod, rollout_seconds
from secure_tiller.plan.validation import Settings
from secure_tiller.problems import ConfigurationError
from tiller_facts.identity import (
    DEPLOYMENT_NAME,
    MANAGED_BY,
    MANAGED_BY_LABEL,
    POD_SECURITY,
    REASON_ANNOTATION,
    SERVICE_ACCOUNT,
    STACK_ANNOTATION,
    TEAM_LABEL,
)
from tiller_facts.rbac import Subject


def plan(name: str, args: SecureTillerArgs, stack: str) -> TillerPlan:
    """Return the plan for one team.

    Args:
        name: the team, or whatever this Tiller is called; the prefix of all logical names.
        args: its settings.
        stack: the stack that is to own what is created, as `<organization>/<project>/<stack>`.

    Raises:
        ConfigurationError: the settings are refused; it carries every problem.
    """
    problems = validation.check(name, args)
    if problems:
        raise ConfigurationError(problems)
    settings = Settings(name, args)
    labels = {**args.get("labels", {}), MANAGED_BY_LABEL: MANAGED_BY, TEAM_LABEL: name}
    lives = lifetimes(settings.certificates)
    exposed_to = _exposed_to(settings)
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
        trust_anchors=tuple(sorted(_trust_anchors(settings))),
        roles=tuple(_roles(settings)),
        exposed_to=exposed_to,
        pod=pod(settings.namespace, settings.pod, exposed=exposed_to is not None),
        rollout_seconds=rollout_seconds(settings.pod),
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


def _trust_anchors(settings: Settings) -> Iterator[str]:
    yield from (f"{client}{_client_generation(settings, client)}" for client in settings.clients)
    for name, text in settings.certificates.get("trusted_client_cas", {}).items():
        yield f"ca:{name}#{pem.fingerprint(text)}" if isinstance(text, str) else f"ca:{name}"


def _exposed_to(settings: Settings) -> tuple[str, ...] | None:
    if "expose" not in settings.args:
        return None
    return tuple(sorted({secret["namespace"] for secret in settings.secrets.values()}))


def _roles(settings: Settings) -> Iterator[RolePlan]:
    tiller = (Subject("ServiceAccount", SERVICE_ACCOUNT, settings.namespace),)
    yield RolePlan("storage", "tiller-storage", settings.namespace, rights.STORAGE, tiller)
    yield RolePlan("people", "tiller-people", settings.namespace, rights.SUBJECTS, tuple(_subjects(settings.subjects)))
    for namespace in sorted(settings.namespaces):
        # The team's name is in it, because an existing namespace may have Roles of others.
        role = f"tiller-{settings.name}"
        yield RolePlan(f"manage:{namespace}", role, namespace, rights.managed(namespace, settings.rights), tiller)


def _subjects(subjects: SubjectsArgs) -> Iterator[Subject]:
    yield from (Subject("Group", name) for name in subjects.get("groups", ()))
    yield from (Subject("User", name) for name in subjects.get("users", ()))
    for account in subjects.get("service_accounts", ()):
        yield Subject("ServiceAccount", account["name"], account["namespace"])

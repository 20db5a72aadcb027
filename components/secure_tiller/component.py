"""The component resource."""

from collections.abc import Iterable, Mapping
from typing import Any

import pulumi

from secure_tiller import foreign, together
from secure_tiller.args import SecureTillerArgs
from secure_tiller.plan.build import plan
from secure_tiller.plan.model import Expiration
from secure_tiller.plan.validation import Settings
from secure_tiller.resources import certificates, objects
from secure_tiller.resources.certificates import Issued
from tiller_facts.identity import COMPONENT


def this_stack() -> str:
    """Return the identity of the stack that runs, `<organization>/<project>/<stack>`.

    The organization is `organization` on every backend that knows none, such as a file or a bucket.
    """
    return f"{pulumi.get_organization()}/{pulumi.get_project()}/{pulumi.get_stack()}"


class SecureTiller(pulumi.ComponentResource):
    """One team's Tiller, reachable by its clients alone and able to act in its namespaces alone.

    For the name `<name>` it creates:

    - `kubernetes:core/v1:Namespace` `<name>-namespace`: Tiller's own; enforces Pod Security `restricted`
    - `kubernetes:core/v1:Namespace` `<name>-namespace:<namespace>`: each managed namespace, unless it exists already
    - `tls:index/privateKey:PrivateKey` `<name>-server-ca`: key of the CA of Tiller's certificate
    - `tls:index/selfSignedCert:SelfSignedCert` `<name>-server-ca`: that CA; clients trust it
    - `tls:index/privateKey:PrivateKey` `<name>-server-ca:<number>`: the same for each further one in `server_cas`
    - `tls:index/selfSignedCert:SelfSignedCert` `<name>-server-ca:<number>`: the same
    - `tls:index/privateKey:PrivateKey` `<name>-server`: Tiller's key
    - `tls:index/certRequest:CertRequest` `<name>-server`: request for Tiller's certificate
    - `tls:index/locallySignedCert:LocallySignedCert` `<name>-server`: Tiller's certificate
    - `tls:index/privateKey:PrivateKey` `<name>-client-ca:<client>`: per client, key of its CA
    - `tls:index/selfSignedCert:SelfSignedCert` `<name>-client-ca:<client>`: per client, its CA; Tiller trusts it
    - `tls:index/privateKey:PrivateKey` `<name>-client:<client>`: per client, its key
    - `tls:index/certRequest:CertRequest` `<name>-client:<client>`: per client, request for its certificate
    - `tls:index/locallySignedCert:LocallySignedCert` `<name>-client:<client>`: per client, its certificate
    - `kubernetes:core/v1:ServiceAccount` `<name>-service-account`: what Tiller runs as
    - `kubernetes:rbac.authorization.k8s.io/v1:Role` `<name>-storage`: Tiller keeps releases in Secrets of its namespace
    - `kubernetes:rbac.authorization.k8s.io/v1:RoleBinding` `<name>-storage`
    - `kubernetes:rbac.authorization.k8s.io/v1:Role` `<name>-people`: the team's people may reach Tiller's port
    - `kubernetes:rbac.authorization.k8s.io/v1:RoleBinding` `<name>-people`: only if `subjects` names anybody
    - `kubernetes:rbac.authorization.k8s.io/v1:Role` `<name>-manage:<namespace>`: per managed namespace, Tiller's rights
    - `kubernetes:rbac.authorization.k8s.io/v1:RoleBinding` `<name>-manage:<namespace>`: the same
    - `kubernetes:networking.k8s.io/v1:NetworkPolicy` `<name>-deny-ingress`: no pod connects to Tiller's namespace
    - `kubernetes:core/v1:Secret` `<name>-tls`: Tiller's certificate and key, and the CAs of its clients
    - `kubernetes:apps/v1:Deployment` `<name>-deployment`: Tiller
    - `kubernetes:core/v1:Secret` `<name>-secret:<client>`: the bundle of each client that names a `secret`
    - `kubernetes:networking.k8s.io/v1:NetworkPolicy` `<name>-admit-clients`: with `expose`, who may connect
    - `kubernetes:core/v1:Service` `<name>-service`: with `expose`, the name to connect to

    A client with a `csr` has neither a PrivateKey nor a CertRequest of its own; with a `server_certificate` there are
    none of `<name>-server` and `<name>-server-ca`. The names of PrivateKeys go on with `@<generation>` in a generation
    above 1 (`@2`; `@1.2` for a client's own), and with `#` and what tells its key for the CA of a `csr`.

    `opts`: providers reach every resource, depends_on every resource's beginning. `protect` holds for the component,
    the namespaces and the Deployment; what an ordinary update replaces or removes is never protected, so that a
    protected team renews its certificates and revokes its clients.

    The namespaces carry the team as a label and the stack as an annotation, by which `secure_tiller_stack.preflight`
    recognises what is ours. There is no setting that turns TLS, its verification or Secret storage off.

    The component does not look at the cluster. `secure_tiller_stack.deploy` does so first, and makes the components.
    """

    namespace: pulumi.Output[str]
    """Tiller's namespace: what the Helm client takes as `--tiller-namespace`."""

    service_account: pulumi.Output[str]
    """Name of the ServiceAccount, in Tiller's namespace, that Tiller runs as."""

    deployment: pulumi.Output[str]
    """Name of Tiller's Deployment, in Tiller's namespace; known once the Tiller of this update is ready."""

    ca_certificate: pulumi.Output[str]
    """PEM of the CA of Tiller's certificate: what the Helm client takes as `--tls-ca-cert`."""

    expirations: pulumi.Output[Mapping[str, Expiration]]
    """Of each certificate, by its part of the logical name (`server`, `client:alice`): `serial` (hexadecimal),
    `notAfter` and `renewalBegins` (RFC 3339; none for a certificate that the stack does not renew)."""

    bundles: pulumi.Output[Mapping[str, Mapping[str, str]]]
    """Per client what it needs, as PEM: `ca`, `cert` and `key` (no key if the client gave a `csr`). Secret."""

    def __init__(self, name: str, args: SecureTillerArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Create the resources of one team.

        Args:
            name: the team; an RFC 1123 label and the prefix of all logical names.
            args: its settings.
            opts: of the component; the Kubernetes provider among them reaches every resource. It is the provider that
                `secure_tiller_stack.look` returned for these teams. Another one is accepted only if pulumi-kubernetes
                is 4.29 or newer and does not upsert, because it would take over objects of somebody else. Default: no
                options, and so the default provider.

        Raises:
            ConfigurationError: the settings are refused, by themselves or together with those of another Tiller of this
                program; or the provider could take over objects of somebody else. Nothing of it was registered.
        """
        tiller, settings = plan(name, args, this_stack()), Settings(name, args)
        opts = together.read_options(opts)
        provider = together.kubernetes_provider(opts)
        together.require_apart([settings], provider, opts.parent)
        opts = foreign.guarded(tiller, provider, opts)
        learn_cas = together.claim(settings, provider, opts.parent)
        # No args as properties: what stands there is kept in the state.
        super().__init__(COMPONENT, name, {}, opts)

        server = certificates.server(name, tiller.server, self)
        clients = {client: certificates.issue(name, wanted, self) for client, wanted in tiller.clients.items()}
        further = certificates.trusted(tiller, self, learn_cas)

        issued = [resource for client in clients.values() for resource in client.resources]
        made = objects.create(tiller, objects.known(tiller, server, clients, further), issued, self)

        self.namespace = made["namespace"].name
        self.service_account = made["service-account"].name
        self.deployment = made["deployment"].name
        self.ca_certificate = server.ca_pem
        self.expirations = _expirations(server, clients.values())
        self.bundles = _bundles(server, clients)
        self.register_outputs(
            {
                "namespace": self.namespace,
                "serviceAccount": self.service_account,
                "deployment": self.deployment,
                "caCertificate": self.ca_certificate,
                "expirations": self.expirations,
                "bundles": self.bundles,
            }
        )


def _expirations(server: Issued, clients: Iterable[Issued]) -> pulumi.Output[Mapping[str, Expiration]]:
    ends: dict[str, Any] = {part: end for one in (server, *clients) for part, end in one.expirations.items()}
    return pulumi.Output.from_input(ends)


def _bundles(server: Issued, clients: Mapping[str, Issued]) -> pulumi.Output[Mapping[str, Mapping[str, str]]]:
    bundles: dict[str, Any] = {}
    for client, issued in clients.items():
        key = {"key": issued.key_pem} if issued.key_pem else {}
        bundles[client] = {"ca": server.ca_pem, "cert": issued.certificate_pem, **key}
    return pulumi.Output.secret(bundles)

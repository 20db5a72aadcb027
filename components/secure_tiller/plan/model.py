"""The plan of one team's Tiller: its types."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pulumi

from secure_tiller.args import ClientSecretArgs
from secure_tiller.plan.lifetimes import Lifetime
from tiller_facts.rbac import Rule, Subject

Expiration = Mapping[str, str | None]
"""Of one certificate: `serial` (hexadecimal), `notAfter` and `renewalBegins` (RFC 3339; None: the stack does not renew
it)."""


@dataclass(frozen=True)
class NamespacePlan:
    """A namespace to create."""

    name: str
    labels: Mapping[str, str]
    annotations: Mapping[str, str]
    retain_on_delete: bool


@dataclass(frozen=True)
class RolePlan:
    """A Role, and a RoleBinding of the same name if there is anybody to bind."""

    part: str
    """Part of the logical name after the component's name."""
    name: str
    namespace: str
    rules: tuple[Rule, ...]
    subjects: tuple[Subject, ...]


CA_USES = ("cert_signing", "crl_signing")
"""Key usages of every CA, in the words of the tls provider."""

KEY_ALGORITHM, KEY_CURVE = "ECDSA", "P256"
"""Of every key. The provider's default curve, P-224, is one that a client written in Go cannot sign with in TLS 1.3."""


@dataclass(frozen=True)
class AuthorityPlan:
    """A CA. Its name is derived from its key, when that is known."""

    part: str
    """Part of the logical names of key and certificate after the component's name."""
    generation: str
    """Part of the key's logical name after that; another text is another key."""
    lifetime: Lifetime


@dataclass(frozen=True)
class CertificatePlan:
    """A certificate and the CAs made for it alone."""

    part: str
    """Part of the logical names of key, request and certificate after the component's name."""
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
    """The DNS names and IP addresses it must be issued for."""


@dataclass(frozen=True)
class TillerPlan:
    """Everything that is created for one team."""

    name: str
    stack: str
    """The stack that will own the namespaces: `<organization>/<project>/<stack>`."""
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
    trust_anchors: tuple[str, ...]
    """The trust anchors of the clients that Tiller answers, a word for each, in a form that does not change unless the
    anchor does: `alice` for a client, `alice@2` in another generation, `ca:partner#0a1b2c3d4e5f` for further CAs."""
    roles: tuple[RolePlan, ...]
    exposed_to: tuple[str, ...] | None
    """The namespaces whose pods may connect through a Service, at least one; None: no Service is made."""
    pod: Mapping[str, Any]
    """The `spec` of Tiller's pod, in the words of the Kubernetes API; a `Place` where only the update knows."""
    rollout_seconds: int
    """How long a new pod may take to become ready."""

    @property
    def all_namespaces(self) -> tuple[str, ...]:
        """The names of Tiller's namespace and of all that it manages."""
        return (self.namespace.name, *(namespace.name for namespace in self.managed), *self.existing)

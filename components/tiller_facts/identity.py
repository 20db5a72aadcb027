"""Names, labels, annotations, ports and paths of the component's Tillers: they are state, and never change.

Whoever renames one of them takes a running Tiller from its users, or loses sight of what the component made.
"""

from collections.abc import Mapping

SELECTOR: Mapping[str, str] = {"app": "helm", "name": "tiller"}
"""Labels by which Helm's client finds Tiller's pod (Helm 2.17, pkg/helm/portforwarder)."""

PROGRAM = "tiller"
"""Name of the program, and of its container."""

GRPC_PORT = 44134
"""Port that Helm's client connects to (Helm 2.17, pkg/tiller/environment)."""

PROBE_PORT = 44135
"""Port of the probes and metrics (same source)."""

LOOPBACK = "127.0.0.1"
"""Address at which a port-forward listens, and for which every Tiller's certificate is."""

DEPLOYMENT_NAME = "tiller-deploy"
"""Name of Deployment and Service that the Helm 2 client and helm-2to3 look for."""

SERVICE_ACCOUNT = "tiller"
"""Name of Tiller's ServiceAccount."""

DENY_INGRESS = "deny-ingress"
"""Name of the NetworkPolicy that closes Tiller's namespace."""

ADMIT_CLIENTS = "admit-clients"
"""Name of the NetworkPolicy that admits clients in the cluster to an exposed Tiller."""

STORAGE_ROLE = "tiller-storage"
PEOPLE_ROLE = "tiller-people"
"""Names of the Roles in Tiller's namespace: for the release records, and for the team's people."""

CERTIFICATES = "/etc/certs"
"""Path at which the TLS Secret is mounted; `helm init` uses the same."""

MANAGED_BY_LABEL = "app.kubernetes.io/managed-by"
MANAGED_BY = "secure-tiller"

TEAM_LABEL = "secure-tiller/team"
"""Label of every object made for a team: it separates what is ours from what is foreign, also after the team left."""

STACK_ANNOTATION = "secure-tiller/stack"
"""Annotation of every object: the stack whose it is, because two stacks may both have a team of one name. No label,
because a label's value ends at 63 characters (Kubernetes documentation, Labels and Selectors)."""

TRUSTS_ANNOTATION = "secure-tiller/trusts"
"""Annotation of Tiller's pods: whom this very pod answers, one word for each trust anchor."""

SERVER_CAS_ANNOTATION = "secure-tiller/server-cas"
"""Annotation of Tiller's ServiceAccount: the fingerprints of the CAs that the user gave clients to verify Tiller by. A
bundle is an output, of which a preview shows nothing; a change of this annotation restarts nothing."""

SERVER_CERTIFICATE_ANNOTATION = "secure-tiller/server-certificate"
"""Annotation of the same ServiceAccount: the fingerprints of the user's own server certificate and its intermediates. A
preview does not show them otherwise, because a Secret holds them."""

REASON_ANNOTATION = "secure-tiller/pod-security-reason"
"""Annotation without which the component opens no namespace to privileged pods."""

POD_SECURITY = "pod-security.kubernetes.io"
POD_SECURITY_LABEL = f"{POD_SECURITY}/enforce"
"""Label from which Pod Security reads what it must refuse in a namespace."""

COMPONENT = "secure-tiller:index:SecureTiller"
"""Type token of the component; `<token>$` stands in the URN of what it makes."""

PARTS: Mapping[str, tuple[tuple[str, str], ...]] = {
    "namespace": (("Namespace", ""),),
    "namespace:": (("Namespace", ""),),
    "service-account": (("ServiceAccount", SERVICE_ACCOUNT),),
    "storage": (("Role", STORAGE_ROLE), ("RoleBinding", STORAGE_ROLE)),
    "people": (("Role", PEOPLE_ROLE), ("RoleBinding", PEOPLE_ROLE)),
    "manage:": (("Role", ""), ("RoleBinding", "")),
    "tls": (("Secret", ""),),
    "secret:": (("Secret", ""),),
    "deployment": (("Deployment", DEPLOYMENT_NAME),),
    "deny-ingress": (("NetworkPolicy", DENY_INGRESS),),
    "admit-clients": (("NetworkPolicy", ADMIT_CLIENTS),),
    "service": (("Service", DEPLOYMENT_NAME),),
}
"""Kinds and names of the component's Kubernetes objects by part, which ends the logical name `<team>-<part>`. A part
that ends in a colon is followed by the name of a namespace or client; an empty name is chosen by the settings, or by
Pulumi."""


def part(kind: str, logical_name: str) -> str:
    """Return the part that an object is of the component; empty if none.

    Args:
        kind: of the object, in its own words: `Deployment`.
        logical_name: of the resource, which a component made.
    """
    # Longest first, because the Secret of a client called `a-tls` also ends like the TLS Secret.
    for name in sorted(PARTS, key=len, reverse=True):
        if not any(kind == word for word, _ in PARTS[name]):
            continue
        if f"-{name}" in logical_name if name.endswith(":") else logical_name.endswith(f"-{name}"):
            return name
    return ""

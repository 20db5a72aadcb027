"""Names: which ones Kubernetes takes, and which ones are kept for Kubernetes itself."""

import re

from tiller_facts.identity import DEPLOYMENT_NAME, LOOPBACK

LONGEST_LABEL = 63
"""Characters in an RFC 1123 label, the form of a namespace's name (Kubernetes documentation, Object Names and IDs)."""

LONGEST_SUBDOMAIN = 253
"""Characters in an RFC 1123 subdomain, the form of a ServiceAccount's name (same source)."""

LABEL_RULE = "must be an RFC 1123 label: 1 to 63 lower case letters, digits or '-', with a letter or digit at each end"
SUBDOMAIN_RULE = "must be an RFC 1123 subdomain: labels of lower case letters, digits or '-' joined by '.', at most 253"

LABEL_PAIR_RULE = (
    "must be a Kubernetes key and value: [prefix/]name of at most 63 letters, digits, '-', '_' or '.', with a letter "
    "or digit at each end; the value has the form of the name"
)

_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?", re.ASCII)
_WORD = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?", re.ASCII)


def is_label(name: str) -> bool:
    """Return whether a name is an RFC 1123 label."""
    return len(name) <= LONGEST_LABEL and _LABEL.fullmatch(name) is not None


def is_subdomain(name: str) -> bool:
    """Return whether a name is an RFC 1123 subdomain."""
    return len(name) <= LONGEST_SUBDOMAIN and all(_LABEL.fullmatch(part) for part in name.split("."))


def is_cluster_namespace(name: str) -> bool:
    """Return whether a namespace is the cluster's: `default`, or with the prefix `kube-`, which Kubernetes reserves.

    Source: Kubernetes documentation, Namespaces, "avoid creating namespaces with the prefix kube-".
    """
    return name == "default" or name.startswith("kube-")


def is_reserved_subject(name: str) -> bool:
    """Return whether a user or group is one of Kubernetes' own.

    Source: Kubernetes documentation, Using RBAC Authorization: "the prefix system: is reserved".
    """
    return name.startswith("system:")


def tiller_namespace(name: str) -> str:
    """Return the default name of the namespace of the Tiller called `name`."""
    return f"{name}-tiller"


def is_label_key(key: str) -> bool:
    """Return whether a text is a qualified name, the form of the key of a label or annotation."""
    prefix, slash, name = key.rpartition("/")
    return (not slash or is_subdomain(prefix)) and 0 < len(name) <= LONGEST_LABEL and _WORD.fullmatch(name) is not None


def is_label_value(value: str) -> bool:
    """Return whether a text can be the value of a label."""
    return not value or (len(value) <= LONGEST_LABEL and _WORD.fullmatch(value) is not None)


def server_names(namespace: str, *, exposed: bool) -> tuple[str, ...]:
    """Return the names by which clients verify a Tiller's certificate.

    Args:
        namespace: Tiller's.
        exposed: whether clients connect through the Service too, not through a port-forward alone.
    """
    service = f"{DEPLOYMENT_NAME}.{namespace}"
    return (
        LOOPBACK,
        *((DEPLOYMENT_NAME, service, f"{service}.svc", f"{service}.svc.cluster.local") if exposed else ()),
    )

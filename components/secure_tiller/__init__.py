"""One secured Tiller per team on a shared Kubernetes cluster."""

from secure_tiller.args import (
    CertificatesArgs,
    ClientArgs,
    ClientSecretArgs,
    LifetimeArgs,
    ManagedNamespaceArgs,
    PodArgs,
    ResourcesArgs,
    RightsArgs,
    RuleArgs,
    SecureTillerArgs,
    ServerCertificateArgs,
    ServiceAccountSubjectArgs,
    SubjectsArgs,
    TolerationArgs,
)
from secure_tiller.component import SecureTiller
from secure_tiller.problems import ClusterError, ConfigurationError, Problem
from secure_tiller.version import VERSION

__version__ = VERSION

__all__ = [
    "CertificatesArgs",
    "ClientArgs",
    "ClientSecretArgs",
    "ClusterError",
    "ConfigurationError",
    "LifetimeArgs",
    "ManagedNamespaceArgs",
    "PodArgs",
    "Problem",
    "ResourcesArgs",
    "RightsArgs",
    "RuleArgs",
    "SecureTiller",
    "SecureTillerArgs",
    "ServerCertificateArgs",
    "ServiceAccountSubjectArgs",
    "SubjectsArgs",
    "TolerationArgs",
    "__version__",
]

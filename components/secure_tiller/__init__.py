"""One secured Tiller per team on a shared Kubernetes cluster."""

from secure_tiller.args import (
    ClientArgs,
    ManagedNamespaceArgs,
    SecureTillerArgs,
    ServiceAccountSubjectArgs,
    SubjectsArgs,
)
from secure_tiller.component import SecureTiller
from secure_tiller.problems import ClusterError, ConfigurationError, Problem
from secure_tiller.version import VERSION

__version__ = VERSION

__all__ = [
    "ClientArgs",
    "ClusterError",
    "ConfigurationError",
    "ManagedNamespaceArgs",
    "Problem",
    "SecureTiller",
    "SecureTillerArgs",
    "ServiceAccountSubjectArgs",
    "SubjectsArgs",
    "__version__",
]

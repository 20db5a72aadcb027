"""One secured Tiller per team on a shared Kubernetes cluster."""

from typing import TYPE_CHECKING

from secure_tiller import lazy
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

if TYPE_CHECKING:
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
else:
    _MODULES = dict.fromkeys(__all__, "args") | {
        "SecureTiller": "component",
        "ClusterError": "problems",
        "ConfigurationError": "problems",
        "Problem": "problems",
    }

    def __getattr__(name: str) -> object:
        """Load a name at its first use: Pulumi takes long to load, and most commands need none of it."""
        return lazy.attribute(__name__, _MODULES, name)

    def __dir__() -> list[str]:
        return sorted({*globals(), *__all__})

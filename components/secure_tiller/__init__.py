"""One secured Tiller per team on a shared Kubernetes cluster."""

from importlib import import_module
from typing import TYPE_CHECKING

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
else:

    def __getattr__(name: str) -> object:
        """Load a name at its first use: to load the providers takes a second, and the command needs none of them."""
        if name not in __all__:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        module = "component" if name == "SecureTiller" else "args"
        return getattr(import_module(f"{__name__}.{module}"), name)

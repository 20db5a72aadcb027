"""The program of a stack: one secured Tiller for each team of the stack's configuration."""

import pulumi

from secure_tiller.component import SecureTiller
from secure_tiller_stack import deployment
from secure_tiller_stack.configuration import KEYS, NAMESPACE, TEXTS, Stack, read_stack


def run() -> None:
    """Register the Tillers of the stack's configuration, as `deploy` does, and export what their teams need.

    Raises:
        ConfigurationError: the configuration is refused; the cluster was not asked.
        ClusterError: the cluster is refused; nothing was registered.
    """
    for name, tiller in deployment.create(_configuration()).items():
        _export(name, tiller)


def _configuration() -> Stack:
    config = pulumi.Config(NAMESPACE)
    keys = pulumi.runtime.get_config_env()
    return read_stack(
        pulumi.get_project(),
        keys=keys,
        values={key: config.get(key) if key in TEXTS else config.get_object(key) for key in KEYS},
        secret={key for key in keys if pulumi.runtime.is_config_secret(key)},
    )


def _export(name: str, tiller: SecureTiller) -> None:
    pulumi.export(
        name,
        {
            "namespace": tiller.namespace,
            "serviceAccount": tiller.service_account,
            "caCertificate": tiller.ca_certificate,
            "expirations": tiller.expirations,
            "bundles": tiller.bundles,
        },
    )

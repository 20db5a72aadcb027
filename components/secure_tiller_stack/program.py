"""The program of a stack: one secured Tiller for each team of the stack's configuration."""

from pathlib import Path

import pulumi

from secure_tiller.component import SecureTiller
from secure_tiller.problems import ConfigurationError, Problem
from secure_tiller_stack import deployment
from secure_tiller_stack.collector import collect_rarely
from secure_tiller_stack.configuration import KEYS, NAMESPACE, SERVER_KEYS, TEXTS, Stack, read_stack
from secure_tiller_stack.foreign_data import json_value
from secure_tiller_stack.stack_file import plain_values


def run() -> None:
    """Register the Tillers of the stack's configuration, as `deploy` does, and export what their teams need.

    Raises:
        ConfigurationError: the configuration is refused; the cluster was not asked.
        ClusterError: the cluster is refused; nothing was registered.
    """
    collect_rarely()
    for name, tiller in deployment.create(_configuration()).items():
        _export(name, tiller)


def _configuration() -> Stack:
    config = pulumi.Config(NAMESPACE)
    keys = pulumi.runtime.get_config_env()
    secret = {key for key in keys if pulumi.runtime.is_config_secret(key)}
    texts = {key: config.get(key) for key in KEYS}
    return read_stack(
        pulumi.get_project(),
        keys=keys,
        values={key: text if text is None or key in TEXTS else _data(key, text) for key, text in texts.items()},
        secret=secret,
        plain_server_keys=_plain_server_keys() if SERVER_KEYS in secret else (),
    )


def _plain_server_keys() -> frozenset[str]:
    return plain_values(Path(pulumi.get_root_directory() or "."), pulumi.get_stack(), SERVER_KEYS)


def _data(key: str, text: str) -> object:
    """Return the data that a value is; the SDK would print one that is none, whatever it holds."""
    try:
        return json_value(text)
    except ValueError as error:
        why = "must be a map, and is a text; it is not shown, because it can hold credentials"
        remedy = f"write a map below `{NAMESPACE}:{key}` in the stack's file; if credentials stand there, change them"
        raise ConfigurationError([Problem("", f"{NAMESPACE}:{key}", "(not shown)", why, remedy)]) from error


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

"""A stack's state, with its secrets in clear: read, and changed by `tests.ageing`. It stays in memory."""

import json
from typing import Any, Self

from testbed.pulumi_stack import Stack


class State:
    """A stack's state.

    Attributes:
        content: the output of `pulumi stack export --show-secrets`.
    """

    def __init__(self, content: Any) -> None:
        """Take the state as it is exported."""
        self.content = content

    @classmethod
    def of(cls, stack: Stack) -> Self:
        """Read a stack's state."""
        return cls(json.loads(stack.export(secrets=True)))

    def certificate(self, name: str) -> str:
        """Return the PEM of a certificate that a CA signed, by its logical name."""
        return _plain(self.outputs("LocallySignedCert", name)["certPem"])

    def authority(self, name: str) -> str:
        """Return the PEM of a CA by its logical name."""
        return _plain(self.outputs("SelfSignedCert", name)["certPem"])

    def private_key(self, name: str) -> str:
        """Return the PEM of a private key by its logical name, with or without its generation."""
        return _plain(self.outputs("PrivateKey", name)["privateKeyPem"])

    def outputs(self, kind: str, name: str) -> Any:
        """Return the outputs of the one resource of a kind and logical name."""
        named = {
            resource["urn"].rsplit("::", 1)[-1]: resource["outputs"]
            for resource in self.content["deployment"]["resources"]
            if resource["type"].endswith(f":{kind}")
        }
        (found,) = [outputs for each, outputs in named.items() if name in (each, each.split("@")[0])]
        return found


def _plain(value: Any) -> str:
    """Return an output, secret or not, as text: the engine keeps a secret as JSON within JSON."""
    return str(json.loads(value["plaintext"]) if isinstance(value, dict) else value)

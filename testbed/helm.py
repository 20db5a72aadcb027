"""Runs the real Helm 2 client as one of Tiller's clients."""

import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from secure_tiller_cli.diagnosis import Credentials


@dataclass(frozen=True)
class Helm:
    """A client of one Tiller, with its files where Helm looks for them.

    Attributes:
        environment: the process environment: PATH with helm, KUBECONFIG.
        home: HELM_HOME; `ca.pem`, `cert.pem` and `key.pem` lie in it.
        namespace: Tiller's namespace.
    """

    environment: Mapping[str, str]
    home: Path
    namespace: str

    @staticmethod
    def of(bundle: Credentials, environment: Mapping[str, str], home: Path, namespace: str) -> "Helm":
        """A client that holds a bundle; the files are for its eyes only."""
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        for name, pem in (("ca.pem", bundle.ca), ("cert.pem", bundle.cert), ("key.pem", bundle.key)):
            file = home / name
            file.touch(mode=0o600)
            file.write_text(pem)
        return Helm(environment, home, namespace)

    def run(self, *arguments: str, tls: bool = True, seconds: float = 120) -> "subprocess.CompletedProcess[str]":
        """Run `helm` with verified TLS, or without any; a failure is the caller's to judge."""
        return subprocess.run(
            self._command(*arguments, tls=tls),
            env=self._environment(),
            capture_output=True,
            text=True,
            timeout=seconds,
            check=False,
        )

    def begin(self, *arguments: str) -> "subprocess.Popen[str]":
        """Start `helm` with verified TLS; the caller waits for its end."""
        return subprocess.Popen(
            self._command(*arguments, tls=True),
            env=self._environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def _command(self, *arguments: str, tls: bool) -> list[str]:
        verified = ["--tls", "--tls-verify"] if tls else []
        return ["helm", *arguments, f"--tiller-namespace={self.namespace}", "--tiller-connection-timeout=5", *verified]

    @property
    def shell(self) -> dict[str, str]:
        """The variables with which `helm` in a shell acts as this client, with verified TLS."""
        verified = {"HELM_TLS_ENABLE": "true", "HELM_TLS_VERIFY": "true"}
        return {**self._environment(), **verified, "TILLER_NAMESPACE": self.namespace}

    def _environment(self) -> dict[str, str]:
        return {**without_settings(self.environment), "HELM_HOME": str(self.home)}


def without_settings(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the variables without those of Helm: HELM_HOST, above all, would lead to another Tiller."""
    return {name: value for name, value in environment.items() if not name.startswith(("HELM_", "TILLER_"))}

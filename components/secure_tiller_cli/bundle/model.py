"""A bundle and the files that hold it: their names, the environment among them, and what belongs together."""

import re
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from cryptography import x509

from secure_tiller.plan import pem
from secure_tiller.problems import Problem, RefusedError
from tiller_facts.identity import LOOPBACK

CA, CERTIFICATE, KEY, ENVIRONMENT = "ca.pem", "cert.pem", "key.pem", "env"
"""The first three are the names that Helm 2.17 looks for in its home (cmd/helm/helm.go, tlsCaCertDefault)."""
FILES = (CA, CERTIFICATE, KEY, ENVIRONMENT)
HOSTNAME = LOOPBACK
"""The name that Helm verifies in the certificate of a Tiller behind its port-forward; all of ours carry it."""
ANOTHER = "give the folder that secure-tiller bundle has written, or write it again"

_HERE = "secure_tiller_bundle"
_UNKNOWN = "(not told)"
"""Part of the form of `env`: a bundle that an earlier version wrote is recognized by its first line."""
_OWNER = re.compile(rf"# client (?P<client>.*), team (?P<team>.*), stack (?:{re.escape(_UNKNOWN)}|(?P<stack>.*))")


class BundleError(RefusedError):
    """The folder cannot take the bundle, or holds none that Helm could use."""

    headline = "The bundle is refused"


def problem(file: Path, why: str, remedy: str, value: str = "") -> Problem:
    """Return the problem of a file or folder."""
    return Problem("", str(file), value, why, remedy)


@dataclass(frozen=True)
class Bundle:
    """A client's credentials for one Tiller, and how Helm reaches it."""

    stack: str
    """`<organization>/<project>/<stack>`; empty when an earlier version of the component made the Tiller."""
    team: str
    client: str
    """With stack and team empty where the folder does not say whose the bundle is."""
    namespace: str
    """Tiller's: TILLER_NAMESPACE."""
    ca: str
    certificate: str
    key: str = field(repr=False)
    """Empty: the client made its own, and has it."""
    hostname: str = HOSTNAME
    """The name that the server's certificate must carry: HELM_TLS_HOSTNAME."""

    @property
    def owner(self) -> str:
        """The client, team and stack, in one line."""
        return f"client {self.client}, team {self.team}, stack {self.stack or _UNKNOWN}"

    def files(self, folder: str) -> Mapping[str, str]:
        """Return the content of each file by its name.

        Args:
            folder: where they will lie, as the shell is to read it.
        """
        pems = {CA: self.ca, CERTIFICATE: self.certificate, **({KEY: self.key} if self.key else {})}
        return {**pems, ENVIRONMENT: "".join(f"{line}\n" for line in self._environment(folder))}

    def _environment(self, folder: str) -> Iterator[str]:
        yield f"# {self.owner}"
        # HELM_HOST would lead past the port-forward. HELM_HOME stays: repositories and plugins are the user's own.
        yield "unset HELM_HOST"
        yield f"{_HERE}={folder}"
        yield f"export TILLER_NAMESPACE={shlex.quote(self.namespace)}"
        yield f"export HELM_TLS_ENABLE=true HELM_TLS_VERIFY=true HELM_TLS_HOSTNAME={shlex.quote(self.hostname)}"
        for name, file in (("CA_CERT", CA), ("CERT", CERTIFICATE), ("KEY", KEY)):
            yield f'export HELM_TLS_{name}="${_HERE}"/{file}'
        yield f"unset {_HERE}"


def of_files(files: Mapping[str, str]) -> Bundle:
    """Return the bundle that files hold; of `env`, which is a shell's to read, TILLER_NAMESPACE and HELM_TLS_HOSTNAME.

    Args:
        files: the content of all four, by name.
    """
    named = _OWNER.match(files[ENVIRONMENT])
    owner = named.groupdict("") if named else {"stack": "", "team": "", "client": ""}
    variables = _variables(files[ENVIRONMENT])
    namespace, hostname = variables.get("TILLER_NAMESPACE", ""), variables.get("HELM_TLS_HOSTNAME") or HOSTNAME
    return Bundle(
        **owner, namespace=namespace, ca=files[CA], certificate=files[CERTIFICATE], key=files[KEY], hostname=hostname
    )


def faults(files: Mapping[str, str]) -> Iterator[tuple[str, str, str]]:
    """Yield file, why and remedy of each file that is not what its name says, or does not belong to the others.

    Args:
        files: the content of those that could be read, by name.
    """
    certificates: dict[str, tuple[x509.Certificate, ...]] = {}
    for name in (CA, CERTIFICATE):
        try:
            certificates[name] = pem.certificates(files[name]) if name in files else ()
        except pem.UnreadableError as error:
            yield name, f"does not hold certificates: {error}", ANOTHER
    if KEY in files and certificates.get(CERTIFICATE) and not pem.is_key_of(files[KEY], certificates[CERTIFICATE][0]):
        why = f"is not the key of the certificate in {CERTIFICATE}, as one unencrypted PEM block"
        yield KEY, why, "take both from one bundle, or write it again"
    if ENVIRONMENT in files and not _variables(files[ENVIRONMENT]).get("TILLER_NAMESPACE"):
        yield ENVIRONMENT, "exports no TILLER_NAMESPACE that can be read", ANOTHER


def _variables(env: str) -> dict[str, str]:
    """Return what the lines `export NAME=value ...` set; lines that only a shell understands are left out."""
    found: dict[str, str] = {}
    for line in env.splitlines():
        try:
            word, *pairs = shlex.split(line, comments=True) or [""]
        except ValueError:
            continue
        if word == "export":
            found |= {name: value for name, _, value in (pair.partition("=") for pair in pairs)}
    return found

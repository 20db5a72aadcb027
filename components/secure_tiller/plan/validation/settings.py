"""The settings that a check looks at, and how it reports what is wrong."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from secure_tiller.args import (
    CertificatesArgs,
    ClientArgs,
    ClientSecretArgs,
    ManagedNamespaceArgs,
    PodArgs,
    RightsArgs,
    SecureTillerArgs,
    SubjectsArgs,
)
from secure_tiller.plan import names
from secure_tiller.plan.pem import Fault
from secure_tiller.problems import Problem, shown


@dataclass(frozen=True)
class Settings:
    """The settings of one team, of the right form; required keys may still be missing."""

    name: str
    args: SecureTillerArgs = field(repr=False)  # a private key can be among them

    @property
    def namespace(self) -> str:
        return self.args.get("namespace", names.tiller_namespace(self.name))

    @property
    def namespaces(self) -> Mapping[str, ManagedNamespaceArgs]:
        return self.args.get("namespaces", {})

    @property
    def clients(self) -> Mapping[str, ClientArgs]:
        return self.args.get("clients", {})

    @property
    def subjects(self) -> SubjectsArgs:
        return self.args.get("subjects", {})

    @property
    def rights(self) -> RightsArgs:
        return self.args.get("rights", {})

    @property
    def certificates(self) -> CertificatesArgs:
        return self.args.get("certificates", {})

    @property
    def generation(self) -> int:
        return self.certificates.get("generation", 1)

    @property
    def server_cas(self) -> Sequence[int]:
        return self.certificates.get("server_cas", (1,))

    @property
    def secrets(self) -> Mapping[str, ClientSecretArgs]:
        """By client, the Secret that receives its bundle."""
        return {name: client["secret"] for name, client in sorted(self.clients.items()) if "secret" in client}

    @property
    def pod(self) -> PodArgs:
        return self.args.get("pod", {})

    def problem(self, key: str, value: object, why: str, remedy: str) -> Problem:
        return Problem(self.name, key, shown(value), why, remedy)

    def hidden(self, key: str, fault: Fault) -> Problem:
        """Return the problem of a PEM: its text says nothing to a reader, and could be a key."""
        return Problem(self.name, key, "(not shown)", fault.why, fault.remedy)


Check = Callable[[Settings], Iterator[Problem]]
"""Looks at the settings of one team and yields what is wrong with them. Asks neither the clock nor the cluster."""

"""What each Tiller's pod must be, and each pod that calls a Tiller."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from tiller_policies import flags
from tiller_policies.resources import Resource
from tiller_policies.rule import Violation
from tiller_policies.tillers import Tiller, Workload, tillers, workloads
from tiller_policies.values import UNKNOWN, NotKnownError, as_far_as_known, at

LIMITS = ("cpu", "memory")

CLIENT = ("HELM_HOST", "HELM_TLS_ENABLE", "HELM_TLS_CA_CERT", "HELM_TLS_CERT", "HELM_TLS_KEY", "HELM_TLS_HOSTNAME")
"""What only Helm 2 reads (Helm 2.17, pkg/helm/environment): a container that has one calls a Tiller."""


def verify_clients(resources: Sequence[Resource]) -> Iterator[Violation]:
    """Tiller asks for certificates, of a CA that somebody chose."""
    for tiller in tillers(resources):
        yield from as_far_as_known(_verify_clients(tiller))


def _verify_clients(tiller: Tiller) -> Iterator[Violation]:
    settings = tiller.settings
    if not settings.verifies:
        yield Violation(tiller.resource, f"{tiller} answers clients without a certificate")
    elif not settings.client_cas:
        # Helm 2.17, pkg/tlsutil: with an empty path Go takes the CAs of the operating system.
        yield Violation(tiller.resource, f"{tiller} trusts the certificates of every public CA")


def store_in_secrets(resources: Sequence[Resource]) -> Iterator[Violation]:
    """Tiller keeps releases in Secrets."""
    for tiller in tillers(resources):
        yield from as_far_as_known(_store_in_secrets(tiller))


def _store_in_secrets(tiller: Tiller) -> Iterator[Violation]:
    if tiller.settings.storage != "secret":
        yield Violation(tiller.resource, f"{tiller} keeps its releases, with all values of charts, not in Secrets")


def own_account(resources: Sequence[Resource]) -> Iterator[Violation]:
    """Tiller runs as a ServiceAccount made for it."""
    for tiller in tillers(resources):
        yield from as_far_as_known(_own_account(tiller))


def _own_account(tiller: Tiller) -> Iterator[Violation]:
    if tiller.account == "default":
        yield Violation(tiller.resource, f"{tiller} runs as the ServiceAccount of any pod in its namespace")


def limited(resources: Sequence[Resource]) -> Iterator[Violation]:
    """Tiller cannot starve its node."""
    for tiller in tillers(resources):
        yield from as_far_as_known(_limited(tiller))


def _limited(tiller: Tiller) -> Iterator[Violation]:
    places = (tiller.container, tiller.spec)  # of the container, or of its whole pod
    if missing := [name for name in LIMITS if not any(at(place, "resources", "limits", name) for place in places)]:
        yield Violation(tiller.resource, f"{tiller} has no limit of {' and '.join(missing)}")


def clients_verify(resources: Sequence[Resource]) -> Iterator[Violation]:
    """A Helm client in a pod checks whom it talks to."""
    for workload in workloads(resources):
        yield from as_far_as_known(_clients_verify(workload))


def _clients_verify(workload: Workload) -> Iterator[Violation]:
    for container in workload.containers:
        if any(_trusts_anybody(container)):
            what = f"{workload.resource} runs a Helm client that talks to any server in Tiller's place"
            yield Violation(workload.resource, what)


def _trusts_anybody(container: Mapping[str, Any]) -> Iterator[bool]:
    """Whether it checks no certificate, for each call of the client that speaks of TLS, or else for all."""
    environment = flags.variables(container)
    every = [_switches(call) for call in flags.calls("helm", flags.words(container))]
    of_all: list[dict[str, str]] = [{}] if any(name in environment for name in CLIENT) else []
    for call in [call for call in every if call] or of_all:
        said = call.get("tls-verify", environment.get("HELM_TLS_VERIFY"))
        if said is UNKNOWN:
            raise NotKnownError
        yield said not in flags.TRUE


def _switches(call: Sequence[str]) -> dict[str, str]:
    """The flags about TLS of a call of Helm's client, which may stand anywhere in it."""
    switches = (word.removeprefix("--").partition("=") for word in call if word.startswith("--tls"))
    return {name: value if given else "true" for name, given, value in switches}

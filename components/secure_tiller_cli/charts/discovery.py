"""The kinds that the cluster serves, by its discovery API, which everybody may read."""

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Any
from urllib.parse import quote

import urllib3

from secure_tiller_stack.cluster.api import call
from secure_tiller_stack.cluster.connection import AT_ONCE, UNREADABLE, answering, clients
from secure_tiller_stack.cluster.lister import Json
from tiller_facts.kinds import Kind

MOVED = ("apps", "networking.k8s.io", "policy", "batch", "autoscaling", "storage.k8s.io", "rbac.authorization.k8s.io")
"""Groups of Kubernetes itself in which kinds of older groups went on, above all of `extensions`."""


@dataclass(frozen=True)
class Served:
    """A kind in one version of its API."""

    api_version: str
    """`apps/v1`; of the core group `v1`."""
    name: str
    """As in a manifest: `Deployment`."""
    resource: str
    """In the plural: `deployments`."""
    namespaced: bool

    @property
    def kind(self) -> Kind:
        """The kind, as rights name it."""
        return Kind(group(self.api_version), self.resource)


@dataclass(frozen=True)
class Discovery:
    """The kinds that the API server and those behind it serve."""

    version: str
    """Of Kubernetes: `1.36`."""
    release: str
    """The whole of it, without what a vendor builds it from: `v1.36.3`."""
    served: tuple[Served, ...]
    """In the order of the versions: of each group the preferred one first."""
    api_versions: frozenset[str] = frozenset()
    """All that are offered, also those without an answer."""
    unanswered: frozenset[str] = frozenset()
    """API versions whose server did not answer: nobody knows which kinds they have."""
    minor: str = "0"
    """The minor version as the cluster says it: `36`, or `36+`."""

    def find(self, api_version: str, kind: str) -> Served | None:
        """Return a kind of an API version; None: it is not served."""
        return next((each for each in self.served if (each.api_version, each.name) == (api_version, kind)), None)

    def successor(self, api_version: str, kind: str) -> Served | None:
        """Return the same kind where it is served now: in its own group, else where Kubernetes moved it to."""
        found = [each for each in self.served if each.name == kind]
        for wanted in (group(api_version), *(MOVED if _is_of_kubernetes(api_version) else ())):
            for each in found:
                if group(each.api_version) == wanted:
                    return each
        return None

    @property
    def capabilities(self) -> tuple[str, ...]:
        """The `.Capabilities.APIVersions` that Tiller shows to charts (Helm 2.17, GetAllVersionSet)."""
        kinds = {f"{each.api_version}/{each.name}" for each in self.served}
        return tuple(sorted(self.api_versions | kinds))


def group(api_version: str) -> str:
    """Return the group of an API version; empty: the core group."""
    return api_version.rpartition("/")[0]


def _is_of_kubernetes(api_version: str) -> bool:
    name = group(api_version)
    return "." not in name or name.endswith(".k8s.io")


@answering()
def discover(client: Any) -> Discovery:
    """Ask a cluster which kinds it serves.

    Raises:
        ApiException: it does not say which API versions it has; what one of them does not say is kept as unanswered.
    """
    found = call(client, "GET", "/version")
    versions = ["v1", *_versions(call(client, "GET", "/apis")["groups"])]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        answers = dict(zip(versions, pool.map(partial(_resources, client), versions), strict=True))
    return Discovery(
        version=".".join("".join(filter(str.isdigit, part)) for part in (found["major"], found["minor"])),
        release=found["gitVersion"].partition("+")[0],
        served=tuple(each for listed in answers.values() for each in listed or ()),
        api_versions=frozenset(versions),
        unanswered=frozenset(version for version, listed in answers.items() if listed is None),
        minor=found["minor"],
    )


def _versions(groups: Iterable[Json]) -> Iterator[str]:
    for each in groups:
        offered = [version["groupVersion"] for version in each["versions"]]
        preferred = (each.get("preferredVersion") or {}).get("groupVersion")
        yield from sorted(offered, key=lambda version: version != preferred)


def _resources(client: Any, api_version: str) -> list[Served] | None:
    """Return the kinds of an API version, without subresources; None: its server does not answer."""
    try:
        listed = call(client, "GET", f"/{'apis' if '/' in api_version else 'api'}/{quote(api_version)}")["resources"]
        found = [each for each in listed if "/" not in each["name"]]
        return [Served(api_version, each["kind"], each["name"], bool(each["namespaced"])) for each in found]
    except (clients.ApiException, urllib3.exceptions.HTTPError, TimeoutError, *UNREADABLE):
        return None

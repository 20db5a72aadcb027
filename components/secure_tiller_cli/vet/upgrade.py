"""The revision that an upgrade changes, and what makes Tiller refuse the upgrade at once.

Source: Helm 2.17, pkg/tiller/release_update.go (prepareUpdate) and pkg/kube/client.go (UpdateWithOptions).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from secure_tiller_cli.charts import RELEASE, Concern, Discovery, Effect, Group, Manifest, ManifestError, read
from secure_tiller_cli.foreign_text import word
from secure_tiller_cli.releases import Kind, Release, Status, storage
from secure_tiller_cli.releases.encoding import manifests
from secure_tiller_cli.state import DeployedTiller
from secure_tiller_stack.cluster.api import unless_refused
from secure_tiller_stack.cluster.lister import RELEASES, items
from tiller_facts.kinds import SECRETS

Place = tuple[str, str, str]
"""Kind, namespace and name, by which Tiller identifies an object of a release (pkg/kube/result.go)."""


@dataclass(frozen=True)
class Previous:
    """The objects of the deployed revision, without its hooks."""

    namespace: str
    objects: Mapping[Place, Manifest] = field(default_factory=dict)
    known: bool = True
    """Whether the release could be read."""
    concerns: tuple[Concern, ...] = ()

    def of(self, manifest: Manifest) -> Manifest | None:
        """Return the object as the deployed revision has it; None: it has none of this name."""
        return self.objects.get(_place(manifest, self.namespace))


def previous(client: Any, tiller: DeployedTiller, name: str, namespace: str, discovery: Discovery) -> Previous:
    """Read the deployed revision of a release of a team's Tiller.

    Args:
        client: of the cluster; its account must be allowed to list the Secrets of Tiller's namespace.
        tiller: the team's.
        name: the release's.
        namespace: the one that the caller gives for the release.
        discovery: of the cluster.
    """
    stored = unless_refused(None, storage.read, client, Kind.SECRET, tiller.namespace, release=name)
    if stored is None or stored.unreadable:
        why = (
            f"{stored.unreadable[0]} {stored.unreadable[0].why}"
            if stored
            else "your account may not list Secrets there"
        )
        text = f"not checked: the deployed revision of {name} in {tiller.namespace}: {why}"
        concern = Concern(Group.CANNOT_INSTALL, Effect.NOT_CHECKED, text, "use an account that may read its records")
        return Previous(namespace, known=False, concerns=(concern,))
    revisions = [record.release for record in stored.records]
    deployed = [record for record in stored.records if record.release.status is Status.DEPLOYED]
    try:
        text = manifests(deployed[-1].encoded)[0] if deployed else ""
        found = [each for each in read(text) if not each.hooks]
    except ManifestError as error:
        look = f"look at it: helm get manifest {_release(name, tiller)}"
        stops = [_stops(f"the manifest of the release {name} {error.problems[0].why}", look)]
        return Previous(namespace, concerns=tuple(stops))
    if not deployed:
        text = f"{name} has no deployed revision, and Tiller upgrades no other"
        return Previous(namespace, concerns=(_stops(text, f"see: helm history {_release(name, tiller)}"),))
    stops = list(_stopping(namespace, revisions, found, discovery))
    return Previous(namespace, {_place(each, namespace): each for each in found}, concerns=tuple(stops))


def taken(client: Any, tiller: DeployedTiller, name: str) -> Iterator[Concern]:
    """Yield a finding if the name of the release is in use; nothing without a name.

    Only the metadata of the records is read. A release that was deleted and not purged keeps its name.

    Args:
        client: of the cluster.
        tiller: the team's.
        name: the release's.
    """
    labels = f"{RELEASES},NAME={name}"
    found = unless_refused(None, items, client, SECRETS, tiller.namespace, labels=labels) if name else ()
    if found:
        text = f"a release {name} already exists, and Tiller installs no second one"
        yield _stops(text, f"vet its upgrade: --upgrade --name {name}; or give another name")
    elif found is None:
        why = "your account may not list Secrets in Tiller's namespace"
        text = f"whether a release {name} exists was not looked up: {why}"
        remedy = f"see: helm ls --all --tiller-namespace {word(tiller.namespace)}"
        yield Concern(Group.CANNOT_INSTALL, Effect.NOT_CHECKED, text, remedy)


def _release(name: str, tiller: DeployedTiller) -> str:
    """Return the arguments with which Helm's client finds a release of a team's Tiller."""
    return f"--tiller-namespace {word(tiller.namespace)} {word(name)}"


def _stopping(
    namespace: str, revisions: list[Release], found: list[Manifest], discovery: Discovery
) -> Iterator[Concern]:
    deployed = [each for each in revisions if each.status is Status.DEPLOYED]
    if (last := revisions[-1].status).name.startswith("PENDING_"):
        text = f"its last revision is {last.name}: another operation is in progress, or was cut off"
        yield _stops(text, "wait for its end, or roll it back")
    if deployed[-1].namespace != namespace:
        yield _stops(f"the release is in {deployed[-1].namespace}", "give that namespace with --namespace")
    for each in found:
        if each.api_version not in discovery.unanswered and not discovery.find(each.api_version, each.kind):
            text = f"the deployed revision has a {each.kind} of {each.api_version}, which the cluster no longer serves"
            yield _stops(text, RELEASE)


def _stops(text: str, remedy: str) -> Concern:
    return Concern(Group.CANNOT_INSTALL, Effect.STOPS, text, remedy)


def _place(manifest: Manifest, namespace: str) -> Place:
    return manifest.kind, manifest.namespace or namespace, manifest.name

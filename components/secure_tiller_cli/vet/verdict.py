"""All findings about a chart, and the outcome."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

from secure_tiller_cli.charts import Concern, Effect, Group, Manifest, discover, examine, read
from secure_tiller_cli.state import DeployedTiller
from secure_tiller_cli.vet.asking import Asker
from secure_tiller_cli.vet.chart import Chart, Values
from secure_tiller_cli.vet.exactness import rendered_differently
from secure_tiller_cli.vet.objects import objects as ask
from secure_tiller_cli.vet.pods import pods
from secure_tiller_cli.vet.record import too_large
from secure_tiller_cli.vet.sequence import Place, clashing_hooks, place_of
from secure_tiller_cli.vet.upgrade import Previous, previous, taken
from tiller_facts import values as facts
from tiller_facts import versions

LONGEST = 53
"""Characters of the name of a release (Helm 2.17, pkg/tiller/release_server.go, releaseNameMaxLen)."""


class Outcome(StrEnum):
    """The result of all findings."""

    FITS = "fits"
    NOT_CHECKED = "not checked"
    STOPPED = "stopped"


@dataclass(frozen=True)
class Verdict:
    """The objects of a chart, and the findings about it."""

    objects: tuple[Manifest, ...]
    findings: tuple[Concern, ...]
    """Group by group."""
    asked: Mapping[Manifest, str] = field(default_factory=dict)
    """By object, the account of its dry run, or why there was none."""

    def count(self, severity: Effect) -> int:
        """Return how many findings are of a severity."""
        return sum(finding.severity is severity for finding in self.findings)

    @property
    def outcome(self) -> Outcome:
        """The result. A chart with something unchecked never fits."""
        if self.count(Effect.STOPS):
            return Outcome.STOPPED
        return Outcome.NOT_CHECKED if self.count(Effect.NOT_CHECKED) else Outcome.FITS


def vet(
    client: Any,
    chart: Chart,
    tiller: DeployedTiller,
    namespace: str,
    *,
    name: str,
    values: Values,
    keyring: Path | None,
    upgrade: bool = False,
) -> Verdict:
    """Render a chart and find what would go wrong if a team installed it, or upgraded a release to it.

    Args:
        client: of the team's cluster.
        chart: the chart.
        tiller: the team's.
        namespace: of the team, for the release.
        name: of the release; empty: Helm's stand-in.
        values: the user's.
        keyring: the public keys of those who may have signed the chart; None: the signature is not checked.
        upgrade: whether an upgrade of the release of this name is vetted.

    Raises:
        ChartError: it does not render.
        ManifestError: its manifests cannot be read.
        ApiException: the cluster does not answer, or refuses what everybody may ask.
    """
    discovery = discover(client)
    rendered = chart.render(namespace, name, values, discovery, upgrade=upgrade)
    objects = read(rendered)
    before = previous(client, tiller, name, namespace, discovery) if upgrade else None
    asker = Asker.of(client, tiller, objects)
    found = [
        *chart.demands(discovery, _version(tiller)),
        *filter(None, [chart.provenance(keyring), _overlong(name), rendered_differently(chart.path, discovery)]),
        *filter(None, [too_large(chart, [rendered.encode(), *values.given()], upgrade=upgrade)]),
        *_left_out(objects, upgrade=upgrade),
        *_misnamed(objects, namespace, before),
        *_unquoted(objects),
        *(() if upgrade else _no_definitions(objects)),
        *(before.concerns if before else taken(client, tiller, name)),
        *clashing_hooks(objects, namespace, before.objects.values() if before and before.known else None),
        *examine(client, objects, tiller, namespace, discovery=discovery),
        *pods(asker, objects, namespace),
    ]
    asked = ask(asker, objects, discovery, namespace, found, before)
    order = list(Group)
    ordered = sorted((*found, *asked.concerns), key=lambda finding: order.index(finding.group))
    return Verdict(objects, tuple(ordered), {each: asked.ways[each] for each in objects})


def _version(tiller: DeployedTiller) -> str:
    """Return the version of Tiller that its image names; empty: it names none."""
    containers = facts.each(tiller.pod, "spec", "containers")
    image = next((facts.text(each, "image") for each in containers if facts.text(each, "name") == "tiller"), "")
    version = versions.of_image(image)
    return f"v{versions.words(version)}" if version else ""


def _overlong(name: str) -> Concern | None:
    if len(name) <= LONGEST:
        return None
    text = f"the release's name has {len(name)} characters, and Tiller takes {LONGEST}"
    return Concern(Group.CANNOT_INSTALL, Effect.STOPS, text, "give it a shorter --name")


def _left_out(objects: tuple[Manifest, ...], *, upgrade: bool) -> Iterator[Concern]:
    """Yield findings about objects that Tiller installs for no team."""
    if all(each.hooks for each in objects):
        text = "renders no object but hooks, and Tiller installs no such release: no objects visited"
        if upgrade:
            text = "renders no object but hooks: the upgrade deletes all objects, and then fails: no objects visited"
        remedy = "enable an object in the chart's values"
        yield Concern(Group.CANNOT_INSTALL, Effect.STOPS, text, remedy, objects)
    if unknown := tuple(each for each in objects if each.left_out):
        text = (
            f"Tiller leaves it out: a hook of Helm 3 ({', '.join(sorted({h for each in unknown for h in each.hooks}))})"
        )
        remedy = "name a hook that Helm 2 knows, if you want it"
        yield Concern(Group.CANNOT_INSTALL, Effect.NOTE, text, remedy, unknown)


def _misnamed(objects: tuple[Manifest, ...], namespace: str, before: Previous | None) -> Iterator[Concern]:
    """Yield findings about objects without a name, or with the name of another."""
    remedy = "give each object a name of its own in metadata.name"
    if unnamed := tuple(each for each in objects if not each.name and not each.hooks):
        text = (
            "has no name: with metadata.generateName it can be installed once, each upgrade fails and a delete leaves "
            "it behind; without, it is refused"
        )
        yield Concern(Group.CANNOT_INSTALL, Effect.STOPS, text, remedy, unnamed)
    places = defaultdict[Place, list[Manifest]](list)
    for each in objects:
        if each.name and not each.hooks:  # hooks of one name can run one after the other
            places[place_of(each, namespace)].append(each)
    for found in places.values():
        if len(found) > 1 and not (before and before.of(found[0])):  # Tiller patches what the release has, twice
            text = f"occurs {len(found)} times: the second is refused, because the first already exists"
            yield Concern(Group.CANNOT_INSTALL, Effect.STOPS, text, remedy, tuple(found))


def _no_definitions(objects: tuple[Manifest, ...]) -> Iterator[Concern]:
    """Yield a finding for the hooks crd-install that are no CustomResourceDefinitions.

    Source: Helm 2.17, pkg/kube/client.go, pollCRDUntilEstablished.
    """
    found = [each for each in objects if "crd-install" in each.hooks and not each.left_out]
    if wrong := tuple(each for each in found if each.kind != "CustomResourceDefinition"):
        text = "is a hook crd-install and no CustomResourceDefinition, and Tiller waits until one is established"
        yield Concern(Group.CANNOT_INSTALL, Effect.STOPS, text, "make it a hook pre-install", wrong)


def _unquoted(objects: tuple[Manifest, ...]) -> Iterator[Concern]:
    """Yield a finding for each object with a label or an annotation that is no text, which the API server refuses."""
    for each in objects:
        found = [
            f"metadata.{part}{key}"
            for part in ("labels", "annotations")
            for key in _not_text(facts.at(each.content, "metadata", part))
        ]
        if found and not each.left_out:
            text = f"{', '.join(found)}: is no text, which the API server refuses"
            yield Concern(Group.CANNOT_INSTALL, Effect.STOPS, text, "quote the value in the template: | quote", (each,))


def _not_text(words: Any) -> Iterator[str]:
    if isinstance(words, Mapping):
        yield from (f".{key}" for key, value in words.items() if not isinstance(value, str | None))
    elif words is not None:
        yield ""

"""All findings about a chart, and the outcome."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from secure_tiller_cli.charts import Concern, Effect, Group, Manifest, discover, examine, read
from secure_tiller_cli.charts.discovery import group
from secure_tiller_cli.state import DeployedTiller
from secure_tiller_cli.vet.chart import Chart, Values
from secure_tiller_cli.vet.pods import pods


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
) -> Verdict:
    """Render a chart and find what would go wrong if a team installed it.

    Args:
        client: of the team's cluster.
        chart: the chart.
        tiller: the team's.
        namespace: of the team, for the release.
        name: of the release; empty: Helm's stand-in.
        values: the user's.
        keyring: the public keys of those who may have signed the chart; None: that is not asked for.

    Raises:
        ChartError: it does not render.
        ManifestError: its manifests cannot be read.
        ApiException: the cluster does not answer, or refuses what everybody may ask.
    """
    discovery = discover(client)
    objects = read(chart.render(namespace, name, values, discovery))
    of_the_chart = filter(None, (chart.demand(discovery), chart.provenance(keyring)))
    found = (
        *of_the_chart,
        *_left_out(objects),
        *_misnamed(objects, namespace),
        *examine(client, objects, tiller, namespace, discovery=discovery),
        *pods(client, objects, namespace, tiller.managed),
    )
    order = list(Group)
    return Verdict(objects, tuple(sorted(found, key=lambda finding: order.index(finding.group))))


def _left_out(objects: tuple[Manifest, ...]) -> Iterator[Concern]:
    """Yield findings about objects that Tiller does not install for any team."""
    if not any(not each.hooks for each in objects):
        text = "renders to no object that is not a hook, and Tiller installs no such release: no objects visited"
        remedy = "switch something on by the chart's values"
        yield Concern(Group.CANNOT_INSTALL, Effect.STOPS, text, remedy, objects)
    if unknown := tuple(each for each in objects if each.left_out):
        text = (
            f"Tiller leaves it out: a hook of Helm 3 ({', '.join(sorted({h for each in unknown for h in each.hooks}))})"
        )
        remedy = "name a hook that Helm 2 knows, if you want it"
        yield Concern(Group.CANNOT_INSTALL, Effect.NOTE, text, remedy, unknown)


def _misnamed(objects: tuple[Manifest, ...], namespace: str) -> Iterator[Concern]:
    """Yield findings about objects without a name, or with the name of another."""
    remedy = "give each object a name of its own in metadata.name"
    if unnamed := tuple(each for each in objects if not each.name and not each.hooks):
        text = (
            "has no name: with metadata.generateName it can be installed once, each upgrade fails and a delete leaves "
            "it behind; without, it is refused"
        )
        yield Concern(Group.CANNOT_INSTALL, Effect.STOPS, text, remedy, unnamed)
    places = defaultdict[tuple[str, ...], list[Manifest]](list)
    for each in objects:
        if each.name and not each.hooks:  # hooks may follow each other
            places[group(each.api_version), each.kind, each.namespace or namespace, each.name].append(each)
    for found in places.values():
        if len(found) > 1:
            text = f"stands there {len(found)} times: the second is refused, because the first is there already"
            yield Concern(Group.CANNOT_INSTALL, Effect.STOPS, text, remedy, tuple(found))

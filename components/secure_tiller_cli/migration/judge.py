"""The calls that the API server would refuse a team's Tiller for releases that another Tiller installed."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from secure_tiller_cli.charts import (
    RELEASE,
    Concern,
    Discovery,
    Effect,
    Group,
    Manifest,
    ManifestError,
    discover,
    examine,
    read,
)
from secure_tiller_cli.releases import Record, Status
from secure_tiller_cli.releases.encoding import manifests
from secure_tiller_cli.state import DeployedTiller


def judge(
    client: Any, records: Iterable[Record], tiller: DeployedTiller, done: Callable[[], None] = lambda: None
) -> Mapping[str, tuple[Concern, ...]]:
    """Return what would be refused, or could not be checked, by the name of the release.

    Args:
        client: of the cluster.
        records: for each release, that of its current revision. A deleted release has no objects, and is skipped.
        tiller: the team's.
        done: called after each.

    Raises:
        ApiException: the cluster does not answer, or refuses what everybody may ask.
    """
    discovery, found = discover(client), {}
    for record in records:
        deleted = record.release.status is Status.DELETED
        if not deleted and (findings := tuple(_findings(client, record, tiller, discovery))):
            found[record.release.name] = findings
        done()
    return found


def gone(findings: Iterable[Concern]) -> bool:
    """Return whether a release has objects of an API version that the cluster serves no more."""
    return any(finding.group is Group.API_GONE for finding in findings)


def _findings(client: Any, record: Record, tiller: DeployedTiller, discovery: Discovery) -> Iterator[Concern]:
    release = record.release
    try:
        found: list[Manifest] = [each for text in manifests(record.encoded) for each in read(text)]
    except ManifestError as error:
        why, remedy = error.problems[0].why, f"look at the manifests that its chart, {release.chart}, makes"
        text = f"not checked: a manifest of it {why}"
        yield Concern(Group.CANNOT_INSTALL, Effect.NOT_CHECKED, text, remedy)
        return
    examined = examine(client, found, tiller, release.namespace, discovery=discovery, outdated=RELEASE)
    yield from (finding for finding in examined if finding.severity is not Effect.NOTE)

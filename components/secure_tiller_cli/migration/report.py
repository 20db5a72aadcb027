"""The report of a migration, and its form as JSON."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from secure_tiller.problems import Problem
from secure_tiller_cli.charts import Concern
from secure_tiller_cli.migration.history import History, State
from secure_tiller_cli.migration.route import Route
from secure_tiller_cli.migration.selection import Selection
from tiller_facts import workloads
from tiller_facts.facts import Facts, FoundObject
from tiller_facts.kinds import DEPLOYMENTS, WORDS
from tiller_facts.values import settle


@dataclass
class Report:
    """A run of the command."""

    route: Route
    selection: Selection
    applied: bool
    """Whether it was to change anything."""
    keeps: int = 0
    """Revisions that the new Tiller keeps of a release; 0: all, or nobody knows."""
    findings: Mapping[str, tuple[Concern, ...]] = field(default_factory=dict)
    """By release, what the team's Tiller could not do with it."""
    copied: int = 0
    """Records that this run copied."""
    verified: int = 0
    """Records whose copies were compared and found equal, earlier ones included."""
    removed: int = 0
    """Records that this run removed from the source."""
    problems: tuple[Problem, ...] = ()
    """Why it was not done, or not ended."""

    @property
    def compared(self) -> tuple[History, ...]:
        """The releases that the target must have just as the source has them."""
        return tuple(item for item in self.selection.histories if item.state in (State.TO_COPY, State.COPIED))


def to_json(report: Report) -> dict[str, Any]:
    """Return the report as `migrate --format json` writes it.

    `applied` is false in a dry run. `releases` are those that were selected, with the `state` `to copy`, `copied
    already`, `in use` (the new Tiller has gone on with it), `name taken` or `last revision unreadable`; `records`
    counts over all of them. `leftAlone` counts the others by namespace. `unreadable` are records that stay where they
    are. `problems` say why nothing, or not all, was done.
    """
    selection, route = report.selection, report.route
    return {
        "team": route.team,
        "from": {"namespace": route.source, "storage": str(route.kind)},
        "to": {"namespace": route.target, "storage": "secret"},
        "applied": report.applied,
        "records": {
            "toCopy": len(selection.missing),
            "copied": report.copied,
            "verified": report.verified,
            "removed": report.removed,
        },
        "releases": [_release(item, report.findings.get(item.name, ())) for item in selection.histories],
        "leftAlone": dict(selection.left_alone),
        "unreadable": [
            {"object": str(item), "release": item.claimed, "why": item.why} for item in selection.unreadable
        ],
        "problems": [{"where": item.key, "why": item.why, "remedy": item.remedy} for item in report.problems],
    }


def _release(item: History, findings: tuple[Concern, ...]) -> dict[str, Any]:
    return {
        "name": item.name,
        "namespaces": sorted(item.namespaces),
        "chart": item.latest.chart,
        "status": item.latest.status.name,
        "state": str(item.state),
        "revisions": [{"revision": record.release.revision, "sha256": record.digest} for record in item.records],
        "toCopy": len(item.missing),
        "warnings": [
            {"objects": finding.subject, "text": finding.text, "remedy": finding.remedy} for finding in findings
        ],
    }


def kept_revisions(pod: Mapping[str, Any]) -> int:
    """Return how many revisions a Tiller keeps of a release, as its pod template says; 0: all, or it is not known."""
    deployment = FoundObject(WORDS[DEPLOYMENTS], {"spec": {"template": pod}}, "", DEPLOYMENTS.group)
    found = (tiller.flags.history_max for tiller in workloads.find(Facts((deployment,))))
    return next((settle(number, hidden=0, unknown=0) for number in found), 0)

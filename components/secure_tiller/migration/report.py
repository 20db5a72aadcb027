"""What a migration found and did, for people and for machines."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from secure_tiller.manifests import Finding
from secure_tiller.migration.history import History, State
from secure_tiller.migration.judge import gone
from secure_tiller.migration.route import Route
from secure_tiller.migration.selection import Selection
from secure_tiller.problems import Problem, plain

COLUMNS = ("release", "namespace", "revisions", "last status", "chart", "records")
MAPKUBEAPIS = (
    "helm-mapkubeapis 0.2.0, the last that knows Helm 2: helm3 mapkubeapis --v2 --tiller-out-cluster "
    "--release-storage secrets --namespace {namespace} {release}"
)
"""Source: the releases page of helm-mapkubeapis, v0.2.0."""


@dataclass
class Report:
    """A run of the command."""

    route: Route
    selection: Selection
    applied: bool
    """Whether it was to change anything."""
    findings: Mapping[str, tuple[Finding, ...]] = field(default_factory=dict)
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
        return tuple(item for item in self.selection.histories if item.state is not State.IN_USE)


def rows(report: Report) -> Iterator[tuple[str, ...]]:
    """Yield a row for each release."""
    for item in report.selection.histories:
        yield (
            item.name,
            ", ".join(sorted(item.namespaces)),
            str(len(item.records)),
            item.latest.status.name,
            item.latest.chart,
            _to_do(item),
        )


def sentences(report: Report) -> Iterator[str]:
    """Yield what is to be said below the table, one line each."""
    selection, route = report.selection, report.route
    for name, findings in report.findings.items():
        for finding in findings:
            about = f"{finding.subject}: " if finding.subject else ""
            yield plain(f"warning: release {name}: {about}{finding.text}; {finding.remedy}")
        if gone(findings):
            how = MAPKUBEAPIS.format(namespace=route.target, release=name)
            yield plain(f"warning: release {name}: no upgrade will work before its stored manifest is rewritten: {how}")
    for item in selection.histories:
        if item.state is State.IN_USE:
            delete = f"kubectl delete {route.kind.plural} --namespace {route.source} --selector OWNER=TILLER,NAME="
            yield plain(
                f"release {item.name}: the Tiller in {route.target} has gone on with it; its old records stay in "
                f"{route.source}, and nobody needs them: {delete}{item.name}"
            )
    if selection.left_alone:
        counted = ", ".join(f"{name} {number}" for name, number in selection.left_alone.items())
        yield plain(f"left alone, releases by namespace: {counted}")
    for unreadable in selection.unreadable:
        claimed = f" (by its label of release {unreadable.claimed})" if unreadable.claimed else ""
        yield plain(f"left where it is: {unreadable}{claimed}: {unreadable.why}")
    yield from _end(report)


def to_json(report: Report) -> dict[str, Any]:
    """Return the report as `migrate --format json` writes it.

    `applied` is false in a dry run. `releases` are those that were selected, with the `state` `to copy`, `copied
    already`, `in use` (the new Tiller has gone on with it) or `name taken`; `records` counts over all of them.
    `leftAlone` counts the others by namespace. `unreadable` are records that stay where they are. `problems` say why
    nothing, or not all, was done.
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


def _release(item: History, findings: tuple[Finding, ...]) -> dict[str, Any]:
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


def _to_do(item: History) -> str:
    if item.state is not State.TO_COPY:
        return str(item.state)
    there = len(item.records) - len(item.missing)
    return f"{len(item.missing)} to copy" + (f", {there} there" if there else "")


def _end(report: Report) -> Iterator[str]:
    route, missing = report.route, len(report.selection.missing)
    if not report.applied and not report.problems:
        todo = f"--apply copies {_records(missing)} to Secrets in {route.target}" if missing else "nothing to copy"
        yield f"dry run, nothing was changed: {todo}"
    if report.applied and not report.selection.histories:
        yield "nothing to copy"
    if report.copied and not report.verified:
        yield f"copied {report.copied} of {_records(missing)}; what is copied stays, and is not copied again"
    if report.verified:
        yield (
            f"copied {_records(report.copied)}; all {report.verified} of these releases are in {route.target}, equal "
            f"in number and SHA-256 to those in {route.source}"
        )
    if report.removed:
        yield f"removed {report.removed} of {_records(report.verified)} from {route.source}"
    elif report.verified and not report.problems:
        yield (
            f"do not start the Tiller in {route.source} again before its records of these releases are removed, or two "
            "Tillers manage them: the same command with --remove-source"
        )


def _records(number: int) -> str:
    return "1 record" if number == 1 else f"{number} records"

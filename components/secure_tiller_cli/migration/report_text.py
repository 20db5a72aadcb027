"""The report of a migration as text."""

from collections.abc import Iterator

from secure_tiller_cli import output
from secure_tiller_cli.foreign_text import terminal
from secure_tiller_cli.migration import repair
from secure_tiller_cli.migration.history import History, State
from secure_tiller_cli.migration.judge import gone
from secure_tiller_cli.migration.report import Report
from secure_tiller_cli.migration.route import Route
from secure_tiller_cli.output import counted

COLUMNS = ("release", "namespace", "revisions", "last status", "chart", "records")
REWRITTEN = (
    "helm-mapkubeapis does so: for Helm 2 its version 0.2.0, the last that knows it; for Helm 3 the steps of "
    "secure-tiller exit-plan"
)
"""Source: the releases page of helm-mapkubeapis, v0.2.0."""


def write(report: Report) -> None:
    """Write the report."""
    route, console = report.route, output.console()
    title = f"Team {route.team}: from {route.kind.plural} in {route.source} to secrets in {route.target}"
    console.print(terminal(title), soft_wrap=True)
    if found := list(rows(report)):
        output.write_table(console, "", COLUMNS, found)
    for sentence in sentences(report):
        console.print(terminal(sentence), soft_wrap=True)


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
    """Yield the sentences below the table, one line each."""
    selection, route = report.selection, report.route
    for name, findings in report.findings.items():
        for finding in findings:
            about = f"{finding.subject}: " if finding.subject else ""
            yield f"warning: release {name}: {about}{finding.text}; {finding.remedy}"
        if gone(findings):
            yield f"warning: release {name}: no upgrade will work before its stored manifest is rewritten: {REWRITTEN}"
    for item in selection.histories:
        if 0 < report.keeps < len(item.records) and item.state is not State.IN_USE:
            yield (
                f"release {item.name}: of its {len(item.records)} revisions the next upgrade keeps the last "
                f"{report.keeps}: that is the history_max of the Tiller in {route.target}"
            )
        if item.state is State.IN_USE:
            yield f"release {item.name}: the Tiller in {route.target} has gone on with it; {_old(item, route)}"
        if item.state is State.UNREADABLE:
            yield (
                f"release {item.name}: its last revision cannot be read, so all its records stay in {route.source}; "
                "repair that record, as is said below"
            )
    if selection.left_alone:
        numbers = ", ".join(f"{name} {number}" for name, number in selection.left_alone.items())
        yield f"left alone, releases by namespace: {numbers}"
    for unreadable in selection.unreadable:
        claimed = f" (by its label of release {unreadable.claimed})" if unreadable.claimed else ""
        yield f"left where it is: {unreadable}{claimed}: {unreadable.why}; {repair.remedy(unreadable)}"
    yield from _end(report)


def _old(item: History, route: Route) -> str:
    """Return the sentence about the old records of a release that is in use."""
    stay = f"its old records stay in {route.source}"
    if item.left_behind:
        numbers = ", ".join(str(record.release.revision) for record in reversed(item.left_behind))
        return f"{stay}, and {route.target} does not have its revisions {numbers}: keep those that you may want"
    return f"{stay}, and nobody needs them: kubectl delete {route.records_of(item.name)}"


def _to_do(item: History) -> str:
    if item.state is not State.TO_COPY:
        return str(item.state)
    there = len(item.records) - len(item.missing)
    return f"{len(item.missing)} to copy" + (f", {there} there" if there else "")


def _end(report: Report) -> Iterator[str]:
    route, missing = report.route, len(report.selection.missing)
    if not report.selection.histories:
        yield _nothing(report)
        return
    if not report.applied and not report.problems:
        copies = f"--apply copies {counted(missing, 'record')} to Secrets in {route.target}"
        yield f"dry run, nothing was changed: {copies if missing else 'nothing to copy'}"
    if report.copied and not report.verified:
        yield f"copied {report.copied} of {counted(missing, 'record')}; what is copied stays, and is not copied again"
    if report.verified:
        yield (
            f"copied {counted(report.copied, 'record')}; all {report.verified} of these releases are in "
            f"{route.target}, equal in number and SHA-256 to those in {route.source}"
        )
    if report.removed:
        yield f"removed {report.removed} of {counted(report.verified, 'record')} from {route.source}"
    elif report.verified and not report.problems:
        yield (
            f"do not start the Tiller in {route.source} again before its records of these releases are removed, or two "
            "Tillers manage them: the same command with --remove-source"
        )


def _nothing(report: Report) -> str:
    route, selection = report.route, report.selection
    if selection.left_alone or selection.unreadable:
        return f"nothing to copy: no release there is in a namespace that {route.team} manages"
    where = f"{route.kind.plural} in {route.source}"
    return f"nothing to copy: there are no records of releases in {where}; if there should be, see --from and --storage"

"""`secure-tiller migrate`: the releases of an old Tiller become those of a team's own."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from typing import Annotated

import typer
from rich.progress import Progress

from secure_tiller.plan.names import is_label
from secure_tiller_cli import output
from secure_tiller_cli.commands import options
from secure_tiller_cli.commands.options import ContextOption, KubeconfigOption, StackOption, TeamArgument
from secure_tiller_cli.foreign_text import terminal
from secure_tiller_cli.migration.report import Report, kept_revisions, to_json
from secure_tiller_cli.migration.report_text import COLUMNS, rows, sentences
from secure_tiller_cli.migration.route import Route
from secure_tiller_cli.migration.run import Migration
from secure_tiller_cli.migration.selection import select
from secure_tiller_cli.output import PROBLEM, SKIPPED, Format, FormatOption
from secure_tiller_cli.releases import Kind, Stored
from secure_tiller_cli.state import DeployedTiller


def command(
    name: TeamArgument,
    source: Annotated[
        str, typer.Option("--from", metavar="NAMESPACE", help="The namespace of the old Tiller.")
    ] = "kube-system",
    storage: Annotated[Kind, typer.Option(help="What it keeps its records in: its flag --storage.")] = Kind.CONFIG_MAP,
    release: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="A release to migrate; can be repeated. Default: all of the team's."),
    ] = None,
    apply: Annotated[bool, typer.Option("--apply", help="Do it. Without, it is only said what would be done.")] = False,
    remove_source: Annotated[
        bool, typer.Option("--remove-source", help="With --apply: then delete the old records whose copies are equal.")
    ] = False,
    stack: StackOption = None,
    kubeconfig: KubeconfigOption = None,
    context: ContextOption = None,
    form: FormatOption = Format.TEXT,
) -> None:
    """Copy the records of a team's releases from an old Tiller into the Secrets of the team's own.

    Those are the team's that are in the namespaces it manages. Without --apply nothing is changed. What is copied is
    read back and compared, and is not copied twice. Warnings tell what the team's Tiller could not do with a release:
    they stop nothing.

    Exit code: 0 if it is done, or in a dry run can be; 1 if something stands in its way (the old Tiller runs, a release
    is pending, a name is taken), or a copy is not equal; 2 for a wrong use; 4 if it is done, and records that cannot be
    read were left where they are.
    """
    if remove_source and not apply:
        raise typer.BadParameter("goes only with --apply", param_hint="--remove-source")
    if not is_label(source):
        raise typer.BadParameter(f"{source!r} is no name of a namespace", param_hint="--from")
    tillers = options.tillers(stack)
    tiller = options.team(tillers, name)
    route = Route(name, storage, source, tiller.namespace)
    if source == tiller.namespace:
        raise typer.BadParameter(f"{source} is the namespace of {name}'s own Tiller", param_hint="--from")
    access = options.access(tillers, stack, kubeconfig, context)
    sharing = [other for other in tillers if other is not tiller and set(other.managed) & set(tiller.managed)]
    migration = Migration(partial(options.cluster, access), route, tiller, _steps, sharing)
    found = migration.look()
    _require_known(release or (), found.source, source)
    report = Report(
        route, select(found, route, _managers(tillers), release or ()), applied=apply, keeps=kept_revisions(tiller.pod)
    )
    report.problems = report.selection.problems
    migration.judge(report)
    if apply and not report.problems:
        migration.apply(report, remove_source=remove_source)
    write(report, form)
    if report.problems:
        output.fail(*report.problems, code=PROBLEM)
    if report.selection.unreadable:
        raise typer.Exit(SKIPPED)


def _require_known(names: Iterable[str], source: Stored, namespace: str) -> None:
    known = {record.release.name for record in source.records} | {item.claimed for item in source.unreadable}
    for name in names:
        if name not in known:
            options.unknown("release", name, known, f"the Tiller in {namespace}")


def _managers(tillers: Iterable[DeployedTiller]) -> Mapping[str, Collection[str]]:
    """Return the teams of each managed namespace."""
    found = defaultdict[str, list[str]](list)
    for tiller in tillers:
        for namespace in tiller.managed:
            found[namespace].append(tiller.name)
    return found


@contextmanager
def _steps(title: str, number: int) -> Iterator[Callable[[], None]]:
    """Show progress on a terminal."""
    console = output.console(err=True)
    with Progress(console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task(title, total=number)
        yield partial(progress.advance, task)


def write(report: Report, form: Format) -> None:
    """Write what was found and done."""
    if form is Format.JSON:
        output.write_json(to_json(report))
        return
    route, console = report.route, output.console()
    title = f"Team {route.team}: from {route.kind.plural} in {route.source} to secrets in {route.target}"
    console.print(terminal(title), soft_wrap=True)
    if found := list(rows(report)):
        console.print(output.table("", COLUMNS, found))
    for sentence in sentences(report):
        console.print(terminal(sentence), soft_wrap=True)

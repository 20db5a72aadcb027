"""`secure-tiller migrate`: the releases of an old Tiller become those of a team's own."""

from functools import partial
from typing import Annotated

import typer

from secure_tiller_cli.commands.options import (
    ContextOption,
    Format,
    FormatOption,
    KubeconfigOption,
    StackOption,
    TeamArgument,
)
from secure_tiller_cli.exit_codes import PROBLEM, SKIPPED
from secure_tiller_cli.releases import Kind

EXAMPLES = """
# Report what would be copied from the Tiller in kube-system
secure-tiller migrate blue

# Copy the records
secure-tiller migrate blue --apply

# Later: remove the old records whose copies are equal
secure-tiller migrate blue --apply --remove-source

# Report it for two releases of a Tiller in another namespace, which stores them in Secrets
secure-tiller migrate blue --from old-tiller --storage secret --release shop --release mail
"""


def command(
    name: TeamArgument,
    source: Annotated[
        str, typer.Option("--from", metavar="NAMESPACE", help="The namespace of the old Tiller.")
    ] = "kube-system",
    storage: Annotated[Kind, typer.Option(help="Where it stores its records (its flag --storage).")] = Kind.CONFIG_MAP,
    release: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="A release to migrate; can be repeated. Default: all of the team's."),
    ] = None,
    apply: Annotated[
        bool, typer.Option("--apply", help="Change the cluster. Without it, only report what would be done.")
    ] = False,
    remove_source: Annotated[
        bool,
        typer.Option("--remove-source", help="With --apply: after that, delete old records whose copies are equal."),
    ] = False,
    stack: StackOption = None,
    kubeconfig: KubeconfigOption = None,
    context: ContextOption = None,
    form: FormatOption = Format.TEXT,
) -> None:
    """Copy the records of a team's releases from an old Tiller into the Secrets of the team's own.

    A team's releases are those in the namespaces that it manages. Without --apply nothing is changed. Each copy is read
    back and compared, and is not made twice. Warnings report what the team's Tiller could not do with a release; they
    do not stop the migration.

    Exit code: 0 if it is done, or in a dry run can be; 1 if something prevents it (the old Tiller runs, a release
    is pending, a name is taken), or a copy is not equal; 2 for a wrong use; 4 if it is done, and records that cannot be
    read were left where they are.
    """
    from secure_tiller.plan.names import is_label
    from secure_tiller_cli import output
    from secure_tiller_cli.commands import deployed
    from secure_tiller_cli.migration import progress, report_text
    from secure_tiller_cli.migration.report import Report, kept_revisions, to_json
    from secure_tiller_cli.migration.route import Route
    from secure_tiller_cli.migration.run import Migration
    from secure_tiller_cli.migration.selection import managers, select

    if remove_source and not apply:
        raise typer.BadParameter("goes only with --apply", param_hint="--remove-source")
    if not is_label(source):
        raise typer.BadParameter(f"{source!r} is no name of a namespace", param_hint="--from")
    state = deployed.read_deployed(stack)
    tiller = state.team(name)
    route = Route(name, storage, source, tiller.namespace)
    if source == tiller.namespace:
        raise typer.BadParameter(f"{source} is the namespace of {name}'s own Tiller", param_hint="--from")
    access = deployed.access([tiller], stack, kubeconfig, context, writes=apply)
    tillers = [each for each in state.tillers if not deployed.elsewhere(each, tiller)]
    sharing = [other for other in tillers if other is not tiller and set(other.managed) & set(tiller.managed)]
    migration = Migration(partial(deployed.cluster, access), route, tiller, progress.steps, sharing)
    found = migration.look()
    for wanted in release or ():
        if wanted not in found.source.names:
            deployed.unknown("release", wanted, found.source.names, f"the Tiller in {source}")
    selection = select(found, route, managers(tillers), release or ())
    report = Report(route, selection, apply, kept_revisions(tiller.pod), problems=selection.problems)
    migration.judge(report)
    if apply and not report.problems:
        migration.apply(report, remove_source=remove_source)
    if form is Format.JSON:
        output.write_json(to_json(report))
    else:
        report_text.write(report)
    if report.problems:
        output.fail(*report.problems, code=PROBLEM)
    if report.selection.unreadable:
        raise typer.Exit(SKIPPED)

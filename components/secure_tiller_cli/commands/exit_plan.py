"""`secure-tiller exit-plan`: how a team's releases become Helm 3's, and the team leaves."""

from functools import partial

import typer

from secure_tiller_cli.commands.options import (
    ContextOption,
    Format,
    FormatOption,
    KubeconfigOption,
    StackOption,
    TeamArgument,
)
from secure_tiller_cli.exit_codes import SKIPPED

EXAMPLES = """
# Write the steps to Helm 3 for one team
secure-tiller exit-plan blue > exit-plan.md
"""


def command(
    name: TeamArgument,
    stack: StackOption = None,
    kubeconfig: KubeconfigOption = None,
    context: ContextOption = None,
    form: FormatOption = Format.TEXT,
) -> None:
    """Write the steps and commands that move a team's releases to Helm 3, and remove the team from the stack.

    It changes nothing. The text is Markdown.

    Exit code: 0; 1 if the stack or the cluster cannot be read; 2 for a wrong use; 4 if there are records that cannot be
    read: helm-2to3 skips them without a warning.
    """
    from secure_tiller_cli import output
    from secure_tiller_cli.commands import deployed
    from secure_tiller_cli.migration import progress, run
    from secure_tiller_cli.migration.exit_document import passed_over, to_json, to_markdown
    from secure_tiller_cli.migration.exit_plan import ExitPlan
    from secure_tiller_cli.migration.history import histories
    from secure_tiller_cli.releases import Kind

    tiller = deployed.read_deployed(stack).team(name)
    access = deployed.access([tiller], stack, kubeconfig, context)
    connect = partial(deployed.cluster, access)
    stored = run.stored(connect, Kind.SECRET, tiller.namespace)
    found = histories(stored.records, ())
    plan = ExitPlan(tiller, found, run.findings(connect, progress.steps, found, tiller), stack or "")
    if form is Format.JSON:
        output.write_json(to_json(plan))
    else:
        typer.echo(to_markdown(plan), nl=False)
    if stored.unreadable:
        output.fail(*map(passed_over, stored.unreadable), code=SKIPPED)

"""The command `secure-tiller`: what the people on both ends of a Tiller run beside Pulumi and Helm."""

import sys

import typer

from secure_tiller.cli import audit, bundle, check, exit_plan, migrate, preview_summary, renewals, report, vet
from secure_tiller.cli.output import PROBLEM, complain
from secure_tiller.problems import RefusedError

app = typer.Typer(
    help="For the people on both ends of a Tiller: beside Pulumi, and beside Helm.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
app.command("audit")(audit.command)
app.command("bundle")(bundle.command)
app.command("check")(check.command)
app.command("exit-plan")(exit_plan.command)
app.command("migrate")(migrate.command)
app.command("preview-summary")(preview_summary.command)
app.command("renewals")(renewals.command)
app.command("report")(report.command)
app.command("vet")(vet.command)


def main() -> None:
    """Run the command; its exit codes stand in docs/command.md."""
    try:
        app()
    except RefusedError as error:
        complain(error.problems)
        sys.exit(PROBLEM)

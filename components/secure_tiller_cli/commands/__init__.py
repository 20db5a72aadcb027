"""The command `secure-tiller`: for the people on both ends of a Tiller, in addition to Pulumi and Helm.

Each module declares one command: its arguments, options and help. What it does is imported when it is called, so that
help and completion answer at once.
"""

import sys
from typing import Annotated

import typer

from secure_tiller_cli.commands import audit, bundle, check, exit_plan, migrate, preview_summary, renewals, report, vet

app = typer.Typer(
    help="For the people on both ends of a Tiller, in addition to Pulumi and Helm.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
)


def _version(wanted: bool) -> None:
    if wanted:
        from secure_tiller.version import VERSION

        typer.echo(VERSION)
        raise typer.Exit


@app.callback()
def _common(
    _: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")] = False,
) -> None:
    """Take what stands before every command."""


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
    if sys.stdout is None:
        from secure_tiller_cli.commands.failure import closed_output

        closed_output()
    try:
        app()
    except Exception as error:
        from secure_tiller_cli.commands.failure import end

        end(error)

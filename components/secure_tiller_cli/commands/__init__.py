"""The command `secure-tiller`: what the people on both ends of a Tiller run beside Pulumi and Helm."""

import os
import sys
from typing import Annotated

import typer

from secure_tiller.problems import Problem, RefusedError
from secure_tiller.version import VERSION
from secure_tiller_cli.commands import audit, bundle, check, exit_plan, migrate, preview_summary, renewals, report, vet
from secure_tiller_cli.output import PROBLEM, complain

app = typer.Typer(
    help="For the people on both ends of a Tiller: beside Pulumi, and beside Helm.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
)


def _version(wanted: bool) -> None:
    if wanted:
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
        complain([Problem("", "standard output", "", "is closed", "give one that can be written: a file, or a pipe")])
        sys.exit(PROBLEM)
    try:
        app()
    except RefusedError as error:
        complain(error.problems)
        sys.exit(PROBLEM)
    except OSError as error:  # of no file: of standard output
        where, why = str(error.filename or "standard output"), f"cannot be used: {error.strerror or error}"
        complain(
            [Problem("", where, "", why, "see that it is there, that you may use it, and that its disk has space")]
        )
        os._exit(PROBLEM)  # at a usual end Python would try once more, and complain of its own

"""The command `secure-tiller`: for the people on both ends of a Tiller, in addition to Pulumi and Helm.

Each module declares one command: its arguments, options, help and examples. What it does is imported when it is called,
so that help and completion answer at once.
"""

import sys
from typing import Annotated

import typer

from secure_tiller_cli.commands import audit, bundle, check, exit_plan, migrate, preview_summary, renewals, report, vet
from secure_tiller_cli.commands.command_line import Command, Group, epilog

EXAMPLES = """
# List every Tiller in the cluster of the current context, whoever installed it
secure-tiller audit

# Check that the Tillers in the cluster are what the selected stack says
secure-tiller check

# Write the certificate, key and settings that a client's Helm needs
secure-tiller bundle blue alice --out alice

# Write JSON instead of text, as every command can
secure-tiller audit -o json
"""

app = typer.Typer(
    cls=Group,
    help="For the people on both ends of a Tiller, in addition to Pulumi and Helm.",
    epilog=epilog(EXAMPLES),
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
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


for module in (audit, bundle, check, exit_plan, migrate, preview_summary, renewals, report, vet):
    name = module.__name__.rpartition(".")[2].replace("_", "-")
    app.command(name, cls=Command, epilog=epilog(module.EXAMPLES))(module.command)


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

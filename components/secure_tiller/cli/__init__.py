"""The command `secure-tiller`: what a team's platform engineer and a pipeline run beside Pulumi."""

import typer

from secure_tiller.cli import preview_summary, renewals

app = typer.Typer(
    help="Beside Pulumi, for stacks of secured Tillers.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
app.command("preview-summary")(preview_summary.command)
app.command("renewals")(renewals.command)


def main() -> None:
    """Run the command; its exit codes stand in docs/command.md."""
    app()

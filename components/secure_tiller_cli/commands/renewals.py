"""`secure-tiller renewals`: which certificates are due, for a scheduled job."""

from datetime import UTC, datetime, timedelta
from typing import Annotated

import typer

from secure_tiller.plan import durations
from secure_tiller_cli.commands import preview_source
from secure_tiller_cli.commands.preview_source import File, Format, StackName
from secure_tiller_cli.output import FOUND, PROBLEM
from secure_tiller_cli.preview import renewals

WRITERS = {Format.MARKDOWN: renewals.to_markdown, Format.JSON: renewals.to_json}


def command(
    file: File = None,
    stack: StackName = None,
    within: Annotated[str, typer.Option(help="How far to look ahead: whole days or hours, 14d or 36h.")] = "14d",
    form: Annotated[Format, typer.Option("--format", help="Markdown for an issue, or JSON.")] = Format.MARKDOWN,
) -> None:
    """List the certificates that renew within a time, that end where the stack does not renew them, or have ended.

    Exit code: 0 if none is due; 1 if the preview failed or cannot be read; 2 for a wrong use; 3 if one is due.
    """
    hours = durations.read(within, durations.HOURS)
    if hours is None:
        raise typer.BadParameter("must be whole days or hours, such as 14d or 36h", param_hint="--within")
    preview, ahead = preview_source.get(file, stack), timedelta(hours=hours)
    found = renewals.find(preview.digest, datetime.now(UTC), ahead, stack=stack or "", failures=preview.failures)
    typer.echo(WRITERS[form](found), nl=False)
    if found.failures:
        preview_source.complain(found.failures)
        raise typer.Exit(PROBLEM)
    if found.due:
        raise typer.Exit(FOUND)

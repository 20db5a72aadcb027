"""`secure-tiller renewals`: the certificates that are due, for a scheduled job."""

from datetime import UTC, datetime
from functools import partial
from typing import Annotated

import typer

from secure_tiller_cli.commands.options import (
    PreviewArgument,
    PreviewedStackOption,
    PreviewFormatOption,
    time_ahead,
)
from secure_tiller_cli.exit_codes import FOUND

EXAMPLES = """
# List the certificates that are due within two weeks
secure-tiller renewals --stack production

# In a scheduled job: write an issue
secure-tiller renewals --stack production --within 21d > issue.md
"""


def command(
    file: PreviewArgument = None,
    stack: PreviewedStackOption = None,
    within: Annotated[
        str, typer.Option(metavar="TIME", help="How far to look ahead: whole days or hours, 14d or 36h.")
    ] = "14d",
    form: PreviewFormatOption = None,
) -> None:
    """List the certificates that within a time renew, or end without a renewal by the stack, and those that have ended.

    Exit code: 0 if none is due; 1 if the preview failed or cannot be read; 2 for a wrong use; 3 if one is due.
    """
    from secure_tiller_cli.commands import preview_source
    from secure_tiller_cli.preview import renewals, text

    ahead = time_ahead(within, "--within")
    preview = preview_source.get(file, stack)
    found = renewals.find(preview.digest, datetime.now(UTC), ahead, stack=stack or "", failures=preview.failures)
    preview_source.write(
        form,
        found.failures,
        text=partial(text.write_renewals, found),
        markdown=partial(renewals.to_markdown, found),
        machine=partial(renewals.to_json, found),
    )
    if found.due:
        raise typer.Exit(FOUND)

"""`secure-tiller preview-summary`: a preview, summarized for a reviewer."""

from enum import StrEnum
from functools import partial
from typing import Annotated

import typer

from secure_tiller_cli.commands.options import PreviewArgument, PreviewedStackOption, PreviewFormatOption
from secure_tiller_cli.exit_codes import FOUND

EXAMPLES = """
# Show on the terminal what an update would do
secure-tiller preview-summary --stack production

# Write the comment for a pull request
secure-tiller preview-summary --stack production > comment.md

# Summarize a saved preview; exit with code 3 if there is a risk
secure-tiller preview-summary preview.json --fail-on risk
"""


class FailOn(StrEnum):
    """A reason to fail that is no failure of the preview."""

    RISK = "risk"


def command(
    file: PreviewArgument = None,
    stack: PreviewedStackOption = None,
    form: PreviewFormatOption = None,
    fail_on: Annotated[FailOn | None, typer.Option(help="Exit 3 if there is a risk.")] = None,
) -> None:
    """Explain what a preview means: risks first, then team by team.

    Exit code: 0; 1 if the preview failed or cannot be read; 2 for a wrong use; 3 with --fail-on risk if there is one.
    """
    from secure_tiller_cli.commands import preview_source
    from secure_tiller_cli.preview import machine, markdown, text
    from secure_tiller_cli.preview.summary import summarize

    preview = preview_source.get(file, stack)
    summary = summarize(preview.digest, stack=stack or "", failures=preview.failures)
    preview_source.write(
        form,
        summary.failures,
        text=partial(text.write_summary, summary),
        markdown=partial(markdown.write, summary),
        machine=partial(machine.write, summary),
    )
    if fail_on and summary.risks:
        raise typer.Exit(FOUND)

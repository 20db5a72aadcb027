"""The options and arguments that commands have in common."""

from datetime import timedelta
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from secure_tiller_cli.commands import completion


class Format(StrEnum):
    """How to write."""

    TEXT = "text"
    JSON = "json"


class PreviewFormat(StrEnum):
    """How to write what a preview shows."""

    TEXT = "text"
    MARKDOWN = "markdown"
    JSON = "json"


def stack_option(text: str) -> Any:
    """Return the option `--stack` with a help."""
    return typer.Option("--stack", metavar="STACK", autocompletion=completion.stacks, help=text)


def kubeconfig_option(default: str) -> Any:
    """Return the option `--kubeconfig` with its default in words."""
    return typer.Option("--kubeconfig", metavar="FILE", help=f"The kubeconfig. Default: {default}.")


def context_option(default: str) -> Any:
    """Return the option `--context` with its default in words."""
    text = f"The context in the kubeconfig. Default: {default}."
    return typer.Option("--context", metavar="CONTEXT", autocompletion=completion.contexts, help=text)


FormatOption = Annotated[Format, typer.Option("--format", "-o", help="Text for people, or JSON for machines.")]
StackOption = Annotated[str | None, stack_option("The stack's name in Pulumi. Default: the selected stack.")]
KubeconfigOption = Annotated[Path | None, kubeconfig_option("the one that the stack uses, else KUBECONFIG")]
ContextOption = Annotated[str | None, context_option("the stack's, else the current one")]
TeamArgument = Annotated[
    str, typer.Argument(metavar="TEAM", autocompletion=completion.teams, help="The team, as the stack names it.")
]

PreviewFormatOption = Annotated[
    PreviewFormat | None,
    typer.Option(
        "--format", "-o", help="Default: text on a terminal; elsewhere Markdown, for a pull request or an issue."
    ),
]
PreviewArgument = Annotated[
    str | None,
    typer.Argument(
        metavar="FILE",
        help="Output of `pulumi preview --json --show-sames`; - for standard input. "
        "Without FILE, this command is run in the current folder.",
    ),
]
PreviewedStackOption = Annotated[
    str | None,
    stack_option("The stack to preview; with FILE, the name to write. Default: the selected stack, or FILE's."),
]


def time_ahead(text: str, option: str) -> timedelta:
    """Return how far an option looks ahead.

    Raises:
        BadParameter: it is no number of whole days or hours.
    """
    from secure_tiller.plan import durations

    hours = durations.read(text, durations.HOURS)
    if hours is None:
        raise typer.BadParameter("must be whole days or hours, such as 30d or 36h", param_hint=option)
    return timedelta(hours=hours)

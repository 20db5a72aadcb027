"""The form that all commands share: plain help with examples, and errors that are written last."""

from textwrap import indent
from typing import Any, cast

import typer
from typer.core import TyperCommand, TyperGroup

_FENCE = ("**Examples**:\n\n```sh\n", "\n```")


def epilog(examples: str) -> str:
    """Return a command's examples as the Markdown that ends its section of docs/reference.md."""
    return examples.strip().join(_FENCE)


class _Plain:
    """Help as plain text, without rich: it takes half the time, and has no boxes in a pipe."""

    epilog: str | None

    def format_epilog(self, _: Any, formatter: Any) -> None:
        """Write the examples without their Markdown."""
        examples = (self.epilog or "").removeprefix(_FENCE[0]).removesuffix(_FENCE[1])
        formatter.write(f"\nExamples:\n{indent(examples, '  ')}\n")


class Command(_Plain, TyperCommand):
    """A command."""

    def __init__(self, *arguments: Any, **settings: Any) -> None:
        """Omit the type of an argument (`<str>`) from the help."""
        super().__init__(*arguments, **settings)
        for parameter in self.params:
            if parameter.param_type_name == "argument":
                cast("Any", parameter).display_type_rich = lambda **_: ""

    def collect_usage_pieces(self, ctx: Any) -> list[str]:
        """Return the usage, with required arguments without braces."""
        return [piece.strip("{}") for piece in super().collect_usage_pieces(ctx)]

    def get_short_help_str(self, limit: int = 0) -> str:
        """Return the first sentence of the help, whole."""
        del limit
        return " ".join((self.help or "").split("\n\n")[0].split())

    def invoke(self, ctx: Any) -> Any:
        """Run the command, and write its problems after its progress display has ended."""
        try:
            return super().invoke(ctx)
        except typer.Exit as end:
            from secure_tiller_cli.output import Failure, complain

            if isinstance(end, Failure):
                complain(end.problems)
            raise


class Group(_Plain, TyperGroup):
    """The commands as a whole."""

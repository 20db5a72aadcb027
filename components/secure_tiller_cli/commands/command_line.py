"""The form that all commands share: plain help with examples, and errors that are written last."""

from typing import Any, cast

import typer
from typer.core import TyperCommand, TyperGroup


def epilog(examples: str) -> str:
    """Return the examples of a command as the end of its help, which stands in docs/reference.md as it is."""
    return f"**Examples**:\n\n```sh\n{examples.strip()}\n```"


class _Plain:
    """Plain help. Without rich there is no box around it in a pipe, and it is there in half the time."""

    epilog: str | None

    def format_epilog(self, _: Any, formatter: Any) -> None:
        """Write the examples line by line, as they stand."""
        with formatter.section("Examples"):
            for line in (self.epilog or "").splitlines()[3:-1]:
                formatter.write(f"{'':{formatter.current_indent}}{line}\n".replace("  \n", "\n"))


class Command(_Plain, TyperCommand):
    """A command."""

    def __init__(self, *arguments: Any, **settings: Any) -> None:
        """Take from the help that an argument is a `<str>`."""
        super().__init__(*arguments, **settings)
        for parameter in self.params:
            if parameter.param_type_name == "argument":
                cast("Any", parameter).display_type_rich = lambda **_: ""

    def collect_usage_pieces(self, ctx: Any) -> list[str]:
        """Return the usage with required arguments as they are, without braces."""
        return [piece.strip("{}") for piece in super().collect_usage_pieces(ctx)]

    def get_short_help_str(self, limit: int = 0) -> str:
        """Return the first sentence of the help, whole."""
        del limit
        return " ".join((self.help or "").split("\n\n")[0].split())

    def invoke(self, ctx: Any) -> Any:
        """Run the command, and write its problems after its progress has left the terminal."""
        try:
            return super().invoke(ctx)
        except typer.Exit as end:
            from secure_tiller_cli.output import Failure, complain

            if isinstance(end, Failure):
                complain(end.problems)
            raise


class Group(_Plain, TyperGroup):
    """The commands as a whole."""

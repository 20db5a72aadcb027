"""`secure-tiller report`: a stack on one page, for whoever reviews its security."""

from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from secure_tiller_cli.commands.options import StackOption

EXAMPLES = """
# Write a page about the selected stack
secure-tiller report --out report.html

# Include the results of a check
secure-tiller check -o json > check.json
secure-tiller report --out report.html --check check.json
"""
STDOUT = "-"


class Form(StrEnum):
    """How to write."""

    HTML = "html"
    JSON = "json"


def command(
    out: Annotated[str, typer.Option("--out", metavar="FILE", help="Where to write; - for standard output.")],
    checked: Annotated[
        Path | None,
        typer.Option("--check", metavar="FILE", help="The last check: what `check --format json` wrote."),
    ] = None,
    stack: StackOption = None,
    form: Annotated[
        Form, typer.Option("--format", "-o", help="A page for people, or what it shows as JSON for machines.")
    ] = Form.HTML,
) -> None:
    """Write a page about a stack: teams, who can reach what, rights, certificates and the results of the last check.

    The page is one HTML file that loads nothing and runs nothing. It shows what the stack deployed, as its state
    records it. Neither the stack's secrets nor the cluster are read. A file is overwritten only if it is such a report.

    With --format json: `generator`, `version`, `stack`, `clusters`, `madeAt`, `findings`, `promises`, `teams`, `check`.

    Exit code: 0; 1 without access to the stack, for a --check of another stack or form, or if FILE cannot be written; 2
    for a wrong use.
    """
    from secure_tiller_cli.commands import deployed
    from secure_tiller_cli.foreign_text import plain
    from secure_tiller_cli.report import build, file, to_html, to_json

    state = deployed.read_deployed(stack)
    name = state.tillers[0].stack or stack or ""
    proof = file.read_check(checked, name) if checked else None
    report = build(name, state.tillers, proof, datetime.now(UTC), state.digest, state.unfinished)
    text = to_json(report) if form is Form.JSON else to_html(report)
    if out == STDOUT:
        typer.echo(text, nl=False)
    else:
        file.write(Path(out), text)
        typer.echo(file.sentence(plain(out), report))

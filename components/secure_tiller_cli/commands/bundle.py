"""`secure-tiller bundle`: the files that a client's Helm reads."""

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from secure_tiller_cli.commands import completion
from secure_tiller_cli.commands.options import Format, FormatOption, StackOption, TeamArgument
from secure_tiller_cli.exit_codes import WRONG_USE

EXAMPLES = """
# Write the folder that alice's Helm reads
secure-tiller bundle blue alice --out alice

# Write it on another machine, without a file on this one
secure-tiller bundle blue alice --out - | ssh alice@laptop tar -x
"""
STDOUT = "-"


def command(
    team: TeamArgument,
    client: Annotated[
        str,
        typer.Argument(
            metavar="CLIENT", autocompletion=completion.clients, help="The client, as the team's settings name it."
        ),
    ],
    out: Annotated[
        str,
        typer.Option("--out", metavar="DIR", help="The client's own folder; - for a tar archive on standard output."),
    ],
    stack: StackOption = None,
    form: FormatOption = Format.TEXT,
) -> None:
    """Write the files that a client's Helm needs: ca.pem, cert.pem, key.pem, and env, which a shell sources.

    Only you can read the folder and its files. Files of another client are never overwritten. For a client that made
    its own key (`csr`), no key is written: the client adds it as key.pem. The stack's secrets are decrypted, which
    needs its passphrase or key service. Standard error reports what was written, and until when it is valid.

    Exit code: 0; 1 if the stack cannot be read or the folder cannot be written; 2 for a wrong use, such as a team or
    client that does not exist.
    """
    from secure_tiller.problems import Problem
    from secure_tiller_cli import bundle, handover, output
    from secure_tiller_cli.commands import deployed
    from secure_tiller_cli.foreign_text import plain

    if out == STDOUT and (sys.stdout.isatty() or form is Format.JSON):
        why = (
            "would put a key on the screen"
            if sys.stdout.isatty()
            else "writes an archive, which cannot be mixed with JSON"
        )
        output.fail(Problem("", "--out -", "", why, "pipe it: ... --out - | ssh HOST tar -x"), code=WRONG_USE)
    state = deployed.read_deployed(stack, secrets=True)
    tiller = state.team(team)
    if client not in tiller.clients:
        deployed.unknown("client", client, tiller.clients, f"team {team}")
    made = handover.bundle(tiller, client)
    if out == STDOUT:
        sys.stdout.buffer.write(bundle.archive(made))
    else:
        bundle.write(made, Path(out))
    expiration = tiller.expirations[f"client:{client}"]
    if form is Format.JSON:
        output.write_json(handover.to_json(made, Path(out), expiration))
    else:
        for sentence in handover.sentences(made, "" if out == STDOUT else out, expiration, datetime.now(UTC)):
            typer.echo(plain(sentence), err=True)

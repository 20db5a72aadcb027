"""`secure-tiller bundle`: hands a client what Helm reads."""

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from secure_tiller.plan import certificate_life
from secure_tiller.problems import Problem
from secure_tiller.resources.certificates import Expiration
from secure_tiller_cli import bundle
from secure_tiller_cli.bundle import ENVIRONMENT, KEY, Bundle
from secure_tiller_cli.commands import options
from secure_tiller_cli.commands.options import StackOption, TeamArgument
from secure_tiller_cli.foreign_text import plain, word
from secure_tiller_cli.output import WRONG_USE, Format, FormatOption, fail, write_json
from secure_tiller_cli.state import DeployedTiller

STDOUT = "-"


def command(
    team: TeamArgument,
    client: Annotated[str, typer.Argument(metavar="CLIENT", help="The client, as the team's settings name it.")],
    out: Annotated[
        str,
        typer.Option("--out", metavar="DIR", help="The client's own folder; - for a tar archive on standard output."),
    ],
    stack: StackOption = None,
    form: FormatOption = Format.TEXT,
) -> None:
    """Write what a client's Helm reads: ca.pem, cert.pem, key.pem, and env, which a shell sources.

    The folder and files are for your eyes alone, and never written over another client's. A client that made its own
    key (`csr`) gets none, and puts it there itself. The stack's secrets are decrypted, which takes its passphrase or
    key service. What was written, and until when it is good, stands on standard error.

    Exit code: 0; 1 if the stack cannot be read or the folder cannot be written; 2 for a wrong use, such as a team or
    client that there is not.
    """
    if out == STDOUT and (sys.stdout.isatty() or form is Format.JSON):
        why = (
            "would put a key on the screen"
            if sys.stdout.isatty()
            else "writes an archive, beside which no JSON can stand"
        )
        fail(Problem("", "--out -", "", why, "pipe it: ... --out - | ssh HOST tar -x"), code=WRONG_USE)
    tillers, parts = options.read_deployed(stack, secrets=True)
    tiller = options.team(tillers, team, parts)
    if client not in tiller.clients:
        options.unknown("client", client, tiller.clients, f"team {team}")
    made = _bundle(tiller, client)
    if out == STDOUT:
        sys.stdout.buffer.write(bundle.archive(made))
    else:
        bundle.write(made, Path(out))
    expiration = tiller.expirations[f"client:{client}"]
    if form is Format.JSON:
        write_json(_document(made, Path(out), expiration))
    else:
        for sentence in _sentences(made, out, expiration, datetime.now(UTC)):
            typer.echo(plain(sentence), err=True)


def _bundle(tiller: DeployedTiller, client: str) -> Bundle:
    parts = (tiller.bundles or {})[client]
    pems = (parts.get(name, "") for name in ("ca", "cert", "key"))
    return Bundle(tiller.stack, tiller.name, client, tiller.namespace, *pems)


def _document(made: Bundle, folder: Path, expiration: Expiration) -> dict[str, object]:
    return {
        "team": made.team,
        "client": made.client,
        "folder": str(folder.absolute()),
        "files": sorted(made.files("")),
        "notAfter": expiration["notAfter"],
        "renewalBegins": expiration["renewalBegins"],
    }


def _sentences(made: Bundle, out: str, expiration: Expiration, now: datetime) -> list[str]:
    """Return what was written, until when it is good, and what to do then."""
    place = "the archive" if out == STDOUT else out
    life = certificate_life.read(made.client, expiration)
    left = "IT HAS EXPIRED" if life.expired(now) else f"in {(life.ends - now).days} days"
    said = [f"bundle of {made.owner}: {', '.join(made.files(''))} in {place}"]
    if not made.key:
        said.append(f"the client made its own key: it belongs beside them, as {KEY}, mode 0600")
    said.append(f"its certificate ends {life.ends:%Y-%m-%d %H:%M} UTC ({left}), serial {expiration['serial']}")
    if life.renewal_begins:
        said.append(f"to renew: `pulumi up` from {life.renewal_begins:%Y-%m-%d} on, then this command again")
    use = f"{made.client}/{ENVIRONMENT}" if out == STDOUT else word(str(Path(out) / ENVIRONMENT))
    said.append(f"to use it: source {use} && helm ls")
    return said

"""`secure-tiller check`: proof against the running cluster."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from secure_tiller_cli.commands import completion
from secure_tiller_cli.commands.options import (
    ContextOption,
    Format,
    FormatOption,
    KubeconfigOption,
    StackOption,
    time_ahead,
)
from secure_tiller_cli.exit_codes import FOUND

if TYPE_CHECKING:
    from secure_tiller_cli.results.result import CheckReport

EXAMPLES = """
# Check every team of the selected stack
secure-tiller check

# Show every check of one team
secure-tiller check blue --all

# In a pipeline: fail if a certificate ends within two weeks
secure-tiller check --stack production --fail-within 14d -o json

# Find out why Tiller does not answer a client; this needs no access to the stack
secure-tiller check --bundle alice
"""

_Team = Annotated[
    str | None,
    typer.Argument(
        metavar="TEAM",
        autocompletion=completion.teams,
        help="The team, as the stack names it. Default: all of the stack.",
    ),
]
_Bundle = Annotated[
    Path | None,
    typer.Option(
        "--bundle",
        metavar="DIR",
        help="Instead of a stack: the folder of a client's bundle. Reports why Tiller does not answer it.",
    ),
]
_Warn = Annotated[
    str,
    typer.Option(metavar="TIME", help="Warn if a certificate ends within this time: whole days or hours, 30d or 36h."),
]
_Fail = Annotated[str, typer.Option(metavar="TIME", help="Fail if a certificate ends within this time.")]


def command(
    team: _Team = None,
    stack: StackOption = None,
    bundle: _Bundle = None,
    kubeconfig: KubeconfigOption = None,
    context: ContextOption = None,
    warn_within: _Warn = "30d",
    fail_within: _Fail = "7d",
    every: Annotated[bool, typer.Option("--all", help="List every check, also those that passed.")] = False,
    form: FormatOption = Format.TEXT,
) -> None:
    """Prove against the running cluster that each Tiller is what its stack says, and answers its clients alone.

    It calls Tiller's port in plaintext, without a certificate, with a stranger's and with other teams' certificates,
    and as each client whose key is in the state. It asks for access reviews of Tiller's account and of the team's
    people. It compares the pods, Secrets, Services, NetworkPolicies, namespaces, RoleBindings and service accounts with
    the plan. It changes nothing. It needs the stack's secrets (passphrase or key service), kubectl, and an account that
    may read what it compares.

    A team whose checks all passed takes one line. For any other team, the checks that did not pass are listed.

    With --format json, every check is listed: `stack`, `checkedAt`, `server`, `state` (a digest) and `results`, each
    with `team`, `check`, `status` (passed, warning, not checked, failed), `text` and `remedy`; with --bundle
    `namespace`, `answered`, `version`, `certificateEnds` (RFC 3339; null if Tiller does not answer), `causes`, each
    with `kind`, `seen` and `remedy`, and `unchecked`.

    Exit code: 0 if all passed, warnings included; 1 without access to the stack or the cluster; 2 for a wrong use; 3 if
    a check failed, or could not be made.
    """
    from secure_tiller_cli.check import text
    from secure_tiller_cli.output import write_json
    from secure_tiller_cli.results.document import to_json
    from secure_tiller_cli.results.result import Status

    within = time_ahead(warn_within, "--warn-within"), time_ahead(fail_within, "--fail-within")
    if bundle:
        if team or stack:
            raise typer.BadParameter("stands for itself: give no TEAM and no --stack with it", param_hint="--bundle")
        _diagnose(bundle, kubeconfig, context, form)
        return
    proof = _prove(stack, team, kubeconfig, context, *within)
    if form is Format.JSON:
        write_json(to_json(proof))
    else:
        text.write(proof, passed=every)
    if any(result.status in (Status.FAILED, Status.NOT_CHECKED) for result in proof.results):
        raise typer.Exit(FOUND)


def _prove(
    stack: str | None, team: str | None, file: Path | None, context: str | None, warn: timedelta, fail: timedelta
) -> "CheckReport":
    from secure_tiller_cli.check.certificates import Limits
    from secure_tiller_cli.check.run import Stack, prove
    from secure_tiller_cli.commands import deployed
    from secure_tiller_cli.foreign_text import terminal
    from secure_tiller_cli.output import console

    now = datetime.now(UTC)
    with console(err=True).status("reading the stack") as progress:
        digest = deployed.read_deployed(stack).digest  # first: an update that ends in between outdates the check
        state = deployed.read_deployed(stack, secrets=True)
        teams = (state.team(team),) if team else state.tillers
        access = deployed.access(teams, stack, file, context)
        wanted = Stack(
            state.tillers[0].stack or stack or "",
            state.tillers,
            access,
            digest,
            () if team else state.unfinished,
        )
        with deployed.cluster(access, "what the check asks", "read what the stack has made") as client:
            return prove(
                wanted,
                client,
                teams,
                Limits(warn, fail),
                now,
                lambda what: progress.update(terminal(what)),
            )


def _diagnose(folder: Path, file: Path | None, context: str | None, form: Format) -> None:
    from secure_tiller_cli import bundle, diagnosis
    from secure_tiller_cli.commands import deployed
    from secure_tiller_cli.diagnosis import text
    from secure_tiller_cli.output import console, write_json

    held = bundle.read(folder)
    own = diagnosis.Credentials(held.ca, held.certificate, held.key)
    access = deployed.access_without_stack(file, context)
    with console(err=True).status("calling Tiller"):
        found = diagnosis.diagnose(access, held.namespace, own, datetime.now(UTC), hostname=held.hostname)
    if form is Format.JSON:
        write_json(text.to_json(held, found))
    else:
        text.write(held, found)
    if not found.fine:
        raise typer.Exit(FOUND)

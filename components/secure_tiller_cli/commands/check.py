"""`secure-tiller check`: proof against the running cluster."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text

from secure_tiller.plan import durations
from secure_tiller_cli import diagnosis
from secure_tiller_cli.bundle import Bundle, read
from secure_tiller_cli.check.certificates import Limits
from secure_tiller_cli.check.run import Stack, prove
from secure_tiller_cli.commands import options
from secure_tiller_cli.commands.options import ContextOption, KubeconfigOption, StackOption
from secure_tiller_cli.diagnosis import Credentials
from secure_tiller_cli.foreign_text import plain, terminal
from secure_tiller_cli.output import FOUND, Format, FormatOption, console, table, write_json
from secure_tiller_cli.results.document import to_json
from secure_tiller_cli.results.result import CheckReport, Result, Status
from secure_tiller_cli.state import DeployedTiller

COLOURS = {Status.PASSED: "green", Status.WARNING: "yellow", Status.NOT_CHECKED: "magenta", Status.FAILED: "bold red"}
_COLUMNS = ("check", "status", "what was seen, and what to do")

_Team = Annotated[
    str | None, typer.Argument(metavar="TEAM", help="The team, as the stack names it. Default: all of the stack.")
]
_Bundle = Annotated[
    Path | None,
    typer.Option(
        "--bundle", help="Instead of a stack: the folder with a client's bundle. Says why it is not answered."
    ),
]
_Warn = Annotated[str, typer.Option(help="Warn of certificates that end within this: whole days or hours, 30d or 36h.")]
_Fail = Annotated[str, typer.Option(help="Fail for certificates that end within this.")]


def command(
    team: _Team = None,
    stack: StackOption = None,
    bundle: _Bundle = None,
    kubeconfig: KubeconfigOption = None,
    context: ContextOption = None,
    warn_within: _Warn = "30d",
    fail_within: _Fail = "7d",
    form: FormatOption = Format.TEXT,
) -> None:
    """Prove against the running cluster that each Tiller is what its stack says, and answers its clients alone.

    Calls Tiller's port in plaintext, without a certificate, with a stranger's and with other teams' certificates, and
    as each client whose key is in the state; asks for access reviews of Tiller's account and of the team's people;
    compares the pods, Secrets, Services, NetworkPolicies, namespaces, RoleBindings and service accounts with the plan.
    It changes nothing. It needs the stack's secrets (passphrase or key service), kubectl, and an account that may read
    what it compares.

    With --format json: `stack`, `checkedAt`, `server` and `results`, each with `team`, `check`, `status` (passed,
    warning, not checked, failed), `text` and `remedy`; with --bundle `namespace`, `answered`, `version`, `causes`, each
    with `kind`, `seen` and `remedy`, and `unchecked`.

    Exit code: 0 if all passed, warnings included; 1 without access to the stack or the cluster; 2 for a wrong use; 3 if
    a check failed, or could not be made.
    """
    limits = Limits(_ahead(warn_within, "--warn-within"), _ahead(fail_within, "--fail-within"))
    if bundle:
        if team or stack:
            raise typer.BadParameter("stands for itself: give no TEAM and no --stack beside it", param_hint="--bundle")
        _diagnose(bundle, kubeconfig, context, form)
        return
    proof = _prove(stack, team, kubeconfig, context, limits)
    if form is Format.JSON:
        write_json(to_json(proof))
    else:
        _write(proof)
    if any(result.status in (Status.FAILED, Status.NOT_CHECKED) for result in proof.results):
        raise typer.Exit(FOUND)


def _ahead(text: str, option: str) -> timedelta:
    hours = durations.read(text, durations.HOURS)
    if hours is None:
        raise typer.BadParameter("must be whole days or hours, such as 30d or 36h", param_hint=option)
    return timedelta(hours=hours)


def _prove(stack: str | None, team: str | None, file: Path | None, context: str | None, limits: Limits) -> CheckReport:
    with console(err=True).status("reading the stack") as progress:
        tillers, parts = options.read_deployed(stack, secrets=True)
        teams: tuple[DeployedTiller, ...] = (options.team(tillers, team, parts),) if team else tillers
        access = options.access(teams, stack, file, context)
        wanted = Stack(tillers[0].stack or stack or "", tillers, access, () if team else parts)
        with options.cluster(access, "what the check asks", "read what the stack has made") as client:
            return prove(wanted, client, teams, limits, datetime.now(UTC), lambda what: progress.update(terminal(what)))


def _write(proof: CheckReport) -> None:
    out = console()
    for team in dict.fromkeys(result.team for result in proof.results):
        rows = [_row(result) for result in proof.results if result.team == team]
        out.print(table(f"team {team}", _COLUMNS, rows))
    stack = proof.stack or "the selected stack"
    out.print(terminal(f"{stack} on {proof.server}: {_counted(proof)}"), soft_wrap=True)


def _row(result: Result) -> tuple[str, Text, Text]:
    seen = terminal(result.text)
    if result.remedy:
        seen.append(f"\n{plain(result.remedy)}", "italic")
    return result.check, terminal(result.status.value, COLOURS[result.status]), seen


def _counted(proof: CheckReport) -> str:
    counts = Counter(result.status for result in proof.results)
    passed, failed, unchecked = counts[Status.PASSED], counts[Status.FAILED], counts[Status.NOT_CHECKED]
    warnings = "1 warning" if counts[Status.WARNING] == 1 else f"{counts[Status.WARNING]} warnings"
    return f"{len(proof.results)} checks: {passed} passed, {warnings}, {failed} failed, {unchecked} not checked"


def _diagnose(folder: Path, file: Path | None, context: str | None, form: Format) -> None:
    held = read(folder)
    own = Credentials(held.ca, held.certificate, held.key)
    access = options.access_without_stack(file, context)
    with console(err=True).status("calling Tiller"):
        found = diagnosis.diagnose(access, held.namespace, own, datetime.now(UTC), hostname=held.hostname)
    if form is Format.JSON:
        write_json(_document(held, found))
    else:
        _tell(held, found)
    if not found.fine:
        raise typer.Exit(FOUND)


def _document(held: Bundle, found: diagnosis.Diagnosis) -> dict[str, object]:
    causes = [{"kind": cause.kind.value, "seen": cause.seen, "remedy": cause.remedy} for cause in found.causes]
    return {
        "namespace": held.namespace,
        "answered": found.answer is not None,
        "version": found.answer.version if found.answer else None,
        "causes": causes,
        "unchecked": list(found.unchecked),
    }


def _tell(held: Bundle, found: diagnosis.Diagnosis) -> None:
    out = console()
    answer = f"answers: {found.answer.version}" if found.answer else "does not answer"
    out.print(terminal(f"Tiller in {held.namespace} {answer}"), soft_wrap=True)
    for cause in found.causes:
        out.print(terminal(f"{cause.kind.value}: {cause.seen}; {cause.remedy}"), soft_wrap=True)
    for what in found.unchecked:
        out.print(terminal(what), soft_wrap=True)

"""`secure-tiller vet`: what would go wrong with a chart, before anybody installs it."""

from pathlib import Path
from typing import Annotated, Any

import typer

from secure_tiller.plan import schema
from secure_tiller.problems import Problem
from secure_tiller_cli.charts import Finding, Group, Severity
from secure_tiller_cli.charts.vet import Chart, Outcome, Values, Verdict, vet
from secure_tiller_cli.commands import options
from secure_tiller_cli.commands.options import ContextOption, KubeconfigOption, StackOption
from secure_tiller_cli.foreign_text import terminal
from secure_tiller_cli.output import FOUND, WRONG_USE, Format, FormatOption, console, fail, table, write_json
from secure_tiller_cli.state import DeployedTiller

COLUMNS = ("object", "what", "remedy")


def command(
    chart: Annotated[Path, typer.Argument(metavar="CHART", help="A chart's folder, or its package (.tgz).")],
    team: Annotated[str, typer.Option("--team", help="The team, as the stack names it.")],
    namespace: Annotated[
        str | None,
        typer.Option("--namespace", help="Of the team, for the release. Default: the only one that it has."),
    ] = None,
    name: Annotated[str, typer.Option("--name", help="Of the release. Default: Helm's stand-in.")] = "",
    values: Annotated[
        list[Path] | None,
        typer.Option("--values", "-f", exists=True, dir_okay=False, help="A file of values, as for helm install."),
    ] = None,
    settings: Annotated[list[str] | None, typer.Option("--set", help="A value, KEY=VALUE.")] = None,
    texts: Annotated[list[str] | None, typer.Option("--set-string", help="A value that is text, KEY=VALUE.")] = None,
    keyring: Annotated[
        Path | None,
        typer.Option(
            "--keyring",
            exists=True,
            dir_okay=False,
            help="Public keys of who may have signed the package (gpg --export).",
        ),
    ] = None,
    stack: StackOption = None,
    kubeconfig: KubeconfigOption = None,
    context: ContextOption = None,
    form: FormatOption = Format.TEXT,
) -> None:
    """Say whether a team's Tiller could install a chart, and why not.

    The chart is rendered by the Helm 2 client on PATH, for this cluster. Nothing is installed: pods are sent to the API
    server as a dry run. Found are rights that Tiller lacks, what is outside of the team, what Pod Security refuses, API
    versions that are gone, and a package that does not verify. What could not be checked counts as found.

    Exit code: 0 if the chart fits; 1 if it does not render or the cluster cannot be asked; 2 for a wrong use; 3 if
    something was found or could not be checked.
    """
    Chart(chart).require()
    found = options.tillers(stack)
    tiller = options.team(found, team)
    inside = _namespace(tiller, namespace)
    access = options.access(found, stack, kubeconfig, context)
    given = Values(tuple(values or ()), tuple(settings or ()), tuple(texts or ()))
    with options.cluster(
        access, "to say which cluster it is, or what it serves", "get the namespace kube-system"
    ) as client:
        verdict = vet(client, Chart(chart), tiller, inside, name=name, values=given, keyring=keyring)
    if form is Format.JSON:
        write_json(_as_json(verdict, chart, tiller, inside))
    else:
        _write(verdict, chart, tiller, inside)
    if verdict.outcome is not Outcome.FITS:
        raise typer.Exit(FOUND)


def _namespace(tiller: DeployedTiller, wanted: str | None) -> str:
    """Return the namespace to vet for; if the team has none such, or several, end with those that it has."""
    if wanted is None and len(tiller.managed) == 1:
        return tiller.managed[0]
    if wanted is None:
        why, remedy = "manages several namespaces", f"name one with --namespace: {', '.join(tiller.managed)}"
        fail(Problem("", f"team {tiller.name}", "", why, remedy), code=WRONG_USE)
    if wanted not in tiller.managed:
        remedy = schema.nearest(wanted, tiller.managed, "it manages", "it manages none")
        fail(Problem("", f"namespace {wanted}", "", f"team {tiller.name} does not manage it", remedy), code=WRONG_USE)
    return wanted


def _write(verdict: Verdict, chart: Path, tiller: DeployedTiller, inside: str) -> None:
    out = console()
    for group in Group:
        rows = [_row(finding, chart) for finding in verdict.findings if finding.group is group]
        if rows:
            out.print(table(group[0].upper() + group[1:], COLUMNS, rows))
    out.print(terminal(_sentence(verdict, chart, tiller, inside)), soft_wrap=True)


def _row(finding: Finding, chart: Path) -> tuple[str, str, str]:
    note = "note: " if finding.severity is Severity.NOTE else ""
    return finding.subject or chart.resolve().name, note + finding.text, finding.remedy


def _sentence(verdict: Verdict, chart: Path, tiller: DeployedTiller, inside: str) -> str:
    what, where = f"{chart.resolve().name} ({_many(len(verdict.objects), 'object')})", f"{inside} of team {tiller.name}"
    stops, unsure = verdict.count(Severity.STOPS), verdict.count(Severity.NOT_CHECKED)
    also = f", and {unsure} could not be checked" if unsure else ""
    match verdict.outcome:
        case Outcome.FITS:
            return f"{what} fits {where}: nothing was found that would stop it."
        case Outcome.NOT_CHECKED:
            return f"{what} may fit {where}: nothing was found that would stop it{also}."
        case Outcome.STOPPED:
            return f"{what} does not fit {where}: {_many(stops, 'finding')} would stop it{also}."


def _many(count: int, what: str) -> str:
    return f"1 {what}" if count == 1 else f"{count} {what}s"


def _as_json(verdict: Verdict, chart: Path, tiller: DeployedTiller, inside: str) -> dict[str, Any]:
    """Return what `--format json` writes.

    `chart`, `team` and `namespace` are texts; `outcome` is `fits`, `not checked` or `stopped`; `objects` counts them.
    `findings` is a list of `group` (a `Group`), `severity` (`stops`, `not checked` or `note`), `text`, `remedy` and
    `objects`: of each `apiVersion`, `kind`, `namespace`, `name` and `source`, its template. The list is empty where the
    finding is about the whole chart.
    """
    return {
        "chart": str(chart),
        "team": tiller.name,
        "namespace": inside,
        "outcome": verdict.outcome.value,
        "objects": len(verdict.objects),
        "findings": [
            {
                "group": finding.group.value,
                "severity": finding.severity.value,
                "text": finding.text,
                "remedy": finding.remedy,
                "objects": [
                    {
                        "apiVersion": each.api_version,
                        "kind": each.kind,
                        "namespace": each.namespace or inside,
                        "name": each.name,
                        "source": each.source,
                    }
                    for each in finding.manifests
                ],
            }
            for finding in verdict.findings
        ],
    }

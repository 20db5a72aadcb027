"""A verdict on a chart for people and for machines."""

from pathlib import Path
from typing import Any

from secure_tiller.plan import schema
from secure_tiller.problems import Problem
from secure_tiller_cli.charts import Concern, Effect, Group, Manifest
from secure_tiller_cli.exit_codes import WRONG_USE
from secure_tiller_cli.foreign_text import terminal
from secure_tiller_cli.output import console, counted, fail, write_table
from secure_tiller_cli.state import DeployedTiller
from secure_tiller_cli.vet.verdict import Outcome, Verdict

COLUMNS = ("object", "what", "remedy")


def namespace(tiller: DeployedTiller, wanted: str | None) -> str:
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


def write(verdict: Verdict, chart: Path, tiller: DeployedTiller, inside: str) -> None:
    """Write the findings by group, and whether the chart fits."""
    out = console()
    for group in Group:
        rows = [_row(finding, chart) for finding in verdict.findings if finding.group is group]
        if rows:
            write_table(out, group[0].upper() + group[1:], COLUMNS, rows)
    if verdict.asked:
        asked = [_asked(*each) for each in verdict.asked.items()]
        write_table(out, "The API server", ("object", "dry run"), asked)
    out.print(terminal(_sentence(verdict, chart, tiller, inside)), soft_wrap=True)


def _row(finding: Concern, chart: Path) -> tuple[str, str, str]:
    note = "note: " if finding.severity is Effect.NOTE else ""
    return finding.subject or chart.resolve().name, note + finding.text, finding.remedy


def _asked(each: Manifest, how: str) -> tuple[str, str]:
    return f"{each.kind} {each.name or '(unnamed)'}", how


def _sentence(verdict: Verdict, chart: Path, tiller: DeployedTiller, inside: str) -> str:
    what = f"{chart.resolve().name} ({counted(len(verdict.objects), 'object')})"
    where = f"{inside} of team {tiller.name}"
    stops, unsure = verdict.count(Effect.STOPS), verdict.count(Effect.NOT_CHECKED)
    also = f", and {unsure} could not be checked" if unsure else ""
    match verdict.outcome:
        case Outcome.FITS:
            return f"{what} fits {where}: nothing was found that would stop it."
        case Outcome.NOT_CHECKED:
            return f"{what} may fit {where}: nothing was found that would stop it{also}."
        case Outcome.STOPPED:
            return f"{what} does not fit {where}: {counted(stops, 'finding')} would stop it{also}."


def to_json(verdict: Verdict, chart: Path, tiller: DeployedTiller, inside: str) -> dict[str, Any]:
    """Return what `--format json` writes; docs/command.md describes its fields."""
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
                "objects": [_object(each, inside) for each in finding.manifests],
            }
            for finding in verdict.findings
        ],
        "asked": [{**_object(each, inside), "how": how} for each, how in verdict.asked.items()],
    }


def _object(each: Manifest, inside: str) -> dict[str, str]:
    return {
        "apiVersion": each.api_version,
        "kind": each.kind,
        "namespace": each.namespace or inside,
        "name": each.name,
        "source": each.source,
    }

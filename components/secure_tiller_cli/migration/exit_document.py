"""A team's way from Tiller to Helm 3, for people and for machines."""

from collections.abc import Iterable
from functools import partial
from typing import Any

from secure_tiller.problems import Problem
from secure_tiller_cli.foreign_text import cell, code, fence
from secure_tiller_cli.migration import repair
from secure_tiller_cli.migration.exit_plan import ExitPlan
from secure_tiller_cli.migration.exit_steps import steps
from secure_tiller_cli.releases import Unreadable

LONGEST = 1000
"""Characters of one word or sentence of others within a step's text."""


def to_markdown(plan: ExitPlan) -> str:
    """Return the plan as Markdown."""
    parts = [f"# From Tiller to Helm 3: team {code(plan.tiller.name)}\n", *_listed(plan)]
    for number, step in enumerate(steps(plan, partial(code, longest=LONGEST)), 1):
        parts.append(f"\n## {number}. {step.title}\n\nBy {step.by}. {step.text}\n")
        if step.commands:
            parts.append(f"\n{fence(step.commands, 'sh')}\n")
    return "".join(parts)


def _listed(plan: ExitPlan) -> Iterable[str]:
    if not plan.histories:
        return (f"\nThe Tiller in {code(plan.tiller.namespace)} holds no releases.\n",)
    rows = (
        f"| {_cell(item.name)} | {_cell(item.latest.namespace)} | {len(item.records)} | {item.latest.status.name} | "
        f"{_cell(item.latest.chart)} | {'API versions gone' if item in plan.outdated else ''} |\n"
        for item in plan.histories
    )
    head = "| release | namespace | revisions | last status | chart | |\n|---|---|---|---|---|---|\n"
    return (f"\nReleases of the Tiller in {code(plan.tiller.namespace)}:\n\n", head, *rows)


def _cell(text: str) -> str:
    return cell(code(text))


def to_json(plan: ExitPlan) -> dict[str, Any]:
    """Return the plan as `exit-plan --format json` writes it: the `releases`, and the `steps` with their `commands`."""
    return {
        "team": plan.tiller.name,
        "namespace": plan.tiller.namespace,
        "releases": [
            {
                "name": item.name,
                "namespace": item.latest.namespace,
                "chart": item.latest.chart,
                "status": item.latest.status.name,
                "revisions": len(item.records),
                "apiVersionsGone": item in plan.outdated,
            }
            for item in plan.histories
        ],
        "steps": [
            {"title": step.title, "by": step.by.name.lower(), "text": step.text, "commands": list(step.commands)}
            for step in steps(plan)
        ],
    }


def passed_over(item: Unreadable) -> Problem:
    """Return what is wrong with a record that helm-2to3 cannot read."""
    return Problem("", str(item), "", item.why, f"helm-2to3 passes over it; {repair.remedy(item)}")

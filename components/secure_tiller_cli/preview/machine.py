"""A summary as JSON, for machines: everything, names as they are, no values that could be secret."""

import json
from collections.abc import Mapping
from typing import Any

from secure_tiller_cli.preview.changes import Change
from secure_tiller_cli.preview.findings import Meaning
from secure_tiller_cli.preview.summary import Part, Summary


def write(summary: Summary) -> str:
    """Return the summary as one JSON object; docs/command.md describes it."""
    content = {
        "stack": summary.stack,
        "project": summary.project,
        "failed": bool(summary.failures),
        "failures": summary.failures,
        "warnings": summary.warnings,
        "notes": summary.notes,
        "unchangedHidden": summary.hides_unchanged,
        "risks": summary.risks,
        "teams": [{"team": part.name, **_part(part)} for part in summary.teams],
        "others": _part(summary.others),
        "drift": [_finding(finding) for finding in summary.drift],
    }
    return json.dumps(content, indent=2) + "\n"


def _part(part: Part) -> Mapping[str, Any]:
    return {
        "counts": part.counts,
        "findings": [_finding(finding) for finding in part.findings],
        "resources": [_resource(change) for change in part.changes],
    }


def _finding(finding: Meaning) -> Mapping[str, Any]:
    return {"code": finding.code, "risk": finding.risk, "text": finding.plain(), "names": finding.names}


def _resource(change: Change) -> Mapping[str, Any]:
    return {"urn": change.step.urn, "operation": change.operation, "differs": change.reasons}

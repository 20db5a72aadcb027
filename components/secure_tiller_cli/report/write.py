"""The page as HTML, and what it shows as JSON."""

import json
from dataclasses import fields, is_dataclass
from datetime import datetime
from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup
from pydantic.alias_generators import to_camel

from secure_tiller_cli.foreign_text import plain
from secure_tiller_cli.report.certificates import left
from secure_tiller_cli.report.matrix import matrix
from secure_tiller_cli.report.model import Report
from secure_tiller_cli.report.timeline import TimeLine
from secure_tiller_cli.results.result import Status

FEW_TEAMS = 5
"""Up to how many teams everything is open; of more, what belongs to one team is folded."""
SOONEST = 12
"""How many certificates are shown first where there are many."""


def to_html(report: Report) -> str:
    """Return the page: one file, which loads nothing."""
    return (
        _environment()
        .get_template("page.html")
        .render(
            report=report,
            few=len(report.teams) <= FEW_TEAMS,
            certificates=[each for team in report.teams for each in team.certificates],
            soonest_count=SOONEST,
            statuses=tuple(reversed(Status)),
            left=lambda certificate: left(certificate, report.made_at),
            matrix=matrix,
            time_line=lambda certificates: TimeLine.of(certificates, report.made_at),
        )
    )


def to_json(report: Report) -> str:
    """Return what the page shows, as JSON with keys in camel case; times are RFC 3339."""
    return json.dumps(_data(report), indent=2) + "\n"


@cache
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("secure_tiller_cli.report"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_shown,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )


def _shown(value: object) -> object:
    """Return a value as it may stand on the page: nothing in it turns the reading direction, and it is no key."""
    return plain(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def _data(value: object) -> Any:
    if is_dataclass(value):
        return {to_camel(field.name): _data(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, tuple):
        return [_data(item) for item in value]
    return value.isoformat() if isinstance(value, datetime) else value

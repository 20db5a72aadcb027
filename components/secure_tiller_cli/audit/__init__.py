"""An audit of every Tiller in a cluster, whoever installed it: what `secure-tiller audit` tells."""

from secure_tiller_cli.audit.ask import RIGHT, ask
from secure_tiller_cli.audit.facts import Facts
from secure_tiller_cli.audit.finding import PRACTICES, Answer, Finding, Level, Practice
from secure_tiller_cli.audit.judge import Audit, Judged, judge
from secure_tiller_cli.audit.machine import to_json

__all__ = [
    "PRACTICES",
    "RIGHT",
    "Answer",
    "Audit",
    "Facts",
    "Finding",
    "Judged",
    "Level",
    "Practice",
    "ask",
    "judge",
    "to_json",
]

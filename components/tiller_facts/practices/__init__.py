"""The catalogue: what makes a Tiller safe, and what is found where it is not."""

from tiller_facts.practices.case import Case, Cluster, sources
from tiller_facts.practices.catalogue import BY_CODE, PRACTICES
from tiller_facts.practices.judgement import AuditedTiller, Judgement, evaluate, judge
from tiller_facts.practices.model import GUIDE, Answer, Finding, GuideAnswer, Practice, Status, worst_first
from tiller_facts.severity import Severity

__all__ = [
    "BY_CODE",
    "GUIDE",
    "PRACTICES",
    "Answer",
    "AuditedTiller",
    "Case",
    "Cluster",
    "Finding",
    "GuideAnswer",
    "Judgement",
    "Practice",
    "Severity",
    "Status",
    "evaluate",
    "judge",
    "sources",
    "worst_first",
]

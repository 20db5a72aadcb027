"""A stack on one page: who can reach what, with which rights, and until when. For whoever reviews its security."""

from secure_tiller_cli.report.build import GENERATOR, build
from secure_tiller_cli.report.model import Report
from secure_tiller_cli.report.write import to_html, to_json

__all__ = ["GENERATOR", "Report", "build", "to_html", "to_json"]

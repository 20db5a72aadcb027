"""A verdict on a chart for a team's namespace, before anybody installs it."""

from secure_tiller_cli.vet.chart import Chart, ChartError, Values
from secure_tiller_cli.vet.verdict import Outcome, Verdict, vet

__all__ = ["Chart", "ChartError", "Outcome", "Values", "Verdict", "vet"]

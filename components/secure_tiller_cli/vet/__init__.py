"""What would become of a chart in a team's namespace, told before anybody installs it."""

from secure_tiller_cli.vet.chart import Chart, ChartError, Values
from secure_tiller_cli.vet.verdict import Outcome, Verdict, vet

__all__ = ["Chart", "ChartError", "Outcome", "Values", "Verdict", "vet"]

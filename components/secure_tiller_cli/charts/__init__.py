"""Rendered manifests, of a chart or of a release: what they hold, and what a team's Tiller could not do with them."""

from secure_tiller_cli.charts.discovery import Discovery, discover
from secure_tiller_cli.charts.examine import CHART, RELEASE, examine
from secure_tiller_cli.charts.finding import Concern, Effect, Group
from secure_tiller_cli.charts.manifest import Manifest, ManifestError, read

__all__ = [
    "CHART",
    "RELEASE",
    "Concern",
    "Discovery",
    "Effect",
    "Group",
    "Manifest",
    "ManifestError",
    "discover",
    "examine",
    "read",
]

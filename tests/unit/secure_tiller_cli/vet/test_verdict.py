"""The outcome of a chart, independent of the team."""

import pytest

from secure_tiller_cli.charts import Effect
from secure_tiller_cli.vet import Outcome, Values, verdict
from tests.unit.secure_tiller_cli.migration.samples import tiller

ONE = "{apiVersion: apps/v1, kind: Deployment, metadata: {name: web}}\n"


class Rendered:
    """Stands in for a chart."""

    def __init__(self, text: str) -> None:
        self.text = text

    def render(self, *_: object) -> str:
        return self.text

    def demand(self, _: object) -> None:
        """Say nothing."""

    def provenance(self, _: object) -> None:
        """Say nothing."""


@pytest.mark.parametrize(
    ("other", "text"),
    [
        ("{apiVersion: v1, kind: ConfigMap, metadata: {name: web}}", ""),
        ("{apiVersion: apps/v1, kind: Deployment, metadata: {name: web, namespace: elsewhere}}", ""),
        ("{apiVersion: apps/v1, kind: Deployment, metadata: {name: web}}", "stands there 2 times"),
        (
            "{apiVersion: apps/v1, kind: Deployment, metadata: {name: web, namespace: blue-apps}}",
            "stands there 2 times",
        ),
        ("{apiVersion: apps/v1beta1, kind: Deployment, metadata: {name: web}}", "stands there 2 times"),
        ("{apiVersion: v1, kind: List, items: [" + ONE.strip() + "]}", "stands there 2 times"),
        ("{apiVersion: v1, kind: Pod, metadata: {generateName: web-}}", "has no name"),
        ("{apiVersion: v1, kind: Pod, metadata: {}}", "has no name"),
        ("{apiVersion: v1, kind: Pod, metadata: {generateName: a, annotations: {helm.sh/hook: pre-install}}}", ""),
    ],
)
def test_what_tiller_makes_twice_or_does_not_find_again_does_not_fit(
    monkeypatch: pytest.MonkeyPatch, other: str, text: str
) -> None:
    for name in ("discover", "examine", "pods"):
        monkeypatch.setattr(verdict, name, lambda *_, **__: ())
    chart = Rendered(f"{ONE}---\n{other}\n")
    made = verdict.vet(None, chart, tiller(), "blue-apps", name="", values=Values(), keyring=None)  # type: ignore[arg-type]
    assert made.outcome is (Outcome.STOPPED if text else Outcome.FITS)
    assert [finding.text.startswith(text) for finding in made.findings if finding.severity is Effect.STOPS] == (
        [True] if text else []
    )

"""The outcome of a chart, independent of the team."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from secure_tiller_cli.charts import Concern, Effect, Group, read
from secure_tiller_cli.vet import Outcome, Values, Verdict, verdict
from secure_tiller_cli.vet.asking import Asker
from secure_tiller_cli.vet.objects import Asked
from secure_tiller_cli.vet.upgrade import Previous
from tests.unit.secure_tiller_cli.migration.samples import tiller

ONE = "{apiVersion: apps/v1, kind: Deployment, metadata: {name: web}}\n"


class Rendered:
    """Stands in for a chart."""

    path = Path()

    def __init__(self, text: str) -> None:
        self.text, self.tiller = text, ""

    def render(self, *_: object, **__: object) -> str:
        return self.text

    def demands(self, _: object, tiller: str) -> tuple[()]:
        """Keep the version of Tiller, and say nothing."""
        self.tiller = tiller
        return ()

    def provenance(self, _: object) -> None:
        """Say nothing."""


def judged(
    monkeypatch: pytest.MonkeyPatch, text: str, name: str = "", before: Previous | None = None, image: str = ""
) -> Verdict:
    """Return the verdict on rendered manifests, without a cluster."""
    for each in ("discover", "examine", "pods", "rendered_differently", "taken", "too_large"):
        monkeypatch.setattr(verdict, each, lambda *_, **__: ())
    monkeypatch.setattr(Asker, "of", lambda *_: None)
    monkeypatch.setattr(verdict, "ask", lambda _, objects, *__: Asked(dict.fromkeys(objects, "asked as you")))
    monkeypatch.setattr(verdict, "previous", lambda *_: before)
    pod = {"spec": {"containers": [{"name": "other", "image": "other:v1.0.0"}, {"name": "tiller", "image": image}]}}
    deployed = replace(tiller(), deployment_spec={"template": pod})
    chart, upgrade = Rendered(text), before is not None
    given: dict[str, Any] = {"name": name, "values": Values(), "keyring": None, "upgrade": upgrade}
    made = verdict.vet(None, chart, deployed, "blue-apps", **given)  # type: ignore[arg-type]
    assert chart.tiller == WANTED.get(image, "")
    return made


WANTED = {"ghcr.io/helm/tiller:v2.17.0": "v2.17.0", "example.org:5000/tiller:2.16.12@sha256:0": "v2.16.12"}


@pytest.mark.parametrize("image", [*WANTED, "ghcr.io/helm/tiller", "tiller@sha256:0", "tiller:latest", ""])
def test_the_version_of_tiller_is_that_of_its_image(monkeypatch: pytest.MonkeyPatch, image: str) -> None:
    judged(monkeypatch, ONE, image=image)


@pytest.mark.parametrize(
    ("other", "text"),
    [
        ("{apiVersion: v1, kind: ConfigMap, metadata: {name: web}}", ""),
        ("{apiVersion: apps/v1, kind: Deployment, metadata: {name: web, namespace: elsewhere}}", ""),
        ("{apiVersion: apps/v1, kind: Deployment, metadata: {name: web}}", "occurs 2 times"),
        (
            "{apiVersion: apps/v1, kind: Deployment, metadata: {name: web, namespace: blue-apps}}",
            "occurs 2 times",
        ),
        ("{apiVersion: apps/v1beta1, kind: Deployment, metadata: {name: web}}", "occurs 2 times"),
        ("{apiVersion: v1, kind: List, items: [" + ONE.strip() + "]}", "occurs 2 times"),
        ("{apiVersion: v1, kind: Pod, metadata: {generateName: web-}}", "has no name"),
        ("{apiVersion: v1, kind: Pod, metadata: {}}", "has no name"),
        ("{apiVersion: v1, kind: Pod, metadata: {generateName: a, annotations: {helm.sh/hook: pre-install}}}", ""),
    ],
)
def test_what_tiller_makes_twice_or_does_not_find_again_does_not_fit(
    monkeypatch: pytest.MonkeyPatch, other: str, text: str
) -> None:
    made = judged(monkeypatch, f"{ONE}---\n# Another\n{other}\n")
    assert made.outcome is (Outcome.STOPPED if text else Outcome.FITS)
    assert [finding.text.startswith(text) for finding in made.findings if finding.severity is Effect.STOPS] == (
        [True] if text else []
    )


@pytest.mark.parametrize(("name", "fits"), [("", True), ("a" * 53, True), ("a" * 54, False)])
def test_a_name_that_tiller_does_not_take_does_not_fit(monkeypatch: pytest.MonkeyPatch, name: str, fits: bool) -> None:
    made = judged(monkeypatch, ONE, name)
    assert (made.outcome is Outcome.FITS) is fits
    assert [finding.text for finding in made.findings] == (
        [] if fits else ["the release's name has 54 characters, and Tiller takes 53"]
    )


@pytest.mark.parametrize(
    ("metadata", "words"),
    [
        ("annotations: {a: true}", "metadata.annotations.a"),
        ("annotations: {a: y, b: 1, c: x}", "metadata.annotations.a, metadata.annotations.b"),
        ("labels: {a: 1.5}", "metadata.labels.a"),
        ("labels: {a: {}}", "metadata.labels.a"),
        ("labels: [a]", "metadata.labels"),
        ("labels: {a: 'true'}, annotations: {a: '1', b: }", ""),
        ("labels: , annotations: {}", ""),
        ("labels: {a: 1}, annotations: {helm.sh/hook: test}", ""),
    ],
)
def test_a_label_or_an_annotation_that_is_no_text_does_not_fit(
    monkeypatch: pytest.MonkeyPatch, metadata: str, words: str
) -> None:
    other = f"{{apiVersion: v1, kind: ConfigMap, metadata: {{name: b, {metadata}}}}}"
    found = [
        each for each in judged(monkeypatch, f"{ONE}---\n# Another\n{other}").findings if each.severity is Effect.STOPS
    ]
    assert [each.text for each in found] == ([f"{words}: is no text, which the API server refuses"] if words else [])


@pytest.mark.parametrize(
    ("kind", "hook", "fits"),
    [
        ("ConfigMap", "crd-install", False),
        ("ConfigMap", "pre-install, CRD-install", False),
        ("CustomResourceDefinition", "crd-install", True),
        ("ConfigMap", "pre-install", True),
        ("ConfigMap", "crd-install, other", True),
    ],
)
def test_a_hook_for_definitions_that_is_none_does_not_fit(
    monkeypatch: pytest.MonkeyPatch, kind: str, hook: str, fits: bool
) -> None:
    metadata = f"{{name: b, annotations: {{helm.sh/hook: '{hook}'}}}}"
    made = judged(monkeypatch, f"{ONE}---\n# A hook\n{{apiVersion: v1, kind: {kind}, metadata: {metadata}}}\n")
    assert (made.outcome is Outcome.FITS) is fits


HAS = Previous("blue-apps", {("Deployment", "blue-apps", "web"): read(ONE)[0]})
HOOK = "# A hook\n{apiVersion: v1, kind: ConfigMap, metadata: {name: b, annotations: {helm.sh/hook: HOOK}}}\n"


@pytest.mark.parametrize(
    ("text", "before", "fits"),
    [
        (f"{ONE}---\n{ONE}", None, False),
        (f"{ONE}---\n{ONE}", Previous("blue-apps"), False),
        (f"{ONE}---\n{ONE}", HAS, True),
        (ONE + "---\n" + HOOK.replace("HOOK", "crd-install"), None, False),
        (ONE + "---\n" + HOOK.replace("HOOK", "crd-install"), HAS, True),
    ],
)
def test_what_stops_an_install_alone_does_not_stop_an_upgrade(
    monkeypatch: pytest.MonkeyPatch, text: str, before: Previous | None, fits: bool
) -> None:
    assert (judged(monkeypatch, text, before=before).outcome is Outcome.FITS) is fits


def test_the_findings_about_the_release_are_those_of_its_upgrade(monkeypatch: pytest.MonkeyPatch) -> None:
    stops = Concern(Group.CANNOT_INSTALL, Effect.STOPS, "has no deployed revision", "")
    assert stops in judged(monkeypatch, ONE, before=replace(HAS, concerns=(stops,))).findings


@pytest.mark.parametrize(("before", "words"), [(None, "Tiller installs no such"), (HAS, "the upgrade deletes all")])
def test_hooks_alone_do_not_fit(monkeypatch: pytest.MonkeyPatch, before: Previous | None, words: str) -> None:
    (finding,) = judged(monkeypatch, HOOK.replace("HOOK", "pre-install"), before=before).findings
    assert finding.severity is Effect.STOPS
    assert words in finding.text

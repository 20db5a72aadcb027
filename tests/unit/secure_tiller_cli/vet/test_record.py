"""The size of a release's record is computed before Tiller stores it."""

import base64
import hashlib
from collections.abc import Mapping
from pathlib import Path

import pytest

from secure_tiller_cli.charts import Effect
from secure_tiller_cli.vet import Chart
from secure_tiller_cli.vet.package import LARGEST
from secure_tiller_cli.vet.record import too_large
from tests.support.archives import packed


def noise(mebibytes: float) -> bytes:
    """Return text that compresses to three quarters, and has its own size again in base64."""
    return base64.b64encode(hashlib.shake_128(b"noise").digest(int(mebibytes * 2**20 * 3 / 4)))


def chart(folder: Path, files: Mapping[str, bytes]) -> Chart:
    (folder / "web.tgz").write_bytes(packed({"web/Chart.yaml": b"name: web", **files}))
    return Chart(folder / "web.tgz")


FOUND = {
    "little": ({"web/README.md": noise(0.9)}, b"", None),
    "much": ({"web/README.md": noise(1.2)}, b"", Effect.STOPS),
    "much that compresses": ({"web/README.md": b"a" * 2**23}, b"", None),
    "many manifests": ({"web/README.md": noise(0.6)}, noise(0.6)[::-1], Effect.STOPS),
    "about as much": ({"web/README.md": noise(1.01)}, b"", Effect.NOT_CHECKED),
    "a subchart, which can be disabled": ({"web/charts/db/README.md": noise(1.2)}, b"", Effect.NOT_CHECKED),
    "a package in the package": ({"web/charts/db.tgz": packed({"db/a": noise(1.2)})}, b"", Effect.NOT_CHECKED),
    "a package elsewhere": ({"web/files/db.tgz": packed({"db/a": noise(0.5)})}, b"", None),
    "more than is read": ({"web/a": bytes(LARGEST)}, b"", Effect.NOT_CHECKED),
    "no package": ({"web/charts/db.tgz": b"no package"}, b"", None),
}


@pytest.mark.parametrize("case", FOUND)
def test_a_record_that_no_secret_takes_is_found(tmp_path: Path, case: str) -> None:
    files, manifests, severity = FOUND[case]
    found = too_large(chart(tmp_path, files), [manifests], upgrade=False)
    assert (found and found.severity) == severity


def test_packages_in_packages_are_read_to_a_limit(tmp_path: Path) -> None:
    package = packed({"d/a": b""})
    for _ in range(7):
        package = packed({"d/charts/d.tgz": package})
    found = too_large(chart(tmp_path, {"web/charts/d.tgz": package}), [], upgrade=False)
    assert found
    assert found.severity is Effect.NOT_CHECKED


@pytest.mark.parametrize(("upgrade", "words"), [(False, "does not store the release"), (True, "refuses the upgrade")])
def test_it_is_said_what_tiller_does_then(tmp_path: Path, upgrade: bool, words: str) -> None:
    found = too_large(chart(tmp_path, {"web/a": noise(1.5)}), [], upgrade=upgrade)
    assert found
    assert found.text.startswith(
        "the release's record would have about 1.5 MiB, and a Secret holds at most 1 MiB: Tiller"
    )
    assert words in found.text


def test_of_a_chart_that_cannot_be_packaged_the_size_is_not_checked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(self: Chart, _: Path) -> Path:
        raise self._refused("cannot be packaged: no version", "correct it")

    monkeypatch.setattr(Chart, "package", refuse)
    found = too_large(Chart(tmp_path), [], upgrade=False)
    assert found
    assert (found.severity, found.text.rpartition(": ")[2]) == (Effect.NOT_CHECKED, "no version")

"""A chart that asks for more of the version of Kubernetes than it is rendered with is named."""

import io
import tarfile
import time
from dataclasses import replace
from pathlib import Path

import pytest

from secure_tiller_cli.charts import Effect
from secure_tiller_cli.vet import exactness
from secure_tiller_cli.vet.exactness import rendered_differently
from tests.unit.secure_tiller_cli.charts.world import DISCOVERY

ASKS = '{{ semverCompare ">=1.36.2-0" .Capabilities.KubeVersion.GitVersion }}'
VENDOR = replace(DISCOVERY, release="v1.36.3-eks-1")
FIRST = replace(DISCOVERY, release="v1.36.0")


def packed(files: dict[str, bytes]) -> bytes:
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w:gz") as archive:
        for name, content in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return made.getvalue()


def folder(tmp_path: Path, files: dict[str, bytes]) -> Path:
    for name, content in files.items():
        file = tmp_path / "web" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
    return tmp_path / "web"


TEMPLATE = {"templates/a.yaml": ASKS.encode()}
SUBCHART = {"charts/b/templates/a.tpl": ASKS.encode()}
PACKED = {"charts/b.tgz": packed({"b/templates/a.yaml": ASKS.encode()})}
TWICE = {"charts/b.tgz": packed({"b/charts/c.tgz": packed({"c/templates/a.yaml": ASKS.encode()})})}


@pytest.mark.parametrize("files", [TEMPLATE, SUBCHART, PACKED, TWICE])
@pytest.mark.parametrize("package", [True, False])
def test_a_chart_that_asks_is_named_wherever_it_asks(tmp_path: Path, files: dict[str, bytes], package: bool) -> None:
    chart = folder(tmp_path, files)
    if package:
        chart = tmp_path / "web.tgz"
        chart.write_bytes(packed({f"web/{name}": content for name, content in files.items()}))
    found = rendered_differently(chart, VENDOR)
    assert found
    assert found.severity is Effect.NOT_CHECKED
    assert "is rendered here for v1.36.0, by Tiller for v1.36.3-eks-1" in found.text
    plain = rendered_differently(chart, DISCOVERY)
    assert plain
    assert plain.severity is Effect.NOTE
    assert rendered_differently(chart, FIRST) is None


@pytest.mark.parametrize(
    ("asks", "named"),
    [
        ("{{ .Capabilities.KubeVersion.Minor }}", False),
        ("{{ .Capabilities.KubeVersion.Major }}{{ .Capabilities.KubeVersion . Minor }}", False),
        ("{{ .Capabilities.KubeVersion }}", True),
        ("{{ $v := .Capabilities.KubeVersion }}{{ $v.GitVersion }}", True),
        ("{{ .Capabilities.KubeVersion.Minor }}{{ .Capabilities.KubeVersion.GitVersion }}", True),
        ("{{ .Values.kubeVersion }}", False),
    ],
)
def test_major_and_minor_are_rendered_exactly(tmp_path: Path, asks: str, named: bool) -> None:
    found = rendered_differently(folder(tmp_path, {"templates/a.yaml": asks.encode()}), VENDOR)
    assert (found is not None) is named


def test_what_is_no_template_does_not_count(tmp_path: Path) -> None:
    assert (
        rendered_differently(folder(tmp_path, {"README.md": ASKS.encode(), "charts/b.tgz": b"no package"}), VENDOR)
        is None
    )


def test_a_damaged_package_is_left_to_helm(tmp_path: Path) -> None:
    whole = PACKED["charts/b.tgz"]
    for at in range(10, len(whole)):
        damaged = whole[:at] + bytes([whole[at] ^ 0xFF]) + whole[at + 1 :]
        rendered_differently(folder(tmp_path, {"charts/b.tgz": damaged}), VENDOR)


def test_packages_inside_packages_share_one_budget(tmp_path: Path) -> None:
    zeros = packed({f"{number}": bytes(2**20) for number in range(50)})
    chart = folder(tmp_path, {"charts/a.tgz": packed({f"a/charts/{number}.tgz": zeros for number in range(200)})})
    began = time.process_time()
    assert rendered_differently(chart, VENDOR) is None
    assert time.process_time() - began < 5


def test_no_package_is_opened_that_helm_does_not_open(tmp_path: Path) -> None:
    assert rendered_differently(folder(tmp_path, {"files/b.tgz": PACKED["charts/b.tgz"]}), VENDOR) is None


def test_no_more_is_looked_at_than_the_limits_say(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    chart = folder(tmp_path, TWICE | {"templates/a.yaml": ASKS.encode()})
    monkeypatch.setattr(exactness, "LARGEST", 10)
    assert rendered_differently(chart, VENDOR) is None
    monkeypatch.setattr(exactness, "LARGEST", 2**20)
    monkeypatch.setattr(exactness, "MOST", 0)
    assert rendered_differently(chart, VENDOR) is None
    monkeypatch.setattr(exactness, "MOST", 10)
    assert rendered_differently(chart, VENDOR) is not None

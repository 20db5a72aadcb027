"""A chart that asks for more of the version of Kubernetes than it is rendered with is named."""

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from secure_tiller_cli.charts import Effect
from secure_tiller_cli.vet.exactness import rendered_differently
from secure_tiller_cli.vet.package import LARGEST, MOST
from tests.support.archives import package, packed
from tests.unit.secure_tiller_cli.charts.world import DISCOVERY

ASKS = '{{ semverCompare ">=1.36.2-0" .Capabilities.KubeVersion.GitVersion }}'
VENDOR = replace(DISCOVERY, release="v1.36.3-eks-1")
FIRST = replace(DISCOVERY, release="v1.36.0")


def folder(tmp_path: Path, files: dict[str, bytes]) -> Path:
    for name, content in files.items():
        file = tmp_path / "web" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
    return tmp_path / "web"


Write = Callable[[Path, dict[str, bytes]], Path]
TEMPLATE = {"templates/a.yaml": ASKS.encode()}
SUBCHART = {"charts/b/templates/a.tpl": ASKS.encode()}
PACKED = {"charts/b.tgz": packed({"b/templates/a.yaml": ASKS.encode()})}
TWICE = {"charts/b.tgz": packed({"b/charts/c.tgz": packed({"c/templates/a.yaml": ASKS.encode()})})}


@pytest.mark.parametrize("files", [TEMPLATE, SUBCHART, PACKED, TWICE])
@pytest.mark.parametrize("write", [package, folder])
def test_a_chart_that_asks_is_named_wherever_it_asks(tmp_path: Path, files: dict[str, bytes], write: Write) -> None:
    chart = write(tmp_path, files)
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
        ('{{ and (eq .Capabilities.KubeVersion.Major "1") .Capabilities.KubeVersion.GitVersion }}', True),
        ("{{ .Capabilities.KubeVersion.MinorVersion }}", True),
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
    found = rendered_differently(chart, VENDOR)
    assert found
    assert found.severity is Effect.NOT_CHECKED
    assert time.process_time() - began < 5


def test_no_package_is_opened_that_helm_does_not_open(tmp_path: Path) -> None:
    assert rendered_differently(folder(tmp_path, {"files/b.tgz": PACKED["charts/b.tgz"]}), VENDOR) is None


@pytest.mark.parametrize("limit", ["size", "files"])
@pytest.mark.parametrize("write", [package, folder])
def test_what_exceeds_a_limit_counts_as_not_checked(tmp_path: Path, limit: str, write: Write) -> None:
    many = {f"templates/{number}.yaml": b"" for number in range(MOST + 1)} if limit == "files" else {}
    files = {"templates/a.yaml": bytes(LARGEST) + ASKS.encode()} if limit == "size" else many
    found = rendered_differently(write(tmp_path, files), VENDOR)
    assert found
    assert found.severity is Effect.NOT_CHECKED
    assert "32 MiB or 20,000 files" in found.text


def test_a_large_template_is_read_too(tmp_path: Path) -> None:
    content = b"#" * 2**23 + ASKS.encode()
    assert rendered_differently(folder(tmp_path, {"templates/a.yaml": content}), VENDOR)


def test_templates_behind_a_link_are_read_as_helm_reads_them(tmp_path: Path) -> None:
    chart = folder(tmp_path, {"Chart.yaml": b"name: web"})
    (tmp_path / "shared").mkdir()
    (tmp_path / "shared" / "a.yaml").write_text(ASKS)
    (chart / "templates").symlink_to(tmp_path / "shared")
    assert rendered_differently(chart, VENDOR)
    (tmp_path / "shared" / "again").symlink_to(tmp_path / "shared")
    assert rendered_differently(chart, VENDOR)


@pytest.mark.parametrize("release", ["v1.36.3-eks-1", "v1.36.3", "v1.36.0"])
def test_a_minor_version_with_a_suffix_is_not_rendered_as_it_is(tmp_path: Path, release: str) -> None:
    chart = folder(tmp_path, {"templates/a.yaml": b"{{ .Capabilities.KubeVersion.Minor }}"})
    found = rendered_differently(chart, replace(DISCOVERY, release=release, minor="36+"))
    assert found
    assert found.severity is Effect.NOT_CHECKED
    assert f"by Tiller for {release} with the minor version 36+" in found.text

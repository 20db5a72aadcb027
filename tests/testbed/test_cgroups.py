"""The pods' cgroup is made as the kubelet needs it, on both versions, and goes without a trace.

The folders stand in for the kernel's: version 1 has one per hierarchy, version 2 a single one with its controllers.
"""

from pathlib import Path

import pytest

from testbed.cluster import cgroups


@pytest.fixture
def version_1(tmp_path: Path) -> Path:
    for name in ("memory", "cpuset"):
        (tmp_path / name / "pods").mkdir(parents=True)
    for folder, cpus in ((tmp_path / "cpuset", "0-1\n"), (tmp_path / "cpuset" / "pods", "\n")):
        (folder / "cpuset.cpus").write_text(cpus)
        (folder / "cpuset.mems").write_text(cpus.replace("-1", ""))
    return tmp_path


@pytest.fixture
def version_2(tmp_path: Path) -> Path:
    (tmp_path / "cgroup.controllers").write_text("cpuset cpu io memory pids\n")
    (tmp_path / "cgroup.subtree_control").write_text("cpu memory cpuset pids\n")
    return tmp_path


def test_version_1_has_the_cgroup_in_every_hierarchy(version_1: Path) -> None:
    cgroups.make("pods", version_1)
    assert (version_1 / "memory" / "pods").is_dir()
    assert (version_1 / "cpuset" / "pods" / "cpuset.cpus").read_text() == "0-1\n"
    assert (version_1 / "cpuset" / "pods" / "cpuset.mems").read_text() == "0\n"


def test_version_2_has_it_once_and_enables_nothing_that_is_enabled(version_2: Path) -> None:
    cgroups.make("pods", version_2)
    assert (version_2 / "pods").is_dir()
    assert (version_2 / "cgroup.subtree_control").read_text() == "cpu memory cpuset pids\n"


def test_version_2_enables_the_controller_that_the_kubelet_would_miss(version_2: Path) -> None:
    (version_2 / "cgroup.subtree_control").write_text("cpu memory pids\n")
    cgroups.make("pods", version_2)
    assert (version_2 / "cgroup.subtree_control").read_text() == "+cpuset"


def test_the_cgroup_goes_with_those_below_it_and_leaves_the_others(tmp_path: Path) -> None:
    (tmp_path / "memory" / "ours" / "kubepods" / "pod-1").mkdir(parents=True)
    (tmp_path / "memory" / "theirs").mkdir()
    assert cgroups.remove("ours", tmp_path)
    assert [folder.name for folder in (tmp_path / "memory").iterdir()] == ["theirs"]
    assert cgroups.remove("ours", tmp_path), "what is gone is removed"


def test_a_cgroup_whose_processes_still_end_is_not_gone(tmp_path: Path) -> None:
    (tmp_path / "memory" / "ours").mkdir(parents=True)
    (tmp_path / "memory" / "ours" / "still-used").touch()
    assert not cgroups.remove("ours", tmp_path)

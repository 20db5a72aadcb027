"""The cgroup below which the kubelet puts every pod of a local cluster."""

from pathlib import Path

ROOT = Path("/sys/fs/cgroup")

# Version 2: the kubelet does not start unless its cgroup has those of them that the machine offers
# (Kubernetes 1.36, pkg/kubelet/cm/cgroup_v2_manager_linux.go).
_CONTROLLERS = ("cpu", "cpuset", "memory", "hugetlb", "pids")


def make(name: str, root: Path = ROOT) -> None:
    """Make a cgroup in every hierarchy."""
    if _is_version_2(root):
        enabled = (root / "cgroup.subtree_control").read_text().split()
        for controller in (root / "cgroup.controllers").read_text().split():
            if controller in _CONTROLLERS and controller not in enabled:
                (root / "cgroup.subtree_control").write_text(f"+{controller}")
    for hierarchy in _hierarchies(root):
        cgroup = hierarchy / name
        cgroup.mkdir(exist_ok=True)
        for setting in ("cpuset.cpus", "cpuset.mems"):  # version 1 starts them empty, and then takes no process
            parent = hierarchy / setting
            if parent.exists() and not _is_version_2(root) and not (cgroup / setting).read_text().strip():
                (cgroup / setting).write_text(parent.read_text())


def remove(name: str, root: Path = ROOT) -> bool:
    """Remove a cgroup and those below it from every hierarchy.

    Returns:
        False when processes in it are still ending: try again.
    """
    for hierarchy in _hierarchies(root):
        below = [folder for folder in (hierarchy / name).glob("**/") if folder.is_dir()]
        for folder in sorted(below, key=lambda path: len(path.parts), reverse=True):
            try:
                folder.rmdir()
            except FileNotFoundError:
                continue
            except OSError:
                return False
    return True


def _is_version_2(root: Path) -> bool:
    return (root / "cgroup.controllers").exists()


def _hierarchies(root: Path) -> list[Path]:
    if _is_version_2(root):
        return [root]
    return sorted({folder.resolve() for folder in root.iterdir() if folder.is_dir()})

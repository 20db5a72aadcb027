"""The machine's side of a local cluster: starts the node, and removes every trace of it."""

import fcntl
import os
import platform
import shutil
import struct
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console

from testbed.cluster import addons, daemons, pki
from testbed.cluster.errors import ClusterError
from testbed.cluster.instance import STATE, Instance
from testbed.toolchain import Toolchain
from testbed.toolchain.progress import clock

_NETWORK_PLUGIN_FOLDER = Path("/var/lib/cni")  # containerd offers no setting for it; the node hides it with a tmpfs


def require_machine() -> None:
    """Refuse a machine that cannot hold the node.

    Raises:
        ClusterError: not Linux, or not root; two lines that say what to do instead.
    """
    if platform.system() == "Linux" and os.geteuid() == 0:
        return
    have = "it is not run by root" if platform.system() == "Linux" else f"this is {platform.system()}"
    raise ClusterError(
        f"The local cluster is a real Kubernetes node and needs root on Linux; {have}.\n"
        "Run it as root, or use a cluster of your own (kind, minikube, any other): make demo CLUSTER=existing"
    )


def is_running(instance: Instance) -> bool:
    """Whether the cluster runs and is usable."""
    return _holder(instance) is not None and instance.ready.exists()


def up(instance: Instance, toolchain: Toolchain, console: Console) -> bool:
    """Start the cluster and wait until it is usable.

    Returns:
        True when it was started, False when it was found running.

    Raises:
        ClusterError: it cannot run here, or did not become usable; the logs stay until the next start or `down`.
    """
    require_machine()
    with _alone(instance):
        if is_running(instance):
            return False
        _remove(instance)
        started = time.monotonic()
        _prepare(instance, toolchain)
        try:
            pid = _spawn(instance)
            _connect(instance, toolchain, pid)
            addons.apply(instance, alive=lambda: _require_alive(instance))
        except BaseException:
            _end(instance)
            raise
        instance.ready.touch()
        console.print(f"cluster: {instance.context} usable after {clock(time.monotonic() - started)}", highlight=False)
        return True


def down(instance: Instance) -> bool:
    """End the cluster and remove every trace of it, also of one that was killed or started by half.

    Returns:
        Whether there was anything to remove.
    """
    require_machine()
    if not instance.folder.exists():
        return False
    with _alone(instance):
        _remove(instance)
    (STATE / f"{instance.name}.start").unlink()
    if not any(STATE.iterdir()):
        STATE.rmdir()
    return True


def _prepare(instance: Instance, toolchain: Toolchain) -> None:
    if not Path("/proc/sys/net/bridge").exists():
        subprocess.run(["modprobe", "br_netfilter"], capture_output=True, check=False)
    if not Path("/proc/sys/net/bridge").exists():
        raise ClusterError(
            "The kernel lacks br_netfilter, without which no NetworkPolicy reaches pods of one node.\n"
            "Load it (modprobe br_netfilter), or use a cluster of your own: make demo CLUSTER=existing"
        )
    for name in ("", "logs", "pod-logs"):
        (instance.folder / name).mkdir(mode=0o700, parents=True, exist_ok=True)
    if not _NETWORK_PLUGIN_FOLDER.exists():
        _NETWORK_PLUGIN_FOLDER.mkdir(parents=True)
        (instance.folder / "made-network-plugin-folder").touch()
    (instance.folder / "instance.json").write_text(instance.to_json())
    (instance.folder / "toolchain.json").write_text(toolchain.to_json())
    pki.write(instance)
    daemons.write_configuration(instance)
    for hierarchy in _cgroup_hierarchies():
        _make_cgroup(hierarchy / instance.cgroup)


def _spawn(instance: Instance) -> int:
    """Start the node and return its process id as the machine sees it."""
    namespaces = ("--mount", "--net", "--pid", "--ipc", "--uts", "--fork", "--kill-child", "--mount-proc")
    command = ["unshare", *namespaces, sys.executable, "-m", "testbed.cluster.node", str(instance.folder)]
    with (instance.folder / "logs" / "node.log").open("ab") as log:
        subprocess.Popen(
            command,
            cwd=Path(__file__).parents[2],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    _until(lambda: _holder(instance) is not None or (instance.folder / "failed").exists(), "the node starts", 30)
    return _require_alive(instance)


def _require_alive(instance: Instance) -> int:
    holder = _holder(instance)
    if holder:
        return holder
    failed = instance.folder / "failed"
    reason = failed.read_text().strip() if failed.exists() else "the node ended"
    raise ClusterError(f"cluster {instance.name}: {reason}\nlogs: {instance.folder}/logs")


def _connect(instance: Instance, toolchain: Toolchain, pid: int) -> None:
    ip = _Ip(toolchain)
    ip.run("link", "add", instance.link, "type", "veth", "peer", "name", "eth0", "netns", str(pid))
    ip.run("address", "add", f"{instance.host_address}/24", "dev", instance.link)
    ip.run("link", "set", instance.link, "up")


class _Ip:
    """The toolchain's own `ip`: a minimal machine has none."""

    def __init__(self, toolchain: Toolchain) -> None:
        libraries = ":".join(str(folder) for folder in (toolchain.node / "usr/lib").glob("*-linux-gnu*"))
        self._program = toolchain.node / "usr/sbin/ip"
        self._environment = {"LD_LIBRARY_PATH": libraries}

    def run(self, *arguments: str) -> None:
        command = [str(self._program), *arguments]
        done = subprocess.run(command, env=self._environment, capture_output=True, text=True, check=False)
        if done.returncode:
            raise ClusterError(f"{' '.join(command)}: {done.stderr.strip()}")


def _remove(instance: Instance) -> None:
    _end(instance)
    for hierarchy in _cgroup_hierarchies():
        for folder, _, _ in os.walk(hierarchy / instance.cgroup, topdown=False):
            _until(lambda folder=folder: _remove_cgroup(folder), f"{folder} is empty")  # type: ignore[misc]
    _until(lambda: not Path("/sys/class/net", instance.link).exists(), f"the link {instance.link} is gone")
    if (instance.folder / "made-network-plugin-folder").exists():
        _NETWORK_PLUGIN_FOLDER.rmdir()
    if instance.folder.exists():
        shutil.rmtree(instance.folder)


def _end(instance: Instance) -> None:
    """End the node; with its first process the kernel ends all others and frees their mounts and network."""
    while (holder := _holder(instance)) is not None:
        os.kill(holder, 9)
        time.sleep(0.05)


def _holder(instance: Instance) -> int | None:
    """The process that holds the instance's lock: its node, if it lives.

    The kernel answers, so a process id is never stale nor another program's (fcntl(2), F_GETLK).
    """
    if not instance.lock.exists():
        return None
    layout = "hhqqi4x"
    with instance.lock.open("r") as lock:
        request = struct.pack(layout, fcntl.F_WRLCK, os.SEEK_SET, 0, 0, 0)
        kind, _, _, _, pid = struct.unpack(layout, fcntl.fcntl(lock, fcntl.F_GETLK, request))
    return None if kind == fcntl.F_UNLCK else int(pid)


@contextmanager
def _alone(instance: Instance) -> Iterator[None]:
    """One start or removal of an instance at a time."""
    STATE.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (STATE / f"{instance.name}.start").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _cgroup_hierarchies() -> list[Path]:
    root = Path("/sys/fs/cgroup")
    if (root / "cgroup.controllers").exists():  # version 2
        return [root]
    return sorted({folder.resolve() for folder in root.iterdir() if folder.is_dir()})


def _make_cgroup(cgroup: Path) -> None:
    cgroup.mkdir(exist_ok=True)
    for name in ("cpuset.cpus", "cpuset.mems"):  # version 1 starts them empty, and then takes no process
        if (cgroup / name).exists() and not (cgroup / name).read_text().strip():
            (cgroup / name).write_text((cgroup.parent / name).read_text())


def _remove_cgroup(folder: str) -> bool:
    try:
        Path(folder).rmdir()
    except FileNotFoundError:
        return True
    except OSError:  # its processes are still ending
        return False
    return True


def _until(condition: Callable[[], bool], what: str, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise ClusterError(f"waited {seconds:.0f} s until {what}")
        time.sleep(0.05)

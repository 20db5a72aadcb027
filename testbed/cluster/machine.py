"""The machine's side of a local cluster: starts the node, and removes every trace of it."""

import contextlib
import fcntl
import os
import platform
import shutil
import signal
import struct
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path

from rich.console import Console

from testbed.cluster import addons, cgroups, daemons, pki
from testbed.cluster.errors import ClusterError
from testbed.cluster.instance import STATE, Instance
from testbed.toolchain import Toolchain
from testbed.toolchain.progress import clock
from testbed.waiting import until

_until = partial(until, error=ClusterError)

_NETWORK_PLUGIN_FOLDER = Path("/var/lib/cni")  # containerd offers no setting for it; the node hides it with a tmpfs
_MADE_NETWORK_PLUGIN_FOLDER = STATE / "made-network-plugin-folder"


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
    """Return whether the cluster runs and is usable."""
    return _holder(instance) is not None and instance.ready.exists()


def up(instance: Instance, toolchain: Toolchain, console: Console) -> bool:
    """Start the cluster and wait until it is usable. To a running one, add the images and the DNS that it lacks.

    Returns:
        True when it was started, False when it was found running.

    Raises:
        ClusterError: it cannot run here, or did not become usable; the logs stay until the next start or `down`.
    """
    require_machine()
    with _alone():
        if is_running(instance):
            _complete(instance, toolchain)
            return False
        _remove(instance)
        _require_packet_filter()
        started = time.monotonic()
        _prepare(instance, toolchain)
        try:
            pid = _spawn(instance)
            _connect(instance, toolchain, pid)
            addons.apply(instance, toolchain, alive=lambda: _require_alive(instance))
        except BaseException:
            _end(instance)
            raise
        instance.ready.touch()
        console.print(f"cluster: {instance.context} usable after {clock(time.monotonic() - started)}")
        return True


def _complete(instance: Instance, toolchain: Toolchain) -> None:
    note = instance.folder / "toolchain.json"
    known = Toolchain.from_json(note.read_text())
    images = {reference: archive for reference, archive in toolchain.images.items() if reference not in known.images}
    if not images:
        return
    for archive in images.values():
        _import(_require_alive(instance), archive)
    addons.apply(instance, toolchain, alive=lambda: _require_alive(instance))
    note.write_text(replace(known, images=known.images | images).to_json())


def _import(node: int, archive: Path) -> None:
    """Import an image in the node's own file system, where containerd's socket is."""
    command = ["nsenter", f"--target={node}", "--mount", "--", *daemons.import_image(archive)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise ClusterError(f"{' '.join(command)}: {done.stderr.strip()}")


def down(instance: Instance) -> bool:
    """End the cluster and remove every trace of it, also of one that was killed or started by half.

    Returns:
        Whether there was anything to remove.
    """
    require_machine()
    with _alone():
        if not instance.folder.exists():
            return False
        _remove(instance)
        if not any(folder.is_dir() for folder in STATE.iterdir()):
            _remove_what_instances_share()
        return True


def _require_packet_filter() -> None:
    if not Path("/proc/sys/net/bridge").exists():
        subprocess.run(["modprobe", "br_netfilter"], capture_output=True, check=False)
    if not Path("/proc/sys/net/bridge").exists():
        raise ClusterError(
            "The kernel lacks br_netfilter, without which no NetworkPolicy reaches pods of one node.\n"
            "Load it (modprobe br_netfilter), or use a cluster of your own: make demo CLUSTER=existing"
        )


def _prepare(instance: Instance, toolchain: Toolchain) -> None:
    for name in ("", "logs", "pod-logs"):
        (instance.folder / name).mkdir(mode=0o700, parents=True, exist_ok=True)
    if not _NETWORK_PLUGIN_FOLDER.exists():
        _MADE_NETWORK_PLUGIN_FOLDER.touch()
        _NETWORK_PLUGIN_FOLDER.mkdir(parents=True)
    (instance.folder / "instance.json").write_text(instance.to_json())
    (instance.folder / "toolchain.json").write_text(toolchain.to_json())
    pki.write(instance)
    daemons.write_configuration(instance)
    cgroups.make(instance.cgroup)


def _spawn(instance: Instance) -> int:
    """Start the node and return its process id as the machine sees it."""
    namespaces = ("--mount", "--net", "--pid", "--ipc", "--uts", "--fork", "--kill-child", "--mount-proc")
    command = ["unshare", *namespaces, sys.executable, "-m", "testbed.cluster.node", str(instance.folder)]
    log = instance.folder / "logs" / "node.log"
    with log.open("ab") as file:
        started = subprocess.Popen(
            command,
            cwd=Path(__file__).parents[2],
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=file,
            start_new_session=True,
        )

    def require_started() -> None:
        if started.poll() is not None:
            raise ClusterError(
                f"cluster {instance.name}: the node did not start (exit {started.returncode}): "
                f"{log.read_text().strip()}\n"
                "A container that is not privileged cannot hold it; then: make demo CLUSTER=existing"
            )

    _until(lambda: _holder(instance) is not None, "the node starts", alive=require_started)
    return _require_alive(instance)


def _require_alive(instance: Instance) -> int:
    holder = _holder(instance)
    if holder:
        return holder
    failed = instance.folder / "failed"
    reason = failed.read_text().strip() if failed.exists() else "the node ended"
    raise ClusterError(f"cluster {instance.name}: {reason}\nlogs: {instance.folder}/logs")


def _connect(instance: Instance, toolchain: Toolchain, pid: int) -> None:
    ip = partial(_ip, toolchain)
    ip("link", "add", instance.link, "type", "veth", "peer", "name", "eth0", "netns", str(pid))
    ip("address", "add", f"{instance.host_address}/24", "dev", instance.link)
    ip("link", "set", instance.link, "up")


def _ip(toolchain: Toolchain, *arguments: str) -> None:
    """Run the toolchain's own `ip`: a minimal machine has none."""
    done = toolchain.run_node_program("sbin/ip", *arguments)
    if done.returncode:
        raise ClusterError(f"ip {' '.join(arguments)}: {done.stderr.strip()}")


def _remove(instance: Instance) -> None:
    _end(instance)
    _until(lambda: cgroups.remove(instance.cgroup), f"the cgroup {instance.cgroup} is empty")
    _until(lambda: not Path("/sys/class/net", instance.link).exists(), f"the link {instance.link} is gone")
    if instance.folder.exists():
        shutil.rmtree(instance.folder)


def _remove_what_instances_share() -> None:
    if _MADE_NETWORK_PLUGIN_FOLDER.exists():
        with contextlib.suppress(OSError):  # somebody else uses it by now
            _NETWORK_PLUGIN_FOLDER.rmdir()
    shutil.rmtree(STATE)


def _end(instance: Instance) -> None:
    """End the node; with its first process the kernel ends all others and frees their mounts and network."""
    while (holder := _holder(instance)) is not None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(holder, signal.SIGKILL)
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
    if kind == fcntl.F_UNLCK:
        return None
    if pid <= 0:  # never a number to send a signal to
        raise ClusterError(f"{instance.lock} is held by a process that cannot be seen from here; end it there")
    return int(pid)


@contextmanager
def _alone() -> Iterator[None]:
    """One start or removal at a time. The lock is on a folder that is always there, so it leaves no file."""
    folder = os.open(STATE.parent, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        yield
    finally:
        os.close(folder)

"""The node: the first process of namespaces that hold the whole cluster.

It runs as process 1 of a process, mount, network, IPC and host name namespace of its own. So nothing the node does
(mounts, bridge, iptables rules, pod network namespaces) touches the machine, and when this process ends, for whatever
reason, the kernel ends every other process of the node and takes the rest away.

`python -m testbed.cluster.node FOLDER` is started by `machine.py` and by nothing else.
"""

import contextlib
import fcntl
import os
import subprocess
import sys
from functools import partial
from pathlib import Path

from testbed.cluster import daemons
from testbed.cluster.daemons import Daemon
from testbed.cluster.instance import NODE_NAME, POD_SUBNET, Instance
from testbed.toolchain import Toolchain
from testbed.waiting import until

# The kubelet writes these on a machine where they differ. They belong to the whole machine, so it is shown files of
# the node's own in their place. Values: kubernetes, pkg/kubelet/cm/container_manager_linux.go, setupKernelTunables.
_KERNEL_SETTINGS = {
    "vm/overcommit_memory": "1",
    "vm/panic_on_oom": "0",
    "kernel/panic": "10",
    "kernel/panic_on_oops": "1",
    "kernel/keys/root_maxkeys": "1000000",
    "kernel/keys/root_maxbytes": "25000000",
}


_until = partial(until, seconds=120)


def main() -> int:
    """Start everything and stay until a daemon ends, which ends the node."""
    folder = Path(sys.argv[1])
    instance = Instance.from_json((folder / "instance.json").read_text())
    lock = instance.lock.open("w")
    fcntl.lockf(lock, fcntl.LOCK_EX)  # held until this process ends, whatever ends it
    toolchain = Toolchain.from_json((folder / "toolchain.json").read_text())
    os.environ["PATH"] = f"{toolchain.bin}:/usr/sbin:/usr/bin:/sbin:/bin"
    try:
        _enter_own_file_system(instance, toolchain)
        _bring_network_up(instance)
        running = _start(instance, toolchain)
    except (OSError, subprocess.CalledProcessError) as error:
        (folder / "failed").write_text(f"the node did not start: {error}\n")
        return 1
    return _watch(running, folder)


def _run(*command: str) -> None:
    subprocess.run(command, check=True)


def _enter_own_file_system(instance: Instance, toolchain: Toolchain) -> None:
    """Lay the node's programs over /usr and hide what the daemons would write outside of their folder."""
    _run("mount", "--make-rprivate", "/")
    _run("mount", "--make-rshared", "/")  # pods see mounts that come later; nothing reaches the machine's namespace
    _run("mount", "-t", "overlay", "overlay", "-o", f"ro,lowerdir={toolchain.node}/usr:/usr", "/usr")
    for hidden in ("/run", "/var/log", "/var/lib/cni"):
        _run("mount", "-t", "tmpfs", "-o", "mode=0755", "tmpfs", hidden)
    values = instance.folder / "kernel"
    for name, value in _KERNEL_SETTINGS.items():
        file = values / name.replace("/", ".")
        file.parent.mkdir(exist_ok=True)
        file.write_text(value + "\n")
        _run("mount", "--bind", str(file), f"/proc/sys/{name}")


def _bring_network_up(instance: Instance) -> None:
    _run("hostname", NODE_NAME)
    _until(lambda: Path("/proc/sys/net/ipv4/conf/eth0").exists(), "the link to the machine appears")
    _run("ip", "link", "set", "lo", "up")
    _run("ip", "address", "add", f"{instance.node_address}/24", "dev", "eth0")
    _run("ip", "link", "set", "eth0", "up")
    for name in ("net/ipv4/ip_forward", "net/bridge/bridge-nf-call-iptables"):
        (Path("/proc/sys") / name).write_text("1")
    # Pods have no business with the machine: they reach each other and the API server.
    _run("iptables", "-I", "FORWARD", "-s", POD_SUBNET, "-d", instance.host_address, "-j", "DROP")


def _start(instance: Instance, toolchain: Toolchain) -> dict[int, str]:
    """Start the daemons in the order in which they need each other."""
    running: dict[int, str] = {}

    def start(daemon: Daemon) -> None:
        log = (instance.folder / "logs" / f"{daemon[0]}.log").open("ab")
        process = subprocess.Popen(daemon, stdout=log, stderr=log, stdin=subprocess.DEVNULL)
        running[process.pid] = daemon[0]

    start(daemons.etcd(instance))
    start(daemons.containerd(instance))
    start(daemons.api_server(instance))
    _until(lambda: _succeeds(*daemons.CONTAINERD_CLIENT, "version"), "containerd answers")
    for archive in toolchain.images.values():
        _run(*daemons.import_image(archive))
    kubectl = ("kubectl", f"--kubeconfig={instance.kubeconfig}", "--request-timeout=5s")
    _until(lambda: _succeeds(*kubectl, "get", "--raw=/readyz"), "the API server is ready")
    for daemon in (daemons.controller_manager, daemons.scheduler, daemons.kubelet, daemons.kube_proxy):
        start(daemon(instance))
    _until(lambda: _succeeds(*kubectl, "get", "node", NODE_NAME), "the kubelet registers the node")
    start(daemons.kube_router(instance))
    return running


def _succeeds(*command: str) -> bool:
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def _watch(running: dict[int, str], folder: Path) -> int:
    """Reap what ends, as process 1 must; the end of a daemon is the end of the node."""
    while True:
        with contextlib.suppress(ChildProcessError):
            pid, status = os.wait()
            if pid in running:
                code = os.waitstatus_to_exitcode(status)
                (folder / "failed").write_text(f"{running[pid]} ended with {code}; see {folder}/logs\n")
                return 1


if __name__ == "__main__":
    sys.exit(main())

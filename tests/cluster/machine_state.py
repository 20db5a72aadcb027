"""Everything that a local cluster could leave on the machine, to compare before and after."""

from collections.abc import Iterator
from pathlib import Path

from testbed.toolchain import Toolchain

_TABLES = ("iptables-nft-save", "ip6tables-nft-save", "iptables-legacy-save", "ip6tables-legacy-save")
_KERNEL = ("vm/overcommit_memory", "kernel/panic", "kernel/panic_on_oops", "kernel/keys/root_maxkeys")
_NETWORK = ("net/ipv4/ip_forward", "net/bridge/bridge-nf-call-iptables")


def picture(tools: Toolchain) -> dict[str, set[str]]:
    """Processes, namespaces, mounts, links, addresses, packet filter rules, cgroups, settings and files of the machine.

    Programs of the toolchain's Debian tree are run from there, so that the picture needs nothing installed.
    """
    return {
        "processes": set(_processes(tools)),
        "namespaces": set(_namespaces()),
        "mounts": {line.split(" - ")[0].split()[4] for line in Path("/proc/self/mountinfo").read_text().splitlines()},
        "addresses": set(_node_program(tools, "sbin/ip", "-oneline", "address")),
        "routes": set(_node_program(tools, "sbin/ip", "route")),
        "named network namespaces": set(_node_program(tools, "sbin/ip", "netns")),
        "packet filter": {line for table in _TABLES for line in _rules(tools, table)},
        "ip sets": set(_node_program(tools, "sbin/ipset", "list", "-name")),
        "cgroups": {str(path) for path in Path("/sys/fs/cgroup").glob("**/*secure-tiller*")},
        "settings": {f"{name}={Path('/proc/sys', name).read_text().strip()}" for name in _KERNEL + _NETWORK},
        "files": {str(path) for folder in ("secure-tiller", "cni", "kubelet") for path in _tree(folder)},
    }


def _processes(tools: Toolchain) -> Iterator[str]:
    for process in Path("/proc").glob("[0-9]*"):
        try:
            program = str((process / "exe").readlink())
            command = (process / "cmdline").read_bytes().decode(errors="replace")
        except OSError:
            continue
        if program.startswith((str(tools.bin.parent), "/usr/bin/containerd")) or "testbed.cluster.node" in command:
            yield f"{process.name} {program}"


def _namespaces() -> Iterator[str]:
    for link in Path("/proc").glob("[0-9]*/ns/*"):
        try:
            yield str(link.readlink())
        except OSError:
            continue


def _rules(tools: Toolchain, table: str) -> Iterator[str]:
    for line in _node_program(tools, f"sbin/{table}"):
        if not line.startswith("#"):
            yield line.split(" [")[0]  # without the counters


def _node_program(tools: Toolchain, program: str, *arguments: str) -> list[str]:
    done = tools.run_node_program(program, *arguments)
    done.check_returncode()
    return done.stdout.splitlines()


def _tree(folder: str) -> Iterator[Path]:
    root = Path("/var/lib") / folder
    if root.exists():
        yield root
        yield from root.iterdir()

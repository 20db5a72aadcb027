"""A control plane without a node: etcd and the real API server on this machine's loopback, for as long as it is used.

It is a second cluster, or one that is set up wrongly, for tests of what is refused. Nothing ever runs in it: there is
no kubelet, and no controller that ends what is deleted.
"""

import os
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from testbed.cluster import ClusterError, Instance, daemons, pki
from testbed.cluster.daemons import Daemon
from testbed.ports import free_ports
from testbed.toolchain import Toolchain
from testbed.waiting import until

START_SECONDS = 60


@dataclass(frozen=True, kw_only=True)
class ControlPlane(Instance):
    """One control plane.

    Attributes:
        home: its folder, readable by the caller alone: it holds an administrator's key.
        ports: those of 127.0.0.1 where its API server and its etcd listen.
        mode: the API server's `--authorization-mode`.
    """

    home: Path
    ports: tuple[int, int]
    mode: str

    @property
    def folder(self) -> Path:
        """Everything of it on disk."""
        return self.home

    @property
    def node_address(self) -> str:
        """Where the API server listens."""
        return "127.0.0.1"

    @property
    def port(self) -> int:
        """The API server's port."""
        return self.ports[0]

    @property
    def etcd(self) -> str:
        """URL of its store."""
        return f"http://127.0.0.1:{self.ports[1]}"

    @property
    def authorization(self) -> str:
        """The authorizer."""
        return self.mode


@contextmanager
def running(home: Path, toolchain: Toolchain, authorization: str) -> Iterator[ControlPlane]:
    """Run a control plane while it is used.

    Args:
        home: an empty folder.
        toolchain: with the programs.
        authorization: `RBAC`, or how it is set up wrongly: `AlwaysAllow`.

    Raises:
        ClusterError: it did not become ready in time.
    """
    # A loopback address is no endpoint of the Service `kubernetes`, and nobody here would connect to it.
    flags = ("--endpoint-reconciler-type=none",)
    own, etcd = free_ports(2)
    plane = ControlPlane("plane", 0, flags, home=home, ports=(own, etcd), mode=authorization)
    (home / "logs").mkdir()
    pki.write(plane)
    daemons.write_configuration(plane)
    with ExitStack() as until_used:
        processes = [
            until_used.enter_context(_process(plane, toolchain, daemon))
            for daemon in (daemons.etcd(plane), daemons.api_server(plane))
        ]
        _wait(plane, toolchain, processes)
        yield plane


@contextmanager
def _process(plane: ControlPlane, toolchain: Toolchain, daemon: Daemon) -> "Iterator[subprocess.Popen[bytes]]":
    """Run a program that ends with this one, whatever ends this one."""
    path = os.pathsep.join((str(toolchain.bin), str(toolchain.node / "usr" / "bin"), os.environ["PATH"]))
    with (plane.folder / "logs" / f"{daemon[0]}.log").open("wb") as log:
        process = subprocess.Popen(
            ["setpriv", "--pdeathsig=KILL", "--", *daemon],
            env=os.environ | {"PATH": path},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )
    try:
        yield process
    finally:
        process.kill()  # nothing of it is kept, so nothing is to be ended in order
        process.wait()


def _wait(plane: ControlPlane, toolchain: Toolchain, processes: "list[subprocess.Popen[bytes]]") -> None:
    def require_alive() -> None:
        if any(process.poll() is not None for process in processes):
            raise ClusterError(f"the control plane ended; logs: {plane.folder}/logs")

    kubectl = ("kubectl", f"--kubeconfig={plane.kubeconfig}", "--request-timeout=5s", "get")
    wait = partial(until, seconds=START_SECONDS, error=ClusterError, alive=require_alive)
    wait(lambda: _succeeds(toolchain, *kubectl, "--raw=/readyz"), "the API server is ready")
    wait(lambda: _succeeds(toolchain, *kubectl, "namespace", "kube-system"), "it has made its own namespaces")


def _succeeds(toolchain: Toolchain, *command: str) -> bool:
    return subprocess.run(command, env=toolchain.environment, capture_output=True, check=False).returncode == 0

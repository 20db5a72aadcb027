"""One local cluster: its names, addresses and folders, from which everything else follows."""

import json
import os
import re
from dataclasses import asdict, dataclass
from pathlib import Path

STATE = Path("/var/lib/secure-tiller")

POD_SUBNET = "10.244.0.0/24"
SERVICE_SUBNET = "10.96.0.0/16"
API_SERVICE_ADDRESS = "10.96.0.1"
DNS_SERVICE_ADDRESS = "10.96.0.10"
NODE_NAME = "secure-tiller"


@dataclass(frozen=True)
class Instance:
    """A cluster of this machine. Several can run side by side: each lives in namespaces of its own.

    Attributes:
        name: names its folder, its link and its cgroup; at most 8 characters.
        number: the third octet of its addresses.
        api_server_flags: further flags of the API server.
    """

    name: str
    number: int
    api_server_flags: tuple[str, ...] = ()

    @property
    def folder(self) -> Path:
        """Everything of this cluster on disk, readable by root alone."""
        return STATE / self.name

    @property
    def link(self) -> str:
        """The network link on the machine's side; its peer is `eth0` of the node."""
        return f"tiller-{self.name}"

    @property
    def cgroup(self) -> str:
        """The cgroup below which the kubelet puts every pod."""
        return f"secure-tiller-{self.name}"

    @property
    def host_address(self) -> str:
        """The machine's address on the link."""
        return f"10.243.{self.number}.1"

    @property
    def node_address(self) -> str:
        """The node's address, where the API server listens."""
        return f"10.243.{self.number}.2"

    @property
    def port(self) -> int:
        """The API server's port."""
        return 6443

    @property
    def etcd(self) -> str:
        """URL of the API server's store, on the loopback of the node's own network namespace."""
        return "http://127.0.0.1:2379"

    @property
    def authorization(self) -> str:
        """The authorizers, as the API server's `--authorization-mode` names them."""
        return "Node,RBAC"

    @property
    def context(self) -> str:
        """The context's name in the kubeconfig."""
        return f"secure-tiller-{self.name}"

    @property
    def server(self) -> str:
        """The API server's URL."""
        return f"https://{self.node_address}:{self.port}"

    @property
    def kubeconfig(self) -> Path:
        """A cluster administrator's kubeconfig."""
        return self.folder / "kubeconfig" / "admin"

    @property
    def audit_log(self) -> Path:
        """The requests of service accounts to the API server, as JSON lines for root alone: `testbed.audit`."""
        return self.folder / "logs" / "audit.log"

    @property
    def lock(self) -> Path:
        """Locked by the node as long as it lives: what tells a running cluster from a killed one."""
        return self.folder / "lock"

    @property
    def ready(self) -> Path:
        """Exists once the cluster is usable."""
        return self.folder / "ready"

    def to_json(self) -> str:
        """Return what `from_json` reads."""
        return json.dumps(asdict(self))

    @staticmethod
    def from_json(text: str) -> "Instance":
        """Read an instance that `to_json` wrote."""
        read = json.loads(text)
        return Instance(read["name"], read["number"], tuple(read["api_server_flags"]))


def _local() -> Instance:
    setting = os.environ.get("SECURE_TILLER_CLUSTER", "local:0")
    match = re.fullmatch(r"([a-z]{1,8}):(25[0-5]|2[0-4]\d|1?\d?\d)", setting)
    if not match:
        raise SystemExit(
            f"SECURE_TILLER_CLUSTER={setting}: it is NAME:NUMBER, where NAME is at most eight lowercase letters, and "
            "NUMBER, up to 255, is of no other local cluster of this machine.\n"
            "Leave it out for the first cluster, local:0."
        )
    return Instance(match[1], int(match[2]))


LOCAL = _local()
"""The cluster of `make cluster` and `make demo`, unless SECURE_TILLER_CLUSTER in the environment chooses another."""

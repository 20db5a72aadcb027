"""The local one-node cluster: a real Kubernetes node in namespaces of its own."""

from testbed.cluster.errors import ClusterError
from testbed.cluster.instance import LOCAL, Instance
from testbed.cluster.machine import down, is_running, require_machine, up

__all__ = ["LOCAL", "ClusterError", "Instance", "down", "is_running", "require_machine", "up"]

"""The programs of the node: their flags and configuration files, as data."""

import json
from pathlib import Path

import yaml

from testbed.cluster.instance import (
    DNS_SERVICE_ADDRESS,
    NODE_NAME,
    POD_SUBNET,
    SERVICE_SUBNET,
    Instance,
)
from testbed.toolchain.pins import PAUSE_IMAGE

CONTAINERD_SOCKET = "/run/containerd/containerd.sock"
CONTAINERD_CLIENT = ("ctr", "--address", CONTAINERD_SOCKET, "--namespace", "k8s.io")

# Which rights an account needs, and which it was refused, is known for certain from what it asked of the API server.
# So that the log stays small it holds service accounts' requests for objects alone, without their content: none of the
# cluster's own controllers, none of the kubelet, no discovery. What no rule names is not logged.
_AUDIT_POLICY = {
    "apiVersion": "audit.k8s.io/v1",
    "kind": "Policy",
    "omitStages": ["RequestReceived", "ResponseStarted"],  # one line for each request, when it has ended
    "rules": [
        {"level": "None", "userGroups": ["system:serviceaccounts:kube-system"]},
        {"level": "None", "nonResourceURLs": ["*"]},
        {"level": "Metadata", "userGroups": ["system:serviceaccounts"]},
    ],
}


Daemon = tuple[str, ...]
"""The command of a program that runs as long as the node does."""


def etcd(instance: Instance) -> Daemon:
    """Return the store of the API server."""
    return (
        "etcd",
        f"--data-dir={instance.folder}/etcd",
        f"--listen-client-urls={instance.etcd}",
        f"--advertise-client-urls={instance.etcd}",
        "--listen-peer-urls=http://127.0.0.1:0",
        "--unsafe-no-fsync",  # nothing here outlives the machine's next boot
    )


def containerd(instance: Instance) -> Daemon:
    """Return the container runtime."""
    return ("containerd", "--config", f"{instance.folder}/config/containerd.toml")


def import_image(archive: Path) -> tuple[str, ...]:
    """Return the command that imports an image into the container runtime."""
    return (*CONTAINERD_CLIENT, "images", "import", "--digests=false", str(archive))


def api_server(instance: Instance) -> Daemon:
    """Return the API server, with RBAC, Pod Security admission and the certificates of `pki`."""
    pki = f"{instance.folder}/pki"
    return (
        "kube-apiserver",
        f"--etcd-servers={instance.etcd}",
        f"--bind-address={instance.node_address}",
        f"--advertise-address={instance.node_address}",
        f"--secure-port={instance.port}",
        f"--client-ca-file={pki}/ca.crt",
        f"--tls-cert-file={pki}/apiserver.crt",
        f"--tls-private-key-file={pki}/apiserver.key",
        f"--kubelet-client-certificate={pki}/apiserver-kubelet-client.crt",
        f"--kubelet-client-key={pki}/apiserver-kubelet-client.key",
        f"--kubelet-certificate-authority={pki}/ca.crt",
        "--kubelet-preferred-address-types=InternalIP",
        f"--service-account-key-file={pki}/service-account.pub",
        f"--service-account-signing-key-file={pki}/service-account.key",
        "--service-account-issuer=https://kubernetes.default.svc",
        f"--service-cluster-ip-range={SERVICE_SUBNET}",
        f"--authorization-mode={instance.authorization}",
        "--enable-admission-plugins=NodeRestriction",
        "--allow-privileged=true",
        f"--audit-policy-file={instance.folder}/config/audit-policy.yaml",
        f"--audit-log-path={instance.audit_log}",
        "--audit-log-maxsize=20",  # megabytes, then it is rotated
        "--audit-log-maxbackup=1",
        *instance.api_server_flags,
    )


def controller_manager(instance: Instance) -> Daemon:
    """Return the controllers, among them those of Deployments, namespaces and service account tokens."""
    return (
        "kube-controller-manager",
        f"--kubeconfig={instance.folder}/kubeconfig/controller-manager",
        f"--service-account-private-key-file={instance.folder}/pki/service-account.key",
        f"--root-ca-file={instance.folder}/pki/ca.crt",
        "--use-service-account-credentials=true",
        "--allocate-node-cidrs=true",
        f"--cluster-cidr={POD_SUBNET}",
        "--leader-elect=false",
        "--bind-address=127.0.0.1",
    )


def scheduler(instance: Instance) -> Daemon:
    """Return the scheduler."""
    return (
        "kube-scheduler",
        f"--kubeconfig={instance.folder}/kubeconfig/scheduler",
        "--leader-elect=false",
        "--bind-address=127.0.0.1",
    )


def kubelet(instance: Instance) -> Daemon:
    """Return the kubelet."""
    return (
        "kubelet",
        f"--config={instance.folder}/config/kubelet.yaml",
        f"--kubeconfig={instance.folder}/kubeconfig/node",
        f"--hostname-override={NODE_NAME}",
        f"--node-ip={instance.node_address}",
        f"--root-dir={instance.folder}/kubelet",
    )


def kube_proxy(instance: Instance) -> Daemon:
    """Return the proxy behind Services."""
    return (
        "kube-proxy",
        f"--kubeconfig={instance.folder}/kubeconfig/kube-proxy",
        f"--hostname-override={NODE_NAME}",
        f"--cluster-cidr={POD_SUBNET}",
        "--proxy-mode=iptables",
        # These limits belong to the whole machine, not to the node's network namespace.
        "--conntrack-max-per-core=0",
        "--conntrack-tcp-timeout-established=0s",
        "--conntrack-tcp-timeout-close-wait=0s",
    )


def kube_router(instance: Instance) -> Daemon:
    """Return the controller that enforces NetworkPolicies; the bridge plugin does not."""
    return (
        "kube-router",
        f"--kubeconfig={instance.folder}/kubeconfig/kube-router",
        f"--hostname-override={NODE_NAME}",
        f"--service-cluster-ip-range={SERVICE_SUBNET}",
        "--run-firewall=true",
        "--run-router=false",
        "--run-service-proxy=false",
        "--run-loadbalancer=false",
        "--health-port=0",
        "--metrics-port=0",
    )


def write_configuration(instance: Instance) -> None:
    """Write the files that the daemons' flags name."""
    folder = instance.folder / "config"
    (folder / "cni").mkdir(parents=True)
    (folder / "containerd.toml").write_text(_containerd_configuration(instance))
    (folder / "kubelet.yaml").write_text(yaml.safe_dump(_kubelet_configuration(instance)))
    (folder / "audit-policy.yaml").write_text(yaml.safe_dump(_AUDIT_POLICY))
    (folder / "cni" / "10-bridge.conflist").write_text(json.dumps(_pod_network(instance.folder), indent=2))


def _containerd_configuration(instance: Instance) -> str:
    # restrict_oom_score_adj: a machine that is itself a container may lack CAP_SYS_RESOURCE.
    # disable_apparmor: loading a profile would reach out of the node into the machine's kernel.
    return f"""\
version = 2
root = "{instance.folder}/containerd"
state = "/run/containerd"
[grpc]
  address = "{CONTAINERD_SOCKET}"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "{PAUSE_IMAGE.reference}"
  restrict_oom_score_adj = true
  disable_apparmor = true
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "/usr/lib/cni"
    conf_dir = "{instance.folder}/config/cni"
"""


def _kubelet_configuration(instance: Instance) -> dict[str, object]:
    pki = instance.folder / "pki"
    return {
        "apiVersion": "kubelet.config.k8s.io/v1beta1",
        "kind": "KubeletConfiguration",
        "address": instance.node_address,
        "authentication": {
            "anonymous": {"enabled": False},
            "webhook": {"enabled": True},
            "x509": {"clientCAFile": str(pki / "ca.crt")},
        },
        "authorization": {"mode": "Webhook"},
        "tlsCertFile": str(pki / "kubelet.crt"),
        "tlsPrivateKeyFile": str(pki / "kubelet.key"),
        "containerRuntimeEndpoint": f"unix://{CONTAINERD_SOCKET}",
        "failCgroupV1": False,
        "cgroupDriver": "cgroupfs",
        "cgroupRoot": f"/{instance.cgroup}",
        "enforceNodeAllocatable": ["pods"],
        "failSwapOn": False,
        "clusterDomain": "cluster.local",
        "clusterDNS": [DNS_SERVICE_ADDRESS],
        "resolvConf": "",
        "podLogsDir": str(instance.folder / "pod-logs"),
        "volumePluginDir": str(instance.folder / "volume-plugins"),
        # The machine's disk is the user's: its filling is no reason to evict pods or to delete our images.
        "evictionHard": {"memory.available": "100Mi", "nodefs.available": "1%", "imagefs.available": "1%"},
        "imageGCHighThresholdPercent": 100,
    }


def _pod_network(folder: Path) -> dict[str, object]:
    bridge = {
        "type": "bridge",
        "bridge": "cni0",
        "isGateway": True,
        "ipMasq": True,
        "hairpinMode": True,
        "ipam": {
            "type": "host-local",
            "dataDir": str(folder / "addresses"),
            "ranges": [[{"subnet": POD_SUBNET}]],
            "routes": [{"dst": "0.0.0.0/0"}],
        },
    }
    portmap = {"type": "portmap", "capabilities": {"portMappings": True}}
    return {"cniVersion": "0.4.0", "name": "pods", "plugins": [bridge, portmap]}

"""Where the demo runs: on the local cluster, or on one of the user's own."""

import os
from dataclasses import dataclass
from pathlib import Path

from kubernetes import client, config
from kubernetes.config.config_exception import ConfigException
from urllib3.exceptions import HTTPError

from secure_tiller.problems import RefusedError
from secure_tiller_stack import kubeconfig
from testbed.cluster import LOCAL, ClusterError
from testbed.pulumi_stack import Stack
from testbed.toolchain import Toolchain
from testbed.toolchain.pins import BUSYBOX_IMAGE

STACK = "local"
PASSPHRASE = "secure-tiller-demo"  # noqa: S105 - public: what the demo makes is for trying out
PUBLIC_BUSYBOX = "docker.io/library/busybox:1.36"


@dataclass(frozen=True)
class Place:
    """A cluster for the demo.

    Attributes:
        kubeconfig: the file that leads to it.
        context: the context in that file.
        server: the API server's URL, for people.
        state: the folder of the demo's Pulumi backend; it belongs to this cluster alone.
        busybox: an image that the cluster's nodes can run.
    """

    kubeconfig: Path
    context: str
    server: str
    state: Path
    busybox: str

    def variables(self, toolchain: Toolchain) -> dict[str, str]:
        """The environment variables of the demo, but PATH."""
        return {
            **toolchain.settings,
            "KUBECONFIG": str(self.kubeconfig),
            "PULUMI_BACKEND_URL": f"file://{self.state}",
            "PULUMI_CONFIG_PASSPHRASE": PASSPHRASE,
            "PULUMI_STACK": STACK,
        }

    def stack(self, toolchain: Toolchain) -> Stack:
        """The demo's stack."""
        self.state.mkdir(mode=0o700, parents=True, exist_ok=True)
        return Stack(STACK, toolchain.environment | self.variables(toolchain))

    def api(self) -> client.ApiClient:
        """A client of the cluster."""
        return config.new_client_from_config(str(self.kubeconfig), context=self.context)


def local() -> Place:
    """The local cluster; the demo's state lies in its folder and goes with it."""
    return Place(LOCAL.kubeconfig, LOCAL.context, LOCAL.server, LOCAL.folder / "demo", BUSYBOX_IMAGE.reference)


def existing() -> Place:
    """The cluster of the current kubeconfig context, found as the program finds it.

    Raises:
        ClusterError: there is no such context, or the cluster does not answer.
    """
    try:
        access = kubeconfig.find({})
        file = Path(str(access.kubeconfig))
        api = config.new_client_from_config(str(file), context=access.context)
        namespace = client.CoreV1Api(api).read_namespace("kube-system", _request_timeout=10)
    except RefusedError as error:
        raise ClusterError(str(error)) from error
    except (ConfigException, client.ApiException, HTTPError, ValueError) as error:
        quotes = isinstance(error, ValueError | ConfigException)  # the file, which holds credentials
        reason = type(error).__name__ if quotes else str(error)
        raise ClusterError(
            f"CLUSTER=existing: no answer from {access.place}: {reason}\n"
            "Choose one that works (kubectl config use-context NAME), or leave CLUSTER=existing out."
        ) from error
    base = os.environ.get("XDG_STATE_HOME") or str(Path.home() / ".local" / "state")
    state = Path(base) / "secure-tiller" / namespace.metadata.uid
    return Place(file, access.context, api.configuration.host, state, PUBLIC_BUSYBOX)

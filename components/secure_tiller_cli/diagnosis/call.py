"""Calls of a Tiller over gRPC, right ones and wrong ones, that end with an answer or a refusal.

Accepted means that the call GetVersion was answered. In TLS 1.3 the client's handshake ends before the server has
judged the client's certificate, so a finished handshake proves nothing. Refused means that no answer came and that the
server's TLS is seen to be why; anything else is an error, never a refusal: the caller's own verification, for example.
"""

import os
import re
from collections.abc import Mapping
from functools import partial

import grpc

from secure_tiller_cli.diagnosis.credentials import Credentials
from secure_tiller_cli.diagnosis.forward import forwarded
from secure_tiller_cli.diagnosis.plaintext import SECONDS
from secure_tiller_cli.diagnosis.refusal import refused
from secure_tiller_cli.diagnosis.verdict import Accepted, NoVerdictError, Refused
from secure_tiller_stack.kubeconfig import Access

LONGEST_SHOWN = 100
"""Bytes shown of an answer that has no version."""
_GET_VERSION = "/hapi.services.tiller.ReleaseService/GetVersion"  # helm v2.17.0, _proto/hapi/services/tiller.proto


def ask(
    access: Access, namespace: str, credentials: Credentials, environment: Mapping[str, str] = os.environ
) -> Accepted | Refused:
    """Call GetVersion of the Tiller in a namespace, through a port-forward of its own.

    Args:
        access: how to reach the cluster.
        namespace: Tiller's.
        credentials: of the caller; the server is verified, unless in plaintext.
        environment: of kubectl.

    Raises:
        NoVerdictError: no answer, and TLS is not seen to be why.
        ProgramError: kubectl cannot be run.
    """
    try:
        with forwarded(access, namespace, environment=environment) as port:
            return get_version(port, credentials)
    except grpc.RpcError as error:
        # A connection that broke inside TLS is UNAVAILABLE; every other status was sent by a server.
        if error.code() not in (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED):
            raise NoVerdictError(str(error)) from error
        # A port-forward for each connection: kubectl gives one up when a connection through it breaks.
        return refused(partial(forwarded, access, namespace, environment=environment), credentials)


def get_version(port: int, credentials: Credentials, hostname: str = "") -> Accepted:
    """Call GetVersion on a local port.

    Args:
        port: the local port.
        credentials: of the caller.
        hostname: for which the server's certificate must be; empty: 127.0.0.1.

    Raises:
        grpc.RpcError: it was not answered.
        NoVerdictError: the answer has no version.
    """
    with _channel(f"127.0.0.1:{port}", credentials, hostname) as channel:
        answer = bytes(channel.unary_unary(_GET_VERSION)(b"", timeout=SECONDS))
    version = re.search(rb"v\d+\.\d+\.\d+", answer)
    if not version:
        raise NoVerdictError(f"an answer without a version: {answer[:LONGEST_SHOWN]!r}")
    return Accepted(version[0].decode())


def _channel(target: str, credentials: Credentials, hostname: str) -> grpc.Channel:
    if credentials.plaintext:
        return grpc.insecure_channel(target)
    brought = grpc.ssl_channel_credentials(
        credentials.ca.encode(), credentials.key.encode() or None, credentials.cert.encode() or None
    )
    return grpc.secure_channel(target, brought, [("grpc.ssl_target_name_override", hostname)] if hostname else None)

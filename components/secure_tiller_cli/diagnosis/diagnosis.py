"""Whether a client is answered, and if not, why: computed from the certificates and the cluster."""

import os
from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import partial

import grpc

from secure_tiller_cli.diagnosis.call import get_version
from secure_tiller_cli.diagnosis.cause import Cause, Diagnosis, Kind
from secure_tiller_cli.diagnosis.client import read, wrong_with_client
from secure_tiller_cli.diagnosis.credentials import Credentials
from secure_tiller_cli.diagnosis.forward import ForwardError, forwarded
from secure_tiller_cli.diagnosis.handshake import Port, ServerHandshake, probe_tls
from secure_tiller_cli.diagnosis.pod_lookup import locate
from secure_tiller_cli.diagnosis.server import wrong_with_server
from secure_tiller_cli.diagnosis.stack_certificates import StackCertificates
from secure_tiller_cli.diagnosis.verdict import Accepted, NoVerdictError
from secure_tiller_cli.foreign_text import word
from secure_tiller_cli.state import DeployedTiller
from secure_tiller_stack.kubeconfig import Access
from tiller_facts.identity import LOOPBACK


def diagnose(
    access: Access,
    namespace: str,
    credentials: Credentials,
    now: datetime,
    *,
    hostname: str = LOOPBACK,
    own: DeployedTiller | None = None,
    others: Iterable[DeployedTiller] = (),
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
        ProgramError: kubectl cannot be run.
    """
    known, brought = StackCertificates(own, tuple(others)), read(credentials)
    mine = [brought] if isinstance(brought, Cause) else list(wrong_with_client(brought, now, known))
    place = locate(access, namespace, own.people.subjects if own and own.people else ())
    if isinstance(brought, Cause) or not place.pod:
        return _ordered(None, [*mine, *place.causes], place.unchecked)
    port = partial(forwarded, access, namespace, f"pod/{place.pod}", environment=environment)
    try:
        if answer := _answer(port, credentials, hostname):
            return _ordered(answer, mine, place.unchecked)
        shown = probe_tls(port)
    except NoVerdictError as error:
        remedy = "see what kubectl says, and that nothing cuts its connection to the API server"
        return _ordered(None, [*mine, Cause(Kind.FORWARD_FAILED, str(error), remedy)], place.unchecked)
    causes = [*mine, *wrong_with_server(brought, shown, now, hostname, known)]
    return _ordered(None, causes or [_unexplained(namespace, shown)], (*place.unchecked, *_unchecked(shown)))


def _ordered(answer: Accepted | None, causes: Iterable[Cause], unchecked: tuple[str, ...]) -> Diagnosis:
    order = list(Kind)
    return Diagnosis(answer, tuple(sorted(causes, key=lambda cause: order.index(cause.kind))), unchecked)


def _answer(port: Port, credentials: Credentials, hostname: str) -> Accepted | None:
    try:
        with port() as number:
            return get_version(number, credentials, "" if hostname == LOOPBACK else hostname)
    except ForwardError:
        raise
    except (grpc.RpcError, NoVerdictError):
        return None


def _unchecked(shown: ServerHandshake) -> Iterable[str]:
    if shown.chain and not shown.trusted:
        yield "not checked: whether Tiller trusts the client's CA, because it has named no trust anchor"


def _unexplained(namespace: str, shown: ServerHandshake) -> Cause:
    what = (
        "the certificates fit, as far as they can be seen" if shown.chain else "the port speaks neither TLS nor HTTP/2"
    )
    remedy = f"see what Tiller says: kubectl --namespace {word(namespace)} logs deployment/tiller-deploy"
    return Cause(Kind.UNEXPLAINED, f"GetVersion was not answered, yet {what}", remedy)

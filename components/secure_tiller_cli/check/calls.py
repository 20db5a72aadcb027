"""Calls Tiller's port as those who may and those who may not, and looks at the certificate that it shows."""

from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime, timedelta
from functools import partial
from typing import TypeVar

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from secure_tiller.plan import pem
from secure_tiller_cli import diagnosis
from secure_tiller_cli.check.endpoint import Calls, Verdict, bundles_with_key, first_clients
from secure_tiller_cli.diagnosis import Accepted, AnsweredError, Credentials, NoVerdictError, handshake
from secure_tiller_cli.state import DeployedTiller
from secure_tiller_stack.cluster.connection import AT_ONCE
from secure_tiller_stack.kubeconfig import Access

_Shown = TypeVar("_Shown")
_DAY = timedelta(days=1)


def call(access: Access, tiller: DeployedTiller, tillers: Iterable[DeployedTiller], now: datetime) -> Calls:
    """Call a Tiller in every way that is to be proven, each through a port-forward of its own.

    Args:
        access: how to reach the cluster.
        tiller: the team's; its clients' keys are of the state.
        tillers: all of the stack; the first client of each other one is tried.
        now: with which the certificates' lives are compared.

    Raises:
        ProgramError: kubectl cannot be run.
    """
    ca, others = tiller.ca_certificate, [other for other in tillers if other.name != tiller.name]
    own = bundles_with_key(tiller)
    keyed = {name: Credentials(bundle["ca"], bundle["cert"], bundle["key"]) for name, bundle in own.items()}
    foreign = {name: Credentials(ca, bundle["cert"], bundle["key"]) for name, bundle in first_clients(others).items()}
    diagnosed = partial(diagnosis.diagnose, access, tiller.namespace, own=tiller, others=others)
    with ThreadPoolExecutor(AT_ONCE) as pool:

        def verdict(credentials: Credentials) -> Future[Verdict]:
            return pool.submit(_verdict, access, tiller.namespace, credentials)

        plaintext = verdict(Credentials(ca, plaintext=True))
        bare = verdict(Credentials(ca))
        stranger = verdict(_stranger(ca, now))
        by_other = {name: verdict(credentials) for name, credentials in foreign.items()}
        by_client = {name: pool.submit(diagnosed, credentials, now) for name, credentials in keyed.items()}
        presented = pool.submit(_or_error, partial(_presented, access, tiller.namespace, ca))
        shown = pool.submit(
            _or_error, partial(handshake.probe_tls, partial(diagnosis.forwarded, access, tiller.namespace))
        )
        return Calls(
            plaintext.result(),
            bare.result(),
            stranger.result(),
            {name: future.result() for name, future in by_other.items()} | _unseen(others),
            {name: future.result() for name, future in by_client.items()},
            tuple(sorted(set(tiller.bundles or ()) - set(keyed))),
            tuple(sorted(set(tiller.clients) - set(tiller.bundles or ()))),
            presented.result(),
            shown.result(),
        )


def _unseen(others: Iterable[DeployedTiller]) -> dict[str, Verdict]:
    """Return why no client of some other teams can be tried."""
    why = NoVerdictError("the state holds no bundle of it")
    return {f"{other.name}/{name}": why for other in others if other.bundles is None for name in other.clients[:1]}


def _verdict(access: Access, namespace: str, credentials: Credentials) -> Verdict:
    """Return how a call ends that should be refused."""
    try:
        return diagnosis.refused(partial(diagnosis.forwarded, access, namespace), credentials)
    except AnsweredError:
        return Accepted("")
    except NoVerdictError as error:
        return error
    except OSError as error:
        return NoVerdictError(f"no connection: {error}")


def _presented(access: Access, namespace: str, ca: str) -> str:
    with diagnosis.forwarded(access, namespace) as port:
        return pem.serial(handshake.verified_certificate(port, ca))


def _or_error(call: Callable[[], _Shown]) -> _Shown | NoVerdictError:
    try:
        return call()
    except NoVerdictError as error:
        return error


def _stranger(ca: str, now: datetime) -> Credentials:
    """Return a client's certificate that is right in every respect, but of a CA that nobody knows."""
    authority_key, key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    authority, name = _name("secure-tiller check"), _name("stranger")
    made = (
        x509.CertificateBuilder()
        .issuer_name(authority)
        .subject_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _DAY)
        .not_valid_after(now + _DAY)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH]), critical=False)
        .sign(authority_key, hashes.SHA256())
    )
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return Credentials(ca, made.public_bytes(Encoding.PEM).decode(), private.decode())


def _name(common: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)])
